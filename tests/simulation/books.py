"""The journal's own rows against the venue: each fill once, no order twice, the money to the last digit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from hypertui.core.fifo import FifoBook
from hypertui.core.market import ZERO
from hypertui.exchange.hyperliquid import messages
from tests.simulation.ledger import FileJournal
from tests.simulation.venue import Venue


def problems_of_fills(journal: FileJournal, venue: Venue) -> Iterator[str]:
    """What the rows of fills and orders have too much or too little."""
    rows = Counter(row.fill.key for row in journal.fills())
    there = Counter(messages.fill(row).key for row in venue.account.fills)
    if rows != there:
        yield f"{(there - rows).total()} fills have no row, {(rows - there).total()} rows no fill"
    twice = [client_id for client_id, count in Counter(journal.client_ids()).items() if count > 1]
    if twice:
        yield f"two rows of one order: {twice}"


def problems_of_money(journal: FileJournal, venue: Venue) -> Iterator[str]:
    """Whether the rows of fills, first in, first out, and the funding give what the account has made."""
    book = FifoBook()
    for row in journal.fills():
        book.book(row.fill)
    paid = {
        entry.data["payment"]["time"]: Decimal(entry.data["payment"]["amount"])
        for entry in journal.inputs()
        if entry.kind == "funding"
    }
    mark, account = venue.book.mark, venue.account
    ours = book.realized_pnl + book.unrealized_pnl(mark) - book.open_fees + sum(paid.values(), ZERO)
    made = account.cash - account.deposits + venue.position * mark
    if ours != made:
        yield f"the rows made {ours}, the account {made}"
