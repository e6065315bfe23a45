"""What stands in an engine's place while it is loaded."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal

from hypertui.engine.engine_to_come import EngineToCome
from hypertui.execution.refusal import StartRefused
from hypertui.port.commands import Command, Stop, StopReason, Verb
from hypertui.port.engine import Attachment, EnginePort
from hypertui.port.prices import SeenMark
from hypertui.port.snapshot import Mode
from hypertui.settings import load_settings
from tests.console import fakes, states

CONFIGS = load_settings(None, {"trade": {"symbol": "SOL", "unit_size": "0.5"}}).trade_configs()
SEEN = SeenMark(Decimal("151.5"), 1_000)
COMMAND = Command("id", Verb.PAUSE, "ann@pts/3")


class Loader:
    """Makes the engine when it is asked to, or refuses; notes what the console was shown until then."""

    def __init__(self, refused: StartRefused | None = None) -> None:
        self.now = 5_000
        self.refused = refused
        self.loaded: fakes.FakeEngine | None = None
        self.there = asyncio.Event()
        self.port = EngineToCome(CONFIGS, self.load, lambda: self.now, {"SOL": SEEN})

    def load(self) -> EnginePort:
        if self.refused is not None:
            raise self.refused
        sol = replace(states.solana(), mark=None, mark_at=None)
        self.loaded = fakes.FakeEngine(sol)
        self.there.set()
        return self.loaded


def test_until_it_is_there_it_says_what_was_asked_for_and_what_is_known() -> None:
    port = (loader := Loader()).port
    loader.now = 9_000
    (trade,) = port.view.trades
    assert (trade.instrument.symbol, trade.mode, trade.reason) == ("SOL", Mode.STARTING, "loading the engine")
    assert (trade.mark, trade.mark_at) == (SEEN.mark, SEEN.at)
    assert (trade.started_at, trade.at) == (5_000, 9_000), "whoever loads is not silent"
    assert port.attachment is Attachment.OWNER
    assert not port.events_after(0)
    ack = asyncio.run(port.command(COMMAND))
    assert (ack.accepted, ack.text) == (False, "the engine is still loading")


def test_then_it_is_the_engine() -> None:
    port = (loader := Loader()).port
    stop = Stop()

    async def run() -> StopReason:
        running = asyncio.create_task(port.run(stop))
        await loader.there.wait()
        engine = loader.loaded
        assert engine is not None
        assert port.view.first.mark == SEEN.mark, "until the engine has heard a price"
        engine.snapshot = replace(engine.snapshot, mark=Decimal(152), mark_at=8_000)
        assert port.view == engine.view
        assert port.events_after(0) == engine.events_after(0)
        assert (await port.command(COMMAND)).accepted
        assert engine.commands == [COMMAND]
        stop.request()
        return await running

    assert asyncio.run(run()).status == 0
    assert loader.loaded is not None and loader.loaded.wound_down


def test_what_cannot_start_ends_with_its_status() -> None:
    reason = asyncio.run(Loader(StartRefused("the journal is of version 1")).port.run(Stop()))
    assert reason == StopReason(2, "the journal is of version 1")
    reason = asyncio.run(Loader(StartRefused("out of reach", status=4)).port.run(Stop()))
    assert reason == StopReason(4, "out of reach")


def test_whoever_leaves_at_once_waits_for_no_engine() -> None:
    loader = Loader()
    (stop := Stop()).request()
    assert asyncio.run(loader.port.run(stop)) == StopReason(0, "left before the engine was started")
    assert loader.loaded is None
