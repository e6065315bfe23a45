"""The vertical axis of a bracket's picture: plain prices, from the highest that matters to the lowest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

_MARGIN = 0.05  # of what is shown, above and below
_LEAST = 0.001  # of the price: less than this is not stretched over the whole picture


@dataclass(frozen=True, slots=True)
class PriceAxis:
    """`height` rows of `each` USD, the upper edge at `top`."""

    top: float
    each: float
    height: int

    @classmethod
    def over(cls, prices: Sequence[float], height: int) -> PriceAxis:
        """So that all of them are in sight."""
        low, high = min(prices), max(prices)
        span = max(high - low, abs(high) * _LEAST)
        middle, whole = (high + low) / 2, span * (1 + 2 * _MARGIN)
        return cls(middle + whole / 2, whole / height, height)

    def down(self, price: float) -> float:
        """How many rows a price lies below the top edge."""
        return (self.top - price) / self.each

    def row_at(self, price: float) -> int | None:
        """The row in which a price lies, from 0; None outside of the picture."""
        row = int(self.down(price) // 1)
        return row if 0 <= row < self.height else None

    def decimal_at(self, row: int) -> Decimal:
        """The price in the middle of a row, as exact as a picture can be."""
        return Decimal(f"{self.top - (row + 0.5) * self.each:.10g}")
