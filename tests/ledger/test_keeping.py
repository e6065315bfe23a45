"""Copies of a journal that is being written, and what may be let go of."""

from __future__ import annotations

import asyncio
import fcntl
import os
import sqlite3
import stat
import threading
import time
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from hypertui.cli.journal import journals
from hypertui.core.market import Side
from hypertui.journal import EngineLock, Journal, JournalError
from hypertui.journal.backup import back_up
from hypertui.journal.history import History
from hypertui.journal.lock import held_locks
from hypertui.journal.pruning import Retention, prune
from hypertui.journal.records import AccountRecord, InputRecord, MarkRecord, StatusRecord, StepRecord
from hypertui.ledger.reports.profit import statement
from hypertui.ledger.scope import Scope
from tests.ledger.facts import fill, told
from tests.ledger.helpers import EACH, ID, OTHER, TRADE, Child, everything, input_of
from tests.support.live_engine import SOL

DAY = 86_400_000


def written(url: str) -> None:
    with Journal.open(url) as journal:
        journal.begin(TRADE)
        journal.add(*EACH)


# Copies


def test_a_copy_is_the_journal_in_one_file_that_only_its_owner_reads(file_url: str, tmp_path: Path) -> None:
    written(file_url)
    file = tmp_path / "kept" / "copy.db"
    made = back_up(file_url, file)
    assert made.rows["inputs"] == 1
    assert sum(made.rows.values()) == len(EACH) + 1
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert made.size == file.stat().st_size
    assert [path.name for path in file.parent.iterdir()] == ["copy.db"]
    with Journal.open(file_url) as journal, Journal.open(f"sqlite:///{file}") as copy:
        assert copy.trades() == journal.trades()
        assert everything(copy) == everything(journal)


def test_an_engine_that_writes_is_not_held_up_and_the_copy_is_one_moment(
    file_url: str, tmp_path: Path
) -> None:
    with Journal.open(file_url) as journal:
        journal.begin(TRADE)
        journal.add(*(input_of(seq, filler="x" * 500) for seq in range(1, 20_001)))
        journal.commit()
        copies: list[int] = []
        over = threading.Event()

        def copy() -> None:
            for number in range(3):
                file = tmp_path / f"copy{number}.db"
                back_up(file_url, file)
                copies.append(number)
            over.set()

        thread = threading.Thread(target=copy)
        thread.start()
        seq = 20_000
        while not over.is_set():
            # A commit that had to wait for the copy would fail: it takes a fraction of a second or nothing.
            seq += 1
            journal.add(input_of(seq))
            journal.commit(at_once=True)
        thread.join()
    assert copies == [0, 1, 2]
    assert seq > 20_010
    counts = []
    for number in copies:
        with Journal.open(f"sqlite:///{tmp_path / f'copy{number}.db'}") as kept:
            counts.append(sum(1 for _ in kept.inputs(ID)))  # which refuses a gap
    assert counts == sorted(counts)
    assert 20_000 <= counts[0] <= counts[-1] <= seq


def test_nothing_is_written_over(file_url: str, tmp_path: Path) -> None:
    written(file_url)
    file = tmp_path / "copy.db"
    file.write_text("somebody's")
    with pytest.raises(JournalError, match="is there already"):
        back_up(file_url, file)
    assert file.read_text() == "somebody's"


def test_a_copy_that_cannot_be_made_leaves_nothing_behind(file_url: str, tmp_path: Path) -> None:
    written(file_url)
    (tmp_path / "file").touch()
    with pytest.raises(JournalError, match=r"no copy of .* was made") as error:
        back_up(file_url, tmp_path / "file" / "copy.db")
    assert "\n" not in str(error.value)
    damaged = tmp_path / "damaged.db"
    damaged.write_bytes(b"not a database at all" * 100)
    with pytest.raises(JournalError, match="not a database"):
        back_up(f"sqlite:///{damaged}", tmp_path / "copy.db")
    assert not list(tmp_path.glob("*copy*"))
    assert not list(tmp_path.glob(".*"))


