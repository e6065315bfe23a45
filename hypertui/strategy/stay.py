"""A stay in the market, of a strategy that enters and leaves it again and again; its exits go by it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from hypertui.core.market import ZERO


@dataclass(frozen=True, slots=True)
class Stay:
    """The `number`th, from 1. It lasts from its first purchase, at `began_at` (ms, 0 before), until nothing
    is held any more; all that it bought has cost `cost` USD without fees. `made_before` is what the trade had
    made before it, net of everything (USD)."""

    number: int = 1
    began_at: int = 0
    cost: Decimal = ZERO
    made_before: Decimal = ZERO

    @property
    def has_begun(self) -> bool:
        """Whether anything has been bought."""
        return self.cost > 0
