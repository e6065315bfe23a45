"""The ladder's own part of a snapshot: units, windows' triggers, cycles, the position map.

Each row of the map is rebuilt only when something in it has changed, because a snapshot is made many times a
second.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from decimal import Decimal

from hypertui.core.market import ONE, ZERO
from hypertui.core.round_trips import SLOTS
from hypertui.execution.order_tracker import OrderTracker
from hypertui.execution.orders import OwnOrder
from hypertui.port.views import CycleView, MapRow, Trigger, UnitOrder
from hypertui.strategy.ladder.ladder import Ladder
from hypertui.strategy.ladder.position_map import MapOrder

_MAP_MARGIN = 12
_STATUSES_OF_AN_ORDER = 12


class LadderView:
    """Keeps what it made last, of one ladder."""

    def __init__(self) -> None:
        self._rows: dict[int, tuple[Hashable, MapRow]] = {}
        self._map: tuple[MapRow, ...] = ()
        self._basis = (-1, -1)  # fills and moves that the cycles were made after
        self._cycles: tuple[CycleView, ...] = ()

    def fields(self, ladder: Ladder, tracker: OrderTracker, mark: Decimal) -> dict[str, object]:
        """The fields of a `Snapshot` that a ladder fills, at a mark price (USD)."""
        basis = (tracker.fills_booked, ladder.moves)
        if self._basis != basis:
            self._basis, self._cycles = basis, tuple(_cycles(ladder))
        stake = ladder.fragment_at_entry * SLOTS
        value = ladder.value(mark)
        base = ladder.cycles.base_value
        return {
            "unit_size": ladder.plan.unit_size,
            "entry_price": ladder.grid.entry_price,
            "unit": ladder.unit,
            "long_slots": ladder.long_slots,
            "phase": ladder.phase.value,
            "cycle": ladder.cycles.number,
            "peak_unit": ladder.cycles.peak_unit,
            "valley_unit": ladder.cycles.valley_unit,
            "next_up": _trigger(ladder, ladder.unit + 1, mark),
            "next_down": _trigger(ladder, ladder.unit - 1, mark),
            "steps": ladder.moves,
            "fragment": ladder.fragment,
            "reinvest": ladder.plan.reinvest.value,
            "whipsaw_cost": ladder.round_trips.whipsaw_cost,
            "round_trips": ladder.round_trips.count,
            "growth": value / stake - ONE,
            "cycle_growth": None if base is None else value / base - ONE,
            "cycles": self._cycles,
            "position_map": self._position_map(ladder, tracker),
        }

    def _position_map(self, ladder: Ladder, tracker: OrderTracker) -> tuple[MapRow, ...]:
        units = [*ladder.position_map, ladder.unit + _MAP_MARGIN, ladder.unit - _MAP_MARGIN]
        rows = []
        for unit in range(max(units), min(units) - 1, -1):
            if ladder.grid.price(unit) <= 0:
                break
            rows.append(self._row(ladder, tracker, unit))
        if len(rows) != len(self._map) or any(a is not b for a, b in zip(rows, self._map, strict=True)):
            self._map = tuple(rows)
        return self._map

    def _row(self, ladder: Ladder, tracker: OrderTracker, unit: int) -> MapRow:
        history = ladder.position_map.at(unit)
        orders = history.orders
        order = tracker.find(orders[-1].client_id) if orders else None
        live = order is not None and not order.dead
        basis = (history.changes, live)
        known = self._rows.get(unit)
        if known is not None and known[0] == basis:
            return known[1]
        row = MapRow(unit, ladder.grid.price(unit))
        if orders:
            newest = orders[-1]
            row = MapRow(
                unit,
                row.price,
                newest.side,
                newest.size,
                newest.status,
                live,
                history.placed,
                history.realized_pnl,
                tuple(_unit_order(each, tracker.find(each.client_id)) for each in reversed(orders)),
            )
        self._rows[unit] = (basis, row)
        return row


def _trigger(ladder: Ladder, unit: int, mark: Decimal) -> Trigger:
    price = ladder.grid.price(unit)
    return Trigger(unit, price, price - mark, (price - mark) / mark)


def _unit_order(order: MapOrder, own: OwnOrder | None) -> UnitOrder:
    filled = order.filled
    value = sum((fill.value for fill in order.fills), ZERO)
    return UnitOrder(
        order.client_id,
        order.side,
        order.size,
        filled,
        value / filled if filled else None,
        sum((fill.fee for fill in order.fills), ZERO),
        order.realized_pnl,
        tuple(order.statuses[-_STATUSES_OF_AN_ORDER:]),
        "" if own is None else own.decision.text,
    )


def _cycles(ladder: Ladder) -> Iterator[CycleView]:
    now = ladder.cycles
    stake = ladder.fragment_at_entry * SLOTS
    yield CycleView(now.number, now.peak_unit, now.valley_unit, _or(now.base_value, stake))
    for cycle in reversed(now.finished):
        base = _or(cycle.base_value, stake)
        yield CycleView(
            cycle.number, cycle.peak_unit, cycle.valley_unit, base, cycle.value, cycle.value / base - ONE
        )


def _or(value: Decimal | None, otherwise: Decimal) -> Decimal:
    return otherwise if value is None else value
