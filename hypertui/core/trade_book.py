"""What one trade holds and has made: lots first in, first out, funding, and what the exchange corrected."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from hypertui.core.fifo import FifoBook, Lot
from hypertui.core.market import ZERO, Fill
from hypertui.core.results import SaleResults

_EXECUTIONS_KEPT = 200


@dataclass(frozen=True, slots=True)
class Execution:
    """A fill with the level of its order and the price (USD) that it was meant to fill at, None where there
    is none (the opening, or what was adopted), and what it realised, in USD."""

    fill: Fill
    level: int | None
    target: Decimal | None
    gain: Decimal


@dataclass(slots=True)
class TradeBook:
    """Money in USD, sizes in coins. `funding` is what was received, negative when paid; `corrected` are coins
    that the exchange holds beyond the fills (fewer where negative), too few for an order. `executions` are
    the newest fills, oldest first."""

    fifo: FifoBook = field(default_factory=FifoBook)
    funding: Decimal = ZERO
    corrected: Decimal = ZERO
    executions: deque[Execution] = field(default_factory=lambda: deque(maxlen=_EXECUTIONS_KEPT))
    results: SaleResults = field(default_factory=SaleResults)

    def book(
        self, fill: Fill, level: int | None = None, target: Decimal | None = None, reason: str = ""
    ) -> Decimal:
        """Take a fill, of an order that stood at `level` of its strategy's scale, was meant to fill at
        `target` and made for `reason`. Returns what it realised, net of fees."""
        gain = sum((part.pnl for part in self.fifo.book(fill)), ZERO)
        self.executions.append(Execution(fill, level, target, gain))
        if gain:
            self.results.add(fill.time, gain, reason)
        return gain

    @property
    def lots(self) -> Iterator[Lot]:
        """Coins still held, the oldest purchase first."""
        return iter(self.fifo)

    @property
    def position(self) -> Decimal:
        """Coins held, by fills alone."""
        return self.fifo.position

    @property
    def held(self) -> Decimal:
        """Coins held, with what was corrected."""
        return self.position + self.corrected

    @property
    def average_price(self) -> Decimal:
        """What the coins held cost each, without fees; 0 while none are held."""
        position = self.position
        return self.fifo.cost / position if position else ZERO

    @property
    def realized_pnl(self) -> Decimal:
        """First in, first out, net of fees, with the funding."""
        return self.fifo.realized_pnl + self.funding

    @property
    def fees(self) -> Decimal:
        """All fees paid so far."""
        return self.fifo.fees

    def unrealized_pnl(self, price: Decimal) -> Decimal:
        """What the coins held are worth at `price` beyond their cost, before all fees."""
        return self.fifo.unrealized_pnl(price)

    def net_pnl(self, price: Decimal) -> Decimal:
        """All that the trade has made with the coins valued at `price`: realised and not, less every fee."""
        return self.realized_pnl + self.unrealized_pnl(price) - self.fifo.open_fees
