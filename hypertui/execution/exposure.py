"""Position and working orders of one market as the exchange reports them, without any books."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from hypertui.core.market import ZERO, Side, plain
from hypertui.core.phrases import counted
from hypertui.exchange.protocol import AccountState, Exchange, OpenOrder


@dataclass(frozen=True, slots=True)
class Exposure:
    """The account and its orders in one market: `stops` are all that may only sell once a trigger is touched,
    `buys` all that may add to the position. Sizes in coins."""

    symbol: str
    account: AccountState
    buys: Sequence[OpenOrder]
    stops: Sequence[OpenOrder]

    @property
    def position(self) -> Decimal:
        """Coins held, negative for a short position."""
        return self.account.position

    @property
    def covered(self) -> Decimal:
        """What the stops would sell, of the position at most."""
        return min(sum((stop.remaining for stop in self.stops), ZERO), max(self.position, ZERO))

    @property
    def bare(self) -> Decimal:
        """What no stop would close, long or short."""
        return abs(self.position) - self.covered

    def in_words(self) -> str:
        """What is held, what protects it, and what may still buy."""
        if self.position < 0:
            held = f"short of {plain(-self.position)} {self.symbol}, which no stop protects"
        elif not self.position:
            held = f"no {self.symbol} held"
        else:
            held = f"{plain(self.position)} {self.symbol} held, {counted(len(self.stops), 'live stop')}"
            held += f" for {plain(self.covered)}"
            if self.bare:
                held += f": {plain(self.bare)} UNPROTECTED"
        return f"{held}; {counted(len(self.buys), 'live buy') if self.buys else 'no buys'}"


async def look(exchange: Exchange, symbol: str) -> Exposure:
    """Ask the exchange. Raises an ExchangeError."""
    orders = await exchange.open_orders(symbol)
    account = await exchange.account_state(symbol)
    buys = [order for order in orders if order.side is Side.BUY and not order.reduce_only]
    stops = [order for order in orders if order.side is Side.SELL and order.reduce_only and order.trigger]
    return Exposure(symbol, account, buys, stops)
