"""What margin an account needs, how much it may take on, and where it is liquidated.

Hyperliquid docs, margining and liquidations.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from hypertui.core.market import ZERO
from hypertui.venue.accounts.accounts import Account, Position
from hypertui.venue.model.markets import Market


@dataclass(frozen=True, slots=True)
class Margin:
    """Value, notional value, margin used and maintenance margin at given marks; all amounts in USD."""

    value: Decimal
    notional: Decimal
    used: Decimal
    maintenance: Decimal

    @property
    def free(self) -> Decimal:
        """What new positions may use."""
        return self.value - self.used

    @property
    def withdrawable(self) -> Decimal:
        """What could leave the account: it must keep its margin, and a tenth of its positions' value."""
        return max(ZERO, self.value - max(self.used, self.notional / 10))


class MarginRules:
    """`marks` are the markets' prices by symbol, in USD."""

    def __init__(self, markets: Mapping[str, Market], default_leverage: int) -> None:
        self._markets = markets
        self._default_leverage = default_leverage

    def leverage(self, account: Account, symbol: str) -> int:
        """What was set for the market, or the default, at most what the market allows."""
        highest = self._markets[symbol].instrument.max_leverage
        return account.leverage.get(symbol, min(self._default_leverage, highest))

    def isolated_leverage(self, account: Account, symbol: str) -> int | None:
        """The leverage of a market that the account trades with isolated margin, None for a cross one."""
        return self.leverage(account, symbol) if self.is_isolated(account, symbol) else None

    def is_isolated(self, account: Account, symbol: str) -> bool:
        """Whether the account's next position in a market is an isolated one."""
        return symbol in account.isolated or self._markets[symbol].only_isolated

    def cross(self, account: Account, marks: Mapping[str, Decimal]) -> Margin:
        """Everything but the isolated positions."""
        value, notional, used, maintenance = account.backing, ZERO, ZERO, ZERO
        for symbol, position in account.positions.items():
            if position.raw_usd is not None:
                value -= position.raw_usd
                continue
            worth = abs(position.size) * marks[symbol]
            value += position.size * marks[symbol]
            notional += worth
            used += worth / self.leverage(account, symbol)
            maintenance += self._markets[symbol].maintenance(worth)
        return Margin(value, notional, used, maintenance)

    def margin(self, account: Account, marks: Mapping[str, Decimal]) -> Margin:
        """The whole account. What an isolated position uses is all that it has."""
        cross = self.cross(account, marks)
        value, notional, used, maintenance = cross.value, cross.notional, cross.used, cross.maintenance
        for symbol, position in account.positions.items():
            if position.raw_usd is None:
                continue
            worth = abs(position.size) * marks[symbol]
            equity = position.equity(marks[symbol])
            value += equity
            notional += worth
            used += equity
            maintenance += self._markets[symbol].maintenance(worth)
        return Margin(value, notional, used, maintenance)

    def used_by(self, account: Account, symbol: str, mark: Decimal) -> Decimal:
        """The margin in USD that one position uses."""
        position = account.positions[symbol]
        if position.raw_usd is not None:
            return position.equity(mark)
        return abs(position.size) * mark / self.leverage(account, symbol)

    def can_take_on(
        self, account: Account, symbol: str, signed: Decimal, marks: Mapping[str, Decimal], fee_rate: Decimal
    ) -> bool:
        """Whether the account has margin for `signed` more coins and the fee on what they add to its
        exposure. What only reduces the position is free."""
        before = account.size(symbol)
        after = before + signed
        added = abs(after) - abs(before)
        flipped = before * after < 0
        position = account.positions.get(symbol)
        isolated = position is not None and position.raw_usd is not None
        if added <= 0 and not (isolated and flipped):
            return True
        mark, leverage = marks[symbol], self.leverage(account, symbol)
        free = self.cross(account, marks).free
        if isolated and flipped and position is not None:
            # The old position's margin comes free, the new one needs its own from the first coin.
            free += position.equity(mark)
            added = abs(after)
        worth = added * mark
        return free >= worth / leverage + worth * fee_rate

    def within_tier(self, account: Account, symbol: str, signed: Decimal, mark: Decimal) -> bool:
        """Whether the position after `signed` more coins may have the leverage that is set: large ones may
        not have the highest. What only reduces the position may always be done."""
        before = account.size(symbol)
        after = abs(before + signed)
        if after <= abs(before):
            return True
        return self.leverage(account, symbol) <= self._markets[symbol].tier(after * mark).max_leverage

    def available(
        self, account: Account, symbol: str, marks: Mapping[str, Decimal]
    ) -> tuple[Decimal, Decimal]:
        """The margin in USD with which the account could buy and sell a market: against its position twice
        what that uses, once to close it and once to open the other side."""
        free = max(ZERO, self.cross(account, marks).free)
        size = account.size(symbol)
        twice = 2 * abs(size) * marks[symbol] / self.leverage(account, symbol)
        return free + (twice if size < 0 else ZERO), free + (twice if size > 0 else ZERO)

    def liquidation_price(
        self, account: Account, symbol: str, marks: Mapping[str, Decimal]
    ) -> Decimal | None:
        """The mark of `symbol` at which what backs the position meets its maintenance margin, other marks
        standing still; None when no positive price does."""
        position = account.positions[symbol]
        size, coins = position.size, abs(position.size)
        base, needed = self._backing(account, symbol, position, marks)
        tiers = self._markets[symbol].tiers
        for index, tier in enumerate(tiers):
            # base + size * price = needed + coins * price * rate - deduction
            price = (needed - tier.deduction - base) / (size - coins * tier.rate)
            worth = coins * price
            last = index + 1 == len(tiers)
            if price > 0 and tier.lower <= worth and (last or worth < tiers[index + 1].lower):
                return price
        return None

    def _backing(
        self, account: Account, symbol: str, position: Position, marks: Mapping[str, Decimal]
    ) -> tuple[Decimal, Decimal]:
        """What backs a position apart from its own value, and what other positions need of that."""
        if position.raw_usd is not None:
            return position.raw_usd, ZERO
        cross = self.cross(account, marks)
        worth = abs(position.size) * marks[symbol]
        needed = cross.maintenance - self._markets[symbol].maintenance(worth)
        return cross.value - position.size * marks[symbol], needed
