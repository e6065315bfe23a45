"""The life of an order: placing, matching, triggers, fills, the reduce-only rules and its end.

Every method takes the batch that its changes go to; the batch's time is the time of the event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from hypertui.market import ZERO, Side
from hypertui.venue.accounts import Account, MarginRules
from hypertui.venue.checks import Checks
from hypertui.venue.events import Batch
from hypertui.venue.matching import Book, Quote
from hypertui.venue.options import VenueOptions
from hypertui.venue.orders import Json, OrderRequest, Tif, VenueOrder
from hypertui.venue.records import CROWD_ADDRESS, PATH_ADDRESS, Records
from hypertui.venue.wire import integer, mapping

# The part of the best synthetic price that the crowd trades when the path moves.
CROWD_SHARE = Decimal("0.001")


@dataclass(frozen=True, slots=True)
class Resting:
    """The order works."""

    order: VenueOrder


@dataclass(frozen=True, slots=True)
class Filled:
    """The order traded at once, perhaps in part: `size` coins for `value` USD."""

    order: VenueOrder
    size: Decimal
    value: Decimal


@dataclass(frozen=True, slots=True)
class Refused:
    """The order was refused, in the venue's words."""

    order: VenueOrder
    text: str


Outcome = Resting | Filled | Refused


class Desk:
    """All books and the orders in them. `accounts` belongs to the core."""

    def __init__(
        self,
        options: VenueOptions,
        books: Mapping[str, Book],
        accounts: Mapping[str, Account],
        rules: MarginRules,
    ) -> None:
        self._options = options
        self._books = books
        self._accounts = accounts
        self._rules = rules
        self._checks = Checks(options, rules)
        self._records = Records(options)
        self._waiting: dict[str, dict[int, VenueOrder]] = {symbol: {} for symbol in books}
        self._last_oid = 0
        # Asked when a trigger fires whether its order is refused all the same; for faults.
        self.trigger_refused: Callable[[VenueOrder], bool] = lambda order: False

    @property
    def marks(self) -> dict[str, Decimal]:
        """The mark of every market, in USD."""
        return {symbol: book.mark for symbol, book in self._books.items()}

    def place(self, account: Account, request: OrderRequest, batch: Batch) -> Outcome:
        """Check an order and let it trade, rest or wait for its trigger."""
        refusal = self._checks.refusal(account, request, self._books[request.market.symbol], self.marks)
        order = self._new(account, request, batch)
        if refusal is not None:
            self.end(order, refusal.status, batch)
            return Refused(order, refusal.text)
        if request.trigger is not None:
            self._waiting[order.symbol][order.oid] = order
            self._records.status(account, order, batch)
            if self._options.triggers_follow_position:
                self._fit(account, self._waiting_reducers(account, order.symbol, order.side), batch)
            return Resting(order)
        if request.reduce_only:
            order.remaining = min(order.remaining, account.reducible(order.symbol, order.side))
        size, value = self._trade(order, order.limit, batch)
        if not order.remaining:
            self.end(order, "filled", batch)
            return Filled(order, size, value)
        if request.tif is Tif.IOC:
            self.end(order, self._options.partial_ioc_status if size else "iocCancelRejected", batch)
            if size:
                return Filled(order, size, value)
            text = "Order could not immediately match against any resting orders."
            return Refused(order, f"{text} asset={request.market.asset}")
        self._records.status(account, order, batch)
        self._rest(order, batch)
        return Filled(order, size, value) if size else Resting(order)

    def end(self, order: VenueOrder, status: str, batch: Batch) -> None:
        """Take a live order out of the book and the account's working orders; `status` says why."""
        account = self._accounts[order.owner]
        self._books[order.symbol].remove(order)
        self._waiting[order.symbol].pop(order.oid, None)
        batch.moved.add(order.symbol)
        order.end(status, batch.time)
        account.forget_ended(order)
        self._records.status(account, order, batch)

    def take_mark(self, symbol: str, price: Decimal, batch: Batch) -> None:
        """Move a market to the path's next price (USD): resting orders that it reached are filled at their
        own price, then triggers fire, the nearest first."""
        book = self._books[symbol]
        book.move(price, batch.time)
        batch.moved.add(symbol)
        for order in book.passed():
            if order.live and self._can_be_hit(order, order.remaining, batch):
                size = order.remaining
                self._records.trade(book, order.side, order.limit, size, PATH_ADDRESS, order.owner, batch)
                self._execute(order, order.limit, size, batch, crossed=False)
        due = [order for order in self._waiting[symbol].values() if order.due(book.mark)]
        for order in sorted(due, key=_nearness):
            if order.live:
                self._fire(order, batch)

    def print_trade(self, symbol: str, before: Decimal, batch: Batch) -> None:
        """Let the crowd trade a little at the top of the book, in the direction in which the path has moved
        from the mark `before`: a market whose price moves has trades. No account takes part."""
        book = self._books[symbol]
        side = Side.BUY if book.mark > before else Side.SELL
        match = book.best_against(side, None)
        if match is None or not isinstance(match.source, Quote):
            return
        instrument = book.market.instrument
        size = max(instrument.floor_size(match.size * CROWD_SHARE), instrument.lot)
        self._records.trade(book, side, match.price, size, CROWD_ADDRESS, PATH_ADDRESS, batch)

    def can_close(self, account: Account, symbol: str) -> bool:
        """Whether the book holds anything against which a position could be closed."""
        return self._books[symbol].best_against(_closing(account, symbol), None) is not None

    def close_out(self, account: Account, symbol: str, batch: Batch) -> None:
        """Trade a whole position away at any price, as far as the book reaches."""
        size, side = account.size(symbol), _closing(account, symbol)
        book = self._books[symbol]
        request = OrderRequest(book.market, side, book.mark, abs(size), True, Tif.LIQUIDATION)
        order = self._new(account, request, batch)
        self._trade(order, None, batch)
        self.end(order, "canceled" if order.remaining else "filled", batch)

    def settle(self, account: Account, symbol: str, batch: Batch) -> None:
        """End a whole position at the mark, whatever stands in the book."""
        size, side = abs(account.size(symbol)), _closing(account, symbol)
        book = self._books[symbol]
        order = self._new(account, OrderRequest(book.market, side, book.mark, size, True, Tif.IOC), batch)
        self._records.trade(book, side, book.mark, size, account.address, PATH_ADDRESS, batch)
        self._execute(order, book.mark, size, batch, crossed=True)
        self.end(order, "filled", batch)

    def dump(self) -> Json:
        """The counters, for JSON; orders are written down with their accounts."""
        return {"last_oid": self._last_oid, "records": self._records.dump()}

    def restore(self, state: Json) -> None:
        """Count on from what `dump` made, with the orders of the accounts; raises MalformedError."""
        self._last_oid = integer(state, "last_oid")
        self._records.restore(mapping(state, "records"))
        for account in self._accounts.values():
            for order in account.open_orders.values():
                if order.waiting:
                    self._waiting[order.symbol][order.oid] = order

    def _new(self, account: Account, request: OrderRequest, batch: Batch) -> VenueOrder:
        self._last_oid += 1
        order = VenueOrder(self._last_oid, account.address, request, request.size, batch.time)
        account.add_order(order)
        return order

    def _trade(self, order: VenueOrder, limit: Decimal | None, batch: Batch) -> tuple[Decimal, Decimal]:
        """Match a taker within `limit` (None: at any price) as far as the book reaches; returns the coins and
        their value in USD."""
        book = self._books[order.symbol]
        size, value = ZERO, ZERO
        while order.remaining > 0 and (match := book.best_against(order.side, limit)) is not None:
            part = min(order.remaining, match.size)
            source = match.source
            if isinstance(source, Quote):
                maker = PATH_ADDRESS
                source.size -= part
            elif source.owner == order.owner:
                self.end(source, "selfTradeCanceled", batch)
                continue
            elif not self._can_be_hit(source, part, batch):
                continue
            else:
                maker = source.owner
            self._records.trade(book, order.side, match.price, part, order.owner, maker, batch)
            self._execute(order, match.price, part, batch, crossed=True)
            if isinstance(source, VenueOrder):
                self._execute(source, match.price, part, batch, crossed=False)
            size += part
            value += part * match.price
        return size, value

    def _can_be_hit(self, order: VenueOrder, size: Decimal, batch: Batch) -> bool:
        """Whether a resting order's account can still afford it; cancels it if not."""
        account = self._accounts[order.owner]
        signed = order.side.sign * size
        if self._rules.can_take_on(account, order.symbol, signed, self.marks, self._options.maker_fee):
            return True
        self.end(order, "marginCanceled", batch)
        self._records.venue_cancel(order, batch)
        return False

    def _execute(
        self, order: VenueOrder, price: Decimal, size: Decimal, batch: Batch, *, crossed: bool
    ) -> None:
        """Book one side of a match. A taker's order is ended by whoever let it trade, a resting one here."""
        account = self._accounts[order.owner]
        order.remaining -= size
        mark = self._books[order.symbol].mark
        self._records.fill(account, order, price, size, mark, batch, crossed=crossed)
        if not crossed:
            if order.remaining:
                self._records.progress(order, batch)
            else:
                self.end(order, "filled", batch)
        self._fit_to_position(account, order.symbol, batch)

    def _rest(self, order: VenueOrder, batch: Batch) -> None:
        self._books[order.symbol].rest(order)
        batch.moved.add(order.symbol)
        if order.request.reduce_only:
            self._fit_to_position(self._accounts[order.owner], order.symbol, batch)

    def _fire(self, order: VenueOrder, batch: Batch) -> None:
        account, request = self._accounts[order.owner], order.request
        del self._waiting[order.symbol][order.oid]
        order.status, order.status_time = "triggered", batch.time
        self._records.status(account, order, batch)
        if request.reduce_only:
            order.remaining = min(order.remaining, account.reducible(order.symbol, order.side))
            if not order.remaining:
                self.end(order, "reduceOnlyCanceled", batch)
                return
        signed = order.side.sign * order.remaining
        if self.trigger_refused(order) or not self._rules.can_take_on(
            account, order.symbol, signed, self.marks, self._options.taker_fee
        ):
            self.end(order, "perpMarginRejected", batch)
            return
        size, _ = self._trade(order, order.limit, batch)
        if not order.remaining:
            self.end(order, "filled", batch)
        elif request.trigger is None or not request.trigger.is_market:
            self._records.progress(order, batch)
            self._rest(order, batch)
        elif size:
            self.end(order, self._options.partial_ioc_status, batch)
        elif self._books[order.symbol].best_against(order.side, None) is None:
            self.end(order, "marketOrderNoLiquidityRejected", batch)
        else:
            self.end(order, "iocCancelRejected", batch)

    def _fit_to_position(self, account: Account, symbol: str, batch: Batch) -> None:
        for side in Side:
            resting = [
                order
                for order in self._books[symbol].resting(side)
                if order.owner == account.address and order.request.reduce_only
            ]
            self._fit(account, resting, batch)
            if self._options.triggers_follow_position:
                self._fit(account, self._waiting_reducers(account, symbol, side), batch)

    def _waiting_reducers(self, account: Account, symbol: str, side: Side) -> list[VenueOrder]:
        return [
            order
            for order in self._waiting[symbol].values()
            if order.owner == account.address and order.side is side and order.request.reduce_only
        ]

    def _fit(self, account: Account, orders: Iterable[VenueOrder], batch: Batch) -> None:
        """Keep reduce-only orders of one side and market within the position: the newest shrinks to what is
        left to reduce, older ones that no longer fit beside it go."""
        room: Decimal | None = None
        for order in sorted(orders, key=lambda each: each.oid, reverse=True):
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


def _closing(account: Account, symbol: str) -> Side:
    return Side.SELL if account.size(symbol) > 0 else Side.BUY


def _nearness(order: VenueOrder) -> tuple[bool, Decimal, int]:
    """Sorts triggers as a moving price meets them: falling ones from the top, rising ones from the bottom."""
    trigger = order.request.trigger
    if trigger is None:
        raise ValueError(f"order {order.oid} has no trigger")
    above = trigger.above(order.side)
    return (above, trigger.price if above else -trigger.price, order.oid)
