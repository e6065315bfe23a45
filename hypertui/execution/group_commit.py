"""One commit at a time for all trades that are written into one journal, made in a thread beside the engine.

A commit takes what all trades have queued by the time it begins. Whoever asks for one meanwhile is served by
the next, which begins at once when that one ends. A trade that the database refuses is told so, alone, and is
left out from then on until it asks again. An outage is told to all who wait, so that they do not make an
attempt each.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from hypertui.journal import Journal, JournalDown
from hypertui.journal.batch import Batch, Mark, Refusals
from hypertui.journal.history import History
from hypertui.journal.reader import JournalReader

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class _Receipt:
    """Somebody who waits for a commit: until all up to `mark` is durable, which is what the trade had queued
    when the commit began."""

    trade_id: str
    at_once: bool
    is_due: bool
    answer: asyncio.Future[None]
    mark: Mark | None = None


class GroupCommit:
    """Of one journal, which is its own from now on. The queues, and all methods but `do`, `read` and `close`,
    belong to the engine's loop; whatever writes is done in one thread, where nothing overlaps."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self._thread = ThreadPoolExecutor(1, "journal")
        self._asked: list[_Receipt] = []  # for the next commit
        self._served: list[_Receipt] = []  # by the one under way
        self._batch: Batch | None = None  # of the one under way
        self._due: asyncio.TimerHandle | None = None  # for those who do not want one now
        self._refused: frozenset[str] = frozenset()  # trades
        self._down: JournalDown | None = None  # since an attempt failed, until one works

    def do(self, work: Callable[[Journal], T]) -> T:
        """Have something else done with the journal, after what is under way, and wait for it; may be called
        in any thread but the journal's own. Raises what `work` does."""
        return self._thread.submit(work, self.journal).result()

    def read(self, work: Callable[[JournalReader], T]) -> T:
        """Have something read on a connection of its own, so that no commit waits for it, however much it is;
        may be called in any thread. Raises what `work` does, and JournalError."""
        with History.open(self.journal.url) as reader:
            return work(reader)

    def commit_beside(self, trade_id: str, *, at_once: bool, after: float = 0.0) -> asyncio.Future[None]:
        """What is done when all that this trade has queued by the time a commit begins is durable. That is
        now, or when the one under way has ended, or `after` so many seconds where nobody wants one before;
        whoever comes to wait so puts it off for those who do already. `at_once` fails at once while the
        database is known to be out of reach; else it is tried with patience, and on a new connection if need
        be. It raises JournalDown, and JournalError or Locked where this trade is refused."""
        loop = asyncio.get_running_loop()
        asked = _Receipt(trade_id, at_once, not after, loop.create_future())
        if not self.journal.pending_of(trade_id):
            asked.answer.set_result(None)
        elif at_once and self._down is not None:
            asked.answer.set_exception(JournalDown(str(self._down)))
        elif self._is_under_way(asked):
            self._served.append(asked)
        else:
            self._asked.append(asked)
            if after:
                self._put_off(after)
            else:
                self._begin()
        return asked.answer

    def close(self) -> None:
        """Commit what is queued by anybody, and close the journal, even when that fails. Raises JournalError
        or Locked."""
        try:
            self.do(Journal.close)
        finally:
            self._thread.shutdown()

    def _is_under_way(self, asked: _Receipt) -> bool:
        """Whether the commit under way has taken all that the trade has queued."""
        taken = None if self._batch is None else self._batch.get(asked.trade_id)
        if taken is None or not taken.mark.includes(self.journal.mark(asked.trade_id)):
            return False
        asked.mark = taken.mark
        return True

    def _put_off(self, seconds: float) -> None:
        if self._due is not None:
            self._due.cancel()
        self._due = asyncio.get_running_loop().call_later(seconds, self._fall_due)

    def _fall_due(self) -> None:
        for asked in self._asked:
            asked.is_due = True
        self._begin()

    def _begin(self) -> None:
        if self._batch is not None or not any(asked.is_due for asked in self._asked):
            return
        served, self._asked = self._asked, []
        for asked in served:
            asked.mark = asked.mark or self.journal.mark(asked.trade_id)
        batch = self.journal.queued(without=self._refused.difference(asked.trade_id for asked in served))
        self._served, self._batch = served, batch
        # Who has patience can ask again, but nobody who has none is made to wait.
        running = self._writing(batch, any(asked.at_once for asked in served))
        if running.done():  # a journal that needs no time
            self._ended(running)
        else:
            running.add_done_callback(self._ended)

    def _ended(self, running: asyncio.Future[Refusals]) -> None:
        batch, served = self._batch, self._served
        assert batch is not None, "it was under way"
        self._batch, self._served = None, []
        try:
            refused = running.result()
        except JournalDown as error:
            self._down = error
            told, self._asked = served + self._asked, []
            for asked in told:
                _fail(asked, JournalDown(str(error)))
            return
        except Exception as error:  # noqa: BLE001 - a defect: of those who wait for it, not of this callback
            for asked in served:
                _fail(asked, error)
            self._begin()
            return
        self._settle(batch, refused)
        for asked in served:
            if asked.trade_id in refused:
                _fail(asked, refused[asked.trade_id])
            elif asked.mark is None or self.journal.is_durable(asked.trade_id, asked.mark):
                if not asked.answer.done():
                    asked.answer.set_result(None)
            else:  # very much has piled up
                asked.is_due = True
                self._asked.append(asked)
        self._begin()

    def _settle(self, batch: Batch, refused: Refusals) -> None:
        self._down = None
        self.journal.settle(batch, refused)
        self._refused = self._refused.difference(batch).union(refused)

    def _writing(self, batch: Batch, at_once: bool) -> asyncio.Future[Refusals]:
        """A batch on its way to the database."""
        return asyncio.wrap_future(self._thread.submit(self.journal.write, batch, at_once))


def _fail(asked: _Receipt, error: Exception) -> None:
    if not asked.answer.done():
        asked.answer.set_exception(error)
