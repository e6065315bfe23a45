"""How each indicator is made, and how many candles it has to have seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hypertui.core.candles import Interval
from hypertui.signals.anchored import AnchoredGauge
from hypertui.signals.names import Indicator
from hypertui.signals.presets import RunnerGauge, SurgeGauge
from hypertui.signals.readings import Gauge
from hypertui.signals.reversion import BollingerGauge, RsiGauge, WBottomGauge
from hypertui.signals.rules import SURGE_LASTS
from hypertui.signals.trend import DonchianGauge, EmaGauge, MacdGauge, RocGauge

# Candles after which an indicator is believed. Where it never forgets, what it began with still has a weight:
# of Wilder's averages (13/14)^86, of MACD (25/27)^124, of the average of 200 closes (199/201)^200, or 14 %.
# The others have a length.
_MEMORY: Mapping[Indicator, int] = {
    Indicator.EMA: 400,
    Indicator.MACD: 150,
    Indicator.ROC: 100,
    Indicator.DONCHIAN: 21,
    Indicator.RSI: 100,
    Indicator.BOLLINGER: 20,
    Indicator.W_BOTTOM: 41,
    Indicator.SURGE: 100,
    Indicator.RUNNER: 1,
}
_MAKE: Mapping[Indicator, Callable[[], Gauge]] = {
    Indicator.EMA: EmaGauge,
    Indicator.MACD: MacdGauge,
    Indicator.ROC: RocGauge,
    Indicator.DONCHIAN: DonchianGauge,
    Indicator.RSI: RsiGauge,
    Indicator.BOLLINGER: BollingerGauge,
    Indicator.W_BOTTOM: WBottomGauge,
    Indicator.RUNNER: RunnerGauge,
}


def gauge_of(indicator: Indicator, interval: Interval) -> AnchoredGauge:
    """The indicator, of candles of that interval."""
    if indicator is Indicator.SURGE:
        return AnchoredGauge(lambda: SurgeGauge(SURGE_LASTS // interval), memory_of(indicator))
    return AnchoredGauge(_MAKE[indicator], memory_of(indicator))


def memory_of(indicator: Indicator) -> int:
    """How many candles it has to have seen."""
    return _MEMORY[indicator]
