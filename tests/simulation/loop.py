"""An event loop in virtual time: when nothing is ready, its clock jumps to the next timer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from typing import Any, TypeVar, TypeVarTuple, Unpack

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

HOUR_MS = 3_600_000
_FULL_HOUR_MS = 472_222 * HOUR_MS


class Deadlock(Exception):
    """Everything waits and no timer is set: nothing can ever happen again."""


class _Skip:
    """Stands where a loop has its selector, and lets the waiting time pass at once."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop

    def select(self, timeout: float | None) -> list[Any]:
        if timeout is None:
            raise Deadlock
        self._loop.now += timeout
        return []


class VirtualLoop(asyncio.BaseEventLoop):
    """Runs coroutines as any loop does, except that no real time passes. `now` is in seconds; after
    `to_full_hour` of them the clock shows the `full_hour` (ms)."""

    def __init__(self, to_full_hour: float, full_hour: int = _FULL_HOUR_MS) -> None:
        super().__init__()
        self.now = 0.0
        self._epoch = full_hour - round(to_full_hour * 1000)
        self._clock_resolution = 1e-6
        self._selector = _Skip(self)

    def time(self) -> float:
        return self.now

    def clock(self) -> int:
        """Milliseconds since the Unix epoch, as the engine and the venue count them."""
        return self._epoch + round(self.now * 1000)

    def _process_events(self, events: list[Any]) -> None:
        del events

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[Unpack[Ts]], T], *args: *Ts
    ) -> asyncio.Future[T]:
        """What threads do is done at once: there are none here."""
        done: asyncio.Future[T] = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - raised where it is waited for
            done.set_exception(error)
        return done

    def _write_to_self(self) -> None:
        """Nothing sleeps that would have to be woken."""


def run(loop: VirtualLoop, work: Coroutine[Any, Any, T]) -> T:
    """Run `work` to its end and close the loop."""
    try:
        return loop.run_until_complete(work)
    finally:
        for task in sorted(asyncio.all_tasks(loop), key=lambda task: task.get_name()):
            task.cancel()
        loop.close()
