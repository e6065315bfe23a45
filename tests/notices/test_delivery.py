"""Notices on their way: to a receiver on loopback, past channels that hang, refuse or fail."""

from __future__ import annotations

import logging
import random
import sqlite3
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue

import pytest

from hypertui.core.clock import wall_ms
from hypertui.notices.channels import Channel
from hypertui.notices.conditions import notice
from hypertui.notices.dispatcher import Dispatcher
from hypertui.notices.hours import DAY
from hypertui.notices.outbox import newest
from hypertui.notices.post import NoticePlan, NoticePost
from hypertui.notices.sender import Delivered, Letter, Sender
from hypertui.port.engine import EngineView
from hypertui.port.snapshot import Mode, Severity
from tests.notices.parts import HOUR, NOON, Desk, Hands, Receiver, alarm, nobody, receiving, snapshot
from tests.support.live_engine import wait_until

DEADLINE = 10.0


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def no_report(midnight: int, view: EngineView) -> str:
    raise AssertionError("none is due")


def post(
    desk: Desk, folder: Path, *channels: Channel, clock: Callable[[], int] = wall_ms, **others: object
) -> NoticePost:
    plan = NoticePlan(channels, **others)  # type: ignore[arg-type]
    return NoticePost(desk, plan, folder / "notices.db", no_report, clock, random.Random(7))


def rows(folder: Path) -> list[tuple[str, str, int, str]]:
    """Of the queue, oldest first."""
    found = reversed(newest(folder / "notices.db", 1_000))
    return [(row.channel, row.state.value, row.attempts, row.note) for row in found]


def arrives(receiver: Receiver, *texts: str) -> None:
    wait_until(lambda: set(texts) <= set(receiver.texts), f"{texts}, not {receiver.texts}", DEADLINE)


def test_a_condition_arrives_from_its_beginning_to_its_end(receiver: Receiver, tmp_path: Path) -> None:
    now = wall_ms()
    desk = Desk(snapshot(at=now))
    with post(desk, tmp_path, receiver.channel()):
        arrives(receiver, "the engine starts on paper: BTC")
        holds = alarm(at=now, severity=Severity.CRITICAL, text="no price of BTC")
        desk.view = EngineView((snapshot(holds, at=now),))
        arrives(receiver, "no price of BTC")
        over = replace(holds, active=False, last=now + 47 * 60_000)
        desk.view = EngineView(
            (snapshot(over, at=now, mode=Mode.STOPPED, reason="left in order", over=True),)
        )
    arrives(receiver, "over after 47 min: no price of BTC", "the engine has left: left in order")
    assert len(receiver.bodies) == 4
    told = receiver.bodies[1]
    assert (told["title"], told["type"]) == ("hypertui paper BTC: critical", "failure")
    assert rows(tmp_path) == [("json 1", "sent", 1, "")] * 4


def test_each_channel_gets_what_is_as_bad_as_it_takes(receiver: Receiver, tmp_path: Path) -> None:
    now = wall_ms()
    desk = Desk(snapshot(alarm(at=now), alarm("halt", Severity.CRITICAL, at=now), at=now))
    with (
        receiving() as worst,
        post(desk, tmp_path, receiver.channel(), worst.channel(2, Severity.CRITICAL), least=Severity.WARNING),
    ):
        arrives(receiver, "the engine starts on paper: BTC", "stale it is", "halt it is")
        arrives(worst, "halt it is")
    assert worst.texts == ["halt it is"]


def test_a_channel_that_hangs_delays_no_other_and_no_exit(receiver: Receiver, tmp_path: Path) -> None:
    clock = Hands(wall_ms())
    with receiving() as hanging:
        hanging.hold.clear()
        with post(
            Desk(snapshot(at=clock.now)), tmp_path, hanging.channel(1), receiver.channel(2), clock=clock
        ):
            assert hanging.came.acquire(timeout=DEADLINE)
            arrives(receiver, "the engine starts on paper: BTC")
            clock.step = 300  # the two seconds that the last words have pass in seven looks at the clock
        assert "notices" not in [thread.name for thread in threading.enumerate()], "it has ended in time"
        arrives(receiver, "the engine has left: running")
        assert len(hanging.bodies) == 1, "one at a time"
        assert [row for row in rows(tmp_path) if row[0] == "json 1"] == [
            ("json 1", "pending", 1, ""),
            ("json 1", "pending", 0, ""),
        ]


def test_what_was_refused_is_tried_again_with_jitter_until_it_arrives(
    receiver: Receiver, tmp_path: Path
) -> None:
    receiver.status = 503
    clock = Hands(NOON)
    dispatcher = Dispatcher([receiver.channel()], tmp_path / "notices.db", random.Random(7), clock, "paper")
    dispatcher.begin()
    dispatcher.queue(notice(NOON, Severity.CRITICAL, "BTC", "stale", "no price"))
    spans, drawn = [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300], random.Random(7)
    for attempt, span in enumerate(spans, 1):
        dispatcher.hand_out()
        dispatcher.settle(DEADLINE)
        (row,) = newest(tmp_path / "notices.db", 5)
        assert (row.state.value, row.attempts, row.note) == ("pending", attempt, "it answered 503")
        assert row.next == clock.now + round(drawn.uniform(0, span) * 1_000)
        if row.next > clock.now:
            assert dispatcher.is_idle(), "nothing goes before that"
        clock.now = max(row.next, clock.now)
    receiver.status = 200
    dispatcher.hand_out()
    dispatcher.settle(DEADLINE)
    assert rows(tmp_path) == [("json 1", "sent", len(spans) + 1, "")]
    assert len(receiver.bodies) == len(spans) + 1
    dispatcher.close()


