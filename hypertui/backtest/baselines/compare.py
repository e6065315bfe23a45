"""A trade beside its baselines: the same stake, prices and costs."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from hypertui.backtest.baselines.fill_path import FillPath, PathRecorder, PathResult, walk_path
from hypertui.backtest.baselines.nulls import flipped, hold, lagged, percentile, random_entries
from hypertui.backtest.baselines.trailing import trailing_stop
from hypertui.backtest.evaluate import series_of, terms_of
from hypertui.backtest.evaluation import Setting
from hypertui.backtest.instant_exchange import Costs
from hypertui.backtest.simulation import Run, replay
from hypertui.core.market import Instrument
from hypertui.core.round_trips import SLOTS
from hypertui.evidence.verdict import BaselineFigures
from hypertui.series.ticks import Ticks

RANDOM_ENTRIES = 1_000
SEED = 1


@dataclass(frozen=True, slots=True)
class Baselines:
    """What each has made. `distance` is that of the trailing stop (USD). Of the random entries
    `percentile` is the share (0 to 100) that made less than the trade, `median` what the middle one made."""

    hold: PathResult
    trailing: PathResult
    distance: Decimal
    flipped: PathResult
    lagged: PathResult
    random_median: float
    random_percentile: float
    random_count: int

    def figures(self) -> BaselineFigures:
        """What the verdict asks of them."""
        return BaselineFigures(
            hold=self.hold.net_pnl,
            hold_drawdown=self.hold.max_drawdown,
            trailing=self.trailing.net_pnl,
            trailing_drawdown=self.trailing.max_drawdown,
            flipped=self.flipped.net_pnl,
            lagged=self.lagged.net_pnl,
            random_percentile=self.random_percentile,
            random_entries=self.random_count,
        )


def compare(
    ticks: Ticks, run: Run, path: FillPath, costs: Costs, *, count: int = RANDOM_ENTRIES, seed: int = SEED
) -> Baselines:
    """The baselines of a finished run over these ticks, whose fills were recorded as `path`. The trailing
    stop stands where the ladder's last one does, four units away."""
    plan = run.ladder.plan
    distance = SLOTS * plan.unit_size
    stop = trailing_stop(ticks, distance, run.ladder.entry_coins, plan.instrument)
    random = random_entries(ticks, path, costs, count, seed)
    return Baselines(
        hold=walk_path(ticks, hold(path), costs),
        trailing=walk_path(ticks, stop, costs),
        distance=distance,
        flipped=walk_path(ticks, flipped(path), costs),
        lagged=walk_path(ticks, lagged(ticks, path), costs),
        random_median=float(np.median(random)),
        random_percentile=percentile(float(run.ladder.book.net_pnl(run.last_price)), random),
        random_count=count,
    )


def compare_setting(
    ticks: Ticks,
    setting: Setting,
    instrument: Instrument,
    costs: Costs,
    *,
    leverage: int = 1,
    count: int = RANDOM_ENTRIES,
    seed: int = SEED,
) -> Baselines:
    """The same for a setting, which is walked by the exact engine for it. For the few that are reported, not
    for each of a sweep. Raises PlanError where it cannot be walked."""
    first = ticks.price(0)
    plan = terms_of(setting, costs).settled(instrument, first, costs.fee_rate).plan(instrument, leverage)
    recorder = PathRecorder(plan.entry_size(first))
    run = replay(series_of(ticks), plan, costs, recorder.note, setting.exits)
    return compare(ticks, run, recorder.path(run), costs, count=count, seed=seed)
