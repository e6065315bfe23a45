"""What is set of a signal: which indicators count how much, when it fires, and when it may again."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from hypertui.core.candles import Interval
from hypertui.core.market import ONE, ZERO
from hypertui.signals.context import ContextLimits
from hypertui.signals.names import Family, Indicator

_TURNS_AT = Decimal("1.10")  # times the target, to fire for the other side
_LEAVES_AT = Decimal("0.90")  # times the target, unless an exit is set
USUAL_TARGET = Decimal("0.60")
USUAL_COOLDOWN = 7  # candles
SURGE_LASTS = 20 * 60_000  # ms of the preset `momentum`, which are so many candles

_WEIGHTS = {
    Indicator.EMA: ONE,
    Indicator.MACD: Decimal("1.5"),
    Indicator.ROC: ONE,
    Indicator.DONCHIAN: Decimal(2),
}


def usual_weight(indicator: Indicator) -> Decimal:
    """What one counts where nothing else is set."""
    return _WEIGHTS.get(indicator, ONE)


def usual_exit(target: Decimal) -> Decimal:
    """The score below which a signal ends, where nothing else is set."""
    return target * _LEAVES_AT


@dataclass(frozen=True, slots=True)
class SignalRules:
    """Of one signal. `weights` are those of the family's indicators above 0. Scores are from 0 to 1: it fires
    at `target` with `min_indicators` on at least, and ends below `leaves_below`. Then nothing fires for
    `cooldown` ms."""

    family: Family
    interval: Interval
    weights: tuple[tuple[Indicator, Decimal], ...]
    target: Decimal
    leaves_below: Decimal
    min_indicators: int
    cooldown: int
    context: ContextLimits = field(default_factory=ContextLimits)

    @classmethod
    def usual(cls, family: Family, interval: Interval) -> SignalRules:
        """Those of a family where nothing else is set."""
        members = family.indicators
        return cls(
            family,
            interval,
            tuple((each, usual_weight(each)) for each in members),
            USUAL_TARGET,
            usual_exit(USUAL_TARGET),
            min(2, len(members)),
            USUAL_COOLDOWN * interval,
        )

    @property
    def turns_at(self) -> Decimal:
        """The score at which it fires for the other side while it is fired for one."""
        return min(self.target * _TURNS_AT, ONE)

    @property
    def weight(self) -> Decimal:
        """That of all indicators together."""
        return sum((weight for _, weight in self.weights), ZERO)
