"""How far a price usually goes in one candle: Wilder's average true range."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

from hypertui.core.candles import Candle

PERIOD = 14
# How many candles to measure of. What was before has a weight of (13/14)^86 in it, or 0.2 %. Always as many:
# what is measured depends on the candles, and not on when a process began.
CANDLES = 101
_PLACES = Decimal("1e-10")  # finer than any tick


@dataclass(frozen=True, slots=True)
class AtrReading:
    """An ATR (USD) of candles that reach `until` a time (ms)."""

    atr: Decimal
    until: int


def load() -> None:
    """Load what measures, which takes longer than an engine that trades should stand still."""
    _measure()


def average_true_range(candles: Sequence[Candle]) -> Decimal | None:
    """The ATR (USD) of closed candles without a gap, oldest first, to ten decimals; None where they are too
    few, which is up to 14 of them.

    The true range of a candle is max(high - low, |high - close before|, |low - close before|). The first ATR
    is the mean of 14 of them, each further one (13 · the one before + true range) / 14. From J. Welles Wilder
    Jr., New Concepts in Technical Trading Systems (1978).
    """
    if len(candles) <= PERIOD:
        return None
    atr, of = _measure()
    measured = atr(PERIOD)
    for before, candle in pairwise(candles):
        # The close before belongs to the range, of the first one too, which is not known here otherwise.
        high, low = max(candle.high, before.close), min(candle.low, before.close)
        measured.add(of(None, high, low, candle.close))
    found: Decimal = measured[-1]
    return found.quantize(_PLACES)


def _measure() -> tuple[Any, Any]:
    from talipp.indicators import ATR
    from talipp.ohlcv import OHLCV

    return ATR, OHLCV
