"""First in, first out: lots, allocations and realised PnL from fills. The only FIFO there is.

A book is fed fills in order and answers with the allocations that each one makes. Lots are signed, so a book
that goes through zero opens lots on the other side. Fees follow the coins: a closing takes from a lot's fee
in proportion to the coins it takes, cut to `_STEP`, and the last coins of a lot take what is left, so
that the shares add up to the fee exactly.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Decimal

from hypertui.core.market import ZERO, Fill

_STEP = Decimal("1e-15")


@dataclass(slots=True)
class Lot:
    """Coins still open from one fill: `size` is positive for bought, negative for sold coins; `fee` is what
    the opening fill paid for the coins that are left."""

    fill: Fill
    size: Decimal
    fee: Decimal

    @property
    def price(self) -> Decimal:
        return self.fill.price


@dataclass(frozen=True, slots=True)
class Allocation:
    """`size` coins of an opening fill closed by a closing fill, with each side's share of its fee in USD."""

    opened: Fill
    closed: Fill
    size: Decimal
    open_fee: Decimal
    close_fee: Decimal

    @property
    def gross_pnl(self) -> Decimal:
        """Before fees: what the coins brought less what they cost (the other way round for a short)."""
        return (self.closed.price - self.opened.price) * self.size * self.opened.side.sign

    @property
    def pnl(self) -> Decimal:
        """Net of both fees."""
        return self.gross_pnl - self.open_fee - self.close_fee


@dataclass(slots=True)
class FifoBook:
    """Open lots of one market, oldest first, and the totals realised so far (USD)."""

    _lots: deque[Lot] = field(default_factory=deque)
    realized_pnl: Decimal = ZERO
    fees: Decimal = ZERO

    def __iter__(self) -> Iterator[Lot]:
        return iter(self._lots)

    @property
    def position(self) -> Decimal:
        """Signed coins held."""
        return sum((lot.size for lot in self._lots), ZERO)

    @property
    def cost(self) -> Decimal:
        """Signed price paid for the coins held, without fees."""
        return sum((lot.size * lot.price for lot in self._lots), ZERO)

    @property
    def open_fees(self) -> Decimal:
        """What was paid to open the coins held: neither realised nor part of `unrealized_pnl`."""
        return sum((lot.fee for lot in self._lots), ZERO)

    def unrealized_pnl(self, price: Decimal) -> Decimal:
        """What the coins held are worth at `price` beyond their cost, before all fees."""
        return self.position * price - self.cost

    def book(self, fill: Fill) -> list[Allocation]:
        """Take a fill: close the oldest lots of the other side, open a lot with what is left."""
        self.fees += fill.fee
        sign = fill.side.sign
        left, fee_left = fill.size, fill.fee
        allocations: list[Allocation] = []
        while left > 0 and self._lots and self._lots[0].size * sign < 0:
            lot = self._lots[0]
            held = abs(lot.size)
            size = min(left, held)
            open_fee = share(lot.fee, size, held)
            close_fee = share(fee_left, size, left)
            allocation = Allocation(lot.fill, fill, size, open_fee, close_fee)
            allocations.append(allocation)
            self.realized_pnl += allocation.pnl
            left -= size
            fee_left -= close_fee
            lot.size += size * sign
            lot.fee -= open_fee
            if lot.size == 0:
                self._lots.popleft()
        if left > 0:
            self._lots.append(Lot(fill, left * sign, fee_left))
        return allocations


def share(amount: Decimal, size: Decimal, whole: Decimal) -> Decimal:
    """The part of `amount` (USD) that `size` of `whole` coins take, cut to 1e-15."""
    return amount if size == whole else (amount * size / whole).quantize(_STEP, ROUND_DOWN)
