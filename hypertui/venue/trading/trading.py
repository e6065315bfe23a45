"""Trades: a taker matched with what stands in a book, and each side of a match booked to its account.

Every method takes the batch that its changes go to; the batch's time is the time of the event.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from hypertui.core.market import ZERO
from hypertui.venue.accounts.accounts import Account
from hypertui.venue.accounts.margin import MarginRules
from hypertui.venue.market.liquidity import LiquidityLevel
from hypertui.venue.market.matching import Book
from hypertui.venue.model.events import Batch
from hypertui.venue.model.options import VenueOptions
from hypertui.venue.model.orders import VenueOrder
from hypertui.venue.trading.checks import capped
from hypertui.venue.trading.lifecycle import Lifecycle
from hypertui.venue.trading.records import PATH_ADDRESS, Records


class Trading:
    """`accounts` belongs to the core. `touched` are the accounts whose position has changed since somebody
    cleared it."""

    def __init__(
        self,
        options: VenueOptions,
        books: Mapping[str, Book],
        accounts: Mapping[str, Account],
        rules: MarginRules,
        records: Records,
        orders: Lifecycle,
    ) -> None:
        self.touched: dict[str, None] = {}
        self._maker_fee = options.maker_fee
        self._books = books
        self._accounts = accounts
        self._rules = rules
        self._records = records
        self._orders = orders

    @property
    def marks(self) -> dict[str, Decimal]:
        """The mark of every market, in USD."""
        return {symbol: book.mark for symbol, book in self._books.items()}

    def match(
        self, order: VenueOrder, limit: Decimal | None, batch: Batch, liquidation: str | None = None
    ) -> tuple[Decimal, Decimal]:
        """Match a taker within `limit` (None: at any price) as far as the book reaches; returns the coins and
        their value in USD."""
        book = self._books[order.symbol]
        size, value = ZERO, ZERO
        while order.remaining > 0 and (found := book.best_against(order.side, limit)) is not None:
            part = min(order.remaining, found.size)
            source = found.source
            if isinstance(source, LiquidityLevel):
                maker = PATH_ADDRESS
                source.size -= part
            elif source.owner == order.owner:
                self._orders.end(source, "selfTradeCanceled", batch)
                continue
            elif not self.can_be_hit(source, part, batch):
                continue
            else:
                maker = source.owner
            self._records.trade(book, order.side, found.price, part, order.owner, maker, batch)
            self.execute(order, found.price, part, batch, crossed=True, liquidation=liquidation)
            if isinstance(source, VenueOrder):
                self.execute(source, found.price, part, batch, crossed=False)
            size += part
            value += part * found.price
        return size, value

    def can_be_hit(self, order: VenueOrder, size: Decimal, batch: Batch) -> bool:
        """Whether a resting order may still trade and its account can afford it; cancels it if not."""
        account = self._accounts[order.owner]
        signed = order.side.sign * size
        if capped(account, order.request, size, self._books[order.symbol]):
            status = "openInterestCapCanceled"
        elif self._rules.can_take_on(account, order.symbol, signed, self.marks, self._maker_fee):
            return True
        else:
            status = "marginCanceled"
        self._orders.end(order, status, batch)
        self._records.venue_cancel(order, batch)
        return False

    def execute(
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
        self._records.fill(account, order, price, size, book, batch, crossed=crossed, liquidation=liquidation)
        self.touched[account.address] = None
        if not crossed:
            if order.remaining:
                self._records.progress(order, batch)
            else:
                self._orders.end(order, "filled", batch)
        self._orders.fit_to_position(account, order.symbol, batch)
