"""Rebuilding a trade whose journal is lost from what the venue still tells of it.

Every order carries the trade, its slot and a generation in its client id, and the venue keeps the fills:
where all of them are there, and at least four orders work side by side, the current unit, the slots and the
books can be read from them without a guess. Anything less is left to the operator."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from hypertui.core.market import LADDER, ZERO, Fill, IngestVia, Order, OrderType, Reason, Side, plain
from hypertui.exchange.protocol import OpenOrder
from hypertui.execution.orders import Decision, Role, slot_of, trade_of
from hypertui.execution.recorder import TradeRecorder
from hypertui.execution.recovery.reconciliation import as_report
from hypertui.execution.trade_inputs import OrderReported, OrderSent
from hypertui.strategy.ladder.grid import UnitGrid
from hypertui.strategy.ladder.plan import SLOTS, Plan


class Ambiguous(Exception):
    """The trade cannot be read; the text says why, in one line."""


@dataclass(frozen=True, slots=True)
class Remains:
    """A trade as the venue tells of it: the entry's fills, the later ones in order, the orders that work, and
    the current unit that these stand around."""

    trade: int
    entry: Sequence[Fill]
    fills: Sequence[Fill]
    orders: Sequence[OpenOrder]
    unit: int


def read(plan: Plan, orders: Sequence[OpenOrder], fills: Sequence[Fill], position: Decimal) -> Remains:
    """What remains of a trade with this plan. Raises Ambiguous."""
    if len(orders) < SLOTS:
        raise Ambiguous(f"{len(orders)} orders work, at least {SLOTS} are needed")
    trades = {trade_of(order.client_id) for order in orders}
    trade = trades.pop()
    if trades or trade is None:
        raise Ambiguous("its orders are not those of one trade")
    own = sorted((fill for fill in fills if trade_of(fill.client_id) == trade), key=lambda fill: fill.key)
    entry = [fill for fill in own if slot_of(fill.client_id) is None]
    if not entry:
        raise Ambiguous("its entry is not among the fills that the venue still keeps")
    later = [fill for fill in own if slot_of(fill.client_id) is not None]
    if any(slot_of(fill.client_id) not in range(SLOTS + plan.trust_slots) for fill in later):
        raise Ambiguous(f"it has more than {SLOTS + plan.trust_slots} slots")
    booked = sum((fill.size * fill.side.sign for fill in own), ZERO)
    if booked != position:
        raise Ambiguous(f"its fills make {plain(booked)}, the venue holds {plain(position)}")
    coins = sum((fill.size for fill in entry), ZERO)
    grid = UnitGrid(sum((fill.value for fill in entry), ZERO) / coins, plan.unit_size, plan.instrument)
    return Remains(trade, entry, later, orders, _current_unit(grid, orders))


def _current_unit(grid: UnitGrid, orders: Sequence[OpenOrder]) -> int:
    """The unit that the orders stand around, one at each of the units next to it."""
    units = {Side.SELL: set[int](), Side.BUY: set[int]()}
    for order in orders:
        unit = None if order.trigger is None else _unit_of(grid, order.trigger)
        if unit is None or unit in units[order.side]:
            raise Ambiguous(f"its order at {plain(order.trigger or order.limit)} is on no unit of its own")
        units[order.side].add(unit)
    stops, buys = units[Side.SELL], units[Side.BUY]
    unit = max(stops) + 1 if stops else min(buys) - 1
    around = set(range(unit - len(stops), unit)) | set(range(unit + 1, unit + 1 + len(buys)))
    if stops | buys != around:
        raise Ambiguous("its orders do not stand side by side")
    return unit


def _unit_of(grid: UnitGrid, trigger: Decimal) -> int | None:
    unit = _nearest(grid, trigger)
    return unit if grid.price(unit) == trigger else None


def _nearest(grid: UnitGrid, price: Decimal) -> int:
    return int(((price - grid.entry_price) / grid.unit_size).to_integral_value())


def stops_left(orders: Sequence[OpenOrder], plan: Plan) -> Sequence[OpenOrder]:
    """The orders, where all of them are stops of one trade, as an engine leaves them behind; else none."""
    trades = {trade_of(order.client_id) for order in orders}
    slots = range(SLOTS + plan.trust_slots)
    own = all(
        order.side is Side.SELL
        and order.reduce_only
        and order.trigger is not None
        and slot_of(order.client_id) in slots
        for order in orders
    )
    return orders if own and len(trades) == 1 and None not in trades else ()


def restore(
    remains: Remains, recorder: TradeRecorder, book: Callable[[Fill, IngestVia], None], now: int
) -> None:
    """Live a trade again that has just been opened with its entry: every fill in its order, then the way to
    the current unit, then the orders that work. `book` takes a fill of a known order."""
    tracker = recorder.trade.tracker
    grid = tracker.ladder.grid
    working = {order.client_id: order for order in remains.orders}
    sizes: dict[str | None, Decimal] = {order.client_id: order.remaining for order in remains.orders}
    for fill in remains.fills:
        sizes[fill.client_id] = sizes.get(fill.client_id, ZERO) + fill.size

    def send(client_id: str, side: Side, unit: int, at: int) -> None:
        if tracker.find(client_id) is not None:
            return
        slot = slot_of(client_id)
        assert slot is not None, "entries are left out"
        kind = working.get(client_id)
        limit = grid.price(unit) if kind is None else kind.limit
        order = Order(
            client_id,
            grid.instrument.symbol,
            side,
            sizes[client_id],
            OrderType.STOP_MARKET,
            limit,
            grid.price(unit),
            reduce_only=side is Side.SELL,
        )
        role, reason = Role.BUY, Reason.LADDER_BUY
        if side is Side.SELL:
            role, reason = Role.STOP, Reason.LADDER_STOP
        decision = Decision(reason, LADDER, grid.price(unit), "rebuilt from what the venue tells")
        recorder.take(OrderSent(at, order, role, slot, unit, decision))

    for fill in remains.fills:
        send(str(fill.client_id), fill.side, _nearest(grid, fill.price), fill.time)
        book(fill, IngestVia.COMPARISON)
    recorder.take_price(grid.price(remains.unit), now)
    for order in remains.orders:
        assert order.trigger is not None, "they stand on units"
        send(str(order.client_id), order.side, _nearest(grid, order.trigger), order.time)
        recorder.take(OrderReported(now, as_report(order), from_feed=False))
