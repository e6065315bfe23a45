"""Placing orders and letting them trade, at once, as the price moves, or when their trigger fires.

Every method takes the batch that its changes go to; the batch's time is the time of the event.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from hypertui.core.market import Side
from hypertui.venue.accounts.accounts import Account
from hypertui.venue.accounts.margin import MarginRules
from hypertui.venue.market.liquidity import LiquidityLevel
from hypertui.venue.market.matching import Book
from hypertui.venue.model.events import Batch
from hypertui.venue.model.messages import mapping
from hypertui.venue.model.options import VenueOptions
from hypertui.venue.model.order_results import (
    WAITING_FOR_FILL,
    WAITING_FOR_TRIGGER,
    FilledResult,
    Outcome,
    RefusedResult,
    RestingResult,
    WaitingResult,
)
from hypertui.venue.model.orders import Group, Json, OrderTerms, VenueOrder
from hypertui.venue.trading.checks import Checks, capped, unmatched
from hypertui.venue.trading.closed_positions import Closings
from hypertui.venue.trading.lifecycle import Lifecycle
from hypertui.venue.trading.records import CROWD_ADDRESS, PATH_ADDRESS, Records
from hypertui.venue.trading.trading import Trading

# The part of the best synthetic price that the crowd trades when the path moves.
CROWD_SHARE = Decimal("0.001")


class OrderEntry:
    """All books and the orders in them. `accounts` belongs to the core."""

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
        self.trading = Trading(options, books, accounts, rules, self.records, self.orders)
        self.closings = Closings(books, self.records, self.orders, self.trading)
        # Asked when a trigger fires whether its order is refused all the same; for faults.
        self.trigger_refused: Callable[[VenueOrder], bool] = lambda order: False
        self._options = options
        self._books = books
        self._accounts = accounts
        self._rules = rules

    @property
    def marks(self) -> dict[str, Decimal]:
        """The mark of every market, in USD."""
        return self.trading.marks

    def place(
        self, account: Account, request: OrderTerms, batch: Batch, group: Group | None = None
    ) -> Outcome:
        """Check an order and let it trade, rest or wait for its trigger, as one of a `group` perhaps."""
        refusal = self.checks.refusal(account, request, self._books[request.market.symbol], self.marks)
        order = self.orders.begin(account, request, batch)
        if refusal is not None:
            self.orders.end(order, refusal.status, batch)
            return RefusedResult(order, refusal.text)
        if group is not None:
            self.orders.join(order, group)
        return self._work(order, batch)

    def place_bracket(
        self, account: Account, requests: Sequence[OrderTerms], batch: Batch
    ) -> list[Outcome] | str:
        """Place an order together with the take-profit and stop-loss orders that are armed when it has
        filled; or refuse all of them in one text."""
        parent, *children = requests
        book = self._books[parent.market.symbol]
        refused = self.checks.bracket(account, parent, children, book, self.marks)
        if refused is not None:
            return refused
        refusal = self.checks.refusal(account, parent, book, self.marks)
        order = self.orders.begin(account, parent, batch)
        if refusal is not None:
            self.orders.end(order, refusal.status, batch)
            return refusal.text
        group = order.group = Group(order)
        waiting: list[VenueOrder] = []
        for request in children:
            child = self.orders.begin(account, request, batch)
            self.orders.join(child, group)
            self.orders.wait(child, batch)
            waiting.append(child)
        outcome = self._work(order, batch)
        if isinstance(outcome, RefusedResult):
            return outcome.text  # it had to trade at once and did not; they have gone with it
        text = WAITING_FOR_TRIGGER if order.status == "filled" else WAITING_FOR_FILL
        return [outcome, *(WaitingResult(child, text) for child in waiting)]

    def place_position_tpsl(
        self, account: Account, requests: Sequence[OrderTerms], batch: Batch
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
            if not isinstance(outcome, RefusedResult):
                outcome = WaitingResult(outcome.order, WAITING_FOR_TRIGGER)
            outcomes.append(outcome)
        return outcomes

    def take_mark(self, symbol: str, price: Decimal, batch: Batch) -> None:
        """Move a market to the path's next price (USD): resting orders that it reached are filled at their
        own price, then triggers fire, the nearest first."""
        book = self._books[symbol]
        book.move(price, batch.time)
        batch.moved.add(symbol)
        for order in book.passed():
            if order.live and self.trading.can_be_hit(order, order.remaining, batch):
                size = order.remaining
                self.records.trade(book, order.side, order.limit, size, PATH_ADDRESS, order.owner, batch)
                self.trading.execute(order, order.limit, size, batch, crossed=False)
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
        if match is None or not isinstance(match.source, LiquidityLevel):
            return
        instrument = book.market.instrument
        size = max(instrument.floor_size(match.size * CROWD_SHARE), instrument.lot)
        self.records.trade(book, side, match.price, size, CROWD_ADDRESS, PATH_ADDRESS, batch)

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
            if order.armed:
                self.orders.armed.add(order.symbol)  # the mark may have passed it
            if request.reduce_only and account.reducible(order.symbol, order.side):
                self.orders.fit_to_position(account, order.symbol, batch)
            return RestingResult(order)
        if request.reduce_only:
            order.remaining = min(order.remaining, account.reducible(order.symbol, order.side))
        size, value = self.trading.match(order, order.limit, batch)
        if not order.remaining:
            self.orders.end(order, "filled", batch)
            return FilledResult(order, size, value)
        if request.tif is not None and request.tif.immediate:
            if size:
                self.orders.end(order, self._options.partial_ioc_status, batch)
                return FilledResult(order, size, value)
            refusal = unmatched(request, self._books[order.symbol])
            self.orders.end(order, refusal.status, batch)
            return RefusedResult(order, f"{refusal.text} asset={request.market.asset}")
        self.records.status(account, order, batch)
        self.orders.rest(order, batch)
        return FilledResult(order, size, value) if size else RestingResult(order)

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
        refused = self._refused_at_trigger(account, order)
        if refused is not None:
            self.orders.end(order, refused, batch)
            return
        size, _ = self.trading.match(order, order.limit, batch)
        if not order.remaining:
            self.orders.end(order, "filled", batch)
        elif request.trigger is None or not request.trigger.is_market:
            self.records.progress(order, batch)
            self.orders.rest(order, batch)
        elif size:
            self.orders.end(order, self._options.partial_ioc_status, batch)
        else:
            self.orders.end(order, unmatched(request, self._books[order.symbol]).status, batch)

    def _refused_at_trigger(self, account: Account, order: VenueOrder) -> str | None:
        """The status of an order that may not trade now that its trigger has fired, or None."""
        book, signed = self._books[order.symbol], order.side.sign * order.remaining
        refusal = capped(account, order.request, order.remaining, book)
        if refusal is not None:
            return refusal.status
        if self.trigger_refused(order) or not self._rules.can_take_on(
            account, order.symbol, signed, self.marks, self._options.taker_fee
        ):
            return "perpMarginRejected"
        if not self._rules.within_tier(account, order.symbol, signed, book.mark):
            return "perpMaxPositionRejected"
        return None