def sending(channel: Channel) -> Callable[[], Delivered]:
    """What sends a letter by a channel, and returns what becomes of it."""
    arrived: SimpleQueue[Delivered] = SimpleQueue()
    sender = Sender(channel, arrived.put, wall_ms)
    sender.start()

    def send() -> Delivered:
        sender.give(Letter(Severity.INFO, "a title", "a text"))
        return arrived.get(timeout=DEADLINE)

    return send


def delivered(channel: Channel) -> Delivered:
    """What becomes of one letter."""
    return sending(channel)()


def test_each_attempt_has_its_own_reason(receiver: Receiver) -> None:
    send = sending(receiver.channel())
    for status, trouble in (
        (404, "it answered 404"),
        (500, "it answered 500"),
        (200, ""),
        (403, "it answered 403"),
    ):
        receiver.status = status
        assert send().trouble == trouble


def test_nothing_of_an_address_is_told_whatever_fails(
    receiver: Receiver, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    import apprise

    caplog.set_level(logging.DEBUG)
    assert delivered(receiver.channel()).trouble == ""
    receiver.status = 404
    assert delivered(receiver.channel()).trouble == "it answered 404"
    assert delivered(nobody()).trouble == "no connection, or no answer in time"
    unknown = Channel("nosuch 3", Severity.INFO, "nosuch://s3cret")
    assert delivered(unknown).trouble == "apprise knows no such address"

    def fails(*_: object, **__: object) -> bool:
        raise RuntimeError(f"at {receiver.url}")

    monkeypatch.setattr(apprise.NotifyBase, "notify", fails)
    assert delivered(receiver.channel()).trouble == "apprise failed: RuntimeError"
    out, err = capfd.readouterr()
    for text in (caplog.text, out, err):
        assert "s3cret" not in text
        assert "hunter2" not in text


def test_where_the_file_is_of_no_use_notices_leave_all_the_same(
    receiver: Receiver, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "notices.db").write_bytes(b"no database" * 1_000)
    with post(Desk(), tmp_path, receiver.channel()):
        arrives(receiver, "the engine starts on paper: BTC")
    arrives(receiver, "the engine has left: running")
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "is of no use: file is not a database" in caplog.text


def test_a_file_that_fails_later_is_used_again_when_it_can_be(receiver: Receiver, tmp_path: Path) -> None:
    file, clock = tmp_path / "notices.db", Hands(NOON)
    dispatcher = Dispatcher([receiver.channel()], file, random.Random(7), clock, "paper")
    dispatcher.begin()
    breaking = sqlite3.connect(file, isolation_level=None)
    breaking.execute("ALTER TABLE notices RENAME TO lost")
    dispatcher.queue(notice(NOON, Severity.INFO, "", "a", "in memory"))
    dispatcher.hand_out()
    dispatcher.settle(DEADLINE)
    breaking.execute("ALTER TABLE lost RENAME TO notices")
    breaking.close()
    dispatcher.queue(notice(NOON, Severity.INFO, "", "b", "in the file"))
    dispatcher.hand_out()
    dispatcher.settle(DEADLINE)
    assert receiver.texts == ["in memory", "in the file"]
    assert [row.notice.text for row in newest(file, 5)] == ["in the file"]
    assert dispatcher.is_idle()
    dispatcher.close()


def test_a_view_that_cannot_be_had_ends_the_notices_and_nothing_else(
    receiver: Receiver, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    desk = Desk()
    with post(desk, tmp_path, receiver.channel()):
        arrives(receiver, "the engine starts on paper: BTC")
        desk.view = None  # type: ignore[assignment]
        wait_until(lambda: "a defect: no notice leaves any more" in caplog.text, "the defect", DEADLINE)


def test_the_report_of_yesterday_goes_once_a_day_at_its_time(receiver: Receiver, tmp_path: Path) -> None:
    asked: list[int] = []

    def report(midnight: int, view: EngineView) -> str:
        asked.append(midnight)
        return f"report {len(asked)}"

    def begin(clock: Hands) -> NoticePost:
        plan = NoticePlan((receiver.channel(),), daily_at=10 * 60_000)
        desk = Desk(snapshot(at=clock.now + DAY))
        return NoticePost(desk, plan, tmp_path / "notices.db", report, clock, random.Random(7))

    clock = Hands(NOON)
    with begin(clock):
        arrives(receiver, "the engine starts on paper: BTC")
        assert asked == [], "the first one is tomorrow's"
        clock.now = NOON + 12 * HOUR + 10 * 60_000
        arrives(receiver, "report 1")
        clock.step = 20
    assert asked == [NOON + 12 * HOUR]
    with begin(Hands(NOON + 14 * HOUR, step=20)):
        wait_until(lambda: len(receiver.bodies) >= 4, "another start", DEADLINE)
    assert len(asked) == 1, "a restart does not send it again"
    with begin(Hands(NOON + 37 * HOUR, step=20)):
        arrives(receiver, "report 2")
    assert asked[1:] == [NOON + 36 * HOUR], "and one that was missed is made up for"


def test_a_report_that_fails_says_so(receiver: Receiver, tmp_path: Path) -> None:
    clock = Hands(NOON)
    plan = NoticePlan((receiver.channel(),), daily_at=0)
    notices = NoticePost(
        Desk(snapshot(at=NOON + DAY)), plan, tmp_path / "n.db", no_report, clock, random.Random(7)
    )
    with notices:
        arrives(receiver, "the engine starts on paper: BTC")
        clock.now = NOON + 12 * HOUR
        arrives(receiver, "the daily report could not be worked out: AssertionError")
        clock.step = 20
