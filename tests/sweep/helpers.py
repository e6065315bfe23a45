"""A small series, and a sweep of it."""

from __future__ import annotations

from decimal import Decimal

import numpy as np

from hypertui.backtest.engine_kind import Engine
from hypertui.backtest.instant_exchange import Costs
from hypertui.core.market import Instrument
from hypertui.series.ticks import Ticks
from hypertui.sweep.axes import axes_of
from hypertui.sweep.sweeping import SweepPlan
from hypertui.sweep.work import Terms

SOL = Instrument("SOL", 2, 20)
TERMS = Terms(SOL, Costs(slippage=Decimal("0.0002")), Engine.EXACT)


def walk(count: int = 1_200, seed: int = 1) -> Ticks:
    """A random walk near 100 USD in cents, a second a step."""
    steps = np.random.default_rng(seed).integers(-9, 10, count)
    prices = 10_000 + np.cumsum(steps)
    return Ticks(prices.astype(np.int64), np.arange(count, dtype=np.int64) * 1000, 2)


def plan(units: str = "0.3%:1%:0.1%", reinvest: str = "recovery", **more: object) -> SweepPlan:
    """A grid by the exact engine."""
    return SweepPlan(axes_of(units, "2000", reinvest, "none"), TERMS, **more)  # type: ignore[arg-type]
