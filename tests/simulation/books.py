"""The journal's own rows against the venue: each fill once, no order twice, the money to the last digit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from hypertui.core.fifo import FifoBook
from hypertui.core.market import ZERO
from hypertui.exchange.hyperliquid import messages
from tests.simulation.ledger import FileJournal
from tests.simulation.venue import Venue, VenueMarket


def problems_of_fills(journal: FileJournal, market: VenueMarket) -> Iterator[str]:
    """What the rows of fills and orders have too much or too little of one market."""
    symbol = market.symbol
    rows = Counter(row.fill.key for row in journal.fills() if row.symbol == symbol)
    there = Counter(messages.fill(row).key for row in market.fills)
    if rows != there:
        yield f"{(there - rows).total()} fills have no row, {(rows - there).total()} rows no fill"
    twice = [client_id for client_id, count in Counter(journal.client_ids()).items() if count > 1]
    if twice:
        yield f"two rows of one order: {twice}"


def problems_of_money(journal: FileJournal, venue: Venue) -> Iterator[str]:
    """Whether the rows of fills, first in, first out, and the funding give what the account has made."""
    books = {symbol: FifoBook() for symbol in venue.markets}
    for row in journal.fills():
        books[row.symbol].book(row.fill)
    ours = sum((_made(book, venue.markets[symbol]) for symbol, book in books.items()), _paid(journal))
    if ours != venue.made:
        yield f"the rows made {ours}, the account {venue.made}"


def _made(book: FifoBook, market: VenueMarket) -> Decimal:
    return book.realized_pnl + book.unrealized_pnl(market.book.mark) - book.open_fees


def _paid(journal: FileJournal) -> Decimal:
    """The funding of all trades in the file, each payment once."""
    paid = {
        (trade_id, entry.data["payment"]["time"]): Decimal(entry.data["payment"]["amount"])
        for trade_id in journal.trade_ids()
        for entry in journal.inputs(trade_id)
        if entry.kind == "funding"
    }
    return sum(paid.values(), ZERO)
