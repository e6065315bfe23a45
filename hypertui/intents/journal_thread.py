"""A journal that is used from a loop: in one thread of its own, opened when it is needed first."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, Protocol, TypeVar


class ClosableJournal(Protocol):
    """What such a thread uses."""

    def close(self) -> None:
        """Close the connection."""


J = TypeVar("J", bound=ClosableJournal)
T = TypeVar("T")


class JournalThread(Generic[J]):
    """To be used on one loop. Pieces of work are done one after the other."""

    def __init__(self, name: str, open_journal: Callable[[], J]) -> None:
        self._open_journal = open_journal
        self._thread = ThreadPoolExecutor(1, name)
        self._journal: J | None = None

    async def do(self, work: Callable[[J], T]) -> T:
        """What `work` does with the journal. Raises what it or the opening does: JournalError."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._with_journal, work)

    async def close(self) -> None:
        """Let the journal go, after what is under way."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._let_go)
        self._thread.shutdown(wait=False)

    def _with_journal(self, work: Callable[[J], T]) -> T:
        if self._journal is None:
            self._journal = self._open_journal()
        return work(self._journal)

    def _let_go(self) -> None:
        if self._journal is not None:
            self._journal.close()