def test_there_has_to_be_a_journal(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="there is no journal at"):
        back_up(f"sqlite:///{tmp_path / 'none.db'}", tmp_path / "copy.db")
    assert list(tmp_path.iterdir()) == []


def test_for_postgresql_the_exact_command_is_said_without_the_password(tmp_path: Path) -> None:
    url = "postgresql://ann:secret@db.example:6432/books?application_name=x"
    with pytest.raises(JournalError) as error:
        back_up(url, tmp_path / "copy.dump")
    said = str(error.value)
    assert "secret" not in said
    assert f"pg_dump --format=custom --file={tmp_path / 'copy.dump'} --table=trades " in said
    assert said.endswith(" --table=alembic_version postgresql://ann@db.example:6432/books")


# Retention


def test_only_what_engines_need_of_ended_trades_goes(url: str) -> None:
    with Journal.open(url) as journal:
        journal.begin(OTHER)
        others = [replace(record, trade_id=OTHER.id) for record in EACH]  # type: ignore[type-var]
        journal.add(*others)
        journal.begin(TRADE)
        journal.add(*EACH)
        journal.add(*(input_of(seq) for seq in range(2, 1_300)))
        journal.end(TRADE.id, 2_000, "flattened")
        journal.commit()
        before = everything(journal)
    assert prune(url, 2_000).rows == 0, "it ended at that moment, not before"
    counted = prune(url, 2_001, dry_run=True)
    assert (counted.trades, counted.rows) == (1, 1_299 + 2 + 4)
    with Journal.open(url) as journal:
        assert everything(journal) == before
    assert prune(url, 2_001) == counted
    assert prune(url, 2_001).rows == 0
    with Journal.open(url) as journal:
        gone = (InputRecord, StatusRecord, MarkRecord, AccountRecord)
        kept = [row for row in before if not isinstance(row, gone)]
        assert everything(journal) == kept
        assert everything(journal, OTHER.id) == others
        assert [trade.ended_how for trade in journal.trades()] == ["flattened", ""]
        assert journal.live_trade(OTHER.network, OTHER.account, OTHER.symbol) == OTHER


def test_no_figure_changes_by_it(file_url: str) -> None:
    """The unrealised profit at each step is part of the drawdown, and steps make the cycles."""
    with Journal.open(file_url) as journal:
        journal.begin(TRADE)
        buy = fill(Side.BUY, "1", 100, at=1_000)
        sale = fill(Side.SELL, "1", 99, at=4_000)
        journal.add(*told([buy, sale]))
        for seq, (price, direction, phase) in enumerate(
            [(110, "up", "advance"), (90, "down", "decline"), (120, "up", "advance")], 1
        ):
            at, state = 1_000 + 500 * seq, {"phase": phase}
            journal.add(StepRecord(ID, seq, at, Decimal(price), direction, 0, state))
        journal.add(*(input_of(seq) for seq in range(1, 9)))
        journal.end(TRADE.id, 5_000, "flattened")
    with History.open(file_url) as history:
        before = statement(Scope(history, TRADE.network)).summary()
    assert (before["max_drawdown"], before["cycles"]) == (21, 1)
    assert prune(file_url, 10_000).rows == 8
    with History.open(file_url) as history:
        assert statement(Scope(history, TRADE.network)).summary() == before


def test_retention_goes_on_a_little_at_a_time_and_again_every_day(url: str) -> None:
    now = [100 * DAY]
    with Journal.open(url) as journal:
        journal.begin(OTHER)
        journal.add(input_of(1, OTHER.id))
        journal.begin(TRADE)
        journal.add(*(input_of(seq) for seq in range(1, 6_002)))
        journal.end(TRADE.id, 9 * DAY, "flattened")
    retention = Retention(url, 90, lambda: now[0])
    first, second = retention.work(), retention.work()
    assert first < 6_001
    assert first + second == 6_001
    with Journal.open(url) as journal:
        assert len(list(journal.inputs(OTHER.id))) == 1
        journal.end(OTHER.id, 11 * DAY, "flattened")
    assert retention.work() == 0, "it ended fewer than 90 days ago"
    now[0] += DAY - 1
    assert retention.work() == 0, "it was all done less than a day ago"
    now[0] += 1
    assert retention.work() == 0, "it ended 90 days ago, not more"
    now[0] += DAY
    assert retention.work() == 1


