"""What an order has filled, over all its parts: of a session and of a backtest alike."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from hypertui.core.market import ZERO, Side
from hypertui.execution.orders import Role

_OF_THE_PLAN = (Role.STOP, Role.BUY, Role.TARGET, Role.SALE)


@dataclass(slots=True)
class OrderFill:
    """Prices in USD, `size` in coins, `value` and `fee` in USD, times in ms. `intended` is the price that it
    was meant to fill at, None where there was none. `touched_at` is when the price first touched its trigger,
    at `touched`, None where the fill was heard of first; `at` is when the first part was filled, by this
    machine's clock, and `market` the newest price by then, or that of the touch where that was later."""

    role: Role
    side: Side
    level: int | None
    reason: str
    intended: Decimal | None
    at: int
    touched_at: int | None = None
    touched: Decimal | None = None
    market: Decimal | None = None
    size: Decimal = ZERO
    value: Decimal = ZERO
    fee: Decimal = ZERO

    def add(self, size: Decimal, price: Decimal, fee: Decimal) -> None:
        """A part of it."""
        self.size += size
        self.value += size * price
        self.fee += fee

    @property
    def price(self) -> Decimal:
        """On average over its parts."""
        return self.value / self.size

    @property
    def due(self) -> Decimal | None:
        """The price of a fill at the very touch: the worse of what was intended and what was touched; None
        where neither is known."""
        if self.touched is None or self.intended is None:
            return self.intended if self.touched is None else self.touched
        return max(self.intended, self.touched) if self.side is Side.BUY else min(self.intended, self.touched)

    @property
    def place(self) -> tuple[Side, int | None]:
        """What a fill of the other walk has in common with it: an order at a level of the plan may fire or be
        sold at the market, what ends the trade has no level."""
        return self.side, self.level if self.role in _OF_THE_PLAN else None

    @property
    def latency(self) -> int | None:
        """From the touch to the fill; negative where the exchange had filled it before the price was seen
        here."""
        return None if self.touched_at is None else self.at - self.touched_at

    def worth(self, last: Decimal) -> Decimal:
        """What it has made by the time at which the price is `last` (USD)."""
        return self.side.sign * (self.size * last - self.value) - self.fee
