"""A signal as it is shown: before its first candle, and after each."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypertui.core.market import Side
from hypertui.port.signals import IndicatorSideView, IndicatorView, SignalView
from hypertui.signal_source.plan import SignalPlan
from hypertui.signal_source.recent_rates import RecentRates
from hypertui.signals.names import Indicator
from hypertui.signals.reachability import tells_nothing
from hypertui.signals.watch import SignalRow

_SHOWN_TO = Decimal("0.0001")


def to_come(plan: SignalPlan) -> SignalView:
    """Of a signal that knows no candle yet."""
    rules = plan.rules
    return SignalView(
        plan.name,
        plan.symbol,
        "" if plan.acts is None else plan.acts.trade,
        "" if plan.acts is None else plan.action,
        rules.family.value,
        plan.timeframe,
        int(rules.interval),
        tuple(_indicator(each, weight, None, None) for each, weight in rules.weights),
        rules.target,
        rules.leaves_below,
        rules.turns_at,
        rules.min_indicators,
        needs_arming=plan.acts is not None and plan.acts.needs_arming,
    )


def after(plan: SignalPlan, row: SignalRow, rates: RecentRates) -> SignalView:
    """Of one whose newest candle has made this row."""
    scores = {side: None if row.scores is None else rounded(row.scores[side].score) for side in Side}
    return replace(
        to_come(plan),
        indicators=tuple(_indicator(each, weight, row, rates) for each, weight in plan.rules.weights),
        buy_score=scores[Side.BUY],
        sell_score=scores[Side.SELL],
        state=row.state.phase.value,
        side=row.state.side,
        since=row.state.since or None,
        cooldown_until=row.state.until,
        blocked="" if row.suppressed is None else row.suppressed.value,
        blocked_words="" if row.suppressed is None else row.suppressed.words,
        missing=row.missing,
        counted=len(rates),
        candle_at=row.at,
        close=row.close,
        change_24h=None if row.facts.change_24h is None else rounded(row.facts.change_24h),
        spread=None if row.facts.spread is None else row.facts.spread.quantize(Decimal("0.000001")),
        funding=row.facts.funding,
    )


def rounded(fraction: Decimal) -> Decimal:
    """A score or a share, as it is shown and kept."""
    return fraction.quantize(_SHOWN_TO)


def _indicator(
    indicator: Indicator, weight: Decimal, row: SignalRow | None, rates: RecentRates | None
) -> IndicatorView:
    def side_of(side: Side) -> IndicatorSideView:
        comparison = indicator.comparison(side)
        rate = None if rates is None else rates.rate(indicator, side)
        shown = None if rate is None else rounded(rate)
        odd = rate is not None and rates is not None and tells_nothing(rate, rates.known(indicator))
        reading = None if row is None else row.readings[indicator]
        if reading is None:
            return IndicatorSideView(comparison, rate=shown, is_odd=odd)
        said = reading.of(side)
        return IndicatorSideView(comparison, said.value, said.needs, said.is_on, shown, odd)

    return IndicatorView(
        indicator.value, indicator.words, indicator.unit, weight, side_of(Side.BUY), side_of(Side.SELL)
    )
