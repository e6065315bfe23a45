"""A signal as it is shown: before its first candle, and after each."""

from __future__ import annotations

from hypertui.core.market import Side
from hypertui.port.signals import IndicatorSideView, IndicatorView, SignalView
from hypertui.signal_source.plan import SignalPlan
from hypertui.signals.names import Indicator


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
        tuple(
            IndicatorView(
                each.value, each.words, each.unit, weight, _unknown(each, Side.BUY), _unknown(each, Side.SELL)
            )
            for each, weight in rules.weights
        ),
        rules.target,
        rules.leaves_below,
        rules.turns_at,
        rules.min_indicators,
        needs_arming=plan.acts is not None and plan.acts.needs_arming,
    )


def _unknown(indicator: Indicator, side: Side) -> IndicatorSideView:
    return IndicatorSideView(indicator.comparison(side))
