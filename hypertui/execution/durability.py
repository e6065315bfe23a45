"""Commits to the journal, and what may be done while the database is out of reach.

Two states. Healthy: commits are made beside the engine, one at a time, each with all that was written down
until it began; what must not be done before its rows are durable waits for its own. Down, after one that
failed or took too long: attempts go on, one at a time with pauses of full jitter, and whatever is written
down meanwhile waits in memory. The first attempt that works makes it healthy again. What is no outage
(somebody else writes this trade) ends the attempts.

`problem` says why no new risk may be taken. What protects the position goes on in either state.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any, TypeAlias

from hypertui.execution.trade_journal import TradeJournal
from hypertui.journal import JournalDown, JournalError, Locked
from hypertui.port.snapshot import Severity
from hypertui.runtime.alarms import Alarms
from hypertui.runtime.event_queue import EventQueue
from hypertui.runtime.health_tally import HealthTally
from hypertui.runtime.tasks import Task

# Seconds for which a sale waits for a commit, on a disk that hangs too.
_PATIENCE = 1.0
_STOPS_LEAVE_IN = 0.005  # seconds: to sign an action, send it and hear the answer
_FIRST_PAUSE = 0.25
LONGEST_PAUSE = 5.0  # seconds between two attempts
_LEAVE_PATIENCE = 5.0
_MOST_ROWS = 100_000

_Failure: TypeAlias = JournalError | Locked
_Waiting: TypeAlias = list[asyncio.Future[str]]


@dataclass(frozen=True, slots=True)
class JournalRecovered:
    """The journal takes rows again."""


@dataclass(frozen=True, slots=True)
class JournalFailed:
    """Another attempt to write has failed."""

    error: JournalError | Locked


class Durability:
    """Of one trade; to be used on the trade's own loop. `overfull` says that so much waits that risk must not
    come back by itself, empty before; `task` has the stamps of the attempts, `tally` is told of commits, and
    `clock` gives ms."""

    def __init__(
        self,
        journal: TradeJournal,
        queue: EventQueue[Any],
        alarms: Alarms,
        random: Random,
        task: Task,
        tally: HealthTally,
        clock: Callable[[], int],
    ) -> None:
        self.problem = ""
        self._journal = journal
        self._queue = queue
        self._alarms = alarms
        self._random = random
        self._task = task
        self._tally = tally
        self._clock = clock
        self._attempt: asyncio.Future[None] | None = None  # the newest
        self._waiting: _Waiting = []  # for the commit after the one that is under way
        self._refused = False  # not an outage: it will not pass by itself
        self.overfull = ""
        self._leaving = False

    @property
    def behind(self) -> bool:
        """Whether anything that was written down is not durable yet."""
        return self._journal.pending > 0

    def commit(self, *, stops_first: bool = False) -> None:
        """Have what is queued written beside, now or after the commit that is under way; with `stops_first`
        a moment later, because a thread that works takes time from whoever signs and sends these, and hears
        the answer."""
        if self.problem:
            self._watch_queue()
        elif self.behind and not self._busy:
            self._begin(_STOPS_LEAVE_IN if stops_first else 0.0)
        elif not self.behind:
            self._tally.commit_ended(self._clock(), everything=True)  # a journal that nothing waits for

    def receipt(self) -> asyncio.Future[str]:
        """What says, once it is known, why not all that is queued by now is durable; empty where it is."""
        answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        if self.problem or not self.behind:
            answer.set_result(self.problem)
        else:
            self._waiting.append(answer)
            self.commit()
        return answer

    async def written(self) -> str:
        """Wait for that."""
        receipt = self.receipt()
        return receipt.result() if receipt.done() else await receipt

    async def leave(self) -> str:
        """Get the rest written, within a few seconds; nothing else may follow. Returns in one line what is
        lost, nothing in most cases."""
        self._leaving = True
        loop = asyncio.get_running_loop()
        until = loop.time() + _LEAVE_PATIENCE
        cause: _Failure | None = None
        while self._journal.pending and not self._refused:
            cause = await self._try()
            if cause is not None and (not isinstance(cause, JournalDown) or loop.time() > until):
                break
            await asyncio.sleep(0 if cause is None else self._random.uniform(0, _FIRST_PAUSE))
        await self._under_way()
        _answer(self._waiting, self.problem or ("" if cause is None else str(cause)))
        lost = self._journal.give_up()
        if not lost:
            return ""
        text = f"{lost} rows were not written to the journal {self._journal.place}, and are lost: "
        text += self.problem if cause is None else str(cause)
        self._alarms.sound("journal lost", Severity.CRITICAL, text)
        return text

    def go_on(self) -> None:
        """What went on beside was ended with all else: begin it again, if any of it is needed."""
        if self.problem and not self._refused:
            self._queue.spawn(self._retry())
        elif self._attempt is not None and not self._attempt.done():
            self._queue.spawn(self._see_through(self._attempt, []))

    # A commit while all is well

    @property
    def _busy(self) -> bool:
        return self._attempt is not None and not self._attempt.done()

    def _begin(self, after: float = 0.0) -> None:
        served, self._waiting = self._waiting, []
        self._tally.commit_begun()
        self._attempt = self._journal.commit_beside(at_once=True, after=after)
        if self._attempt.done():  # a journal that needs no time
            self._ended(served, _failure_of(self._attempt))
        else:
            self._queue.spawn(self._see_through(self._attempt, served))

    async def _see_through(self, attempt: asyncio.Future[None], served: _Waiting) -> None:
        await asyncio.wait([attempt], timeout=_PATIENCE)
        if attempt.done():
            self._ended(served, _failure_of(attempt))
        else:
            attempt.add_done_callback(_look_away)
            place = self._journal.place
            self._ended(served, JournalDown(f"the journal {place} has not answered for {_PATIENCE:g} s"))
        if self.problem:
            self._queue.wake()  # what may be done has changed

    def _ended(self, served: _Waiting, failure: _Failure | None) -> None:
        if failure is not None:
            self._waiting += served
            self._failed(failure)
            self.go_on()
            return
        self._tally.commit_ended(self._clock(), everything=not self.behind)
        _answer(served, "")
        if not self.behind:
            _answer(self._waiting, "")
        elif not self._leaving:
            self._begin()

    # Attempts while it is down

    async def _retry(self) -> None:
        await self._under_way()
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
        await self._under_way()
        self._tally.commit_begun()
        self._attempt = attempt = self._journal.commit_beside(at_once=False)
        attempt.add_done_callback(_look_away)
        await self._under_way()
        failure = _failure_of(attempt)
        if failure is None:
            self._tally.commit_ended(self._clock(), everything=not self.behind)
        return failure

    async def _under_way(self) -> None:
        """Wait for the attempt that is: a thread cannot be cancelled, whoever waits for it may be."""
        if self._attempt is not None and not self._attempt.done():
            await asyncio.wait([self._attempt])

    def _failed(self, error: _Failure) -> None:
        self.problem = str(error)
        text = f"no new risk is taken, what is held stays protected: {error}"
        self._alarms.sound("journal", Severity.CRITICAL, text)
        if not isinstance(error, JournalDown):
            self._refused = True
            text = f"nothing more is written, and no new risk taken, before the next start: {error}"
            self._alarms.sound("journal refused", Severity.CRITICAL, text)
        _answer(self._waiting, self.problem)

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
            self.overfull = f"more than {_MOST_ROWS} rows are queued for the journal"


def _failure_of(attempt: asyncio.Future[None]) -> _Failure | None:
    try:
        attempt.result()
    except (JournalError, Locked) as error:
        return error
    return None


def _look_away(attempt: asyncio.Future[None]) -> None:
    """Nobody may wait for this one any more, however it ends."""
    if not attempt.cancelled():
        attempt.exception()


def _answer(waiting: _Waiting, problem: str) -> None:
    """Tell those who wait, and let go of them."""
    for answer in waiting:
        if not answer.done():  # whoever asked may not wait any more
            answer.set_result(problem)
    waiting.clear()
