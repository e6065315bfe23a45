"""Where the desk works: a thread and a loop of its own, which the engine never waits for, with whatever
brings it intents."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

from hypertui.intents.desk import IntentDesk
from hypertui.port.snapshot import Severity

_LAST_WORDS = 5.0  # seconds
_OVER = {
    "intents": "what becomes of intents is not followed any more",
    "alerts": "no alert is taken any more",
    "signals": "no signal is watched any more",
}
_LOG = logging.getLogger(__name__)

# Goes on until it is cancelled, and cleans up after itself.
SourceJob = Callable[[], Awaitable[None]]


class SourceHost:
    """A context manager: the desk is run on a loop in a thread while it is open, and beside it the `jobs`, by
    their names. What one of them fails with ends that one alone. Desk and jobs are its own from then on."""

    def __init__(self, desk: IntentDesk, jobs: Sequence[tuple[str, SourceJob]] = ()) -> None:
        self._desk = desk
        self._jobs = tuple(jobs)
        self._loop = asyncio.new_event_loop()
        self._over = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="sources", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with suppress(RuntimeError):  # it has given up already
            self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(_LAST_WORDS)

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._work())
        except Exception:  # noqa: BLE001 - whatever it is, the engine trades on
            _LOG.exception("a defect: no intents are taken any more")
        finally:
            self._loop.close()

    async def _work(self) -> None:
        named = (("intents", self._desk.run), *self._jobs)
        tasks = [asyncio.create_task(self._kept_apart(name, job), name=name) for name, job in named]
        await self._over.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._desk.close()

    async def _kept_apart(self, name: str, job: SourceJob) -> None:
        try:
            await job()
        except Exception:  # noqa: BLE001 - whatever it is, the others go on
            _LOG.exception("a defect: no %s any more", name)
            text = f"{_OVER[name]} until the next start: a defect, which the log tells"
            self._desk.warnings.sound(name, Severity.CRITICAL, text)
