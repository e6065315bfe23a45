"""Every periodic task leaves a stamp, and one that is not done raises an alarm, whatever keeps it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from hypertui.engine.live_trade import LiveTrade
from hypertui.exchange.protocol import AccountState, Unreachable
from hypertui.execution.housekeeping import Housekeeping
from hypertui.port.views import TaskView
from hypertui.runtime.alarms import Alarms
from hypertui.runtime.event_log import EventLog
from hypertui.runtime.tasks import Tasks
from tests.support.live_engine import LiveEngine
from tests.support.local_venue import LocalVenue
from tests.support.memory_journal import MemoryJournal


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def log(clock: Clock) -> EventLog:
    return EventLog(clock)


@pytest.fixture
def alarms(log: EventLog, clock: Clock) -> Alarms:
    return Alarms(log, clock)


def active(alarms: Alarms) -> list[str]:
    return [alarm.text for alarm in alarms.view() if alarm.active]


def test_a_run_leaves_its_stamp(clock: Clock, alarms: Alarms) -> None:
    tasks = Tasks(clock, alarms)
    task = tasks.add("funding", 60)
    assert tasks.view() == (TaskView("funding", 60_000),)
    task.due_in(60)
    clock.now += 60_000
    task.began()
    clock.now += 250
    task.ended()
    task.due_in(60)
    assert tasks.view() == (TaskView("funding", 60_000, 1_060_250, 1_120_250, 250, "done"),)
    task.began()
    task.ended("no answer")
    (view,) = tasks.view()
    assert (view.result, view.failed, view.took) == ("no answer", True, 0)


@pytest.mark.parametrize(("seconds", "grace"), [(60.0, 120_000), (0.25, 2_000)])
def test_more_than_two_periods_late_is_an_alarm_until_it_is_done(
    clock: Clock, alarms: Alarms, log: EventLog, seconds: float, grace: int
) -> None:
    tasks = Tasks(clock, alarms)
    task = tasks.add("funding", seconds)
    task.due_in(seconds)
    clock.now += round(seconds * 1000) + grace
    tasks.watch()
    assert active(alarms) == []
    clock.now += 1
    for _ in range(3):
        tasks.watch()
    assert active(alarms) == [f"the task funding is due every {seconds:g} s and never ran"]
    assert tasks.view()[0].overdue
    assert len(log.after(0)) == 1, "it is said once"
    task.began()
    clock.now += 1
    tasks.watch()
    assert active(alarms), "that it has begun proves nothing"
    task.ended()
    task.due_in(seconds)
    tasks.watch()
    assert active(alarms) == []
    assert not tasks.view()[0].overdue


def test_a_run_that_never_ends_is_overdue(clock: Clock, alarms: Alarms) -> None:
    tasks = Tasks(clock, alarms)
    task = tasks.add("account", 5)
    task.due_in(5)
    clock.now += 5_000
    task.began()
    clock.now += 10_001
    tasks.watch()
    assert active(alarms) == ["the task account is due every 5 s and never ran, and is still under way"]


def test_without_cause_it_is_never_late(clock: Clock, alarms: Alarms) -> None:
    tasks = Tasks(clock, alarms)
    task = tasks.add("journal retry", 5)
    clock.now += 10**9
    tasks.watch()
    task.due_in(1)
    task.began()
    task.ended("the disk is full")
    clock.now += 10**9
    tasks.watch()
    assert active(alarms) == []


# In a live engine


@pytest.fixture
def live() -> Iterator[LiveEngine]:
    with LocalVenue({"SOL": Decimal(150)}) as venue, LiveEngine(venue) as live:
        yield live.opened()


def stamps(live: LiveEngine) -> dict[str, TaskView]:
    return {task.name: task for task in live.snapshot.tasks}


def test_every_task_is_on_the_snapshot(live: LiveEngine) -> None:
    live.wait_for(lambda: len(stamps(live)) == 9, "all tasks")
    assert [(task.name, task.every) for task in live.snapshot.tasks] == [
        ("key", 600_000),
        ("API budget", 300_000),
        ("transfers", 300_000),
        ("reconciliation", 120_000),
        ("funding", 60_000),
        ("upkeep", 10_000),
        ("account", 5_000),
        ("journal retry", 5_000),
        ("heartbeat", 250),
    ]
    live.wait_for(lambda: stamps(live)["account"].last is not None, "a look at the account")
    account = stamps(live)["account"]
    assert account.last is not None
    assert account.next is not None
    assert 4_000 < account.next - account.last < 6_000
    assert (account.result, account.failed, account.overdue) == ("done", False, False)
    assert stamps(live)["journal retry"].next is None
    assert live.snapshot.journal is not None


def test_a_task_that_hangs_is_seen_and_one_that_fails_says_why(
    live: LiveEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hypertui.runtime.tasks._LEAST_GRACE", 0)
    hanging = asyncio.Event()

    async def hang(symbol: str) -> AccountState:
        if not hanging.is_set():
            hanging.set()
            raise Unreachable("no route")
        await asyncio.Event().wait()
        raise AssertionError

    def shorten(trade: LiveTrade) -> None:
        trade.context.exchange.account_states = hang  # type: ignore[method-assign]
        for task in trade.context.tasks._tasks:
            if task.name == "account":
                task.every = 50

    live.wait_for(lambda: "account" in stamps(live), "the task")
    live.on_engine(shorten, None)
    live.wait_for(lambda: stamps(live)["account"].result == "no route", "the failure")
    live.wait_for(lambda: stamps(live)["account"].overdue, "the alarm")
    overdue = [alarm.text for alarm in live.snapshot.alarms if alarm.key == "task account"]
    assert overdue == ["the task account is due every 0.05 s and has not run since, and is still under way"]


def test_the_room_for_journal_and_log_is_looked_after(
    alarms: Alarms, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Small(MemoryJournal):
        free = 150_000_000

        def room(self) -> tuple[int | None, int | None]:
            return 12_345, self.free

        async def tidy(self) -> str:
            return "" if self.free > 10**9 else "retention: the journal is out of reach"

    journal, trouble = Small(), ["3 lines of the log are lost"]
    upkeep = Housekeeping(journal, alarms, lambda: trouble[0])
    said = asyncio.run(upkeep.look())
    assert "150 MB are free for the journal in memory" in said
    assert "3 lines of the log are lost" in said
    assert said.endswith("; retention: the journal is out of reach")
    assert len(active(alarms)) == 2
    assert (upkeep.view().size, upkeep.view().free) == (12_345, 150_000_000)
    journal.free, trouble[0] = 10**12, ""
    assert asyncio.run(upkeep.look()) == ""
    assert active(alarms) == []


def test_the_journals_room_is_told_without_asking_the_database(tmp_path: Path) -> None:
    from hypertui.journal import Journal

    with Journal.open(f"sqlite:///{tmp_path / 'journal.db'}") as journal:
        journal._session.disconnect()
        size, free = journal.room()
        assert journal._session.connection is None
        assert size == journal.size() > 0
        assert free is not None
        assert free > 0
