"""A stay in the market, of a strategy that enters and leaves it again and again; its exits go by it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from hypertui.core.market import ZERO, Fill


@dataclass(frozen=True, slots=True)
class Stay:
    """The `number`th, from 1. It lasts from its first purchase, at `began_at` (ms, 0 before), until nothing
    is held any more; all that it bought has cost `cost` USD without fees. Of that so many coins are `sold`
    already, and brought `proceeds` USD after their fees. `made_before` is what the trade had made before it,
    net of everything (USD)."""

    number: int = 1
    began_at: int = 0
    cost: Decimal = ZERO
    made_before: Decimal = ZERO
    sold: Decimal = ZERO
    proceeds: Decimal = ZERO

    @property
    def has_begun(self) -> bool:
        """Whether anything has been bought."""
        return self.cost > 0

    def after_sale(self, fill: Fill) -> Stay:
        """The same with coins sold, and some left."""
        return replace(self, sold=self.sold + fill.size, proceeds=self.proceeds + fill.value - fill.fee)
