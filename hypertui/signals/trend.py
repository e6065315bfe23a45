"""The indicators of the family `trend`: the price goes somewhere. Strict comparisons throughout: a market
that stands still says nothing."""

from __future__ import annotations

from hypertui.signals.context import SignalFacts
from hypertui.signals.readings import Bar, Reading, SideReading, above
from hypertui.signals.studies import MOVED, AtrStudy, Bands, DonchianStudy, EmaStudy, MacdStudy, RocStudy

_APART = 3.0  # ATR between two averages that are clearly apart
_FAR = 3.0  # ATR that a price goes in 20 candles when it goes somewhere


class EmaGauge:
    """The exponential average of 50 closes above that of 200, by more than three ATR. In % of the slow one.
    By less than that the fast one is above it half of the time."""

    def __init__(self) -> None:
        self._fast, self._slow, self._atr = EmaStudy(50), EmaStudy(200), AtrStudy()

    def add(self, bar: Bar, facts: SignalFacts) -> Reading | None:
        """As Gauge has it."""
        fast, slow, atr = self._fast.add(bar.close), self._slow.add(bar.close), self._atr.add(bar)
        if fast is None or slow is None or atr is None:
            return None
        return above((fast - slow) / slow * 100, max(_APART * atr / slow, MOVED) * 100)


class MacdGauge:
    """The candle in which MACD(12, 26) crosses its signal line of 9 upwards. In USD above it."""

    def __init__(self) -> None:
        self._macd = MacdStudy()
        self._before: float | None = None

    def add(self, bar: Bar, facts: SignalFacts) -> Reading | None:
        """As Gauge has it."""
        now, before = self._macd.add(bar.close), self._before
        if now is None:
            return None
        now = self._before = now if abs(now) > MOVED * bar.close else 0.0
        if before is None:
            return None
        return Reading(SideReading(now, 0.0, before <= 0 < now), SideReading(now, 0.0, before >= 0 > now))


class RocGauge:
    """The rate of change in 20 candles, in %, above three ATR: what is far follows the market."""

    def __init__(self) -> None:
        self._roc, self._atr = RocStudy(20), AtrStudy()

    def add(self, bar: Bar, facts: SignalFacts) -> Reading | None:
        """As Gauge has it."""
        roc, atr = self._roc.add(bar.close), self._atr.add(bar)
        if roc is None or atr is None:
            return None
        return above(roc, _FAR * atr / bar.close * 100)


class DonchianGauge:
    """A close above the highest high of the 20 candles before it; below their lowest low for a sale. In
    USD."""

    def __init__(self) -> None:
        self._channel = DonchianStudy()
        self._before: Bands | None = None

    def add(self, bar: Bar, facts: SignalFacts) -> Reading | None:
        """As Gauge has it."""
        before, self._before = self._before, self._channel.add(bar)
        if before is None:
            return None
        return Reading(
            SideReading(bar.close, before.high, bar.close > before.high),
            SideReading(bar.close, before.low, bar.close < before.low),
        )
