"""A walk that is asked for: the prices, the trade over them, and what it costs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal

from hypertui.backtest.candle_ways import other_way
from hypertui.backtest.course import CourseRecorder
from hypertui.backtest.instant_exchange import Costs
from hypertui.backtest.simulation import Run, replay
from hypertui.backtest.told import ToldRun
from hypertui.core.price_series import Series
from hypertui.risk.rules import GuardRules
from hypertui.strategy.base import MoveRecord
from hypertui.strategy.exits.rules import ExitRules
from hypertui.strategy.ladder.trade_plan import LadderPlan


@dataclass(frozen=True, slots=True)
class Walk:
    """All of it; `guards` watch an account that begins with so much `equity` (USD)."""

    series: Series
    plan: LadderPlan
    costs: Costs
    exits: ExitRules
    guards: GuardRules | None = None
    equity: Decimal | None = None

    def run(
        self,
        recorder: CourseRecorder | None = None,
        on_move: Callable[[int, MoveRecord], None] | None = None,
    ) -> Run:
        """Walk it. Raises PlanError as `replay` does."""
        return replay(
            self.series,
            self.plan,
            self.costs,
            on_move,
            self.exits,
            self.guards,
            self.equity,
            recorder=recorder,
        )

    def told(self, recorder: CourseRecorder) -> ToldRun:
        """Walk it, and keep what a report tells. Raises PlanError as `replay` does."""
        run = self.run(recorder)
        return ToldRun(run, recorder.course, self.costs)

    def other_way(self) -> Walk | None:
        """The same over candles that are walked the other way; None where there are none."""
        other = other_way(self.series)
        return None if other is None else replace(self, series=other)
