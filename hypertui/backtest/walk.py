"""A walk that is asked for: the prices, and what is tried over them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from hypertui.backtest.candle_ways import other_way
from hypertui.backtest.course import CourseRecorder
from hypertui.backtest.simulation import Run, replay
from hypertui.backtest.told import ToldRun
from hypertui.backtest.trying import Attempt, parts_of
from hypertui.core.price_series import Series
from hypertui.strategy.base import MoveRecord


@dataclass(frozen=True, slots=True)
class Walk:
    """An attempt over a series."""

    series: Series
    attempt: Attempt

    def run(
        self,
        recorder: CourseRecorder | None = None,
        on_move: Callable[[int, MoveRecord], None] | None = None,
    ) -> Run:
        """Walk it. Raises PlanError as `replay` does."""
        attempt = self.attempt
        return replay(
            self.series,
            attempt.plan,
            attempt.costs,
            on_move,
            attempt.exits,
            attempt.guards,
            attempt.equity,
            parts_of(self.series),
            attempt.fills,
            recorder,
        )

    def told(self, recorder: CourseRecorder) -> ToldRun:
        """Walk it, and keep what a report tells. Raises PlanError as `replay` does."""
        run = self.run(recorder)
        return ToldRun(run, recorder.course, self.attempt.costs)

    def other_way(self) -> Walk | None:
        """The same over candles that are walked the other way; None where there are none."""
        other = other_way(self.series)
        return None if other is None else replace(self, series=other)
