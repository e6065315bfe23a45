"""When a fill's rows are durable: told by the commits that take them, also where some of these fail."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any, cast

from hypertui.execution.durability import Durability
from hypertui.execution.trade_journal import TradeJournal
from hypertui.journal import JournalDown
from hypertui.port.health import Spans
from hypertui.runtime.alarms import Alarms
from hypertui.runtime.event_log import EventLog
from hypertui.runtime.event_queue import EventQueue
from hypertui.runtime.health_tally import HealthTally
from hypertui.runtime.tasks import Task


class Disk:
    """A journal whose commits end when they are told to, with a clock that stands until it is moved (ms)."""

    place = "on a disk"

    def __init__(self) -> None:
        self.now = 0
        self.pending = 0
        self.commits: list[asyncio.Future[None]] = []
        self.asked = asyncio.Event()
        self.tally = HealthTally(0)
        self.queue = EventQueue[Any](lambda arrival: self.durability.take(arrival), lambda: None)
        alarms = Alarms(EventLog(self.clock), self.clock)
        self.durability = Durability(
            cast(TradeJournal, self), self.queue, alarms, Random(1), Task("retry", 1, self.clock),
            self.tally, self.clock,
        )  # fmt: skip

    def clock(self) -> int:
        return self.now

    def commit_beside(self, *, at_once: bool, after: float = 0.0) -> asyncio.Future[None]:
        self.commits.append(asyncio.get_running_loop().create_future())
        self.asked.set()
        return self.commits[-1]

    def give_up(self) -> int:
        return 0

    def fill(self) -> None:
        """One is booked, and its row is queued."""
        self.pending += 1
        self.tally.booked(None, self.now, self.now, compared=True)

    async def written(self, rows: int) -> None:
        """The commit under way ends well, with so many rows."""
        self.pending -= rows
        self.commits[-1].set_result(None)
        for _ in range(20):  # turns of the loop
            await asyncio.sleep(0)

    @property
    def durable(self) -> Spans | None:
        return next((each for each in self.tally.figures(()).stages if each.name == "durable"), None)


def play(story: Callable[[Disk], Awaitable[None]]) -> Disk:
    async def main() -> Disk:
        disk = Disk()
        await story(disk)
        await disk.queue.close()
        return disk

    return asyncio.run(main())


def test_a_fill_is_durable_with_the_commit_that_takes_it() -> None:
    async def story(disk: Disk) -> None:
        disk.fill()
        disk.durability.commit()
        disk.now = 5
        disk.fill()  # too late for the one under way
        disk.now = 10
        await disk.written(1)
        assert disk.durable is not None and (disk.durable.count, disk.durable.total) == (1, 10)
        disk.now = 30
        await disk.written(1)

    durable = play(story).durable
    assert durable is not None and (durable.count, durable.total) == (2, 10 + 25)


def test_what_a_commit_has_taken_beyond_what_it_was_asked_for_counts_too() -> None:
    async def story(disk: Disk) -> None:
        disk.fill()
        disk.durability.commit()
        disk.fill()
        disk.now = 7
        await disk.written(2)
        assert len(disk.commits) == 1

    durable = play(story).durable
    assert durable is not None and (durable.count, durable.total) == (2, 14)


def test_an_outage_is_as_long_as_it_was() -> None:
    async def story(disk: Disk) -> None:
        disk.fill()
        disk.durability.commit()
        for _ in range(2):
            disk.asked.clear()
            disk.commits[-1].set_exception(JournalDown("away"))
            async with asyncio.timeout(5):
                await disk.asked.wait()
        assert disk.durable is None and disk.durability.problem
        disk.now = 60_000
        await disk.written(1)
        await disk.queue.run_until(lambda: not disk.durability.problem, 5)

    durable = play(story).durable
    assert durable is not None and (durable.count, durable.total) == (1, 60_000)


def test_a_journal_that_nothing_waits_for_is_durable_at_once() -> None:
    async def story(disk: Disk) -> None:
        disk.tally.booked(None, 0, 0, compared=True)
        disk.durability.commit()

    durable = play(story).durable
    assert durable is not None and (durable.count, durable.total) == (1, 0)
