"""Orders by price, then by age: what rests on one side of a book, and what waits for its trigger."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from decimal import Decimal

from hypertui.core.market import Side
from hypertui.venue.model.orders import VenueOrder


class Shelf:
    """The accounts' resting orders of one side; adding and removing take the logarithm of their number."""

    def __init__(self, side: Side) -> None:
        self._sign = side.sign
        # Prices, negative for asks, so that the best one is always the last.
        self._keys: list[Decimal] = []
        self._levels: dict[Decimal, dict[int, VenueOrder]] = {}

    def add(self, order: VenueOrder) -> None:
        """Put an order behind all others at its price."""
        key = self._sign * order.limit
        level = self._levels.get(key)
        if level is None:
            level = self._levels[key] = {}
            insort(self._keys, key)
        level[order.oid] = order

    def remove(self, order: VenueOrder) -> None:
        """Take an order away; one that is not there is no error."""
        key = self._sign * order.limit
        level = self._levels.get(key)
        if level is None or level.pop(order.oid, None) is None or level:
            return
        del self._levels[key]
        del self._keys[bisect_left(self._keys, key)]

    def best(self) -> VenueOrder | None:
        """The oldest order at the best price."""
        return next(iter(self._levels[self._keys[-1]].values())) if self._keys else None

    def __iter__(self) -> Iterator[VenueOrder]:
        for key in reversed(self._keys):
            yield from self._levels[key].values()

    def reached(self, mark: Decimal) -> list[VenueOrder]:
        """The orders whose price `mark` (USD) has touched or passed, best first."""
        limit = self._sign * mark
        found: list[VenueOrder] = []
        for key in reversed(self._keys):
            if key < limit:
                break
            found.extend(self._levels[key].values())
        return found


class TriggerShelf:
    """The triggers of one market that wait, found by the price that wakes them."""

    def __init__(self) -> None:
        self._rising: list[tuple[Decimal, int]] = []
        self._falling: list[tuple[Decimal, int]] = []
        self._orders: dict[int, VenueOrder] = {}

    def add(self, order: VenueOrder) -> None:
        """Let an order wait."""
        shelf, key = self._place(order)
        insort(shelf, key)
        self._orders[order.oid] = order

    def remove(self, order: VenueOrder) -> None:
        """Take an order away; one that does not wait is no error."""
        if self._orders.pop(order.oid, None) is None:
            return
        shelf, key = self._place(order)
        del shelf[bisect_left(shelf, key)]

    def due(self, mark: Decimal) -> list[VenueOrder]:
        """The orders that `mark` (USD) wakes, as a moving price meets them: falling ones from the top, then
        rising ones from the bottom, the older first at one price."""
        found: list[VenueOrder] = []
        for shelf, limit in ((self._falling, -mark), (self._rising, mark)):
            for price, oid in shelf:
                if price > limit:
                    break
                found.append(self._orders[oid])
        return found

    def _place(self, order: VenueOrder) -> tuple[list[tuple[Decimal, int]], tuple[Decimal, int]]:
        trigger = order.request.trigger
        if trigger is None:
            raise ValueError(f"order {order.oid} has no trigger")
        if trigger.above(order.side):
            return self._rising, (trigger.price, order.oid)
        return self._falling, (-trigger.price, order.oid)
