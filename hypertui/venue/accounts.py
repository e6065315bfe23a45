"""Accounts: cash, positions, orders and history of one address, and what margin follows from them.

Cash is everything ever deposited, less what positions cost, less fees, plus funding; so the account's value
is cash plus the signed value of its positions, and nothing is kept that follows from something else.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from hypertui.market import ONE, ZERO, Side
from hypertui.venue.markets import MICRO, Market
from hypertui.venue.orders import Json, VenueOrder

KEPT_ORDERS = 2_000
KEPT_FILLS = 10_000


@dataclass(slots=True)
class Position:
    """`size` in coins, negative when short; `cost` is its signed value at entry in USD, to a micro-dollar."""

    size: Decimal = ZERO
    cost: Decimal = ZERO
    funding_since_open: Decimal = ZERO
    funding_since_change: Decimal = ZERO

    @property
    def entry_price(self) -> Decimal:
        """The average price at which the open coins were taken on, in USD."""
        return self.cost / self.size

    def trade(self, signed: Decimal, price: Decimal) -> Decimal:
        """Add `signed` coins (negative: sold) at `price`; returns the PnL in USD of what that closed."""
        pnl = ZERO
        opening = signed
        if self.size * signed < 0:
            sign = ONE if self.size > 0 else -ONE
            closing = min(abs(signed), abs(self.size))
            cost = self.cost
            if closing < abs(self.size):
                cost = (self.cost * closing / abs(self.size)).quantize(MICRO)
            pnl = sign * closing * price - cost
            self.size -= sign * closing
            self.cost -= cost
            opening = signed + sign * closing
        if opening and not self.size:
            self.funding_since_open = ZERO
        self.size += opening
        self.cost += opening * price
        self.funding_since_change = ZERO
        return pnl


@dataclass(slots=True)
class Account:
    """One address. `deposits` is what came from outside, in USD."""

    address: str
    deposits: Decimal = ZERO
    cash: Decimal = ZERO
    positions: dict[str, Position] = field(default_factory=dict)
    leverage: dict[str, int] = field(default_factory=dict)
    funding_total: dict[str, Decimal] = field(default_factory=dict)
    volume: Decimal = ZERO
    requests: int = 0
    open_orders: dict[int, VenueOrder] = field(default_factory=dict)
    orders: dict[int, VenueOrder] = field(default_factory=dict)
    by_cloid: dict[str, VenueOrder] = field(default_factory=dict)
    ended: deque[int] = field(default_factory=deque)
    history: deque[Json] = field(default_factory=lambda: deque(maxlen=KEPT_ORDERS))
    fills: deque[Json] = field(default_factory=lambda: deque(maxlen=KEPT_FILLS))
    funding: deque[Json] = field(default_factory=lambda: deque(maxlen=KEPT_FILLS))
    ledger: deque[Json] = field(default_factory=lambda: deque(maxlen=KEPT_FILLS))
    cancel_at: int | None = None

    def size(self, symbol: str) -> Decimal:
        """The position in coins, negative when short."""
        position = self.positions.get(symbol)
        return ZERO if position is None else position.size

    def reducible(self, symbol: str, side: Side) -> Decimal:
        """The coins that an order of `side` would close: 0 when flat or on the order's own side."""
        return max(ZERO, -side.sign * self.size(symbol))

    def deposit(self, amount: Decimal) -> None:
        """Credit USDC from outside."""
        self.deposits += amount
        self.cash += amount

    def trade(self, symbol: str, signed: Decimal, price: Decimal, fee: Decimal) -> Decimal:
        """Book one execution; returns the PnL in USD, before the fee, of what it closed."""
        position = self.positions.setdefault(symbol, Position())
        pnl = position.trade(signed, price)
        if not position.size:
            del self.positions[symbol]
        self.cash -= signed * price + fee
        self.volume += abs(signed) * price
        return pnl

    def pay_funding(self, symbol: str, amount: Decimal) -> None:
        """Book funding for an open position, in USD, positive when received."""
        position = self.positions[symbol]
        position.funding_since_open += amount
        position.funding_since_change += amount
        self.funding_total[symbol] = self.funding_total.get(symbol, ZERO) + amount
        self.cash += amount

    def add_order(self, order: VenueOrder) -> None:
        """Keep a new order; the latest one with a client order id is the one found by it."""
        self.orders[order.oid] = order
        if order.request.cloid is not None:
            self.by_cloid[order.request.cloid] = order
        if order.live:
            self.open_orders[order.oid] = order

    def forget_ended(self, order: VenueOrder) -> None:
        """Move an order that ended out of the working ones, and the oldest ended one out of memory."""
        self.open_orders.pop(order.oid, None)
        self.ended.append(order.oid)
        if len(self.ended) > KEPT_ORDERS:
            old = self.orders.pop(self.ended.popleft())
            cloid = old.request.cloid
            if cloid is not None and self.by_cloid.get(cloid) is old:
                del self.by_cloid[cloid]


@dataclass(frozen=True, slots=True)
class Margin:
    """Cross margin of one account at given marks; all amounts in USD."""

    value: Decimal
    notional: Decimal
    used: Decimal
    maintenance: Decimal

    @property
    def withdrawable(self) -> Decimal:
        """What could leave the account: it must keep its margin, and a tenth of its positions' value."""
        return max(ZERO, self.value - max(self.used, self.notional / 10))


class MarginRules:
    """What margin an account needs. `marks` are the markets' prices by symbol, in USD."""

    def __init__(self, markets: Mapping[str, Market], default_leverage: int) -> None:
        self._markets = markets
        self._default_leverage = default_leverage

    def leverage(self, account: Account, symbol: str) -> int:
        """What was set for the market, or the default, at most what the market allows."""
        highest = self._markets[symbol].instrument.max_leverage
        return account.leverage.get(symbol, min(self._default_leverage, highest))

    def margin(self, account: Account, marks: Mapping[str, Decimal]) -> Margin:
        """Value, margin used and maintenance margin of all positions together."""
        value, notional, used, maintenance = account.cash, ZERO, ZERO, ZERO
        for symbol, position in account.positions.items():
            worth = abs(position.size) * marks[symbol]
            value += position.size * marks[symbol]
            notional += worth
            used += worth / self.leverage(account, symbol)
            maintenance += worth * self._markets[symbol].maintenance_rate
        return Margin(value, notional, used, maintenance)

    def can_take_on(
        self, account: Account, symbol: str, signed: Decimal, marks: Mapping[str, Decimal], fee_rate: Decimal
    ) -> bool:
        """Whether the account has margin for `signed` more coins and the fee on what they add to its
        exposure. What only reduces the position is free."""
        before = account.size(symbol)
        added = abs(before + signed) - abs(before)
        if added <= 0:
            return True
        margin = self.margin(account, marks)
        worth = added * marks[symbol]
        return margin.value - margin.used >= worth / self.leverage(account, symbol) + worth * fee_rate

    def liquidation_price(
        self, account: Account, symbol: str, marks: Mapping[str, Decimal]
    ) -> Decimal | None:
        """The mark of `symbol` at which the account's value meets its maintenance margin, other marks
        standing still; None when no positive price does."""
        size = account.size(symbol)
        side = 1 if size > 0 else -1
        margin = self.margin(account, marks)
        rate = self._markets[symbol].maintenance_rate
        spare = margin.value - margin.maintenance
        price = marks[symbol] - side * spare / abs(size) / (1 - rate * side)
        return price if price > 0 else None
