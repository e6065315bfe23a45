"""Commits to the journal, and what may be done while the database is out of reach.

Two states. Healthy: each commit is made at once, on the engine's own thread, which is the fastest, and takes
a fraction of a second at most. Down, after one that failed: the engine no longer touches the database;
attempts go on beside it in a thread, one at a time with pauses of full jitter, and whatever is written down
meanwhile waits in memory. The first attempt that works makes it healthy again. What is no outage (somebody
else writes this trade) ends the attempts.

`problem` says why no new risk may be taken. What protects the position goes on in either state.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any, TypeAlias

from hypertui.execution.journal_writer import TradeJournal
from hypertui.journal import JournalDown, JournalError, Locked
from hypertui.port.snapshot import Severity
from hypertui.runtime.alarms import Alarms
from hypertui.runtime.event_queue import EventQueue
from hypertui.runtime.tasks import Task

_FIRST_PAUSE = 0.25
LONGEST_PAUSE = 5.0  # seconds between two attempts
_LEAVE_PATIENCE = 5.0
_MOST_ROWS = 100_000

_Failure: TypeAlias = JournalError | Locked


@dataclass(frozen=True, slots=True)
class JournalRecovered:
    """The journal takes rows again."""


@dataclass(frozen=True, slots=True)
class JournalFailed:
    """Another attempt to write has failed."""

    error: JournalError | Locked


class Durability:
    """Of one trade; to be used on the trade's own loop. `overfull` says that so much waits that risk must not
    come back by itself, empty before; `task` has the stamps of the attempts."""

    def __init__(
        self,
        journal: TradeJournal,
        queue: EventQueue[Any],
        alarms: Alarms,
        random: Random,
        task: Task,
    ) -> None:
        self.problem = ""
        self._journal = journal
        self._queue = queue
        self._alarms = alarms
        self._random = random
        self._task = task
        self._attempt: asyncio.Future[None] | None = None
        self._refused = False  # not an outage: it will not pass by itself
        self.overfull = ""
        self._leaving = False

    def commit(self, meanwhile: Callable[[], None] | None = None) -> None:
        """Write what is queued, if the database takes it now; `problem` says whether it did. `meanwhile` may
        be called while that is waited for."""
        if self.problem:
            self._watch_queue()
            return
        try:
            self._journal.commit(meanwhile)
        except (JournalError, Locked) as error:
            self._failed(error)
            if not self._refused:
                self._queue.spawn(self._retry())

    async def leave(self) -> str:
        """Get the rest written, within a few seconds; nothing else may follow. Returns in one line what is
        lost, nothing in most cases."""
        self._leaving = True
        if self._attempt is not None:
            await asyncio.wait([self._attempt])
        loop = asyncio.get_running_loop()
        until = loop.time() + _LEAVE_PATIENCE
        cause: _Failure | None = None
        while self._journal.pending and not self._refused:
            cause = await self._try()
            if cause is not None and (not isinstance(cause, JournalDown) or loop.time() > until):
                break
            await asyncio.sleep(0 if cause is None else self._random.uniform(0, _FIRST_PAUSE))
        lost = self._journal.give_up()
        if not lost:
            return ""
        text = f"{lost} rows were not written to the journal {self._journal.place}, and are lost: "
        text += self.problem if cause is None else str(cause)
        self._alarms.sound("journal lost", Severity.CRITICAL, text)
        return text

    def go_on(self) -> None:
        """The attempts were ended with all else that went on beside: begin them again, if any are needed."""
        if self.problem and not self._refused:
            self._queue.spawn(self._retry())

    async def _retry(self) -> None:
        if self._attempt is not None and not self._attempt.done():
            await asyncio.wait([self._attempt])
        pause = _FIRST_PAUSE
        while True:
            wait = self._random.uniform(0, pause)
            self._task.due_in(wait)
            await asyncio.sleep(wait)
            pause = min(2 * pause, LONGEST_PAUSE)
            if self._leaving:
                return
            self._task.began()
            failure = await self._try()
            self._task.ended("" if failure is None else str(failure))
            if failure is None:
                self._queue.post(JournalRecovered())
                return
            self._queue.post(JournalFailed(failure))
            if not isinstance(failure, JournalDown):
                return

    async def _try(self) -> _Failure | None:
        """Write with patience, on a new connection if need be; the engine's loop goes on meanwhile."""
        self._attempt = asyncio.ensure_future(self._journal.commit_beside())
        try:
            # A thread cannot be cancelled: whoever waits for it may be, and the attempt is still under way.
            await asyncio.shield(self._attempt)
        except (JournalError, Locked) as error:
            return error
        return None

    def _failed(self, error: _Failure) -> None:
        self.problem = str(error)
        text = f"no new risk is taken, what is held stays protected: {error}"
        self._alarms.sound("journal", Severity.CRITICAL, text)
        if not isinstance(error, JournalDown):
            self._refused = True
            text = f"nothing more is written, and no new risk taken, before the next start: {error}"
            self._alarms.sound("journal refused", Severity.CRITICAL, text)

    def take(self, arrival: JournalRecovered | JournalFailed) -> None:
        """An attempt beside the events has ended."""
        match arrival:
            case JournalRecovered():
                self.problem = ""
                self._alarms.clear("journal")
            case JournalFailed(error):
                self._failed(error)

    def _watch_queue(self) -> None:
        if self._journal.pending > _MOST_ROWS and not self.overfull:
            self.overfull = f"more than {_MOST_ROWS} rows wait for the journal"
