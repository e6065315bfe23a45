"""A ladder whose journal is lost, read from its opening and the orders that still work.

Where at least four orders stand side by side, they tell the current unit without a guess."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

from hypertui.core.market import ZERO, Fill, OrderType, Reason, Side, plain
from hypertui.core.order_key import KeyKind, OrderKey
from hypertui.core.purpose import Purpose
from hypertui.core.round_trips import SLOTS
from hypertui.strategy.base import WantedOrder
from hypertui.strategy.ladder.grid import UnitGrid
from hypertui.strategy.ladder.plan import Plan
from hypertui.strategy.plans import LeftOrder, NotRebuilt


@dataclass(frozen=True, slots=True)
class RebuiltLadder:
    """Fulfils `Rebuilt` for the ladder that stands at `unit`."""

    plan: Plan
    grid: UnitGrid
    unit: int

    @property
    def price(self) -> Decimal:
        """That of the current unit."""
        return self.grid.price(self.unit)

    def wanted(self, key: OrderKey, side: Side, price: Decimal) -> WantedOrder:
        """The slot's stop or buy at the unit next to a price."""
        unit = _nearest(self.grid, price)
        trigger = self.grid.price(unit)
        if side is Side.SELL:
            purpose, reason, limit = Purpose.PROTECT, Reason.LADDER_STOP, self.plan.stop_limit_price(trigger)
            kind = OrderType.STOP_MARKET
        else:
            purpose, reason, limit = Purpose.OPEN, Reason.LADDER_BUY, self.plan.buy_limit_price(trigger)
            kind = self.plan.buy_type
        return WantedOrder(key, purpose, side, ZERO, kind, limit, reason, trigger, level=unit)


def rebuilt(
    plan: Plan, opening: Sequence[Fill], traded: Collection[OrderKey], orders: Sequence[LeftOrder]
) -> RebuiltLadder:
    """The ladder that was opened with these fills. Raises NotRebuilt."""
    if len(orders) < SLOTS:
        raise NotRebuilt(f"{len(orders)} orders are live, at least {SLOTS} are needed")
    slots = SLOTS + plan.trust_slots
    keys = {*traded, *(order.key for order in orders)}
    if any(key.number >= slots or key.kind not in _KINDS for key in keys):
        raise NotRebuilt(f"it has more than {slots} slots")
    coins = sum((fill.size for fill in opening), ZERO)
    grid = UnitGrid(sum((fill.value for fill in opening), ZERO) / coins, plan.unit_size, plan.instrument)
    return RebuiltLadder(plan, grid, _current_unit(grid, orders))


_KINDS = (KeyKind.STOP, KeyKind.ENTRY)


def _current_unit(grid: UnitGrid, orders: Sequence[LeftOrder]) -> int:
    """The unit that the orders stand around, one at each of the units next to it."""
    units = {Side.SELL: set[int](), Side.BUY: set[int]()}
    for order in orders:
        unit = None if order.trigger is None else _unit_of(grid, order.trigger)
        if unit is None or unit in units[order.side]:
            raise NotRebuilt(f"its order at {plain(order.trigger or order.limit)} is on no unit of its own")
        units[order.side].add(unit)
    stops, buys = units[Side.SELL], units[Side.BUY]
    unit = max(stops) + 1 if stops else min(buys) - 1
    around = set(range(unit - len(stops), unit)) | set(range(unit + 1, unit + 1 + len(buys)))
    if stops | buys != around:
        raise NotRebuilt("its orders do not stand side by side")
    return unit


def _unit_of(grid: UnitGrid, trigger: Decimal) -> int | None:
    unit = _nearest(grid, trigger)
    return unit if grid.price(unit) == trigger else None


def _nearest(grid: UnitGrid, price: Decimal) -> int:
    return int(((price - grid.entry_price) / grid.unit_size).to_integral_value())
