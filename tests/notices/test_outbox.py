"""The queue: what was queued is there after whatever came in between, and each attempt is written down."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from hypertui.notices.conditions import Notice
from hypertui.notices.hours import DAY
from hypertui.notices.outbox import DeliveryState, Outbox, newest
from hypertui.port.snapshot import Severity
from tests.notices.parts import NOON


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "notices.db"


@pytest.fixture
def outbox(file: Path) -> Iterator[Outbox]:
    with closing(Outbox.open(file)) as outbox:
        yield outbox


def said(
    text: str = "no price", severity: Severity = Severity.WARNING, at: int = NOON, key: str = "k"
) -> Notice:
    return Notice(at, severity, "BTC", key, text)


def states(file: Path) -> list[tuple[str, str, str, int]]:
    """The rows, oldest first."""
    return [(row.notice.text, row.channel, row.state, row.attempts) for row in reversed(newest(file, 1_000))]


def test_a_notice_is_one_row_for_each_channel_and_private(outbox: Outbox, file: Path) -> None:
    assert outbox.add(said(), ["json 1", "tgram 2"])
    assert states(file) == [("no price", "json 1", "pending", 0), ("no price", "tgram 2", "pending", 0)]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert newest(file, 1)[0].notice == said()


def test_an_attempt_is_written_down_before_it_is_made_and_made_by_nobody_else(
    outbox: Outbox, file: Path
) -> None:
    outbox.add(said(), ["json 1"])
    assert outbox.begin("json 1", NOON - 1, NOON) is None
    begun = outbox.begin("json 1", NOON, NOON + 1_000)
    assert begun is not None
    assert (begun.attempts, begun.state) == (1, DeliveryState.PENDING)
    with closing(Outbox.open(file)) as other:
        assert other.begin("json 1", NOON + 999, NOON + 2_000) is None
        assert not other.is_due("json 1", NOON + 999)
        again = other.begin("json 1", NOON + 1_000, NOON + 2_000)
    assert again is not None
    assert again.attempts == 2
    outbox.sent(begun.id)
    assert states(file) == [("no price", "json 1", "sent", 2)]
    assert outbox.begin("json 1", NOON + DAY, NOON + DAY) is None


def test_what_failed_is_due_again_and_given_up_after_a_day(outbox: Outbox, file: Path) -> None:
    outbox.add(said(), ["json 1"])
    begun = outbox.begin("json 1", NOON, NOON + 1_000)
    assert begun is not None
    outbox.not_sent(begun.id, NOON + DAY, NOON + DAY + 5, "it answered 500")
    (row,) = newest(file, 5)
    assert (row.state, row.next, row.note) == (DeliveryState.PENDING, NOON + DAY + 5, "it answered 500")
    assert outbox.begin("json 1", NOON + DAY + 5, NOON + DAY + 9) is not None
    outbox.not_sent(begun.id, NOON + DAY + 6, NOON + 2 * DAY, "it answered 500")
    assert newest(file, 5)[0].state is DeliveryState.FAILED
    outbox.not_sent(begun.id, NOON, NOON, "late news")
    assert newest(file, 5)[0].note == "it answered 500"


def test_the_worst_goes_first_and_what_nobody_takes_is_in_nobodys_way(outbox: Outbox) -> None:
    for text, severity in (("a", Severity.INFO), ("b", Severity.CRITICAL), ("c", Severity.WARNING)):
        outbox.add(said(text, severity), ["json 1"])
    order = []
    for now in range(NOON, NOON + 4):
        begun = outbox.begin("json 1", now, now + 1)
        assert begun is not None
        order.append(begun.notice.text)
    assert order == ["b", "c", "a", "b"]


def test_what_is_said_once_is_queued_once(outbox: Outbox, file: Path) -> None:
    assert outbox.add(said(key="daily 1"), ["json 1"], once=True)
    assert not outbox.add(said(key="daily 1"), ["json 1"], once=True)
    assert outbox.add(said(key="daily 2"), ["json 1"], once=True)
    assert len(states(file)) == 2
    assert outbox.knows("daily *")
    assert outbox.knows("daily 1")
    assert not outbox.knows("daily")


def test_the_queue_is_bounded(outbox: Outbox, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hypertui.notices.outbox._MOST_WAITING", 5)
    for number in range(8):
        outbox.add(said(str(number)), ["json 1"])
    found = {text: state for text, _, state, _ in states(file)}
    assert [found[text] for text in ("0", "1", "2", "3")] == ["failed"] * 3 + ["pending"]
    assert newest(file, 1_000)[-1].note == "too many waited"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE notices SET id = id + 3000 WHERE id > 3")
        connection.commit()
    outbox.add(said("last"), ["json 1"])
    failed = [text for text, _, state, _ in states(file) if state == "failed"]
    assert failed == ["3"], "of what is done the newest stay"


def test_a_channel_that_is_gone_is_waited_for_a_day(outbox: Outbox, file: Path) -> None:
    outbox.add(said(), ["json 1", "tgram 2"])
    outbox.give_up(["json 1"], NOON + DAY)
    assert {state for _, _, state, _ in states(file)} == {"pending"}
    outbox.give_up(["json 1"], NOON + DAY + 1)
    assert [(channel, state) for _, channel, state, _ in states(file)] == [
        ("json 1", "pending"),
        ("tgram 2", "failed"),
    ]


def test_a_change_that_fails_is_no_half_change(outbox: Outbox, file: Path) -> None:
    with pytest.raises(sqlite3.Error):
        outbox.add(said(), ["json 1", object()])  # type: ignore[list-item]
    assert states(file) == []
    assert outbox.add(said(), ["json 1"])


def test_what_is_no_queue_is_refused(file: Path, tmp_path: Path) -> None:
    file.write_bytes(b"no database" * 1_000)
    with pytest.raises(sqlite3.Error):
        Outbox.open(file)
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    with pytest.raises(OSError, match="symbolic link"):
        Outbox.open(tmp_path / "link")
    with closing(sqlite3.connect(tmp_path / "newer.db")) as newer:
        newer.execute("PRAGMA user_version = 2")
    with pytest.raises(sqlite3.Error, match="version 2"):
        Outbox.open(tmp_path / "newer.db")
