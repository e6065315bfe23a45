"""The indicators of the family `reversion`: the price has gone too far."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from hypertui.signals.context import SignalFacts
from hypertui.signals.readings import Bar, Reading, SideReading
from hypertui.signals.studies import Bands, BollingerStudy, RsiStudy

_OVERSOLD, _OVERBOUGHT = 30.0, 70.0


class RsiGauge:
    """RSI(14) below 30; above 70 for a sale."""

    def __init__(self) -> None:
        self._rsi = RsiStudy()

    def add(self, bar: Bar, facts: SignalFacts) -> Reading | None:
        """As Gauge has it."""
        rsi = self._rsi.add(bar.close)
        if rsi is None:
            return None
        moves = self._rsi.moves
        return Reading(
            SideReading(rsi, _OVERSOLD, moves and rsi < _OVERSOLD),
            SideReading(rsi, _OVERBOUGHT, moves and rsi > _OVERBOUGHT),
        )


class BollingerGauge:
    """A low at or below the lower Bollinger band; a high at or above the upper one for a sale. In USD."""

    def __init__(self) -> None:
        self._bands = BollingerStudy()

    def add(self, bar: Bar, facts: SignalFacts) -> Reading | None:
        """As Gauge has it."""
        bands = self._bands.add(bar.close)
        if bands is None:
            return None
        moves = bands.are_apart(bar.close)
        return Reading(
            SideReading(bar.low, bands.low, moves and bar.low <= bands.low),
            SideReading(bar.high, bands.high, moves and bar.high >= bands.high),
        )


@dataclass(frozen=True, slots=True)
class _Step:
    """A candle as a W sees it, in USD: for an M all of them are negative."""

    low: float
    close: float
    band: float
    middle: float


class WBottomGauge:
    """Two lows with a rally in between, after John Bollinger's W: the first below the lower Bollinger band,
    the second above the band and not below the first. For a sale his M, the mirror image.

    The first low is the lowest of the 20 candles before the second, at least three of them earlier. Some
    close in between is above the middle band, and the second low has given back half of the way up to the
    highest of them at least. It is a low once the next candle has a higher one, so that it is known one
    candle late. The value is the second low, and what it needs is not to be below the first, in USD.
    """

    _REACH = 20
    _LEAST = 3

    def __init__(self) -> None:
        self._bands = BollingerStudy()
        self._seen: deque[tuple[Bar, Bands]] = deque(maxlen=self._REACH + 2)

    def add(self, bar: Bar, facts: SignalFacts) -> Reading | None:
        """As Gauge has it."""
        bands = self._bands.add(bar.close)
        if bands is None:
            return None
        self._seen.append((bar, bands))
        if len(self._seen) < self._REACH + 2:
            return None
        buy = self._look([_Step(at.low, at.close, of.low, of.middle) for at, of in self._seen])
        sell = self._look([_Step(-at.high, -at.close, -of.high, -of.middle) for at, of in self._seen])
        return Reading(buy, SideReading(-sell.value, -sell.needs, sell.is_on))

    def _look(self, steps: list[_Step]) -> SideReading:
        *before, second, newest = steps
        first_at = min(range(len(before)), key=lambda at: before[at].low)
        first, between = before[first_at], before[first_at + 1 :]
        is_low = second.low < before[-1].low and second.low < newest.low
        is_w = (
            is_low
            and len(between) >= self._LEAST - 1
            and first.low < first.band
            and first.low <= second.low
            and second.band < second.low
            and any(step.close > step.middle for step in between)
            and second.low <= (first.low + max(step.close for step in between)) / 2
        )
        return SideReading(second.low, first.low, is_w)
