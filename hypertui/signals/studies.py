"""The arithmetic of the indicators, candle by candle, by talipp: loaded when the first one is made.

In floating point, prices in USD. Each study begins with the first close it is given, and is None before it
has enough of them. Lengths are in candles.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypertui.signals.readings import Bar

MOVED = 1e-9  # of the price: less than any tick, more than what rounding makes of a price that stands still


@dataclass(frozen=True, slots=True)
class Bands:
    """Two limits of a price, and what is in the middle of them (USD)."""

    low: float
    middle: float
    high: float

    def are_apart(self, price: float) -> bool:
        """Whether the price has moved at all."""
        return self.high - self.low > MOVED * price


class EmaStudy:
    """The exponential moving average of so many closes, which begins with the mean of as many."""

    def __init__(self, length: int) -> None:
        from talipp.indicators import EMA

        self._ema = EMA(length)

    def add(self, close: float) -> float | None:
        """Take the next close."""
        return _value(self._ema, close)


class MacdStudy:
    """How far MACD(12, 26) is above its signal line of 9, from Gerald Appel: the histogram, in USD."""

    def __init__(self) -> None:
        from talipp.indicators import MACD

        self._macd = MACD(12, 26, 9)

    def add(self, close: float) -> float | None:
        """Take the next close."""
        self._macd.add(close)
        found = self._macd[-1]
        return None if found is None else found.histogram


class RocStudy:
    """The rate of change in so many candles, in %."""

    def __init__(self, length: int) -> None:
        from talipp.indicators import ROC

        self._roc = ROC(length)

    def add(self, close: float) -> float | None:
        """Take the next close."""
        return _value(self._roc, close)


class RsiStudy:
    """The relative strength index of 14 closes, from 0 to 100. From J. Welles Wilder Jr., New Concepts in
    Technical Trading Systems (1978)."""

    LENGTH = 14

    def __init__(self) -> None:
        from talipp.indicators import RSI

        self._rsi = RSI(self.LENGTH)
        self._before: float | None = None
        self._still = 0

    @property
    def moves(self) -> bool:
        """Whether any of the closes it is of differs from the one before. Of a price that stands still it
        says 0 or 100."""
        return self._still < self.LENGTH

    def add(self, close: float) -> float | None:
        """Take the next close."""
        self._still = self._still + 1 if close == self._before else 0
        self._before = close
        return _value(self._rsi, close)


class BollingerStudy:
    """The mean of 20 closes, and two standard deviations (of the population) on both sides of it. From John
    Bollinger, Bollinger on Bollinger Bands (2001)."""

    def __init__(self) -> None:
        from talipp.indicators import BB

        self._bands = BB(20, 2.0)

    def add(self, close: float) -> Bands | None:
        """Take the next close."""
        self._bands.add(close)
        found = self._bands[-1]
        return None if found is None else Bands(found.lb, found.cb, found.ub)


class DonchianStudy:
    """The lowest low and the highest high of 20 candles, from Richard Donchian."""

    def __init__(self) -> None:
        from talipp.indicators import DonchianChannels

        self._channel = DonchianChannels(20)

    def add(self, bar: Bar) -> Bands | None:
        """Take the next candle."""
        self._channel.add(_ohlcv(bar.high, bar.low, bar.close))
        found = self._channel[-1]
        return None if found is None else Bands(found.lb, found.cb, found.ub)


class AtrStudy:
    """Wilder's average true range of 14 candles, in USD: as `core/volatility.py` has it, whose figure is
    money. The first candle gives the close that its follower's range begins at."""

    def __init__(self) -> None:
        from talipp.indicators import ATR

        self._atr = ATR(14)
        self._before: float | None = None

    def add(self, bar: Bar) -> float | None:
        """Take the next candle."""
        before, self._before = self._before, bar.close
        if before is None:
            return None
        return _value(self._atr, _ohlcv(max(bar.high, before), min(bar.low, before), bar.close))


def _value(indicator: Any, taken: Any) -> float | None:
    """What an indicator says after one more."""
    indicator.add(taken)
    found: float | None = indicator[-1]
    return found


def _ohlcv(high: float, low: float, close: float) -> Any:
    from talipp.ohlcv import OHLCV

    return OHLCV(None, high, low, close)
