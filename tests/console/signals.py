"""Signals as the console's tests show them: worked out of candles that the local venue tells of."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D
from functools import cache

from hypertui.core.candles import Candle, Interval, closed
from hypertui.core.intents import IntentVerb
from hypertui.core.market import SourceKind
from hypertui.exchange.hyperliquid import candles, checks
from hypertui.intents.gate import SourceRules
from hypertui.port.signals import SignalView
from hypertui.signal_source.plan import SignalPlan
from hypertui.signal_source.recent_rates import RecentRates
from hypertui.signal_source.view import after
from hypertui.signals.names import Family
from hypertui.signals.rules import SignalRules
from hypertui.signals.watch import walk
from hypertui.venue.model.options import VenueOptions
from tests.simulation.venue import Venue
from tests.support.stage import NOW

_PRICES = {"BTC": D(63_999), "ETH": D(2_999), "SOL": D("149.8")}
_FIVE = Interval.FIVE_MINUTES
_ARMED_FOR = 39_720_000  # ms more
_LATE = 60_000  # ms after its end, a candle is overdue


@cache
def past(symbol: str, seed: int) -> tuple[Candle, ...]:
    """The closed candles of five minutes that a venue of this seed tells of three days before `NOW`."""
    venue = Venue(VenueOptions(seed=seed, past=72), {symbol: _PRICES[symbol]}, lambda: NOW)
    told = venue.ask(candles.question(symbol, _FIVE, 0, NOW))
    found = checks.understood(told, lambda answer: candles.candles(answer, symbol, _FIVE, 0, NOW))
    return closed(found, _FIVE, _FIVE.ended(NOW)).candles


def stands(
    name: str, family: Family, symbol: str, seed: int, action: str = "", *, armed: bool = False
) -> SignalView:
    """Where a signal of a family stands after the newest of these candles, on mainnet."""
    rules = SignalRules.usual(family, _FIVE)
    verbs = frozenset((IntentVerb.OPEN, IntentVerb.CLOSE))
    acts = SourceRules(name, symbol, verbs, 30_000, needs_arming=True, kind=SourceKind.SIGNAL)
    plan = SignalPlan(name, symbol, "5m", rules, action, acts if action else None)
    rates = RecentRates()
    for row in walk(rules, past(symbol, seed)):
        rates.add(row)
    return replace(
        after(plan, row, rates),
        late_after=row.at + _FIVE + _LATE,
        armed_until=NOW + _ARMED_FOR if armed else None,
    )


def standing() -> tuple[SignalView, ...]:
    """Four: one has fired, one is armed and blocked, one cools down, one is only watched."""
    return (
        stands("trend", Family.TREND, "ETH", 16, "both", armed=True),
        stands("dip", Family.REVERSION, "ETH", 8, "open"),
        stands("swing", Family.TREND, "SOL", 24, "open"),
        stands("look", Family.TREND, "BTC", 0),
    )
