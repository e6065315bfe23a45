"""Leverage, and the margin of isolated positions. Hyperliquid docs, margining."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from hypertui.venue.accounts.accounts import Account
from hypertui.venue.accounts.margin import MarginRules
from hypertui.venue.model.errors import ActionError
from hypertui.venue.model.events import Events
from hypertui.venue.model.markets import Market


class MarginSettings:
    """What an account may set about the margin of its positions. Both raise ActionError with the venue's
    reason."""

    def __init__(
        self, rules: MarginRules, events: Events, marks: Callable[[], Mapping[str, Decimal]]
    ) -> None:
        self._rules = rules
        self._events = events
        self._marks = marks

    def set_leverage(self, account: Account, market: Market, leverage: int, *, cross: bool) -> None:
        """Set leverage and kind of margin of a market; both are kept while there is no position."""
        with self._events.open():
            symbol = market.symbol
            if not 1 <= leverage <= market.instrument.max_leverage:
                raise ActionError("Invalid leverage value")
            if cross and market.only_isolated:
                raise ActionError("Cross margin is not allowed for this asset.")
            position = account.positions.get(symbol)
            if position is not None and cross == (position.raw_usd is not None):
                raise ActionError("Cannot switch leverage type with open position.")
            before = self._rules.leverage(account, symbol)
            account.leverage[symbol] = leverage
            if cross:
                account.isolated.discard(symbol)
            else:
                account.isolated.add(symbol)
            if position is None or (leverage >= before and self._fits_tier(account, market)):
                return
            refusal = self._refusal(account, market, leverage)
            if refusal is not None:
                account.leverage[symbol] = before
                raise ActionError(refusal)

    def shift_isolated_margin(self, account: Account, market: Market, amount: Decimal) -> None:
        """Move USD from the account to an isolated position, or (negative) back."""
        with self._events.open():
            position = account.positions.get(market.symbol)
            if position is None:
                raise ActionError("Cannot update margin for empty position.")
            if position.raw_usd is None:
                raise ActionError("Position does not use isolated margin.")
            if not amount:
                raise ActionError("Update to isolated margin cannot be zero.")
            marks = self._marks()
            if amount > 0 and amount > self._rules.cross(account, marks).withdrawable:
                raise ActionError("Account does not have sufficient margin available for increase.")
            if amount < 0:
                worth = abs(position.size) * marks[market.symbol]
                least = max(worth / self._rules.leverage(account, market.symbol), worth / 10)
                if position.equity(marks[market.symbol]) + amount < least:
                    raise ActionError("Position does not have sufficient margin for reduction.")
            position.raw_usd += amount

    def _fits_tier(self, account: Account, market: Market) -> bool:
        worth = abs(account.size(market.symbol)) * self._marks()[market.symbol]
        return self._rules.leverage(account, market.symbol) <= market.tier(worth).max_leverage

    def _refusal(self, account: Account, market: Market, leverage: int) -> str | None:
        marks, position = self._marks(), account.positions[market.symbol]
        if not self._fits_tier(account, market):
            return "Invalid leverage value"
        if position.raw_usd is None:
            if self._rules.cross(account, marks).free >= 0:
                return None
            return (
                "Cross position does not have sufficient margin available to decrease leverage. "
                "To decrease leverage, deposit more collateral."
            )
        mark = marks[market.symbol]
        if position.equity(mark) >= abs(position.size) * mark / leverage:
            return None
        return (
            "Isolated position does not have sufficient margin available to decrease leverage. "
            "To decrease leverage, add margin to the position."
        )
