"""Funding in a backtest: a constant rate, charged at each full hour (UTC) on what is held then."""

from __future__ import annotations

from decimal import Decimal

from hypertui.core.candles import Interval
from hypertui.exchange.protocol import FundingPayment
from hypertui.execution.trade import Trade
from hypertui.execution.trade_inputs import FundingBooked

_HOUR = Interval.HOUR


class HourlyFunding:
    """Of one walk that begins at a time (ms). A full hour is charged before the first price that is not
    before it, at the price before that one, which is the newest that is known by then."""

    def __init__(self, rate: Decimal, began: int) -> None:
        self._rate = rate
        self._hours = began // _HOUR

    def charge(self, trade: Trade, at: int, before: Decimal) -> None:
        """Charge what is due by `at` (ms), at the price `before` (USD)."""
        hours, self._hours = at // _HOUR - self._hours, at // _HOUR
        held = trade.strategy.book.position
        if hours > 0 and held:
            paid = held * before * self._rate * hours
            trade.apply(FundingBooked(at, FundingPayment(at, -paid)))
