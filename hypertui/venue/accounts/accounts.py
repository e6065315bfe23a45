"""Accounts: cash, positions, orders and history of one address.

Cash is everything ever deposited, less what positions cost, less fees, plus funding; so the account's value
is cash plus the signed value of its positions, and nothing is kept that follows from something else. Of an
isolated position the part of the cash that is its own is kept beside it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from decimal import Decimal

from hypertui.core.market import ONE, ZERO, Side
from hypertui.venue.accounts.fees import Turnover
from hypertui.venue.model.log import HistoryLog
from hypertui.venue.model.markets import MICRO
from hypertui.venue.model.orders import StatusEvent, VenueOrder

KEPT_ORDERS = 2_000
KEPT_FILLS = 10_000
KEPT_HOURS = 31 * 24
APART = "disabled"
POOLED = ("unifiedAccount", "portfolioMargin")


@dataclass(slots=True)
class Position:
    """`size` in coins, negative when short; `cost` is its signed value at entry in USD, to a micro-dollar.

    `raw_usd` is what an isolated position has of the account's cash, so that with its value added it is the
    position's margin; None for a cross position.
    """

    size: Decimal = ZERO
    cost: Decimal = ZERO
    funding_since_open: Decimal = ZERO
    funding_since_change: Decimal = ZERO
    raw_usd: Decimal | None = None

    @property
    def entry_price(self) -> Decimal:
        """The average price at which the open coins were taken on, in USD."""
        return self.cost / self.size

    def equity(self, mark: Decimal) -> Decimal:
        """The margin in USD that an isolated position has left at `mark`; 0 for a cross position."""
        return ZERO if self.raw_usd is None else self.raw_usd + self.size * mark

    def trade(self, signed: Decimal, price: Decimal, leverage: int | None) -> Decimal:
        """Add `signed` coins (negative: sold) at `price`; returns the PnL in USD of what that closed. What is
        opened on an isolated position takes its margin along, by its `leverage`; what is closed frees its
        share."""
        pnl = ZERO
        opening = signed
        if self.size * signed < 0:
            pnl, opening = self._close(signed, price)
        if opening and not self.size:
            self.funding_since_open = ZERO
        self.size += opening
        self.cost += opening * price
        if self.raw_usd is not None and leverage is not None:
            self.raw_usd += (abs(opening) * price / leverage).quantize(MICRO) - opening * price
        self.funding_since_change = ZERO
        return pnl

    def _close(self, signed: Decimal, price: Decimal) -> tuple[Decimal, Decimal]:
        """Returns the PnL, and the coins that are left to be opened on the other side."""
        sign = ONE if self.size > 0 else -ONE
        held = abs(self.size)
        closing = min(abs(signed), held)
        left = held - closing
        cost = self.cost if not left else (self.cost * closing / held).quantize(MICRO)
        if self.raw_usd is not None:
            kept = (self.equity(price) * left / held).quantize(MICRO)
            self.raw_usd = kept - sign * left * price
        self.size -= sign * closing
        self.cost -= cost
        return sign * closing * price - cost, signed + sign * closing


@dataclass(slots=True)
class Account:
    """One address. `deposits` is what came into its perpetuals from outside less what left, in USD; `spot`
    the USDC beside them.

    `isolated` are the markets whose next position is an isolated one. `abstraction` says how the account
    keeps its collateral, in the words of `userAbstraction`: where it is pooled, the spot USDC backs the
    perpetuals too. `master` and `name` are those of a sub-account, which shares its master's `turnover`.
    """

    address: str
    deposits: Decimal = ZERO
    cash: Decimal = ZERO
    spot: Decimal = ZERO
    master: str | None = None
    name: str = ""
    positions: dict[str, Position] = field(default_factory=dict)
    leverage: dict[str, int] = field(default_factory=dict)
    isolated: set[str] = field(default_factory=set)
    abstraction: str = APART
    funding_total: dict[str, Decimal] = field(default_factory=dict)
    volume: Decimal = ZERO
    turnover: Turnover = field(default_factory=Turnover)
    requests: int = 0
    open_orders: dict[int, VenueOrder] = field(default_factory=dict)
    orders: dict[int, VenueOrder] = field(default_factory=dict)
    by_cloid: dict[str, VenueOrder] = field(default_factory=dict)
    # Working reduce-only orders by market, oldest first.
    reducers: dict[str, dict[int, VenueOrder]] = field(default_factory=dict)
    ended: deque[int] = field(default_factory=deque)
    history: deque[StatusEvent] = field(default_factory=lambda: deque(maxlen=KEPT_ORDERS))
    fills: HistoryLog = field(default_factory=lambda: HistoryLog(KEPT_FILLS))
    funding: HistoryLog = field(default_factory=lambda: HistoryLog(KEPT_FILLS))
    ledger: HistoryLog = field(default_factory=lambda: HistoryLog(KEPT_FILLS))
    # The account's value and PnL at each full hour.
    hours: HistoryLog = field(default_factory=lambda: HistoryLog(KEPT_HOURS))
    cancel_at: int | None = None
    # The last day (UTC, since the Unix epoch) on which a scheduled cancel was done, and how many on it.
    cancels_done: tuple[int, int] = (0, 0)
    liquidated_at: int | None = None
    referrer: str | None = None
    # Tenths of a basis point that each builder may take.
    builders: dict[str, int] = field(default_factory=dict)
    builder_rewards: Decimal = ZERO

    @property
    def is_pooled(self) -> bool:
        """Whether the spot balance and the perpetuals share one collateral."""
        return self.abstraction in POOLED

    @property
    def backing(self) -> Decimal:
        """What the account has beside the value of its positions."""
        return self.cash + self.spot if self.is_pooled else self.cash

    @property
    def cross_backing(self) -> Decimal:
        """The same without what isolated positions have for themselves."""
        return self.backing - self.cash + self.cross_cash

    @property
    def usdc(self) -> Decimal:
        """The spot balance as it is shown: where it is shared, with what the perpetuals have made and paid,
        but not what they would bring now."""
        return self.spot + self.booked if self.is_pooled else self.spot

    @property
    def booked(self) -> Decimal:
        """The cash of the perpetuals with the cross positions at what they cost."""
        crossed = (each for each in self.positions.values() if each.raw_usd is None)
        return self.cross_cash + sum((each.cost for each in crossed), ZERO)

    @property
    def cross_cash(self) -> Decimal:
        """The cash that no isolated position has for itself."""
        return self.cash - sum((p.raw_usd for p in self.positions.values() if p.raw_usd is not None), ZERO)

    def size(self, symbol: str) -> Decimal:
        """The position in coins, negative when short."""
        position = self.positions.get(symbol)
        return ZERO if position is None else position.size

    def reducible(self, symbol: str, side: Side) -> Decimal:
        """The coins that an order of `side` would close: 0 when flat or on the order's own side."""
        return max(ZERO, -side.sign * self.size(symbol))

    def deposit(self, amount: Decimal) -> None:
        """Credit USDC from outside, or (negative) let it go."""
        self.deposits += amount
        self.cash += amount

    def trade(
        self, symbol: str, signed: Decimal, price: Decimal, fee: Decimal, leverage: int | None = None
    ) -> Decimal:
        """Book one execution; returns the PnL in USD, before the fee, of what it closed. `leverage` is that
        of an isolated market, None for a cross one."""
        position = self.positions.get(symbol)
        if position is None:
            position = Position(raw_usd=None if leverage is None else ZERO)
            self.positions[symbol] = position
        pnl = position.trade(signed, price, leverage)
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
        if position.raw_usd is not None:
            position.raw_usd += amount
        self.funding_total[symbol] = self.funding_total.get(symbol, ZERO) + amount
        self.cash += amount

    def add_order(self, order: VenueOrder) -> None:
        """Keep a new order; the latest one with a client order id is the one found by it."""
        self.orders[order.oid] = order
        if order.request.cloid is not None:
            self.by_cloid[order.request.cloid] = order
        if order.live:
            self.open_orders[order.oid] = order
            if order.request.reduce_only:
                self.reducers.setdefault(order.symbol, {})[order.oid] = order

    def find_order(self, key: int | str) -> VenueOrder | None:
        """The order with an order id or a client order id, working or among the last that ended."""
        return self.orders.get(key) if isinstance(key, int) else self.by_cloid.get(key)

    def forget_ended(self, order: VenueOrder) -> None:
        """Move an order that ended out of the working ones, and the oldest ended one out of memory."""
        self.open_orders.pop(order.oid, None)
        if order.request.reduce_only:
            self.reducers[order.symbol].pop(order.oid, None)
        self.ended.append(order.oid)
        if len(self.ended) > KEPT_ORDERS:
            old = self.orders.pop(self.ended.popleft())
            cloid = old.request.cloid
            if cloid is not None and self.by_cloid.get(cloid) is old:
                del self.by_cloid[cloid]
