"""The trial ledger: what is counted, what survives a crash, and two processes at once."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from hypertui.evidence.trials import HoldoutOpening, Trial, TrialLedger, key_of

DIGEST = "0123456789abcdef" * 4
ALL = (0, 1_000)
AT = 1_735_689_600_000


def trial(unit: object, sharpe: float | None = 0.1, rows: tuple[int, int] = ALL, blocks: int = 256) -> Trial:
    return Trial({"unit_size": str(unit), "position_size": "2000"}, sharpe, blocks, rows)


def opening(unit: object, first_row: int = 800, at: int = AT) -> HoldoutOpening:
    return HoldoutOpening(first_row, trial(unit).key, at)


def test_each_setting_counts_once(tmp_path: Path) -> None:
    ledger = TrialLedger(tmp_path / "new" / "trials", DIGEST)
    assert ledger.tries == 0
    assert not ledger.path.parent.exists()  # who only asks leaves nothing behind
    assert ledger.record([trial(1), trial(2), trial(1)], AT) == 2
    assert ledger.record([trial(2), trial(3)], AT) == 1
    assert ledger.tries == TrialLedger(tmp_path / "new" / "trials", DIGEST).tries == 3
    assert len(ledger.path.read_text().splitlines()) == 3


def test_the_same_setting_over_a_part_is_no_new_try(tmp_path: Path) -> None:
    ledger = TrialLedger(tmp_path, DIGEST)
    ledger.record([trial(1, rows=(0, 800)), trial(2, rows=(0, 800))], AT)
    assert ledger.record([trial(1)], AT) == 0
    assert (ledger.tries, len(ledger.trials())) == (2, 3)
    assert (ledger.seen_by(800), ledger.seen_by(799), ledger.seen_by(1_000)) == (1, 2, 0)


def test_another_series_has_a_ledger_of_its_own(tmp_path: Path) -> None:
    TrialLedger(tmp_path, DIGEST).record([trial(1)], AT)
    assert TrialLedger(tmp_path, "f" * 64).tries == 0


def test_anything_that_changes_the_result_makes_another_try() -> None:
    terms = {"unit_size": "1", "fee_rate": "0.00045"}
    assert key_of(terms) == key_of(dict(reversed(terms.items())))
    assert key_of(terms) != key_of({**terms, "fee_rate": "0.0004"})
    assert key_of(terms) != key_of({**terms, "slippage": "0"})


def test_ratios_are_as_of_so_many_returns(tmp_path: Path) -> None:
    ledger = TrialLedger(tmp_path, DIGEST)
    tried = [trial(1, 0.2, blocks=64), trial(2, None), trial(3, float("nan")), trial(4, 0.5, (0, 10))]
    ledger.record([*tried, trial(4, 0.3)], AT)
    found = TrialLedger(tmp_path, DIGEST).sharpes(256)
    assert found == (0.2 * 64**0.5 / 256**0.5, 0.3)  # of what was walked twice, the longer part


def test_a_line_that_a_crash_has_cut_off_costs_nothing_else(tmp_path: Path) -> None:
    ledger = TrialLedger(tmp_path, DIGEST)
    ledger.record([trial(1), trial(2)], AT)
    whole = ledger.path.read_bytes()
    for cut in (2, 40, len(whole.splitlines()[1]) - 1):
        ledger.path.write_bytes(whole[:-cut])
        after = TrialLedger(tmp_path, DIGEST)
        assert after.tries == 1
        assert after.record([trial(3)], AT) == 1
        assert {each.terms["unit_size"] for each in TrialLedger(tmp_path, DIGEST).trials()} == {"1", "3"}


def test_a_line_that_lacks_its_end_alone_counts(tmp_path: Path) -> None:
    ledger = TrialLedger(tmp_path, DIGEST)
    ledger.record([trial(1), trial(2)], AT)
    os.truncate(ledger.path, ledger.path.stat().st_size - 1)
    TrialLedger(tmp_path, DIGEST).record([trial(3)], AT)
    assert TrialLedger(tmp_path, DIGEST).tries == 3


def _record(folder: Path, first: int) -> None:
    ledger = TrialLedger(folder, DIGEST)
    for batch in range(20):
        ledger.record([trial(first + 5 * batch + each) for each in range(10)], AT)


def test_processes_at_once_lose_and_double_nothing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_record, args=(tmp_path, first)) for first in (0, 0, 50)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(30)
        assert process.exitcode == 0
    ledger = TrialLedger(tmp_path, DIGEST)
    assert ledger.tries == len(ledger.path.read_text().splitlines()) == 155


def _record_for_ever(folder: Path, told: Connection) -> None:
    ledger = TrialLedger(folder, DIGEST)
    for batch in count():
        ledger.record([trial(f"{batch}.{each}") for each in range(50)], AT)
        told.send(batch)


def test_what_was_recorded_outlives_a_kill(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    for batches in (1, 4):
        here, there = context.Pipe(duplex=False)
        process = context.Process(target=_record_for_ever, args=(tmp_path, there))
        process.start()
        while here.recv() < batches:
            pass
        process.kill()
        process.join(30)
        assert process.exitcode == -signal.SIGKILL
        assert TrialLedger(tmp_path, DIGEST).tries >= 50 * (batches + 1)
    assert TrialLedger(tmp_path, DIGEST).record([trial("one more")], AT) == 1


def test_what_another_process_adds_is_seen(tmp_path: Path) -> None:
    here, there = TrialLedger(tmp_path, DIGEST), TrialLedger(tmp_path, DIGEST)
    here.record([trial(1)], AT)
    assert there.record([trial(1), trial(2)], AT) == 1
    assert here.tries == 2


def test_a_holdout_is_opened_once(tmp_path: Path) -> None:
    ledger = TrialLedger(tmp_path, DIGEST)
    assert ledger.open_holdout(opening(1)) == ()
    assert ledger.open_holdout(opening(1, at=AT + 5)) == (opening(1),)  # the same look shows nothing new
    assert opening(1).shows_the_same(opening(1, at=AT + 5))
    assert not opening(1).shows_the_same(opening(2)) and not opening(1).shows_the_same(opening(1, 900))
    assert ledger.open_holdout(opening(2)) == (opening(1),)
    assert ledger.open_holdout(opening(2, first_row=900)) == (opening(1), opening(2))
    assert TrialLedger(tmp_path, DIGEST).openings() == (opening(1), opening(2), opening(2, first_row=900))


@pytest.mark.parametrize("line", ["[]", "3", '{"kind": "dance"}', '{"kind": "try", "terms": 3}'])
def test_what_another_version_has_written_is_refused(tmp_path: Path, line: str) -> None:
    ledger = TrialLedger(tmp_path, DIGEST)
    ledger.path.write_text(f"{line}\n")
    with pytest.raises(ValueError, match="was written by another version: move it away to begin anew"):
        ledger.record([trial(1)], AT)
    assert ledger.path.read_text() == f"{line}\n"


def test_a_file_that_was_cut_is_noticed(tmp_path: Path) -> None:
    ledger = TrialLedger(tmp_path, DIGEST)
    ledger.record([trial(1), trial(2)], AT)
    os.truncate(ledger.path, 10)
    with pytest.raises(ValueError, match="is shorter than it was"):
        ledger.record([trial(3)], AT)


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match=r"folder .*/file of .* there is a file of that name"):
        TrialLedger(tmp_path / "file", DIGEST).record([trial(1)], AT)
    with pytest.raises(ValueError, match="digest"):
        TrialLedger(tmp_path, "../etc")


def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    ledger = TrialLedger(tmp_path, DIGEST)
    ledger.record([trial("1.5")], AT)
    assert ledger.path.stat().st_mode & 0o777 == 0o600
    said = json.loads(ledger.path.read_text())
    assert said["terms"]["unit_size"] == "1.5"
    assert said["at"] == AT
