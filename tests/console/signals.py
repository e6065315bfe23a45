"""Signals as the console's tests show them: a real watch has taken candles that the local venue tells of."""

from __future__ import annotations

import asyncio
from decimal import Decimal as D
from functools import cache

from hypertui.core.candles import ClosedCandles, Interval, closed
from hypertui.core.intents import IntentVerb
from hypertui.core.market import SourceKind
from hypertui.exchange.hyperliquid import candles, checks
from hypertui.intents.arming import Arming
from hypertui.intents.gate import SourceRules
from hypertui.port.commands import Command, Verb
from hypertui.port.markets import MarketFacts
from hypertui.port.signals import SignalView
from hypertui.signal_source.candle_watch import CandleWatch
from hypertui.signal_source.plan import SignalPlan
from hypertui.signal_source.view import to_come
from hypertui.signal_source.watcher import SignalWatcher
from hypertui.signals.names import Family
from hypertui.signals.rules import SignalRules
from hypertui.venue.model.options import VenueOptions
from tests.simulation.venue import Venue
from tests.support.stage import NOW

_PRICES = {"BTC": D(63_999), "ETH": D(2_999), "SOL": D("149.8")}
_FIVE = Interval.FIVE_MINUTES
_ARMED_BEFORE = 3_480_000  # ms before `NOW`


class _Past:
    """Fulfils `MarketSource` by what a venue of this seed tells of so many hours before `NOW`."""

    def __init__(self, seed: int, hours: int) -> None:
        self._seed = seed
        self._hours = hours

    async def candles(self, symbol: str, interval: Interval, since: int, now: int) -> ClosedCandles:
        """As MarketSource has it."""
        venue = Venue(VenueOptions(seed=self._seed, past=self._hours), {symbol: _PRICES[symbol]}, lambda: now)
        told = venue.ask(candles.question(symbol, interval, since, now))
        found = checks.understood(told, lambda answer: candles.candles(answer, symbol, interval, since, now))
        return closed(found, interval, interval.ended(now))

    async def facts(self, symbol: str, *, conditions: bool, spread: bool) -> MarketFacts:
        """As MarketSource has it: nothing is known of now."""
        return MarketFacts()


@cache
def stands(
    name: str,
    family: Family,
    symbol: str,
    seed: int,
    action: str = "",
    *,
    armed: bool = False,
    hours: int = 72,
) -> SignalView:
    """Where a signal of a family stands on mainnet, after the candles of so many hours; before the first one
    where there are none."""
    verbs = frozenset((IntentVerb.OPEN, IntentVerb.CLOSE))
    acts = SourceRules(name, symbol, verbs, 30_000, needs_arming=True, kind=SourceKind.SIGNAL)
    plan = SignalPlan(name, symbol, "5m", SignalRules.usual(family, _FIVE), action, acts if action else None)
    if not hours:
        return to_come(plan)
    arming = Arming([acts], lambda: NOW - _ARMED_BEFORE)
    if armed:
        arming.arm(Command("arm", Verb.ARM, "mk@pts/3", guard=name))
    watch, watcher = (
        CandleWatch(symbol, _FIVE, _Past(seed, hours), NOW),
        SignalWatcher(plan, "mainnet", None, _now),
    )
    for candle in asyncio.run(watch.look(NOW)):
        watcher.take(candle, MarketFacts())
    watcher.caught_up()
    return watcher.shown(NOW, watch.trouble, watch.late_after, arming.armed_until(acts))


def _now() -> int:
    return NOW


def standing() -> tuple[SignalView, ...]:
    """Four: one has fired, one is armed and blocked, one cools down, one is only watched."""
    return (
        stands("trend", Family.TREND, "ETH", 16, "both", armed=True),
        stands("dip", Family.REVERSION, "ETH", 8, "open"),
        stands("swing", Family.TREND, "SOL", 24, "open"),
        stands("look", Family.TREND, "BTC", 0),
    )
