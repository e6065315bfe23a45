"""The choice between the two engines. Needs NumPy."""

from __future__ import annotations

from typing import Any

from hypertui.backtest.engine_kind import Engine
from hypertui.backtest.instant_exchange import Costs
from hypertui.backtest.outcome import Outcome
from hypertui.backtest.simulation import replay
from hypertui.core.extras import has
from hypertui.series.ticks import Ticks, series_of
from hypertui.strategy.exits.rules import ExitRules
from hypertui.strategy.ladder.trade_plan import LadderPlan
from hypertui.strategy.plans import PlanError

_NO_EXITS = ExitRules()


def walk_by(
    engine: Engine,
    ticks: Ticks,
    plan: LadderPlan,
    costs: Costs,
    exits: ExitRules = _NO_EXITS,
    *,
    blocks: int = 0,
    source: Any = None,
) -> Outcome:
    """Walk the ticks. The fast engine goes by `source` where one is given (`hypertui.backtest.fast.source`).
    What it has not is refused, or with AUTO left to the exact engine; so is, always, what floats cannot
    decide, and the outcome remarks on it. Raises PlanError."""
    remark = ""
    if engine is Engine.FAST or (engine is Engine.AUTO and has("numba")):
        from hypertui.backtest.fast.prepare import NotCompiled
        from hypertui.backtest.fast.run import UndecidedByFloats, run_fast

        try:
            return run_fast(ticks, plan, costs, exits, blocks=blocks, source=source)
        except NotCompiled as error:
            if engine is Engine.FAST:
                raise PlanError(str(error)) from None
            remark = str(error)
        except UndecidedByFloats as error:
            remark = str(error)
    outcome = replay(series_of(ticks), plan, costs, exits=exits, blocks=blocks)
    outcome.remark = remark
    return outcome
