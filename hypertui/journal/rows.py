"""Rows derived from fills: allocations, booked fills, open lots, and discrepancies to review.

Sizes are coins, prices and amounts USD, times milliseconds since the Unix epoch.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from hypertui.core.market import Side
from hypertui.journal.records import FillRecord


@dataclass(frozen=True, slots=True)
class AllocationRow:
    """`size` coins of an opening fill, closed by a closing one; the fees are pro rata shares of the fills'.

    A long is opened by a buy and closed by a sale, a short the other way round; cost is always that of the
    buy, and proceeds are those of the sale.
    """

    opened: FillRecord
    closed: FillRecord
    size: Decimal
    open_fee: Decimal
    close_fee: Decimal

    @property
    def is_long(self) -> bool:
        return self.opened.side is Side.BUY

    @property
    def buy(self) -> FillRecord:
        return self.opened if self.is_long else self.closed

    @property
    def sale(self) -> FillRecord:
        return self.closed if self.is_long else self.opened

    @property
    def buy_fee(self) -> Decimal:
        return self.open_fee if self.is_long else self.close_fee

    @property
    def sale_fee(self) -> Decimal:
        return self.close_fee if self.is_long else self.open_fee

    @property
    def cost_basis(self) -> Decimal:
        """Cost of the coins, including the buy's fee."""
        return self.size * self.buy.price + self.buy_fee

    @property
    def proceeds(self) -> Decimal:
        """Proceeds of the coins, before the sale's fee."""
        return self.size * self.sale.price

    @property
    def net_proceeds(self) -> Decimal:
        return self.proceeds - self.sale_fee

    @property
    def gross_pnl(self) -> Decimal:
        """Before fees."""
        return self.size * (self.sale.price - self.buy.price)

    @property
    def pnl(self) -> Decimal:
        """Net proceeds less cost basis: net of both fees."""
        return self.net_proceeds - self.cost_basis

    @property
    def held_ms(self) -> int:
        """Holding time, from opening to closing (ms)."""
        return self.closed.time - self.opened.time


class Matter(StrEnum):
    """The kind of a discrepancy."""

    UNMATCHED = "unmatched"  # coins that the venue closed and this ledger never saw opened
    GAP = "gap"  # the venue held another position before a fill than the fills give
    CLOSED_PNL = "closed_pnl"  # the venue realised another amount, by average cost, than the fills give


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """A discrepancy at a fill, shown and not guessed away: `expected` is what the fills give, `found` what
    the venue reports (coins, or USD for CLOSED_PNL). `is_dust`: the difference is worth less than the
    smallest order."""

    fill: FillRecord
    matter: Matter
    expected: Decimal
    found: Decimal
    is_dust: bool = False

    @property
    def difference(self) -> Decimal:
        return self.found - self.expected


@dataclass(frozen=True, slots=True)
class BookedFill:
    """A fill as booked: its allocations, the coins it closed without inventory (`unmatched`), and the
    position and totals of its market just after it. `realized_pnl` is first in, first out and net of fees,
    `unrealized_pnl` values what is held at this fill's price, before fees; `open_fees` were paid for it."""

    fill: FillRecord
    allocations: tuple[AllocationRow, ...]
    unmatched: Decimal
    position: Decimal
    realized_pnl: Decimal
    unrealized_pnl: Decimal
    open_fees: Decimal
    review: tuple[ReviewRow, ...] = ()

    @property
    def pnl(self) -> Decimal:
        """Realised by this fill, net of fees."""
        return sum((row.pnl for row in self.allocations), Decimal(0))


@dataclass(frozen=True, slots=True)
class LotRow:
    """Coins still held (negative: owed) of one opening fill; `fee` is what was paid for them. `is_dust`: they
    are worth less, at their price, than the smallest order. Dust stays a lot: nothing is rounded away."""

    opened: FillRecord
    size: Decimal
    fee: Decimal
    is_dust: bool

    @property
    def cost(self) -> Decimal:
        """Signed, without the fee."""
        return self.size * self.opened.price
