"""The working orders for the screens: wanted, known here, and listed by the venue, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from hypertui.core.market import ZERO, Side
from hypertui.exchange.protocol import OpenOrder
from hypertui.execution.convergence import role_of, stands_at
from hypertui.execution.order_tracker import OrderTracker
from hypertui.execution.orders import OwnOrder, Role, state_of
from hypertui.execution.recovery.reconciliation import is_moved
from hypertui.execution.trade import Trade
from hypertui.execution.trading_state import Posture
from hypertui.port.snapshot import Mode
from hypertui.port.views import OrderView

_STATUSES_OF_AN_ORDER = 12
_CHANGED = "newer than the last check"


def working_orders(
    trade: Trade,
    listing: tuple[int, Sequence[OpenOrder]] | None,
    now: int,
    unlisted: str = _CHANGED,
) -> tuple[OrderView, ...]:
    """The working orders of all three books, side by side, the lowest first. `listing` is when the venue was
    asked (ms), and what worked there then; `unlisted` says of an order why it says nothing of that one."""
    tracker = trade.tracker
    # Where nothing is traded, the wish is what it would go back to, and a difference no fault.
    trading = trade.state.posture is Posture.TRADE
    # What is halted goes back to nothing: it wants no order any more.
    wanted = {} if trade.state.mode is Mode.HALTED else {want.key: want for want in trade.target.orders}
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
        view = _own(own, expected, listed_as, asked_at, trading, tracker, now)
        if asked_at is None or own.since > asked_at:
            view = replace(view, note=view.note or unlisted)
        views.append(view)
    for want in wanted.values():
        fault = "not placed" if trading and tracker.quiet else ""
        role, key = role_of(want).value, str(want.key)
        views.append(
            OrderView(want.side, role, key, want.level, want.trigger, want.size, None, None, fault=fault)
        )
    named = {order.client_id for order in tracker.alive}
    for order in listed:
        if order.client_id is None or order.client_id not in named:
            stray = _stray(order, tracker, asked_at or 0)
            if stray is not None:
                views.append(stray)
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
    fault = ""
    if asked_at is None or own.since > asked_at:
        pass  # it has changed since
    elif listed is None and not own.unproven:
        fault = "not live at the exchange"
    elif listed is not None and listed.remaining != own.remaining:
        fault = "live with another size"
    elif listed is not None and is_moved(own, listed):
        fault = "live at another price"
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
        own.note,
        own.decision.text,
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
        fault="not in our books" if own is None else "should not be live any more",
    )
