"""Tables for the screens: orders, executions, lots, health.

Each part is rebuilt only when something in it has changed, because a snapshot is made many times a second.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from hypertui.core.market import ZERO, Side
from hypertui.core.trade_book import Execution, TradeBook
from hypertui.engine.day_result import DayResult
from hypertui.engine.ladder_view import LadderView
from hypertui.exchange.protocol import OpenOrder
from hypertui.execution.convergence import ROLES, stands_at
from hypertui.execution.orders import OwnOrder, Role, state_of
from hypertui.execution.recovery.reconciliation import is_moved
from hypertui.execution.trading_state import Posture
from hypertui.port.views import (
    LATENCY_STEPS,
    FillView,
    Health,
    Latency,
    LotView,
    OrderView,
)
from hypertui.strategy.ladder.strategy import LadderStrategy

if TYPE_CHECKING:
    from hypertui.engine.live_trade import LiveTrade
    from hypertui.execution.order_tracker import OrderTracker
    from hypertui.execution.trade_context import TradeContext

_STATUSES_OF_AN_ORDER = 12
_LOTS_SHOWN = 100
_MEMORY_EVERY = 5_000
_PAGE = 4_096
_STATM = Path("/proc/self/statm")


class ScreenTables:
    """Keeps what it made last, of one trade."""

    def __init__(self) -> None:
        self._ladder = LadderView()
        self.day = DayResult()
        self._booked = -1
        self._money: dict[str, object] = {}
        self._answers = -1
        self._latency: Latency | None = None
        self._memory: int | None = None
        self._memory_at = 0

    def fields(self, trade: LiveTrade, now: int) -> dict[str, object]:
        """The fields of a `Snapshot` that an open trade fills."""
        tracker, listing = trade.tracker, trade.account_sync.listing
        return {
            "orders": _orders(tracker, trade.steering.state.posture, listing, now),
            "listed_at": None if listing is None else listing[0],
            **self._bookings(trade.book, tracker.fills_booked),
        }

    def strategy_fields(self, trade: LiveTrade, mark: Decimal) -> dict[str, object]:
        """The fields that its strategy fills, at a mark price (USD)."""
        strategy = trade.trade.strategy
        if isinstance(strategy, LadderStrategy):
            return self._ladder.fields(strategy.ladder, trade.tracker, mark)
        return {}

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

    def _bookings(self, book: TradeBook, booked: int) -> dict[str, object]:
        if self._booked != booked:
            self._booked = booked
            self._money = {
                "fills": tuple(_fill(execution) for execution in reversed(book.executions)),
                "lots": tuple(_lots(book)),
            }
        return self._money


def _fill(execution: Execution) -> FillView:
    fill, target = execution.fill, execution.target
    slippage = None if target is None else (fill.price - target) * fill.side.sign
    return FillView(
        fill.time,
        fill.side,
        execution.level,
        fill.size,
        fill.price,
        fill.value,
        fill.fee,
        execution.gain,
        slippage,
        fill.order_id,
        fill.trade_id,
        fill.client_id,
    )


def _lots(book: TradeBook) -> Iterator[LotView]:
    for lot in islice(book.lots, _LOTS_SHOWN):
        yield LotView(lot.fill.time, lot.size, lot.price, lot.size * lot.price, lot.fee, lot.fill.order_id)


def _orders(
    tracker: OrderTracker, posture: Posture, listing: tuple[int, Sequence[OpenOrder]] | None, now: int
) -> tuple[OrderView, ...]:
    """The working orders of all three books, side by side, the lowest first."""
    # Where nothing is traded, the wish is what it would go back to, and a difference no fault.
    trading = posture is Posture.TRADE
    wanted = {want.key: want for want in tracker.target().orders}
    asked_at, listed = (None, []) if listing is None else (listing[0], list(listing[1]))
    by_id = {order.client_id: order for order in listed if order.client_id is not None}
    views = []
    for own in tracker.alive:
        want = wanted.get(own.key)
        if want is not None and stands_at(own, want):
            del wanted[own.key]
        else:
            want = None
        listed_as = by_id.pop(own.client_id, None)
        expected = None if want is None else want.size
        views.append(_own(own, expected, listed_as, asked_at, trading, tracker, now))
    for want in wanted.values():
        fault = "not placed" if trading and tracker.quiet else ""
        role, key = ROLES[want.purpose].value, str(want.key)
        views.append(
            OrderView(want.side, role, key, want.level, want.trigger, want.size, None, None, fault=fault)
        )
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
    elif listed is not None and is_moved(own, listed):
        fault = "listed at another price"
    if not fault and trading and not own.unproven and own.role is not Role.CLOSE:
        if expected is None:
            fault = "not wanted by the strategy"
        elif expected != own.wanted_size:
            fault = "the strategy wants another size"
    return OrderView(
        own.order.side,
        own.role.value,
        str(own.key),
        own.level,
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
        tuple(own.statuses[-_STATUSES_OF_AN_ORDER:]),
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
        "" if own is None else str(own.key),
        None if own is None else own.level,
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
