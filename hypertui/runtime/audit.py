"""Work that takes long and that nobody may be kept by, and what a check of the accounting comes to."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Audited:
    """What was compared, in words, and the first thing that is wrong; empty where nothing is."""

    compared: str
    wrong: str


# Checks the accounts of a network's account and symbol. May take long, and raise anything.
Audit = Callable[[str, str, str], Audited]


async def in_a_thread(name: str, work: Callable[[], T]) -> T:
    """What `work` returns, done in a thread of its own, which not even the end of the process waits for.
    Raises what it does."""
    answer: Future[T] = Future()
    answer.set_running_or_notify_cancel()  # from now on nobody can call it off

    def do() -> None:
        try:
            answer.set_result(work())
        except Exception as error:  # noqa: BLE001 - raised where it is waited for
            answer.set_exception(error)

    threading.Thread(target=do, name=name, daemon=True).start()
    return await asyncio.wrap_future(answer)
