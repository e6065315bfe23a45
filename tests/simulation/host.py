"""One machine of a seed: its engine's processes, one after another, from the first to the last."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random

from hypertui.execution.trade_config import TradeConfig
from hypertui.execution.trade_journal import TradeJournal
from hypertui.port.commands import StopReason, Verb
from hypertui.port.snapshot import Snapshot
from hypertui.runtime.machine import Machine
from tests.simulation.alert_source import AlertSource
from tests.simulation.course import Course
from tests.simulation.door import Door
from tests.simulation.exchange import Line, SimExchange
from tests.simulation.ledger import Disk, DoorCommit, FaultyDisk, FileJournal
from tests.simulation.loop import VirtualLoop
from tests.simulation.process import Process, Watcher
from tests.simulation.scenario import SETTLES_IN
from tests.simulation.venue import Venue
from tests.support.memory_journal import MemoryJournal

_PATIENCE = 120  # seconds for an engine to leave


class Host(Watcher):
    """Starts an engine of the `courses` whenever there is none, as an operator would. `label` names it among
    the hosts of all seeds, `fate` draws how long it is down."""

    kind: Callable[..., Process] = Process

    def __init__(
        self,
        label: str,
        venue: Venue,
        courses: Sequence[Course],
        loop: VirtualLoop,
        folder: Path,
        fate: Random,
        twins: bool,
    ) -> None:
        self.label = label
        self.courses = {course.title: course for course in courses}
        self.processes: list[Process] = []
        self.counts: Counter[str] = Counter()
        self.leaving = False
        self.file: FileJournal | None = None
        self._venue = venue
        self._loop = loop
        self._fate = fate
        self._twins = twins
        self._scenario = courses[0].scenario  # what holds for all of them is in each
        self._kills = list(self._scenario.kills)
        self._armed = True
        if self._scenario.on_file:
            self._disks, self._paces = Random(f"journal {label}"), Random(f"commits {label}")
            self.file = FileJournal(folder, self._disks, self.disk)
        self.alerts: AlertSource | None = None
        if self.file is not None and any(course.scenario.alerts is not None for course in courses):
            self.alerts = AlertSource(self, label, courses, self.file, folder)
        for course in courses:
            course.host = self

    def disk(self) -> Disk:
        """The disk of a process."""
        return FaultyDisk([course.network for course in self.courses.values()], self._disks, self._paces)

    @property
    def process(self) -> Process:
        return self.processes[-1]

    @property
    def killed(self) -> int:
        """How many processes died."""
        return self.counts["kills"]

    def clock(self) -> int:
        """The engine's, which no hand sets."""
        return self._loop.clock() + self._scenario.clock_ahead

    def wall(self) -> int:
        """What its machine's clock shows (ms)."""
        return self.clock() + self._clock_set_by()

    def arm(self, armed: bool) -> None:
        """Whether processes may die now."""
        self._armed = armed
        if self.processes:
            self.process.door.armed = armed

    # One process after another

    async def keep(self) -> None:
        """Until all trades have come to their end."""
        while True:
            process, group = self._start()
            again = asyncio.create_task(self._start_refused_again(process))
            try:
                await process.run()
            finally:
                again.cancel()
                for course in self.courses.values():
                    course.auditor.closed()
                if self.alerts is not None:
                    self.alerts.over(process.door)
                if group is not None:
                    group.close()
            if self._all_over():
                return
            down = self._fate.uniform(0.5, 5.0)
            if process.door.shut:
                ahead = process.door.ahead
                self.counts["kills"] += 1
                self.counts["of them while stops were ahead of their rows"] += bool(ahead)
                self.counts["stops that no row tells of"] += len(ahead)
                for course in self.courses.values():
                    course.oracle.unwritten |= ahead
                down = self._kills.pop(0).down
            await asyncio.sleep(down)
            for course in self.courses.values():
                if self._may_be_gone(course) and self.file is not None and not self.lives(course):
                    course.over(StopReason(0, "killed when all was done"))
            if self._all_over():
                return

    def _may_be_gone(self, course: Course) -> bool:
        """Whether a trade may have ended in a process that could not tell it."""
        if self.leaving:
            return True
        return course.may_be_over and course.was_opened and not course.scenario.config.by_signal

    def _all_over(self) -> bool:
        return all(course.reason is not None for course in self.courses.values())

    def lives(self, course: Course) -> bool:
        """Whether the journal knows of a trade that goes on."""
        return self.file is not None and self.file.lives(course.scenario.config)

    def _start(self) -> tuple[Process, DoorCommit | None]:
        number = len(self.processes)
        door = Door(self._kills[0] if self._kills else None, self._armed)
        group = None if self.file is None else self.file.connect(door)
        name = f"engine {self.label}" + (f" start {number}" if number else "")
        open_courses = [course for course in self.courses.values() if course.reason is None]
        machine = Machine(self.clock, Random(name), self._clock_set_by, self.clock)

        @contextmanager
        def open_trade(config: TradeConfig, account: str) -> Iterator[tuple[int, TradeJournal]]:
            course = self.courses[config.title]
            if group is None or self.file is None:
                yield course.number, MemoryJournal()
                return
            number, journal = self.file.trade(group, config, self.clock(), account)
            course.has(number)
            yield number, journal

        process = self.kind(
            name,
            [course.scenario.config for course in open_courses],
            self._reach(door),
            open_trade,
            door,
            machine,
            self,
            self._twins,
            None if self.alerts is None or group is None else self.alerts.opener(group.disk),
        )
        self.processes.append(process)
        return process, group

    def _reach(self, door: Door) -> SimExchange:
        """The venue, as a process reaches it."""
        lines = {
            course.scenario.config.symbol: Line(course.network, course.auditor, course.scenario.late_entry)
            for course in self.courses.values()
        }
        return SimExchange(self._venue, lines, self._scenario.reorder, door, self._loop.time)

    def _clock_set_by(self) -> int:
        return self._scenario.clock_set_by(self._loop.time())

    async def _start_refused_again(self, process: Process) -> None:
        """What an operator does about a trade that could not be begun while others are traded."""
        while True:
            await asyncio.sleep(5.0)
            for course in self.courses.values():
                if course.reason is None and course.refusal and not (self.leaving or course.waits):
                    await process.command(Verb.START, course.title)

    async def leave(self, keeping: asyncio.Task[None]) -> None:
        """Have the engine leave, as often as it is killed on its way out; `keeping` is what `keep` does."""
        self.leaving = True
        killed = self.killed
        self.process.leave()
        await asyncio.wait([keeping], timeout=_PATIENCE)
        while not keeping.done() and self.killed > killed:
            # The next one goes on, and is told to leave in its turn.
            killed = self.killed
            for course in self.courses.values():
                await course.taken_up()
            await asyncio.sleep(SETTLES_IN)
            if not keeping.done():
                self.process.leave(may_die=False)
                await asyncio.wait([keeping], timeout=_PATIENCE)

    # What its processes tell

    def changed(self, trade: str) -> None:
        self.courses[trade].changed()

    def published(self, snapshot: Snapshot) -> None:
        self.courses[snapshot.name].oracle.judge(snapshot)

    def ended(self, trade: str, reason: StopReason) -> None:
        course = self.courses[trade]
        course.auditor.closed()
        if not self.leaving and self.process.is_refusal(trade, reason):
            course.refusal = reason.text
        elif self.leaving or not course.starts_again:
            course.over(reason)
