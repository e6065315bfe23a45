"""The ledger of one market, derived from its fills by `core.fifo`: lots, allocations, inventory, PnL.

Nothing of it is stored: it is derived on demand from the first fill on, and is the same to the last digit
each time. `DERIVATION` goes up with every change of the rules that could change a figure.

The rules: fills count in the order of time; within a millisecond in that which the venue's `startPosition`s
tell, else by order id and trade id. Lots are signed, and what is sold beyond the coins held opens a short
lot, but only as far as the venue says so: its `startPosition` tells how much of a fill closed something.
What closed without inventory here is *unmatched*: its size and its share of the fee stay out of every lot,
and it waits for somebody to find the fill that is missing. Where `startPosition` is unknown, a sale of an
order that could only reduce closes. Amounts are exact; shares of fees are cut to 1e-15 and the last coins
take the rest. Dust is a lot like any other until it is sold: a lot ends at 0 coins and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from hypertui.core.fifo import FifoBook, share
from hypertui.core.market import MIN_ORDER_VALUE, ZERO, Side
from hypertui.journal.fill_order import Key, chain, key_of, moments
from hypertui.journal.records import FillRecord
from hypertui.journal.rows import AllocationRow, BookedFill, LotRow, Matter, ReviewRow
from hypertui.ledger.average import AverageBook

DERIVATION = 3

# The venue gives USDC to six decimals.
VENUE_STEP = Decimal("0.000001")
_ONLY_REDUCE = frozenset({"stop", "sale", "close", "exit"})


class MarketBook:
    """One account's fills in one market. `position` in signed coins, `cost` in signed USD without fees;
    `realized_pnl` net of fees. `average` counts the same fills by average cost."""

    def __init__(self) -> None:
        self.fifo = FifoBook()
        self.average = AverageBook()
        self.position = ZERO
        self.cost = ZERO
        self.open_fees = ZERO
        self.gap = ZERO  # what the venue holds more than the fills give
        self._comparable = True  # whether the average cost can be the venue's: nothing is missing since flat
        self._closings = 0  # since flat
        self._records: dict[Key, FillRecord] = {}  # of the open lots

    @property
    def realized_pnl(self) -> Decimal:
        return self.fifo.realized_pnl

    def unrealized_pnl(self, price: Decimal) -> Decimal:
        """Before fees, at `price`."""
        return self.position * price - self.cost

    def lots(self) -> Iterator[LotRow]:
        """The open lots, oldest first."""
        for lot in self.fifo:
            is_dust = abs(lot.size) * lot.price < MIN_ORDER_VALUE
            yield LotRow(self._records[lot.fill.key], lot.size, lot.fee, is_dust)

    def book(self, moment: Sequence[FillRecord]) -> list[BookedFill]:
        """Take all fills of one millisecond, in order of their keys; returns them in the venue's order."""
        trail = chain(moment, self.position + self.gap)
        known = any(fill.start_position is not None for fill in moment)
        gaps = self._look_for_gap(moment) if trail is None and known else {}
        sound = trail is not None and not self.gap
        wrong = self._average_in_order(trail) if trail is not None and sound else {}
        if gaps:  # what is missing came before the moment, and the rest may well follow on
            trail = chain(moment, self.position + self.gap)
        booked = []
        for fill in moment if trail is None else trail:
            unmatched = ZERO if sound else self._unmatched(fill)
            if not sound:
                self.average.book((fill.size - unmatched) * fill.side.sign, fill.price)
            key = key_of(fill)
            review = [row for row in (gaps.get(key), wrong.get(key)) if row is not None]
            if unmatched:
                review.append(ReviewRow(fill, Matter.UNMATCHED, ZERO, unmatched, _is_dust(fill, unmatched)))
                self.gap += unmatched * fill.side.sign
            booked.append(self._book(fill, unmatched, tuple(review)))
        if not self.position and not self.gap:
            self._comparable, self._closings = True, 0
        elif not sound:
            self._comparable = False
        return booked

    def _average_in_order(self, trail: Sequence[FillRecord]) -> dict[Key, ReviewRow]:
        """Book a moment by average cost in the venue's own order; returns where the venue realised another
        amount."""
        if len({fill.start_position for fill in trail}) < len(trail):
            self._comparable = False  # more than one order would explain it
        wrong = {}
        for fill in trail:
            pnl = self.average.book(fill.size * fill.side.sign, fill.price)
            self._closings += (fill.start_position or ZERO) * fill.side.sign < 0
            # Each closing may have left the venue's own cost half a step further off.
            if self._comparable and abs(pnl - fill.closed_pnl) > (1 + self._closings) * VENUE_STEP / 2:
                wrong[key_of(fill)] = ReviewRow(fill, Matter.CLOSED_PNL, pnl, fill.closed_pnl)
        return wrong

    def _look_for_gap(self, moment: Sequence[FillRecord]) -> dict[Key, ReviewRow]:
        """The venue held another position before a moment than the fills before it give: that is reported
        once, and the gap is carried until it closes."""
        first = next(fill for fill in moment if fill.start_position is not None)
        assert first.start_position is not None
        expected = self.position + self.gap
        if len(moment) > 1:
            starts = [fill.start_position for fill in moment if fill.start_position is not None]
            whole = next((start for start in starts if chain(moment, start) is not None), None)
            first = first if whole is None else next(f for f in moment if f.start_position == whole)
        found = first.start_position
        assert found is not None
        if found == expected:
            return {}
        self.gap = found - self.position
        return {
            key_of(first): ReviewRow(first, Matter.GAP, expected, found, _is_dust(first, found - expected))
        }

    def _unmatched(self, fill: FillRecord) -> Decimal:
        """The coins that this fill closed at the venue and that are not here to be closed."""
        inventory = max(ZERO, -self.position * fill.side.sign)
        if fill.start_position is not None:
            closing = min(fill.size, max(ZERO, -fill.start_position * fill.side.sign))
        elif fill.side is Side.SELL and fill.role in _ONLY_REDUCE:
            closing = fill.size
        else:
            closing = ZERO
        return max(ZERO, closing - inventory)

    def _book(self, fill: FillRecord, unmatched: Decimal, review: tuple[ReviewRow, ...]) -> BookedFill:
        lost_fee = share(fill.fee, unmatched, fill.size) if unmatched else ZERO
        rows: list[AllocationRow] = []
        size = fill.size - unmatched
        if size:
            taken = replace(fill.fill, size=size, fee=fill.fee - lost_fee) if unmatched else fill.fill
            self.position += size * fill.side.sign
            self.open_fees += taken.fee
            for each in self.fifo.book(taken):
                row = AllocationRow(
                    self._records[each.opened.key], fill, each.size, each.open_fee, each.close_fee
                )
                rows.append(row)
                self.open_fees -= each.open_fee + each.close_fee
                self.cost -= each.size * each.opened.price * each.opened.side.sign
                size -= each.size
            self.cost += size * fill.side.sign * fill.price
            self._forget(rows)
            if size:
                self._records[key_of(fill)] = fill
        return BookedFill(
            fill,
            tuple(rows),
            unmatched,
            self.position,
            self.realized_pnl,
            self.unrealized_pnl(fill.price),
            self.open_fees,
            review,
        )

    def _forget(self, rows: Sequence[AllocationRow]) -> None:
        oldest = next(iter(self.fifo), None)
        for row in rows:
            key = key_of(row.opened)
            if oldest is None or oldest.fill.key != key:
                del self._records[key]


def derive(fills: Iterable[FillRecord], book: MarketBook | None = None) -> Iterator[BookedFill]:
    """What the fills of one market come to, in their order, one page in memory at a time. `book` is where its
    state can be seen meanwhile. Raises LedgerError for facts that contradict each other."""
    book = MarketBook() if book is None else book
    for moment in moments(fills):
        yield from book.book(moment)


def _is_dust(fill: FillRecord, coins: Decimal) -> bool:
    return abs(coins) * fill.price < MIN_ORDER_VALUE
