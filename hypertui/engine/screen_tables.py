"""Tables for the screens: orders, executions, lots, cycles, each unit's history, health.

Each part is rebuilt only when something in it has changed, because a snapshot is made many times a second.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from contextlib import suppress
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from hypertui.core.market import ONE, ZERO, Side
from hypertui.exchange.protocol import OpenOrder
from hypertui.execution.orders import OwnOrder, Role, state_of
from hypertui.execution.trading_state import Posture
from hypertui.port.views import (
    LATENCY_STEPS,
    CycleView,
    FillView,
    Health,
    Latency,
    LotView,
    MapRow,
    OrderView,
    UnitOrder,
)
from hypertui.strategy.ladder.ladder import Ladder
from hypertui.strategy.ladder.plan import SLOTS
from hypertui.strategy.ladder.position_map import Execution, MapOrder

if TYPE_CHECKING:
    from hypertui.engine.live_trade import LiveTrade
    from hypertui.execution.order_tracker import OrderTracker
    from hypertui.execution.trade_context import TradeContext

_MAP_MARGIN = 6
_STATUSES_OF_AN_ORDER = 12
_LOTS_SHOWN = 100
_MEMORY_EVERY = 5_000
_PAGE = 4_096
_STATM = Path("/proc/self/statm")

Wanted = dict[tuple[Side, int], Decimal]


class Books:
    """Keeps what it made last, of one trade."""

    def __init__(self) -> None:
        self._rows: dict[int, tuple[Hashable, MapRow]] = {}
        self._map: tuple[MapRow, ...] = ()
        self._booked = -1
        self._money: dict[str, object] = {}
        self._answers = -1
        self._latency: Latency | None = None
        self._memory: int | None = None
        self._memory_at = 0

    def fields(self, trade: LiveTrade, now: int) -> dict[str, object]:
        """The fields of a `Snapshot` that an open trade fills."""
        ladder, tracker = trade.tracker.ladder, trade.tracker
        listing = trade.account_sync.listing
        return {
            "position_map": self._position_map(ladder, tracker),
            "orders": _orders(ladder, tracker, trade.steering.state.posture, listing, now),
            "listed_at": None if listing is None else listing[0],
            **self._bookings(ladder, tracker.fills_booked),
        }

    def health(self, context: TradeContext, now: int) -> Health:
        """How the engine is."""
        market = context.market
        if self._answers != market.answers:
            self._answers, self._latency = market.answers, _latency(market.latencies)
        if now - self._memory_at >= _MEMORY_EVERY:
            self._memory_at, self._memory = now, _memory()
        return Health(
            self._latency,
            market.answers,
            market.connections,
            self._memory,
            context.durability.problem,
        )

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
                tuple(_unit_order(each) for each in reversed(orders)),
            )
        self._rows[unit] = (basis, row)
        return row

    def _bookings(self, ladder: Ladder, booked: int) -> dict[str, object]:
        if self._booked != booked:
            self._booked = booked
            executions = reversed(ladder.position_map.executions)
            self._money = {
                "fills": tuple(_fill(ladder, execution) for execution in executions),
                "lots": tuple(_lots(ladder)),
                "cycles": tuple(_cycles(ladder)),
            }
        return self._money


def _unit_order(order: MapOrder) -> UnitOrder:
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
    )


def _fill(ladder: Ladder, execution: Execution) -> FillView:
    fill, unit = execution.fill, execution.unit
    slippage = None if unit is None else (fill.price - ladder.grid.price(unit)) * fill.side.sign
    return FillView(
        fill.time,
        fill.side,
        unit,
        fill.size,
        fill.price,
        fill.value,
        fill.fee,
        execution.realized_pnl,
        slippage,
        fill.order_id,
        fill.trade_id,
        fill.client_id,
    )


def _lots(ladder: Ladder) -> Iterator[LotView]:
    for lot in islice(ladder.book, _LOTS_SHOWN):
        yield LotView(lot.fill.time, lot.size, lot.price, lot.size * lot.price, lot.fee, lot.fill.order_id)


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


def _orders(
    ladder: Ladder,
    tracker: OrderTracker,
    posture: Posture,
    listing: tuple[int, Sequence[OpenOrder]] | None,
    now: int,
) -> tuple[OrderView, ...]:
    """The working orders of all three books, side by side, lowest unit first."""
    # Where the manager does not trade, the wish is what it would go back to, and a difference no fault.
    trading = posture is Posture.TRADE
    target = ladder.target()
    wanted: Wanted = {(Side.SELL, stop.unit): stop.size for stop in target.stops}
    wanted |= {(Side.BUY, buy.unit): buy.size for buy in target.buys}
    asked_at, listed = (None, []) if listing is None else (listing[0], list(listing[1]))
    by_id = {order.client_id: order for order in listed if order.client_id is not None}
    views = []
    for own in tracker.alive:
        expected = wanted.pop((own.order.side, own.unit), None)
        listed_as = by_id.pop(own.client_id, None)
        views.append(_own(own, expected, listed_as, asked_at, trading, ladder, tracker, now))
    for (side, unit), size in wanted.items():
        role = Role.STOP if side is Side.SELL else Role.BUY
        fault = "not placed" if trading and tracker.quiet else ""
        trigger = ladder.grid.price(unit)
        views.append(OrderView(side, role.value, unit, trigger, size, None, None, fault=fault))
    named = {order.client_id for order in tracker.alive}
    for order in listed:
        if order.client_id is None or order.client_id not in named:
            view = _stray(order, tracker, asked_at or 0)
            if view is not None:
                views.append(view)
    return tuple(sorted(views, key=_place))


def _place(view: OrderView) -> tuple[bool, Decimal]:
    price = view.trigger if view.trigger is not None else view.listed_trigger
    return (view.side is Side.BUY, ZERO if price is None else price)


def _own(
    own: OwnOrder,
    expected: Decimal | None,
    listed: OpenOrder | None,
    asked_at: int | None,
    trading: bool,
    ladder: Ladder,
    tracker: OrderTracker,
    now: int,
) -> OrderView:
    fault = note = ""
    if asked_at is None or own.since > asked_at:
        note = "changed since the comparison"
    elif listed is None and not own.unproven:
        fault = "not listed by the venue"
    elif listed is not None and listed.remaining != own.remaining:
        fault = "listed with another size"
    elif listed is not None and listed.trigger not in (None, own.order.trigger):
        fault = "listed with another trigger"
    if not fault and trading and not own.unproven and own.role is not Role.CLOSE:
        if expected is None:
            fault = "not wanted by the ladder"
        elif expected != own.remaining:
            fault = "the ladder wants another size"
    history = ladder.position_map.find(own.client_id)
    return OrderView(
        own.order.side,
        own.role.value,
        own.unit,
        own.order.trigger,
        expected,
        own.remaining,
        None if listed is None else listed.remaining,
        state_of(own, now, tracker.timing.confirm_after),
        own.client_id,
        own.order_id,
        own.order.size,
        own.filled,
        own.order.limit,
        own.order.reduce_only,
        None if listed is None else listed.trigger,
        own.sent_at,
        own.since,
        () if history is None else tuple(history.statuses[-_STATUSES_OF_AN_ORDER:]),
        fault,
        own.note or note,
    )


def _stray(order: OpenOrder, tracker: OrderTracker, asked_at: int) -> OrderView | None:
    """An order that the venue listed and that is not among those that work; None if it ended since."""
    own = tracker.find(order.client_id)
    if own is not None and own.since >= asked_at:
        return None
    return OrderView(
        order.side,
        "foreign" if own is None else own.role.value,
        None if own is None else own.unit,
        order.trigger,
        None,
        None,
        order.remaining,
        None,
        order.client_id,
        order.order_id,
        limit=order.limit,
        reduce_only=order.reduce_only,
        listed_trigger=order.trigger,
        sent_at=order.time,
        fault="not in our books" if own is None else "should not work any more",
    )


def _latency(latencies: Sequence[int]) -> Latency | None:
    if not latencies:
        return None
    ordered = sorted(latencies)
    counts = [0] * (len(LATENCY_STEPS) + 1)
    for latency in ordered:
        counts[next((i for i, step in enumerate(LATENCY_STEPS) if latency <= step), len(LATENCY_STEPS))] += 1
    return Latency(ordered[len(ordered) // 2], ordered[len(ordered) * 99 // 100], ordered[-1], tuple(counts))


def _memory() -> int | None:
    """What this process holds in memory, in bytes; None where the system does not tell."""
    with suppress(OSError, ValueError, IndexError):
        return int(_STATM.read_text(encoding="ascii").split()[1]) * _PAGE
    return None
