"""A signal of a running engine on the local venue, as the console shows it, and as it is armed from there."""

from __future__ import annotations

from pathlib import Path

from textual.pilot import Pilot

from hypertui.console.format import HOUR
from hypertui.core.intents import IntentVerb
from hypertui.port.commands import StopReason
from tests.console.desk import Desk
from tests.console.driving import drive, until
from tests.intents.alerts import WAITING
from tests.signals.live import SignalledEngine, past_venue
from tests.support.live_engine import wait_until

QUIET = [150 + (0.1, -0.1)[number % 2] for number in range(40)]


def test_what_an_engine_says_of_its_signal_is_shown_and_w_arms_it(tmp_path: Path) -> None:
    venue, live_through = past_venue([*QUIET, 148.0, 149.9])
    with venue:
        live_through()
        verbs = frozenset((IntentVerb.OPEN,))
        with SignalledEngine(venue, tmp_path, WAITING, verbs=verbs, needs_arming=True) as engine:
            live = engine.live
            live.wait_for(lambda: live.snapshot.waits, "the trade to wait for a signal")
            ends = engine.ends()
            engine.clock.after(ends[len(QUIET) - 1])
            engine.again()
            engine.reach(ends[len(QUIET) - 1])
            engine.reach(ends[len(QUIET)])
            engine.ends_as(f"SOL buy {ends[len(QUIET)]}", "HELD")
            wait_until(lambda: bool(live.engine.view.intents.intents), "the intent to be shown")
            view = live.engine.view
            desk = Desk(snapshot=view.first, intents=view.intents, signals=view.signals)

            async def look(pilot: Pilot[StopReason], *keys: str) -> str:
                view, desk.clock.now = live.engine.view, engine.clock.now
                desk.engine.snapshot, desk.engine.intents = view.first, view.intents
                desk.engine.signals = view.signals
                return await desk.press(pilot, *keys)

            async def scenario(pilot: Pilot[StopReason]) -> None:
                text = await look(pilot, "8")
                assert "SIGNAL  dip SOL  reversion, candles of 1m" in text
                assert "● FIRED  for a buy since" in text and "opens and closes SOL" in text
                assert "buy       1.00 █" in text and "sell      0.00 ░" in text
                (row,) = (each for each in text.splitlines() if "Bollinger 20" in each)
                assert "<=" in row and row.count("● on") == 1
                (row,) = (each for each in text.splitlines() if "dip SOL 1m" in each)
                assert "no: w arms" in row and "candle" in row
                assert "HELD" in text and "not-armed" in text
                await desk.open(pilot, "w")
                await desk.press(pilot, "y")
                (command,) = desk.engine.commands
                assert (await live.engine.command(command)).accepted
                await until(pilot, lambda: live.engine.view.signals[0].armed_until is not None)
                assert "● 12h00 left" in await look(pilot)

            drive(desk.app, scenario)
            (shown,) = live.engine.view.signals
            assert shown.is_armed(engine.clock.now + 11 * HOUR)
            assert not shown.is_armed(engine.clock.now + 13 * HOUR)
