"""Round trips, sales and the buys that refill them, and what whipsaws cost. The strategy counts them while it
trades, the ledger counts them again from the fills."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from decimal import Decimal

from hypertui.market import ZERO, Fill


@dataclass(slots=True)
class _Side:
    """Coins, value and fees of one side of a round trip, over all its fills."""

    size: Decimal = ZERO
    value: Decimal = ZERO
    fee: Decimal = ZERO

    def add(self, fill: Fill) -> None:
        self.size += fill.size
        self.value += fill.value
        self.fee += fill.fee


@dataclass(slots=True)
class _Trip:
    """The sale of a slot and the buy that refills it."""

    sale: _Side = field(default_factory=_Side)
    buy: _Side = field(default_factory=_Side)

    @property
    def whipsaw_cost(self) -> Decimal:
        """In USD, with both fees; 0 unless the coins were bought back higher."""
        if self.buy.size == 0:
            return ZERO
        lost = self.buy.value - self.sale.value / self.sale.size * self.buy.size
        return lost + self.sale.fee + self.buy.fee if lost > 0 else ZERO


@dataclass(slots=True)
class RoundTrips:
    """Sales and the buys that refill their slots.

    The sales that wait for their buy are kept like the working buys, lowest unit first: the newest sale arms
    the lowest buy, the lowest buy fires first, and a step of a decline moves the highest buy below the rest.
    """

    count: int = 0
    whipsaw_cost: Decimal = ZERO
    _open: deque[_Trip] = field(default_factory=deque)
    _selling: dict[int, _Trip] = field(default_factory=dict)  # by slot
    _refilling: dict[int, _Trip] = field(default_factory=dict)

    def sold(self, slot: int, fill: Fill, complete: bool) -> None:
        """A fill of a slot's sale; `complete` when the slot is empty now."""
        self._selling.setdefault(slot, _Trip()).sale.add(fill)
        if complete:
            self._open.appendleft(self._selling.pop(slot))

    def swept(self, slot: int) -> None:
        """What was left of a slot's sale has been given up: the sale is complete."""
        trip = self._selling.pop(slot, None)
        if trip is not None:
            self._open.appendleft(trip)

    def bought(self, slot: int, fill: Fill, refills: bool) -> None:
        """A fill of a slot's buy; `refills` when it is the first one into the empty slot."""
        if refills:
            self._refilling.pop(slot, None)
            if self._open:
                self._refilling[slot] = self._open.popleft()
                self.count += 1
        trip = self._refilling.get(slot)
        if trip is not None:
            self.whipsaw_cost -= trip.whipsaw_cost
            trip.buy.add(fill)
            self.whipsaw_cost += trip.whipsaw_cost

    def rotate(self) -> None:
        """A decline moved the highest buy to the lowest place."""
        self._open.rotate(1)
