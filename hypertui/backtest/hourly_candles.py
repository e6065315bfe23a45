"""The candles of an hour that a price series makes, and how far a stop trails by those that are over."""

from __future__ import annotations

from decimal import Decimal
from itertools import islice

from hypertui.core.candles import Candle, Interval, closed
from hypertui.core.price_series import Series
from hypertui.core.volatility import CANDLES, average_true_range
from hypertui.execution.trade_inputs import VolatilityMeasured
from hypertui.runtime.price_history import CandleBuilder
from hypertui.strategy.plans import PlanError

_HOUR = Interval.HOUR


class HourlyCandles:
    """Of one walk. Nothing of a price is known before it is added."""

    def __init__(self) -> None:
        self._hours = CandleBuilder(_HOUR)

    def add(self, at: int, price: Decimal) -> VolatilityMeasured | None:
        """Take a price of `at` (ms), not before the last one; returns what the hours before tell, where it is
        the first of its hour and they tell enough."""
        if not self._hours.add(at, price):
            return None
        begins = _HOUR.beginning(at)
        over = self._hours.keep_since(begins - CANDLES * _HOUR)
        found = closed((*over, Candle(begins, price, price, price)), _HOUR, at)
        atr = average_true_range(found.candles)
        return None if atr is None or found.until is None else VolatilityMeasured(at, atr, found.until)


def require_hours(series: Series) -> None:
    """Raise PlanError where most hours of a series would be without a price: a stop would trail too near."""
    times = series.times[:: series.per_row]
    least = min((after - at for at, after in zip(times, islice(times, 1, None), strict=False)), default=0)
    if least > _HOUR:
        raise PlanError(
            f"trailing_stop needs a price each hour, and the file has a row each {least / _HOUR:g} h"
        )
