"""Positions that are closed without their owner: at the market, by the liquidator, or at the mark.

Every method takes the batch that its changes go to; the batch's time is the time of the event.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from hypertui.core.market import Side
from hypertui.venue.accounts.accounts import Account
from hypertui.venue.market.matching import Book
from hypertui.venue.model.events import Batch
from hypertui.venue.model.orders import OrderTerms, Tif, VenueOrder
from hypertui.venue.trading.lifecycle import Lifecycle
from hypertui.venue.trading.records import LIQUIDATOR_ADDRESS, PATH_ADDRESS, Records
from hypertui.venue.trading.trading import Trading


class Closings:
    """Trades positions away with orders of the venue's own."""

    def __init__(
        self, books: Mapping[str, Book], records: Records, orders: Lifecycle, trading: Trading
    ) -> None:
        self._books = books
        self._records = records
        self._orders = orders
        self._trading = trading

    def can_close(self, account: Account, symbol: str) -> bool:
        """Whether the book holds anything against which a position could be closed."""
        return self._books[symbol].best_against(_closing(account, symbol), None) is not None

    def close_out(self, account: Account, symbol: str, size: Decimal, batch: Batch) -> None:
        """Trade `size` coins of a position away at any price, as far as the book reaches."""
        order = self._order(account, symbol, size, batch)
        self._trading.match(order, None, batch, liquidation="market")
        self._orders.end(order, "canceled" if order.remaining else "filled", batch)

    def take_over(self, account: Account, symbol: str, batch: Batch) -> None:
        """Hand a whole position to the liquidator at the mark."""
        book, size = self._books[symbol], abs(account.size(symbol))
        order = self._order(account, symbol, size, batch)
        self._records.trade(book, order.side, book.mark, size, account.address, LIQUIDATOR_ADDRESS, batch)
        self._trading.execute(order, book.mark, size, batch, crossed=True, liquidation="backstop")
        self._orders.end(order, "filled", batch)

    def close_at_mark(self, account: Account, symbol: str, batch: Batch) -> None:
        """End a whole position at the mark, whatever stands in the book."""
        book, size = self._books[symbol], abs(account.size(symbol))
        request = OrderTerms(book.market, _closing(account, symbol), book.mark, size, True, Tif.IOC)
        order = self._orders.begin(account, request, batch)
        self._records.trade(book, order.side, book.mark, size, account.address, PATH_ADDRESS, batch)
        self._trading.execute(order, book.mark, size, batch, crossed=True)
        self._orders.end(order, "filled", batch)

    def _order(self, account: Account, symbol: str, size: Decimal, batch: Batch) -> VenueOrder:
        book = self._books[symbol]
        side = _closing(account, symbol)
        request = OrderTerms(book.market, side, book.mark, size, True, Tif.LIQUIDATION)
        return self._orders.begin(account, request, batch)


def _closing(account: Account, symbol: str) -> Side:
    return Side.SELL if account.size(symbol) > 0 else Side.BUY
