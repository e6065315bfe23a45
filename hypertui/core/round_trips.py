"""Round trips, sales and the buys that refill them, and what whipsaws cost. The strategy counts them while it
trades, the ledger counts them again from the fills; both come to the same, because which buy refills which
sale is said by the units of their orders, and not by the order in which news of them arrives."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from hypertui.core.market import ZERO, Fill

SLOTS = 4  # of a ladder: the fragments of its position


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
        if not self.buy.size or not self.sale.size:
            return ZERO
        lost = self.buy.value - self.sale.value / self.sale.size * self.buy.size
        return lost + self.sale.fee + self.buy.fee if lost > 0 else ZERO


@dataclass(slots=True)
class RoundTrips:
    """Sales and the buys that refill their slots, `slots` of them at most.

    Each sale waits for the buy at one unit, like the ladder's working buys: at first one above its stop. Of
    buys there are only those at the `slots` units above the price, so a step that takes the highest one out
    of reach moves it to just above the price, and its sale with it.
    """

    slots: int
    count: int = 0
    whipsaw_cost: Decimal = ZERO
    _waiting: dict[int, list[_Trip]] = field(default_factory=dict)  # by the unit of the buy
    _selling: dict[int, _Trip] = field(default_factory=dict)  # by slot
    _refilling: dict[int, _Trip] = field(default_factory=dict)

    def sold(self, slot: int, unit: int, fill: Fill, complete: bool) -> None:
        """A fill of the sale of a slot whose stop is at `unit`; `complete` when the slot is empty now."""
        self._selling.setdefault(slot, _Trip()).sale.add(fill)
        if complete:
            self.swept(slot, unit)

    def swept(self, slot: int, unit: int) -> None:
        """What was left of a slot's sale has been given up: the sale is complete."""
        trip = self._selling.pop(slot, None)
        if trip is not None:
            self._waiting.setdefault(unit + 1, []).append(trip)

    def bought(self, slot: int, unit: int, fill: Fill, refills: bool) -> None:
        """A fill of a slot's buy at `unit`; `refills` when it is the first one into the empty slot."""
        if refills:
            self._refilling.pop(slot, None)
            if self._waiting:
                self._refilling[slot] = self._taken(unit)
                self.count += 1
        trip = self._refilling.get(slot)
        if trip is not None:
            self.whipsaw_cost -= trip.whipsaw_cost
            trip.buy.add(fill)
            self.whipsaw_cost += trip.whipsaw_cost

    def stepped_down(self, unit: int) -> None:
        """The price came down to `unit`."""
        for out_of_reach in [each for each in self._waiting if each > unit + self.slots]:
            self._waiting.setdefault(unit + 1, []).extend(self._waiting.pop(out_of_reach))

    def _taken(self, unit: int) -> _Trip:
        # Where orders failed, or somebody else traded, no sale may wait for this very buy.
        nearest = min(self._waiting, key=lambda each: (abs(each - unit), each))
        trips = self._waiting[nearest]
        trip = trips.pop(0)
        if not trips:
            del self._waiting[nearest]
        return trip
