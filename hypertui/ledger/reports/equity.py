"""Equity over time, and drawdown, daily returns and Sharpe ratio against it.

Equity is the account's capital (deposits less withdrawals up to then) and the profit made with it. Money that
comes and goes is no profit: returns are those of a fund whose shares are issued and taken back at their value
of the moment (time-weighted return, as the CFA Institute's GIPS standards define it)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hypertui.charts.equity_chart import Point
from hypertui.core.market import ZERO
from hypertui.ledger.scope import day_of

_POINTS = 1_000  # kept for a chart; every second one goes whenever there are twice as many
DAYS_A_YEAR = 365  # this market never closes


class EquityCurve:
    """Fed in the order of time. Whatever comes before the first `shown` point only sets the base."""

    def __init__(self) -> None:
        self.capital: Decimal | None = None
        self.is_known = True  # whether every flow until now was understood
        self.profit = ZERO
        self.made = ZERO  # profit within what is shown
        self.last_equity: Decimal | None = None  # at the last shown point
        self.points: list[Point] = []
        self.max_drawdown = ZERO  # USD
        self.max_drawdown_share: Decimal | None = None  # of the highest value of a share
        self._peak_profit = ZERO
        self._base = ZERO
        self._shares = ZERO
        self._peak_value = ZERO
        self._start_value = ZERO
        self._days: dict[str, Decimal] = {}  # the value of a share at the end of each day
        self._keep, self._count = 1, 0

    @property
    def equity(self) -> Decimal | None:
        """Capital and profit; None where the capital is not known."""
        return None if self.capital is None else self.capital + self.profit

    @property
    def value(self) -> Decimal | None:
        """What one share is worth; None without capital."""
        return None if self.equity is None or self._shares <= 0 else self.equity / self._shares

    def flow(self, amount: Decimal | None) -> None:
        """Money came into the account (negative: left it). After an amount that is not known (None), neither
        is the capital, nor what is measured against it."""
        if amount is None:
            self.is_known, self.capital = False, None
            self.max_drawdown_share = self.last_equity = None
        if amount is None or not self.is_known:
            return
        value = self.value
        self.capital = (self.capital or ZERO) + amount
        if value is not None and value > 0:
            self._shares += amount / value
        else:
            self._shares = max(ZERO, self.capital + self.profit)
            self._peak_value = ZERO  # another fund begins

    def point(self, at: int, profit: Decimal, shown: bool) -> None:
        """All profit made until now, realised or not, less all fees."""
        self.profit = profit
        value = self.value
        if not shown:
            self._peak_profit = self._base = profit
            self._peak_value = self._start_value = value or ZERO
            return
        self._peak_profit = max(self._peak_profit, profit)
        drawdown = self._peak_profit - profit
        self.max_drawdown = max(self.max_drawdown, drawdown)
        if value is not None:
            self._start_value = self._start_value or value
            self._peak_value = max(self._peak_value, value)
            share = 1 - value / self._peak_value
            self.max_drawdown_share = max(self.max_drawdown_share or ZERO, share)
            self._days[day_of(at)] = value
        self.made, self.last_equity = profit - self._base, self.equity
        self._remember(Point(at, self.made, drawdown))

    def returns(self) -> list[Decimal]:
        """The return of each UTC day from the first to the last one with any event; a day without one made
        nothing."""
        out: list[Decimal] = []
        before, last = self._start_value, None
        for day, value in self._days.items():
            today = date.fromisoformat(day)
            if last is not None:
                out += [ZERO] * ((today - last).days - 1)
            out.append(value / before - 1 if before > 0 else ZERO)
            before, last = value, today
        return out

    def sharpe(self) -> Decimal | None:
        """Mean over sample standard deviation of the daily returns, times the root of 365, without a riskless
        rate; None for fewer than two days, for days that are all the same, and where capital is not known."""
        returns = self.returns()
        if len(returns) < 2 or not self.is_known:
            return None
        mean = sum(returns, ZERO) / len(returns)
        variance = sum(((each - mean) ** 2 for each in returns), ZERO) / (len(returns) - 1)
        return mean / variance.sqrt() * Decimal(DAYS_A_YEAR).sqrt() if variance > 0 else None

    def _remember(self, point: Point) -> None:
        self._count += 1
        if self._count % self._keep == 0:
            self.points.append(point)
        if len(self.points) >= 2 * _POINTS:
            self.points = self.points[1::2]
            self._keep *= 2
