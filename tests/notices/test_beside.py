"""What goes on beside the trades: on the engine's loop while it lives, and nothing to it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import nullcontext

import pytest

from hypertui.core.intents import IntentReason
from hypertui.engine.engine import EmbeddedEngine
from hypertui.exchange.protocol import Exchange
from hypertui.execution.refusal import StartRefused
from hypertui.port.commands import Stop, StopReason
from hypertui.runtime.machine import Machine
from tests.notices.parts import Hands
from tests.support.live_engine import SOL
from tests.support.memory_journal import MemoryJournal


def ended(*jobs: Callable[[], Awaitable[None]], asked: asyncio.Event) -> StopReason:
    """How an engine ends whose exchange refuses it once `asked` is set."""

    async def connect(account: str | None) -> Exchange:
        await asked.wait()
        raise StartRefused("not today")

    journal = nullcontext((1, MemoryJournal(())))
    engine = EmbeddedEngine(connect, lambda *_: journal, [SOL], Machine(Hands(), random.Random(7)), jobs)
    return asyncio.run(asyncio.wait_for(engine.run(Stop()), 20))


def test_it_ends_with_the_engine() -> None:
    asked, told = asyncio.Event(), []

    async def job() -> None:
        asked.set()
        try:
            await asyncio.Event().wait()
        finally:
            told.append("ended")

    assert ended(job, asked=asked) == StopReason(2, "not today", IntentReason.PREFLIGHT)
    assert told == ["ended"]


def test_what_fails_is_named_and_nothing_else_ends(caplog: pytest.LogCaptureFixture) -> None:
    asked = asyncio.Event()

    async def fails() -> None:
        raise OSError("at https://s3cret/")

    async def goes_on() -> None:
        await asyncio.sleep(0)
        asked.set()

    assert ended(fails, goes_on, asked=asked) == StopReason(2, "not today", IntentReason.PREFLIGHT)
    assert "a defect beside the trades: OSError" in caplog.text
    assert "s3cret" not in caplog.text


def test_what_does_not_end_is_not_waited_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hypertui.engine.engine._PARTING", 0.01)
    asked, freed = asyncio.Event(), asyncio.Event()

    async def stays() -> None:
        asked.set()
        for _ in range(2):
            try:
                await freed.wait()
            except asyncio.CancelledError:
                continue

    assert ended(stays, asked=asked) == StopReason(2, "not today", IntentReason.PREFLIGHT)
