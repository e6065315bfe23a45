"""The grid of units: what price each unit has."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from hypertui.core.market import Instrument


@dataclass(slots=True)
class UnitGrid:
    """Prices `entry_price + unit_size * n`, each rounded once, half-even, to the venue's price rule."""

    entry_price: Decimal
    unit_size: Decimal
    instrument: Instrument
    _prices: dict[int, Decimal] = field(default_factory=dict, compare=False)  # worked out so far

    def price(self, unit: int) -> Decimal:
        """The price of a unit in USD; unit 0 is the entry."""
        price = self._prices.get(unit)
        if price is None:
            price = self.instrument.round_price(self.entry_price + self.unit_size * unit)
            self._prices[unit] = price
        return price

    def distinct(self, unit: int) -> bool:
        """Whether a unit and both its neighbours have three different prices; where they do not, the ladder
        cannot tell a touch of one from a touch of the other."""
        return self.price(unit - 1) < self.price(unit) < self.price(unit + 1)
