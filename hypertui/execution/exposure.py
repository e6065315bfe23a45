"""Position and working orders of one market as the exchange reports them, without any books."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from hypertui.core.market import ZERO, Side, plain
from hypertui.core.phrases import counted
from hypertui.exchange.protocol import AccountState, Exchange, OpenOrder
from hypertui.execution.orders import names_exit


@dataclass(frozen=True, slots=True)
class Exposure:
    """The account and its orders in one market: `stops` are all that may only sell once a falling price
    touches their trigger, `buys` all that may add to the position, `others` the rest: what takes a profit,
    waits for another order to fill, or ends a trade as a whole. Sizes in coins."""

    symbol: str
    account: AccountState
    buys: Sequence[OpenOrder]
    stops: Sequence[OpenOrder]
    others: Sequence[OpenOrder]

    @property
    def orders(self) -> Sequence[OpenOrder]:
        """All of them."""
        return (*self.buys, *self.stops, *self.others)

    @property
    def position(self) -> Decimal:
        """Coins held, negative for a short position."""
        return self.account.position

    @property
    def covered(self) -> Decimal:
        """What the stops would sell, of the position at most."""
        if any(stop.closes_all for stop in self.stops):
            return max(self.position, ZERO)
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
        said = f"{held}; {counted(len(self.buys), 'live buy') if self.buys else 'no buys'}"
        return f"{said}; {counted(len(self.others), 'other order')}" if self.others else said


async def look(exchange: Exchange, symbol: str) -> Exposure:
    """Ask the exchange. Raises an ExchangeError."""
    orders = await exchange.open_orders(symbol)
    account = await exchange.account_state(symbol)
    buys: list[OpenOrder] = []
    stops: list[OpenOrder] = []
    others: list[OpenOrder] = []
    for order in orders:
        kind = buys if _opens(order) else stops if _is_stop(order) else others
        kind.append(order)
    return Exposure(symbol, account, buys, stops, others)


def _opens(order: OpenOrder) -> bool:
    return order.side is Side.BUY and not order.reduce_only


def _is_stop(order: OpenOrder) -> bool:
    if order.type is not None and order.type.takes_profit:
        return False
    if names_exit(order.client_id):
        return False  # it stands beside the stops, and further away
    waits = order.parent is not None  # for another order to fill, and protects nothing until then
    return order.side is Side.SELL and order.reduce_only and order.trigger is not None and not waits
