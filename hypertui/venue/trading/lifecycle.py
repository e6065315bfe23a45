"""Everything in the life of an order but its trades: how it begins, waits, rests, shrinks and ends, and what
its end does to the orders that belong to it.

Every method takes the batch that its changes go to; the batch's time is the time of the event.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from hypertui.core.market import Side
from hypertui.venue.accounts.accounts import Account
from hypertui.venue.market.matching import Book
from hypertui.venue.model.events import Batch
from hypertui.venue.model.messages import integer
from hypertui.venue.model.options import VenueOptions
from hypertui.venue.model.orders import Group, Json, OrderTerms, VenueOrder
from hypertui.venue.trading.records import Records


class Lifecycle:
    """All working orders. `accounts` belongs to the core. `armed` are the markets where triggers have begun
    to wait that the mark may have passed already."""

    def __init__(
        self,
        options: VenueOptions,
        books: Mapping[str, Book],
        accounts: Mapping[str, Account],
        records: Records,
    ) -> None:
        self.armed: set[str] = set()
        self._triggers_follow = options.triggers_follow_position
        self._books = books
        self._accounts = accounts
        self._records = records
        self._last_oid = 0

    def begin(self, account: Account, request: OrderTerms, batch: Batch) -> VenueOrder:
        """A new order with the next id."""
        self._last_oid += 1
        order = VenueOrder(self._last_oid, account.address, request, request.size, batch.time)
        account.add_order(order)
        return order

    def join(self, order: VenueOrder, group: Group) -> None:
        """Make a take-profit or stop-loss order one of a group's."""
        order.group = group
        group.children.append(order)

    def end(self, order: VenueOrder, status: str, batch: Batch) -> None:
        """Take a live order out of the book and the account's working orders; `status` says why."""
        account = self._accounts[order.owner]
        self._books[order.symbol].remove(order)
        batch.moved.add(order.symbol)
        order.end(status, batch.time)
        account.forget_ended(order)
        self._records.status(account, order, batch)
        group, order.group = order.group, None
        if group is not None:
            self._left_group(order, group, batch)

    def cancel_all(self, orders: Iterable[VenueOrder], status: str, batch: Batch) -> list[VenueOrder]:
        """End those of the orders that are still live; returns them. Children that wait for their parent go
        before it, each by the same status, not as a consequence of its end."""
        ended: list[VenueOrder] = []
        for order in sorted(orders, key=lambda order: order.armed):
            if order.live:
                self.end(order, status, batch)
                ended.append(order)
        return ended

    def wait(self, order: VenueOrder, batch: Batch) -> None:
        """Let an order wait for its trigger."""
        self._records.status(self._accounts[order.owner], order, batch)
        if order.armed:
            self._books[order.symbol].triggers.add(order)

    def rest(self, order: VenueOrder, batch: Batch) -> None:
        """Put what is left of an order into the book."""
        self._books[order.symbol].rest(order)
        batch.moved.add(order.symbol)
        if order.request.reduce_only:
            self.fit_to_position(self._accounts[order.owner], order.symbol, batch)

    def wake(self, order: VenueOrder, batch: Batch) -> None:
        """The order's trigger has fired."""
        account = self._accounts[order.owner]
        self._books[order.symbol].triggers.remove(order)
        if order.request.position_tpsl and not order.request.size:
            order.remaining = account.reducible(order.symbol, order.side)
        order.status, order.status_time = "triggered", batch.time
        self._records.status(account, order, batch)

    def fit_to_position(self, account: Account, symbol: str, batch: Batch) -> None:
        """Shrink and cancel what the account's reduce-only orders no longer have a position for."""
        reducers = account.reducers.get(symbol)
        if not reducers:
            return
        newest_first = [order for order in reversed(reducers.values()) if order.armed]
        for side in Side:
            orders = [order for order in newest_first if order.side is side]
            if not orders:
                continue
            self._fit(account, [order for order in orders if order.resting], batch)
            waiting = [order for order in orders if order.waiting and order.live]
            if self._triggers_follow:
                self._fit(account, [order for order in waiting if order.group is None], batch)
            if not account.reducible(symbol, side):
                follow = [order for order in waiting if self._follows(order)]
                self.cancel_all(follow, "reduceOnlyCanceled", batch)

    def dump(self) -> Json:
        """The counter, for JSON; orders are written down with their accounts."""
        return {"last_oid": self._last_oid}

    def restore(self, state: Json) -> None:
        """Count on from what `dump` made, with the orders of the accounts; raises MalformedError."""
        self._last_oid = integer(state, "last_oid")
        for account in self._accounts.values():
            for order in account.open_orders.values():
                if order.waiting and order.armed:
                    self._books[order.symbol].triggers.add(order)

    def _follows(self, order: VenueOrder) -> bool:
        """Whether a waiting order goes with its position. One whose sibling closed that goes for the sake of
        the sibling."""
        if order.group is not None and any(child.filled for child in order.group.children):
            return False
        return order.request.position_tpsl or self._triggers_follow

    def _left_group(self, order: VenueOrder, group: Group, batch: Batch) -> None:
        if order is group.parent:
            group.parent = None
            # Hyperliquid docs, take profit and stop loss orders: a parent that was filled in part arms its
            # children only when it ended for want of margin.
            if order.status == "filled" or (order.status == "marginCanceled" and order.filled):
                self._arm(group)
            else:
                self.cancel_all(group.children, "canceled", batch)
            return
        group.children.remove(order)
        if order.filled:
            # One that trades at this moment, and has closed what this one was for, takes its own end.
            others = [child for child in group.children if child.waiting or child.resting]
            self.cancel_all(others, "siblingFilledCanceled", batch)

    def _arm(self, group: Group) -> None:
        for child in group.children:
            self._books[child.symbol].triggers.add(child)
            self.armed.add(child.symbol)

    def _fit(self, account: Account, orders: list[VenueOrder], batch: Batch) -> None:
        """Keep reduce-only orders of one side and market, newest first, within the position: the newest
        shrinks to what is left to reduce, older ones that no longer fit beside it go."""
        room: Decimal | None = None
        for order in orders:
            if not order.live:
                continue
            newest = room is None
            if room is None:
                room = account.reducible(order.symbol, order.side)
            if order.remaining > room and newest and room > 0:
                order.remaining = room
                self._records.progress(order, batch)
            if order.remaining <= room:
                room -= order.remaining
            else:
                self.end(order, "reduceOnlyCanceled", batch)
