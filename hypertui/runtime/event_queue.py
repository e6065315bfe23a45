"""The event queue of a run: events are handled one at a time, in one thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

A = TypeVar("A")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Woken:
    """Nothing has happened but time."""


@dataclass(frozen=True, slots=True)
class WorkFailed:
    """Something that went on beside the events has met a defect."""

    error: BaseException


class EventQueue(Generic[A]):
    """Events as values, which `take` handles. After each one `after` is called, so that the state which an
    event leaves behind is acted on before the next event comes. `waited` is how long (ms) the one that is
    being handled has waited for that."""

    def __init__(self, take: Callable[[A], None], after: Callable[[], None]) -> None:
        self._take = take
        self._after = after
        self.waited = 0
        self._queue: asyncio.Queue[tuple[float, A | Woken | WorkFailed]] = asyncio.Queue()
        self._tasks: set[asyncio.Task[object]] = set()
        self._is_woken = False  # and what that is for has not been looked at yet

    def post(self, event: A) -> None:
        """Queue an event; only from the loop's own thread."""
        self._put(event)

    def _put(self, event: A | Woken | WorkFailed) -> None:
        self._queue.put_nowait((asyncio.get_running_loop().time(), event))

    def wake(self) -> None:
        """Have what time alone changes looked at, once for all who ask for it by then; only from the loop's
        own thread."""
        if not self._is_woken:
            self._is_woken = True
            self._put(Woken())

    async def run_until(self, done: Callable[[], bool], patience: float | None = None) -> bool:
        """Handle events until `done()`; returns whether it was done before `patience` seconds
        had passed."""
        loop = asyncio.get_running_loop()
        deadline = None if patience is None else loop.time() + patience
        while not done():
            try:
                async with asyncio.timeout_at(deadline):
                    posted, event = await self._queue.get()
            except TimeoutError:
                return done()
            self.waited = round((loop.time() - posted) * 1000)
            self._handle(event)
            self.waited = 0
            self._after()
        return True

    def _handle(self, event: A | Woken | WorkFailed) -> None:
        if isinstance(event, WorkFailed):
            raise event.error
        if isinstance(event, Woken):
            self._is_woken = False
        else:
            self._take(event)

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

    async def abandon(self) -> Sequence[A]:
        """End all that goes on beside, and give back the events that nobody will handle any more: whoever
        they were for is no more."""
        await self.close()
        left = []
        while not self._queue.empty():
            _, event = self._queue.get_nowait()
            if not isinstance(event, Woken | WorkFailed):
                left.append(event)
        self._is_woken = False
        return left

    def _ended(self, task: asyncio.Task[object]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._put(WorkFailed(error))

    async def meanwhile(self, work: Coroutine[Any, Any, T]) -> T:
        """Await `work` while events are handled as always; raises what it raises."""
        task = asyncio.ensure_future(work)
        task.add_done_callback(lambda _: self.wake())
        try:
            await self.run_until(task.done)
        finally:
            task.cancel()
        return task.result()
