"""Settings that were tried for real, for tests."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal as D

from hypertui.backtest.engine_kind import Engine
from hypertui.backtest.evaluate import evaluate
from hypertui.backtest.evaluation import Setting
from hypertui.core.market import KNOWN_INSTRUMENTS
from hypertui.core.price_series import Series
from hypertui.series.ticks import ticks_of
from hypertui.strategy.ladder.plan import Reinvest
from hypertui.sweep.results import SweepRow
from hypertui.sweep.stretches import whole
from tests.backtest.walks import COSTS


def tried(
    series: Series, units: Sequence[str], reinvest: Sequence[Reinvest] = (Reinvest.RECOVERY,)
) -> list[SweepRow]:
    """What each setting makes of the series, by the exact engine."""
    ticks, market = ticks_of(series), KNOWN_INSTRUMENTS["SOL"]
    settings = [Setting(unit, D(2_000), kind) for kind in reinvest for unit in units]
    return [
        SweepRow(
            each, whole(ticks.rows), evaluate(ticks, each, market, COSTS, engine=Engine.EXACT, blocks=32)
        )
        for each in settings
    ]
