"""The one queue of a trade: whatever happens is handled one event at a time, in one thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class EventQueue:
    """Events as functions to call. After each one `after` is called, so that the state that an event leaves
    behind is acted on before the next event comes."""

    def __init__(self, after: Callable[[], None]) -> None:
        self._after = after
        self._queue: asyncio.Queue[Callable[[], None]] = asyncio.Queue()
        self._tasks: set[asyncio.Task[object]] = set()

    def post(self, handle: Callable[[], None]) -> None:
        """Queue an event; only from the loop's own thread."""
        self._queue.put_nowait(handle)

    async def run_until(self, done: Callable[[], bool], patience: float | None = None) -> bool:
        """Handle events until `done()`; returns whether it was done before `patience` seconds
        had passed."""
        deadline = None if patience is None else asyncio.get_running_loop().time() + patience
        while not done():
            try:
                async with asyncio.timeout_at(deadline):
                    handle = await self._queue.get()
            except TimeoutError:
                return done()
            handle()
            self._after()
        return True

    def spawn(self, work: Coroutine[Any, Any, object]) -> None:
        """Start something that goes on beside the events; its defects are raised where those are handled."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def close(self) -> None:
        """End all that goes on beside."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def abandon(self) -> None:
        """End all that goes on beside, and forget what it has queued: whoever that was for is no more."""
        await self.close()
        while not self._queue.empty():
            self._queue.get_nowait()

    def _ended(self, task: asyncio.Task[object]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self.post(lambda: _raise(task))

    async def meanwhile(self, work: Coroutine[Any, Any, T]) -> T:
        """Await `work` while events are handled as always; raises what it raises."""
        task = asyncio.ensure_future(work)
        task.add_done_callback(lambda _: self.post(_nothing))
        try:
            await self.run_until(task.done)
        finally:
            task.cancel()
        return task.result()


def _nothing() -> None:
    """Wakes the inbox."""


def _raise(task: asyncio.Task[object]) -> None:
    task.result()
