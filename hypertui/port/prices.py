"""The past of a price, for the charts."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from hypertui.core.candles import Candle

__all__ = ["Candle", "PriceSeries", "SeenMark"]


@dataclass(frozen=True, slots=True)
class SeenMark:
    """A mark price (USD) that was seen at `at` (ms since the epoch)."""

    mark: Decimal
    at: int


@dataclass(frozen=True, slots=True)
class PriceSeries:
    """Closed candles of `every` ms each, oldest first; gaps are missing candles. They are made of the marks
    that the engine has heard, elsewhere of the trades that the exchange tells of."""

    every: int
    candles: tuple[Candle, ...] = ()
