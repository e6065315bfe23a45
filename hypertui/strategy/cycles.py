"""What a trade has been through: cycles, and round trips with what whipsaws cost."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from decimal import Decimal

from hypertui.market import ZERO, Fill


@dataclass(slots=True)
class CycleStats:
    """A cycle ends each time all slots are long again after a decline. Units are those of the present cycle;
    `base_value` is what the trade was worth (USD) when it began, None in the first one."""

    number: int = 1
    peak_unit: int = 0
    valley_unit: int = 0
    base_value: Decimal | None = None

    def reached(self, unit: int) -> None:
        self.peak_unit = max(self.peak_unit, unit)
        self.valley_unit = min(self.valley_unit, unit)

    def ended(self, unit: int, value: Decimal) -> None:
        self.number += 1
        self.peak_unit = self.valley_unit = unit
        self.base_value = value


@dataclass(slots=True)
class _Sale:
    """What one slot was sold for, over all the fills of its sale."""

    size: Decimal = ZERO
    value: Decimal = ZERO
    fee: Decimal = ZERO

    def add(self, fill: Fill) -> None:
        self.size += fill.size
        self.value += fill.value
        self.fee += fill.fee

    @property
    def price(self) -> Decimal:
        return self.value / self.size


@dataclass(slots=True)
class RoundTrips:
    """Sales and the buys that refill their slots.

    The sales that wait for their buy are kept like the working buys, lowest unit first: the newest sale arms
    the lowest buy, the lowest buy fires first, and a step of a decline moves the highest buy below the rest.
    """

    count: int = 0
    whipsaw_cost: Decimal = ZERO
    _open: deque[_Sale] = field(default_factory=deque)
    _selling: _Sale | None = None
    _refilling: _Sale | None = None

    def sold(self, fill: Fill, complete: bool) -> None:
        """A sale's fill; `complete` when the slot is empty now."""
        if self._selling is None:
            self._selling = _Sale()
        self._selling.add(fill)
        if complete:
            self._open.appendleft(self._selling)
            self._selling = None

    def bought(self, fill: Fill, refills: bool) -> None:
        """A buy's fill; `refills` when it is the first one into an empty slot."""
        if refills:
            self._refilling = self._open.popleft() if self._open else None
            self.count += self._refilling is not None
        sale = self._refilling
        if sale is not None and fill.price > sale.price:
            self.whipsaw_cost += fill.size * (fill.price - sale.price) + fill.fee
            if refills:
                self.whipsaw_cost += sale.fee

    def rotate(self) -> None:
        """A decline moved the highest buy to the lowest place."""
        self._open.rotate(1)
