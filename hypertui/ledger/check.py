"""The check: the ledger's invariants, verified independently of the code that derives it.

For each market, fill by fill: what a fill closed and opened is its size, no lot is closed further than it was
opened, nothing closes what was never opened, nothing closes before it opened; the money that changed hands
and the coins held are realised plus unrealised profit, first in, first out and by average cost alike; the
venue's `startPosition` and `closedPnl` are what the fills give; at each flat point the profit is the venue's
`closedPnl` less its fees."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from hypertui.core.fifo import share
from hypertui.core.market import ZERO, plain
from hypertui.journal.fill_order import Key, key_of, moments
from hypertui.journal.records import FillRecord, TradeRecord
from hypertui.journal.rows import BookedFill
from hypertui.ledger.account_events import flows
from hypertui.ledger.derivation import VENUE_STEP, MarketBook
from hypertui.ledger.scope import Scope, iso

_KEPT = 200


@dataclass(slots=True)
class Verdict:
    """The result of a check: counts, and the problems in words (the first 200); dust is only counted."""

    fills: int = 0
    allocations: int = 0
    flat_points: int = 0
    transfers: int = 0
    dust: int = 0
    wrong: int = 0
    problems: list[str] = field(default_factory=list)

    def complain(self, text: str) -> None:
        """Count a problem, and keep its text among the first 200."""
        self.wrong += 1
        if len(self.problems) < _KEPT:
            self.problems.append(text)


def check(scope: Scope) -> Verdict:
    """Check all markets of a scope, from their first fills on."""
    verdict = Verdict()
    accounts: dict[str, list[TradeRecord]] = {}
    for market, trades in scope.markets().items():
        accounts.setdefault(market.account, []).extend(trades)
        MarketCheck(verdict).run(scope.history.market_fills(trades))
    for account, trades in accounts.items():
        for flow in flows(scope.history, account, trades):
            verdict.transfers += 1
            if flow.amount is None:
                what = f"a transfer that is not understood: {flow.record.kind}"
                verdict.complain(f"{iso(flow.record.time)} {what}")
    return verdict


class MarketCheck:
    """Checks one market's fills with books of its own."""

    def __init__(self, verdict: Verdict) -> None:
        self._verdict = verdict
        self._book = MarketBook()
        self._left: dict[Key, Decimal] = {}  # coins of each lot that are still open
        self._open = self._position = self._cash = self._fees = ZERO
        # Since the market was flat, and as long as nothing is missing:
        self._made = self._venue = ZERO
        self._closings = 0
        self._whole = True

    def run(self, fills: Iterator[FillRecord]) -> None:
        """All fills, in their order."""
        for moment in moments(fills):
            booked = self._book.book(moment)
            for each in booked:
                self._fill(each)
            self._between(booked)

    def _fill(self, booked: BookedFill) -> None:
        fill, verdict = booked.fill, self._verdict
        verdict.fills += 1
        verdict.allocations += len(booked.allocations)
        closed = sum((row.size for row in booked.allocations), ZERO)
        size = fill.size - booked.unmatched
        against = max(ZERO, -self._position * fill.side.sign)
        if closed != min(against, size):
            self._complain(fill, f"closes {plain(closed)} of {plain(against)} held, with {plain(size)}")
        for row in booked.allocations:
            key = key_of(row.opened)
            left = self._left.pop(key, None)
            if left is None or row.size > left or row.size <= 0:
                self._complain(fill, f"closes {plain(row.size)} of a lot that has {left}")
            elif row.size < left:
                self._left[key] = left - row.size
            if row.opened.time > fill.time:
                self._complain(fill, f"closes what was opened later, at {iso(row.opened.time)}")
        if closed < size:
            self._left[key_of(fill)] = size - closed
        self._open += size - 2 * closed
        fee = fill.fee - share(fill.fee, booked.unmatched, fill.size)
        self._position += size * fill.side.sign
        self._cash -= size * fill.price * fill.side.sign + fee
        self._fees += fee
        self._made += booked.pnl
        self._venue += fill.closed_pnl - fill.fee
        self._closings += 1
        if fill.role == "adopted" and fill.start_position is None:
            self._whole = False  # a position taken over, at the entry price that the venue shows: rounded
        if booked.position != self._position:
            self._complain(fill, f"leaves {plain(booked.position)}, not {plain(self._position)}")
        self._look(booked)

    def _look(self, booked: BookedFill) -> None:
        for row in booked.review:
            self._whole = False
            if row.is_dust:
                self._verdict.dust += 1
            else:
                self._complain(
                    row.fill,
                    f"{row.matter.value}: expected {plain(row.expected)}, found {plain(row.found)}",
                )

    def _between(self, moment: Sequence[BookedFill]) -> None:
        """The invariants between two milliseconds."""
        fill, book = moment[-1].fill, self._book
        price = fill.price
        worth = self._cash + self._position * price
        fifo = book.realized_pnl + book.unrealized_pnl(price) - book.open_fees
        average = book.average.realized_pnl + book.average.unrealized_pnl(price) - self._fees
        for name, found in (("first in, first out", fifo), ("average cost", average)):
            if found != worth:
                self._complain(fill, f"{name} makes {plain(found)}, cash and coins {plain(worth)}")
        if self._open != abs(self._position):
            self._complain(fill, "the lots do not add up to the position")
        if self._position == 0 and not book.gap:
            self._verdict.flat_points += 1
            if self._whole and abs(self._made - self._venue) > self._closings * VENUE_STEP:
                text = f"flat with {plain(self._made)} made, by the exchange's word {plain(self._venue)}"
                self._complain(fill, text)
            self._made = self._venue = ZERO
            self._closings, self._whole = 0, True

    def _complain(self, fill: FillRecord, text: str) -> None:
        where = f"fill {fill.trade_number} of order {fill.order_id} in {fill.symbol}"
        self._verdict.complain(f"{iso(fill.time)} {where} {text}")
