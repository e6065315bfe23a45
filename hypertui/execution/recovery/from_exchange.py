"""Rebuilding a trade whose journal is lost from what the venue still tells of it.

Every order carries the trade, its key and a generation in its client id, and the venue keeps the fills: where
all of them are there, and the strategy can tell from the orders that work where it stands, its state and the
books can be read from them without a guess. Anything less is left to the operator."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from hypertui.core.market import ZERO, Fill, IngestVia, Side, plain
from hypertui.core.order_key import OPENING, KeyKind
from hypertui.exchange.protocol import OpenOrder
from hypertui.execution.convergence import role_of
from hypertui.execution.orders import Decision, key_of, names_exit, trade_of
from hypertui.execution.recorder import TradeRecorder
from hypertui.execution.recovery.reconciliation import as_report
from hypertui.execution.trade_inputs import OrderReported, OrderSent
from hypertui.strategy.plans import LeftOrder, NotRebuilt, Rebuilt, StrategyPlan


@dataclass(frozen=True, slots=True)
class Remains:
    """A trade as the venue tells of it: the opening's fills, the later ones in order, the orders that work,
    and the strategy that these tell of."""

    trade: int
    opening: Sequence[Fill]
    fills: Sequence[Fill]
    orders: Sequence[OpenOrder]
    rebuilt: Rebuilt
    exits: Sequence[OpenOrder] = ()  # whose ids are used


def read(
    plan: StrategyPlan, orders: Sequence[OpenOrder], fills: Sequence[Fill], position: Decimal
) -> Remains:
    """What remains of a trade with this plan. Raises NotRebuilt."""
    trades = {trade_of(order.client_id) for order in orders}
    trade = trades.pop()
    if trades or trade is None:
        raise NotRebuilt("its orders are not those of one trade")
    # Its exits are placed anew by the rules of now: the first comparison finds the old ones.
    exits = [order for order in orders if names_exit(order.client_id)]
    orders = [order for order in orders if order not in exits]
    own = sorted((fill for fill in fills if trade_of(fill.client_id) == trade), key=lambda fill: fill.key)
    opening = [fill for fill in own if key_of(fill.client_id) == OPENING]
    if not opening:
        raise NotRebuilt("its entry is not among the fills that the exchange still keeps")
    later = [fill for fill in own if fill not in opening]
    traded = [key_of(fill.client_id) for fill in later]
    left = [_left(order) for order in orders]
    if None in traded or None in left:
        raise NotRebuilt("its orders have keys that no strategy gives")
    if any(names_exit(fill.client_id) for fill in later):
        raise NotRebuilt("an exit at the exchange has filled, which ends it")
    booked = sum((fill.size * fill.side.sign for fill in own), ZERO)
    if booked != position:
        raise NotRebuilt(f"its fills make {plain(booked)}, the exchange holds {plain(position)}")
    rebuilt = plan.rebuild(opening, [key for key in traded if key], [order for order in left if order])
    return Remains(trade, opening, later, orders, rebuilt, exits)


def _left(order: OpenOrder) -> LeftOrder | None:
    key = key_of(order.client_id)
    return None if key is None else LeftOrder(key, order.side, order.limit, order.trigger)


def stops_left(orders: Sequence[OpenOrder]) -> Sequence[OpenOrder]:
    """The orders, where all of them are stops or exits of one trade, as an engine leaves them behind; else
    none."""
    trades = {trade_of(order.client_id) for order in orders}
    keys = [key_of(order.client_id) for order in orders]
    own = all(
        order.side is Side.SELL
        and order.reduce_only
        and order.trigger is not None
        and key is not None
        and key.kind in (KeyKind.STOP, KeyKind.EXIT)
        for order, key in zip(orders, keys, strict=True)
    )
    return orders if own and len(trades) == 1 and None not in trades else ()


async def restore(
    remains: Remains, recorder: TradeRecorder, book: Callable[[Fill, IngestVia], None], now: int
) -> None:
    """Live a trade again that has just been opened with its entry: every fill in its order, then the way to
    where its orders stand, then the orders that work. `book` takes a fill of a known order. There may be
    thousands: the loop does other things in between."""
    tracker = recorder.trade.tracker
    working = {order.client_id: order for order in remains.orders}
    sizes: dict[str | None, Decimal] = {order.client_id: order.remaining for order in remains.orders}
    for fill in remains.fills:
        sizes[fill.client_id] = sizes.get(fill.client_id, ZERO) + fill.size

    def send(client_id: str, side: Side, price: Decimal, at: int) -> None:
        if tracker.find(client_id) is not None:
            return
        key = key_of(client_id)
        assert key is not None, "what has none is no remains"
        want = remains.rebuilt.wanted(key, side, price)
        if (listed := working.get(client_id)) is not None:
            want = replace(want, limit=listed.limit)
        order = want.order(client_id, tracker.strategy.instrument.symbol, sizes[client_id])
        why = "rebuilt from what the exchange tells"
        decision = Decision(want.reason, tracker.strategy.source, want.stands_at, why)
        recorder.take(OrderSent(at, order, role_of(want), key, want.level, decision))

    for fill in remains.fills:
        send(str(fill.client_id), fill.side, fill.price, fill.time)
        book(fill, IngestVia.COMPARISON)
        await asyncio.sleep(0)
    recorder.take_price(remains.rebuilt.price, now)
    for order in remains.orders:
        send(str(order.client_id), order.side, order.trigger or order.limit, order.time)
        recorder.take(OrderReported(now, as_report(order), from_feed=False))
