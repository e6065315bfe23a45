"""How lively a market is: the average true range as a fraction of the price, for the context."""

from __future__ import annotations

from hypertui.signals.context import SignalFacts
from hypertui.signals.readings import Bar, Reading, above
from hypertui.signals.studies import AtrStudy

MEMORY = 101  # candles: of what it began with (13/14)^86 is left, or 0.2 %


class AtrGauge:
    """Wilder's ATR of 14 candles, as a fraction of the close. It counts in no score."""

    def __init__(self) -> None:
        self._atr = AtrStudy()

    def add(self, bar: Bar, facts: SignalFacts) -> Reading | None:
        """As Gauge has it."""
        atr = self._atr.add(bar)
        return None if atr is None else above(atr / bar.close, 0.0)
