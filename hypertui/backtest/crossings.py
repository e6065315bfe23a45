"""Which prices of a series matter to a trade: between two that touch a unit, an exit or a full hour nothing
can happen, so that only those are given to it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from hypertui.backtest.curve import NetCurve
from hypertui.core.candles import Interval
from hypertui.core.price_series import Series
from hypertui.execution.trade import Trade
from hypertui.strategy.exits.rules import ExitRule
from hypertui.strategy.ladder.grid import UnitGrid

_HOUR = Interval.HOUR
_FEW, _MANY = 32, 4096  # prices that are looked at as a whole


@dataclass(frozen=True, slots=True)
class Crossings:
    """The prices of a series that matter to a trade on a grid, and the last one. What watches every price (a
    guard, a trailing stop) has to be shown every price instead. `hourly`: the first price of an hour matters
    too."""

    series: Series
    trade: Trade
    grid: UnitGrid
    curve: NetCurve
    hourly: bool

    def __iter__(self) -> Iterator[int]:
        """Their indices. Each is to be dealt with before the next one is asked for; what lies between goes to
        the curve alone."""
        prices, last = self.series.prices, len(self.series.prices) - 1
        tick = 0
        while tick <= last:
            yield tick
            begin = tick + 1
            low, high = self._limits()
            tick = begin
            if self.trade.exits.soft_since is None:  # else each price is counted
                tick = first_outside(prices, begin, min(last, self._until(begin)), low, high)
            if tick > begin:
                self.curve.pass_over(prices, begin, tick, low, high)

    def _limits(self) -> tuple[Decimal, Decimal]:
        """At the first or below and at the second or above a price matters."""
        trade = self.trade
        unit, book, instrument = trade.strategy.level, trade.strategy.book, trade.strategy.instrument
        assert unit is not None, "a ladder stands at one"
        low, high = self.grid.price(unit - 1), self.grid.price(unit + 1)
        for rule in (ExitRule.HARD_STOP, ExitRule.SOFT_STOP):
            low = max(low, trade.exits.price_of(rule, book, instrument) or low)
        return low, min(high, trade.exits.price_of(ExitRule.TAKE_PROFIT, book, instrument) or high)

    def _until(self, begin: int) -> int:
        """The index of the first price from one on that matters by its time."""
        times, terms = self.series.times, self.trade.exits.terms
        if begin >= len(times):
            return begin
        found = len(times)
        if self.hourly:
            found = bisect_left(times, (times[begin - 1] // _HOUR + 1) * _HOUR, begin)
        if terms is not None and terms.rules.time_stop is not None:
            found = min(found, bisect_left(times, terms.since + terms.rules.time_stop, begin))
        return found


def first_outside(prices: Sequence[Decimal], start: int, stop: int, low: Decimal, high: Decimal) -> int:
    """The first index from `start` on, and below `stop`, with a price at a limit or beyond it; `stop` where
    there is none."""
    size = _FEW
    while start < stop:
        part = prices[start : min(start + size, stop)]
        if min(part) <= low or max(part) >= high:
            return start + next(i for i, price in enumerate(part) if price <= low or price >= high)
        start += len(part)
        size = min(2 * size, _MANY)
    return max(start, stop)
