"""A trade beside its baselines: the same stake, prices and costs."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from hypertui.backtest.baselines.fill_path import PathResult, walk_path
from hypertui.backtest.baselines.nulls import flipped, hold, lagged, percentile, random_entries
from hypertui.backtest.baselines.recording import recorded_path
from hypertui.backtest.baselines.trailing import trailing_stop
from hypertui.backtest.curve import block_ends
from hypertui.backtest.trying import Attempt, parts_of
from hypertui.core.round_trips import SLOTS
from hypertui.evidence.verdict import BaselineFigures
from hypertui.series.ticks import Ticks

RANDOM_ENTRIES = 1_000
SEED = 1


@dataclass(frozen=True, slots=True)
class Baselines:
    """What each has made beside the `ladder` itself, whose blocks are kept too. `distance` is that of the
    trailing stop (USD). `random_percentile` is the share (0 to 100) of the random entries that made less than
    the ladder, `random_median` what the middle one of them made."""

    ladder: PathResult
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


def compare(ticks: Ticks, attempt: Attempt, *, count: int = RANDOM_ENTRIES, seed: int = SEED) -> Baselines:
    """The baselines of a ladder over these ticks. The trailing stop stands where the ladder's last one does,
    four units away. Of a sweep for the few that are reported, not for each. Raises PlanError as `replay`
    does."""
    plan, costs = attempt.plan, attempt.costs
    path = recorded_path(ticks, attempt)
    ladder = walk_path(ticks, path, costs, block_ends(len(ticks), parts_of(ticks)))
    distance = SLOTS * plan.unit_size
    stop = trailing_stop(ticks, distance, plan.entry_size(ticks.price(0)), plan.instrument)
    random = random_entries(ticks, path, costs, count, seed)
    return Baselines(
        ladder=ladder,
        hold=walk_path(ticks, hold(path), costs),
        trailing=walk_path(ticks, stop, costs),
        distance=distance,
        flipped=walk_path(ticks, flipped(path), costs),
        lagged=walk_path(ticks, lagged(ticks, path), costs),
        random_median=float(np.median(random)),
        random_percentile=percentile(ladder.net_pnl, random),
        random_count=count,
    )
