"""Signals as the console's tests show them: worked out of candles that the local venue tells of."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D
from functools import cache

from hypertui.core.candles import Candle, Interval, closed
from hypertui.core.intents import IntentVerb
from hypertui.core.market import Side, SourceKind
from hypertui.exchange.hyperliquid import candles, checks
from hypertui.intents.gate import SourceRules
from hypertui.port.signals import IndicatorSideView, IndicatorView, SignalView
from hypertui.signal_source.plan import SignalPlan
from hypertui.signal_source.view import to_come
from hypertui.signals.names import Family
from hypertui.signals.reachability import Rates
from hypertui.signals.rules import SignalRules
from hypertui.signals.watch import SignalRow, walk
from hypertui.venue.model.options import VenueOptions
from tests.simulation.venue import Venue
from tests.support.stage import NOW

_PRICES = {"BTC": D(63_999), "ETH": D(2_999), "SOL": D("149.8")}
_FIVE = Interval.FIVE_MINUTES
_ARMED_FOR = 39_720_000  # ms more


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
    rates = Rates()
    for row in walk(rules, past(symbol, seed)):
        rates.add(row)
    return replace(_after(to_come(plan), row, rates), armed_until=NOW + _ARMED_FOR if armed else None)


def _after(view: SignalView, row: SignalRow, rates: Rates) -> SignalView:
    state = row.state.by(NOW)
    scores = row.scores or {}
    return replace(
        view,
        indicators=tuple(_indicator(each, row, rates) for each in view.indicators),
        buy_score=scores[Side.BUY].score if scores else None,
        sell_score=scores[Side.SELL].score if scores else None,
        state=state.phase.value,
        side=state.side,
        since=state.since or None,
        cooldown_until=state.until,
        blocked="" if row.suppressed is None else row.suppressed.value,
        blocked_words="" if row.suppressed is None else row.suppressed.words,
        missing=row.missing,
        counted=rates.candles,
        candle_at=row.at,
        close=row.close,
        change_24h=row.facts.change_24h,
        late_after=row.at + view.interval + 60_000,
    )


def _indicator(view: IndicatorView, row: SignalRow, rates: Rates) -> IndicatorView:
    reading = next(found for each, found in row.readings.items() if each.value == view.name)
    indicator = next(each for each in row.readings if each.value == view.name)

    def side(of: Side) -> IndicatorSideView:
        said = None if reading is None else reading.of(of)
        blank = replace(view.of(of), rate=rates.rate(indicator, of))
        if said is None:
            return blank
        return replace(blank, value=said.value, needs=said.needs, is_on=said.is_on)

    return replace(view, buy=side(Side.BUY), sell=side(Side.SELL))


def standing() -> tuple[SignalView, ...]:
    """Four: one has fired, one is armed and blocked, one cools down, one is only watched."""
    return (
        stands("trend", Family.TREND, "ETH", 16, "both", armed=True),
        stands("dip", Family.REVERSION, "ETH", 8, "open"),
        stands("swing", Family.TREND, "SOL", 24, "open"),
        stands("look", Family.TREND, "BTC", 0),
    )
