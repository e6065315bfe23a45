"""Average-cost accounting, which the venue's `closedPnl` and `entryPx` use, beside first in, first out.

Adding to a position adds to its cost; reducing it takes the same part of the cost as of the coins (in
Hyperliquid's docs the entry price is size-weighted over increases only). Both ways of counting realise other
amounts on the way, and realised plus unrealised is the same under both at every moment.
"""

from __future__ import annotations

from decimal import Decimal

from hypertui.core.fifo import share
from hypertui.core.market import ZERO


class AverageBook:
    """One position: `position` in signed coins, `cost` the signed USD paid for them without fees,
    `realized_pnl` USD before fees."""

    def __init__(self) -> None:
        self.position = ZERO
        self.cost = ZERO
        self.realized_pnl = ZERO

    def book(self, signed: Decimal, price: Decimal) -> Decimal:
        """Trade `signed` coins at `price`; returns what that realised, in USD before fees."""
        held, pnl = abs(self.position), ZERO
        if self.position * signed < 0:
            closed = min(held, abs(signed)).copy_sign(signed)
            released = share(self.cost, abs(closed), held)
            pnl = -closed * price - released
            self.realized_pnl += pnl
            self.position += closed
            self.cost -= released
            signed -= closed
        self.position += signed
        self.cost += signed * price
        return pnl

    def unrealized_pnl(self, price: Decimal) -> Decimal:
        """What the coins held are worth at `price` beyond their cost, in USD before fees."""
        return self.position * price - self.cost
