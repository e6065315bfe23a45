"""The context of a signal: facts that are handed in with a candle, and what of them keeps it from firing."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from hypertui.core.candles import Candle, Interval
from hypertui.core.market import ZERO, Side
from hypertui.signals.names import Suppression


@dataclass(frozen=True, slots=True)
class SignalFacts:
    """What is known beside the candles at the end of one, as fractions: how the price has changed in 24 h,
    the spread between bid and ask, the funding of an hour (positive where longs pay). None where nobody has
    said."""

    change_24h: Decimal | None = None
    spread: Decimal | None = None
    funding: Decimal | None = None


@dataclass(frozen=True, slots=True)
class ContextLimits:
    """What may not be, as fractions; None where it does not matter. A red day blocks buys alone, and so does
    funding that longs pay; what shorts pay blocks sales."""

    block_red_day: bool = True
    max_spread: Decimal | None = None
    min_atr: Decimal | None = None
    max_atr: Decimal | None = None
    max_funding: Decimal | None = None

    @property
    def needs_atr(self) -> bool:
        """Whether it has to be known."""
        return self.min_atr is not None or self.max_atr is not None

    def blocks(self, side: Side, facts: SignalFacts, atr: float | None) -> Suppression | None:
        """What keeps a signal of that side from firing; `atr` is a fraction of the price. A fact that counts
        and is not known does."""
        if self.block_red_day and side is Side.BUY:
            if facts.change_24h is None:
                return Suppression.NO_CHANGE
            if facts.change_24h < ZERO:
                return Suppression.RED_DAY
        if self.max_spread is not None:
            if facts.spread is None:
                return Suppression.NO_SPREAD
            if facts.spread > self.max_spread:
                return Suppression.SPREAD
        if self.needs_atr:
            if atr is None:
                return Suppression.NO_ATR
            if not self._is_lively(atr):
                return Suppression.ATR
        if self.max_funding is not None:
            if facts.funding is None:
                return Suppression.NO_FUNDING
            if facts.funding * side.sign > self.max_funding:
                return Suppression.FUNDING
        return None

    def _is_lively(self, atr: float) -> bool:
        """An ATR is a float, and is compared as one: 0.01 is not above 0.01."""
        enough = self.min_atr is None or atr >= float(self.min_atr)
        return enough and (self.max_atr is None or atr <= float(self.max_atr))


class DayChange:
    """How the price has changed in 24 h, by the candles themselves: for those that nobody has told it of."""

    def __init__(self, interval: Interval) -> None:
        self._interval = interval
        self._closes: dict[int, Decimal] = {}  # by the end of their candles (ms), the newest day's

    def add(self, candle: Candle) -> Decimal | None:
        """Take the next closed candle; returns the change at its end as a fraction, None where no candle
        ended 24 h before."""
        now = candle.at + self._interval
        before = now - Interval.DAY
        self._closes[now] = candle.close
        while (oldest := next(iter(self._closes))) < before:
            del self._closes[oldest]
        then = self._closes.get(before)
        return None if then is None else candle.close / then - 1