def test_an_engine_prunes_with_its_upkeep_and_says_what_is_in_the_way(tmp_path: Path) -> None:
    url, now = f"sqlite:///{tmp_path / 'journal.db'}", time.time_ns() // 1_000_000
    with Journal.open(url) as journal:
        journal.begin(TRADE)
        journal.add(input_of(1), input_of(2))
        journal.end(TRADE.id, now - 2 * DAY, "flattened")
    for keep_days, left in ((None, 2), (3, 2), (1, 0)):
        with (
            journals(tmp_path, None, lambda: now, keep_days=keep_days) as found,
            found(SOL, "0x" + "c3" * 20) as (_, trade),
        ):
            assert asyncio.run(trade.tidy()) == ""
        with Journal.open(url) as journal:
            assert len(list(journal.inputs(TRADE.id))) == left
    with journals(tmp_path, None, lambda: now, keep_days=1) as found, found(SOL, "0x" + "c3" * 20) as opened:
        _, trade = opened
        (tmp_path / "journal.db").rename(tmp_path / "away.db")
        assert asyncio.run(trade.tidy()) == f"retention: there is no journal at {tmp_path / 'journal.db'}"
        (tmp_path / "away.db").rename(tmp_path / "journal.db")


# Who holds the lock


def test_a_lock_is_seen_with_its_holder_and_not_taken(tmp_path: Path) -> None:
    account = "0x" + "A1" * 20
    assert held_locks(tmp_path, "paper") == []
    with EngineLock(tmp_path, "paper", account, "k-PEPE/x"):
        (held,) = held_locks(tmp_path, "paper")
        assert (held.account, held.symbol) == (account.lower(), "k-PEPE/x")
        assert held.holder.startswith("process ")
        assert held_locks(tmp_path, "mainnet") == []
    assert held_locks(tmp_path, "paper") == []
    with EngineLock(tmp_path, "paper", account, "k-PEPE/x"):
        pass


def test_the_lock_of_a_process_that_was_killed_is_nobodys(tmp_path: Path) -> None:
    child = Child(
        "import pathlib, sys; from hypertui.journal import EngineLock\n"
        "lock = EngineLock(pathlib.Path(sys.argv[1]), 'paper', '0xa', 'BTC'); lock.__enter__()",
        str(tmp_path),
    )
    assert len(held_locks(tmp_path, "paper")) == 1
    child.kill()
    assert held_locks(tmp_path, "paper") == []
    assert next(tmp_path.glob("*.lock")).read_text(), "what it wrote is still there"


def test_a_glance_at_the_lock_keeps_no_engine_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = EngineLock(tmp_path, "paper", "0xa", "BTC")
    lock.path.touch()  # of one that was killed
    looking = os.open(lock.path, os.O_RDONLY)
    fcntl.flock(looking, fcntl.LOCK_SH)
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        os.close(looking)  # the one who looked has seen enough

    monkeypatch.setattr("hypertui.journal.lock.time.sleep", wait)
    with lock:
        assert len(waits) == 1
        assert held_locks(tmp_path, "paper")


def test_a_part_of_a_copy_that_was_cut_short_is_in_nobodys_way(file_url: str, tmp_path: Path) -> None:
    written(file_url)
    (tmp_path / ".copy.db.part").write_bytes(b"half")
    back_up(file_url, tmp_path / "copy.db")
    with sqlite3.connect(tmp_path / "copy.db") as copy:
        assert copy.execute("SELECT count(*) FROM orders").fetchone() == (2,)
    copy.close()
