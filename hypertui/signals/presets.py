"""Two presets, off unless they are configured: a move that has just begun, and a market that has run for a
day."""

from __future__ import annotations

from hypertui.signals.context import SignalFacts
from hypertui.signals.readings import Bar, Reading, SideReading
from hypertui.signals.studies import RocStudy, RsiStudy

_SURGE = 2.0  # % in 20 minutes
_RSI_FROM, _RSI_TO = 45.0, 60.0
_RUN = 10.0  # % in 24 h


class SurgeGauge:
    """2 % up in 20 minutes, which are so many `candles`, while RSI(14) is from 45 to 60; for a sale 2 % down
    while it is from 40 to 55. In %."""

    def __init__(self, candles: int) -> None:
        self._roc, self._rsi = RocStudy(candles), RsiStudy()

    def add(self, bar: Bar, facts: SignalFacts) -> Reading | None:
        """As Gauge has it."""
        roc, rsi = self._roc.add(bar.close), self._rsi.add(bar.close)
        if roc is None or rsi is None:
            return None
        return Reading(
            SideReading(roc, _SURGE, roc >= _SURGE and _RSI_FROM <= rsi <= _RSI_TO),
            SideReading(roc, -_SURGE, roc <= -_SURGE and _RSI_FROM <= 100 - rsi <= _RSI_TO),
        )


class RunnerGauge:
    """10 % up in 24 h, by the facts; 10 % down for a sale. In %."""

    def add(self, bar: Bar, facts: SignalFacts) -> Reading | None:
        """As Gauge has it."""
        if facts.change_24h is None:
            return None
        change = float(facts.change_24h * 100)
        return Reading(SideReading(change, _RUN, change >= _RUN), SideReading(change, -_RUN, change <= -_RUN))
