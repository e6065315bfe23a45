"""Placing orders and letting them trade, at once, as the price moves, or when their trigger fires.

Every method takes the batch that its changes go to; the batch's time is the time of the event.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from hypertui.market import ZERO, Side
from hypertui.venue.accounts import Account
from hypertui.venue.checks import Checks
from hypertui.venue.events import Batch
from hypertui.venue.lifecycle import Lifecycle
from hypertui.venue.liquidity import Quote
from hypertui.venue.margin import MarginRules
from hypertui.venue.matching import Book
from hypertui.venue.options import VenueOptions
from hypertui.venue.orders import Group, Json, OrderRequest, Tif, VenueOrder
from hypertui.venue.outcomes import (
    WAITING_FOR_FILL,
    WAITING_FOR_TRIGGER,
    Filled,
    Outcome,
    Refused,
    Resting,
    Waiting,
)
from hypertui.venue.records import CROWD_ADDRESS, LIQUIDATOR_ADDRESS, PATH_ADDRESS, Records
from hypertui.venue.wire import mapping

# The part of the best synthetic price that the crowd trades when the path moves.
CROWD_SHARE = Decimal("0.001")


class Desk:
    """All books and the orders in them. `accounts` belongs to the core.

    `touched` are the accounts whose position has changed since somebody cleared it.
    """

    def __init__(
        self,
        options: VenueOptions,
        books: Mapping[str, Book],
        accounts: Mapping[str, Account],
        rules: MarginRules,
    ) -> None:
        self.records = Records(options, rules, accounts)
        self.orders = Lifecycle(options, books, accounts, self.records)
        self.checks = Checks(options, rules)
        self.touched: dict[str, None] = {}
        # Asked when a trigger fires whether its order is refused all the same; for faults.
        self.trigger_refused: Callable[[VenueOrder], bool] = lambda order: False
        self._options = options
        self._books = books
        self._accounts = accounts
        self._rules = rules

    @property
    def marks(self) -> dict[str, Decimal]:
        """The mark of every market, in USD."""
        return {symbol: book.mark for symbol, book in self._books.items()}

    def place(
        self, account: Account, request: OrderRequest, batch: Batch, group: Group | None = None
    ) -> Outcome:
        """Check an order and let it trade, rest or wait for its trigger, as one of a `group` perhaps."""
        refusal = self.checks.refusal(account, request, self._books[request.market.symbol], self.marks)
        order = self.orders.begin(account, request, batch)
        if refusal is not None:
            self.orders.end(order, refusal.status, batch)
            return Refused(order, refusal.text)
        if group is not None:
            self.orders.join(order, group)
        return self._work(order, batch)

    def place_bracket(
        self, account: Account, requests: Sequence[OrderRequest], batch: Batch
    ) -> list[Outcome] | str:
        """Place an order together with the take-profit and stop-loss orders that are armed when it has
        filled; or refuse all of them in one text."""
        parent, *children = requests
        book = self._books[parent.market.symbol]
        text = self.checks.bracket(account, parent, children, book, self.marks)
        if text is not None:
            return text
        refusal = self.checks.refusal(account, parent, book, self.marks)
        order = self.orders.begin(account, parent, batch)
        if refusal is not None:
            self.orders.end(order, refusal.status, batch)
            return refusal.text
        group = order.group = Group(order)
        waiting: list[Outcome] = []
        for request in children:
            child = self.orders.begin(account, request, batch)
            self.orders.join(child, group)
            self.orders.wait(child, batch)
            waiting.append(Waiting(child, WAITING_FOR_FILL))
        return [self._work(order, batch), *waiting]

    def place_position_tpsl(
        self, account: Account, requests: Sequence[OrderRequest], batch: Batch
    ) -> list[Outcome] | str:
        """Place take-profit and stop-loss orders of the position, of which one cancels the other; or refuse
        all of them in one text."""
        text = self.checks.position_group(requests)
        if text is not None:
            return text
        group = Group(None)
        outcomes: list[Outcome] = []
        for request in requests:
            outcome = self.place(account, request, batch, group)
            if not isinstance(outcome, Refused):
                outcome = Waiting(outcome.order, WAITING_FOR_TRIGGER)
            outcomes.append(outcome)
        return outcomes

    def take_mark(self, symbol: str, price: Decimal, batch: Batch) -> None:
        """Move a market to the path's next price (USD): resting orders that it reached are filled at their
        own price, then triggers fire, the nearest first."""
        book = self._books[symbol]
        book.move(price, batch.time)
        batch.moved.add(symbol)
        for order in book.passed():
            if order.live and self._can_be_hit(order, order.remaining, batch):
                size = order.remaining
                self.records.trade(book, order.side, order.limit, size, PATH_ADDRESS, order.owner, batch)
                self._execute(order, order.limit, size, batch, crossed=False)
        self._fire_due(symbol, batch)
        self.settle(batch)

    def settle(self, batch: Batch) -> None:
        """Fire the triggers that were armed when the mark had passed them already."""
        while self.orders.armed:
            self._fire_due(self.orders.armed.pop(), batch)

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
        self.records.trade(book, side, match.price, size, CROWD_ADDRESS, PATH_ADDRESS, batch)

    def can_close(self, account: Account, symbol: str) -> bool:
        """Whether the book holds anything against which a position could be closed."""
        return self._books[symbol].best_against(_closing(account, symbol), None) is not None

    def close_out(self, account: Account, symbol: str, size: Decimal, batch: Batch) -> None:
        """Trade `size` coins of a position away at any price, as far as the book reaches."""
        order = self._closing_order(account, symbol, size, batch)
        self._trade(order, None, batch, liquidation="market")
        self.orders.end(order, "canceled" if order.remaining else "filled", batch)

    def take_over(self, account: Account, symbol: str, batch: Batch) -> None:
        """Hand a whole position to the liquidator at the mark."""
        book, size = self._books[symbol], abs(account.size(symbol))
        order = self._closing_order(account, symbol, size, batch)
        self.records.trade(book, order.side, book.mark, size, account.address, LIQUIDATOR_ADDRESS, batch)
        self._execute(order, book.mark, size, batch, crossed=True, liquidation="backstop")
        self.orders.end(order, "filled", batch)

    def close_at_mark(self, account: Account, symbol: str, batch: Batch) -> None:
        """End a whole position at the mark, whatever stands in the book."""
        book, size = self._books[symbol], abs(account.size(symbol))
        request = OrderRequest(book.market, _closing(account, symbol), book.mark, size, True, Tif.IOC)
        order = self.orders.begin(account, request, batch)
        self.records.trade(book, order.side, book.mark, size, account.address, PATH_ADDRESS, batch)
        self._execute(order, book.mark, size, batch, crossed=True)
        self.orders.end(order, "filled", batch)

    def dump(self) -> Json:
        """The counters, for JSON."""
        return {"orders": self.orders.dump(), "records": self.records.dump()}

    def restore(self, state: Json) -> None:
        """Count on from what `dump` made, with the orders of the accounts; raises MalformedError."""
        self.orders.restore(mapping(state, "orders"))
        self.records.restore(mapping(state, "records"))

    def _work(self, order: VenueOrder, batch: Batch) -> Outcome:
        account, request = self._accounts[order.owner], order.request
        if request.trigger is not None:
            self.orders.wait(order, batch)
            if request.reduce_only and account.reducible(order.symbol, order.side):
                self.orders.fit_to_position(account, order.symbol, batch)
            return Resting(order)
        if request.reduce_only:
            order.remaining = min(order.remaining, account.reducible(order.symbol, order.side))
        size, value = self._trade(order, order.limit, batch)
        if not order.remaining:
            self.orders.end(order, "filled", batch)
            return Filled(order, size, value)
        if request.tif is not None and request.tif.immediate:
            self.orders.end(order, self._options.partial_ioc_status if size else "iocCancelRejected", batch)
            if size:
                return Filled(order, size, value)
            text = "Order could not immediately match against any resting orders."
            return Refused(order, f"{text} asset={request.market.asset}")
        self.records.status(account, order, batch)
        self.orders.rest(order, batch)
        return Filled(order, size, value) if size else Resting(order)

    def _closing_order(self, account: Account, symbol: str, size: Decimal, batch: Batch) -> VenueOrder:
        book = self._books[symbol]
        side = _closing(account, symbol)
        request = OrderRequest(book.market, side, book.mark, size, True, Tif.LIQUIDATION)
        return self.orders.begin(account, request, batch)

    def _trade(
        self, order: VenueOrder, limit: Decimal | None, batch: Batch, liquidation: str | None = None
    ) -> tuple[Decimal, Decimal]:
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
                self.orders.end(source, "selfTradeCanceled", batch)
                continue
            elif not self._can_be_hit(source, part, batch):
                continue
            else:
                maker = source.owner
            self.records.trade(book, order.side, match.price, part, order.owner, maker, batch)
            self._execute(order, match.price, part, batch, crossed=True, liquidation=liquidation)
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
        self.orders.end(order, "marginCanceled", batch)
        self.records.venue_cancel(order, batch)
        return False

    def _execute(
        self,
        order: VenueOrder,
        price: Decimal,
        size: Decimal,
        batch: Batch,
        *,
        crossed: bool,
        liquidation: str | None = None,
    ) -> None:
        """Book one side of a match. A taker's order is ended by whoever let it trade, a resting one here."""
        account = self._accounts[order.owner]
        book = self._books[order.symbol]
        order.remaining -= size
        self.records.fill(account, order, price, size, book, batch, crossed=crossed, liquidation=liquidation)
        self.touched[account.address] = None
        if not crossed:
            if order.remaining:
                self.records.progress(order, batch)
            else:
                self.orders.end(order, "filled", batch)
        self.orders.fit_to_position(account, order.symbol, batch)

    def _fire_due(self, symbol: str, batch: Batch) -> None:
        book = self._books[symbol]
        for order in book.triggers.due(book.mark):
            if order.live:
                self._fire(order, batch)

    def _fire(self, order: VenueOrder, batch: Batch) -> None:
        account, request = self._accounts[order.owner], order.request
        self.orders.wake(order, batch)
        if request.reduce_only:
            order.remaining = min(order.remaining, account.reducible(order.symbol, order.side))
            if not order.remaining:
                self.orders.end(order, "reduceOnlyCanceled", batch)
                return
        signed = order.side.sign * order.remaining
        if self.trigger_refused(order) or not self._rules.can_take_on(
            account, order.symbol, signed, self.marks, self._options.taker_fee
        ):
            self.orders.end(order, "perpMarginRejected", batch)
            return
        if not self._rules.within_tier(account, order.symbol, signed, self._books[order.symbol].mark):
            self.orders.end(order, "perpMaxPositionRejected", batch)
            return
        size, _ = self._trade(order, order.limit, batch)
        if not order.remaining:
            self.orders.end(order, "filled", batch)
        elif request.trigger is None or not request.trigger.is_market:
            self.records.progress(order, batch)
            self.orders.rest(order, batch)
        elif size:
            self.orders.end(order, self._options.partial_ioc_status, batch)
        elif self._books[order.symbol].best_against(order.side, None) is None:
            self.orders.end(order, "marketOrderNoLiquidityRejected", batch)
        else:
            self.orders.end(order, "iocCancelRejected", batch)


def _closing(account: Account, symbol: str) -> Side:
    return Side.SELL if account.size(symbol) > 0 else Side.BUY
