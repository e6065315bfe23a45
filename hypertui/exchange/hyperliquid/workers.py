"""Threads for what blocks: however long it does, nobody waits for it longer than he said."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from queue import SimpleQueue
from typing import Any, TypeVar

_T = TypeVar("_T")


class Workers:
    """At most so many jobs at a time; the others wait for their turn. A job that is not done in time is
    abandoned: its turn is over, and its thread, which nothing can stop, is waited for by nobody, not even at
    the end of the process.

    To be used on one event loop.
    """

    def __init__(self, most: int, name: str) -> None:
        self._name = name
        self._turns = asyncio.Semaphore(most)
        self._waiting = 0  # for their turn
        self._under_way: dict[asyncio.Future[Any], float] = {}  # until when (loop time) each is waited for
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._threads = 0
        self._free = 0

    async def run(self, job: Callable[[], _T], patience: float) -> _T:
        """What `job` returns or raises. Raises TimeoutError when it is not done `patience` seconds after its
        turn has come."""
        self._waiting += 1
        try:
            await self._turns.acquire()
        finally:
            self._waiting -= 1
        try:
            done = asyncio.wrap_future(self.begin(job))
            self._under_way[done] = asyncio.get_running_loop().time() + patience
            done.add_done_callback(self._is_over)
            ended, _ = await asyncio.wait([done], timeout=patience)
            if not ended:
                done.cancel()
                raise TimeoutError
            return done.result()
        finally:
            self._turns.release()

    def begin(self, job: Callable[[], _T]) -> Future[_T]:
        """Have `job` done at once, whosever turn it is."""
        future: Future[_T] = Future()
        with self._lock:
            if self._free:
                self._free -= 1
            else:
                self._threads += 1
                name = f"{self._name}-{self._threads}"
                threading.Thread(target=self._work, name=name, daemon=True).start()
        self._jobs.put(partial(self._do, job, future))
        return future

    async def close(self) -> None:
        """Wait for what is under way, at most as long as its patience lasts, and let the threads go."""
        now = asyncio.get_running_loop().time
        while self._waiting or any(until > now() for until in self._under_way.values()):
            if self._under_way:
                await asyncio.wait(self._under_way, timeout=max(self._under_way.values()) - now())
            await asyncio.sleep(0)
        for done in list(self._under_way):
            done.cancel()
        with self._lock:
            for _ in range(self._threads):
                self._jobs.put(None)

    def _is_over(self, done: asyncio.Future[Any]) -> None:
        self._under_way.pop(done, None)
        if not done.cancelled():
            done.exception()  # nobody may be waiting for it any more

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()

    def _do(self, job: Callable[[], _T], future: Future[_T]) -> None:
        if not future.set_running_or_notify_cancel():
            return self._is_free()
        try:
            result = job()
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            self._is_free()
            future.set_exception(error)
        else:
            self._is_free()
            future.set_result(result)

    def _is_free(self) -> None:
        with self._lock:
            self._free += 1
