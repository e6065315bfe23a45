"""One setting over one series of ticks: what a sweep does ten thousand times. Needs NumPy."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from hypertui.backtest.engine_kind import Engine
from hypertui.backtest.engines import walk_by
from hypertui.backtest.evaluation import Evaluation, Setting
from hypertui.backtest.instant_exchange import Costs
from hypertui.backtest.outcome import Outcome
from hypertui.core.market import ZERO, Instrument, parse_amount
from hypertui.series.ticks import Ticks
from hypertui.strategy.exits.contradictions import contradictions, contradictions_at
from hypertui.strategy.ladder.sizing import Sizing
from hypertui.strategy.ladder.terms import LadderTerms
from hypertui.strategy.ladder.trade_plan import LadderPlan
from hypertui.strategy.plans import PlanError

__all__ = ["evaluate", "evaluated", "terms_of"]
_BLOCKS = 256


def evaluate(
    ticks: Ticks,
    setting: Setting,
    instrument: Instrument,
    costs: Costs,
    *,
    blocks: int = _BLOCKS,
    leverage: int = 1,
    engine: Engine = Engine.AUTO,
    source: Any = None,
) -> Evaluation:
    """What a setting has made of the ticks. What the market's rules or the series forbid is told as
    `refused`, and so is what the fast engine has not where that is asked for. It goes by `source` where one
    is given that finds the same prices faster (`hypertui.backtest.fast.source`). Raises ValueError for a unit
    size that is no figure."""
    first = ticks.price(0)
    terms = terms_of(setting, costs)
    try:
        terms.check(instrument, leverage)
        plan = terms.settled(instrument, first, costs.fee_rate).plan(instrument, leverage)
        for wrong in _contradictions(plan, setting, first, costs.fee_rate):
            raise PlanError(wrong)
        return evaluated(walk_by(engine, ticks, plan, costs, setting.exits, blocks=blocks, source=source))
    except PlanError as error:
        return Evaluation(refused=str(error))


def terms_of(setting: Setting, costs: Costs) -> LadderTerms:
    """The terms of a backtest's ladder, where every sale is proven at once. Raises ValueError for a unit size
    that is no figure."""
    figure, sign, rest = setting.unit_size.partition("%")
    try:
        size = parse_amount(figure.strip())
    except ValueError:
        size = ZERO
    if rest or size <= 0:
        said = f"unit size {setting.unit_size!r} is neither USD above 0, such as 65, nor a percentage"
        raise ValueError(f"{said}, such as 0.4%")
    return LadderTerms(
        unit_size=ZERO if sign else size,
        position_size=setting.position_size,
        reinvest=setting.reinvest,
        trust_slots=0,
        sizing=Sizing(size / 100, None, 2 * costs.slippage) if sign else None,
    )


def evaluated(outcome: Outcome) -> Evaluation:
    """A backtest that is over as a row of figures."""
    return Evaluation(
        unit_size=float(outcome.plan.unit_size),
        stake=float(outcome.stake),
        net_pnl=float(outcome.net_pnl),
        realized_pnl=float(outcome.realized_pnl),
        fees=float(outcome.fees),
        slippage_cost=float(outcome.slippage_cost),
        funding=float(outcome.funding),
        whipsaw_cost=float(outcome.whipsaw_cost),
        round_trips=outcome.round_trips,
        steps=outcome.steps,
        fills=outcome.fills,
        max_drawdown=float(outcome.max_drawdown),
        last_price=float(outcome.last_price),
        final_unit=outcome.unit,
        position=float(outcome.position),
        phase_pnl={phase: float(made) for phase, made in outcome.phase_pnl.items()},
        phase_steps=dict(outcome.phase_steps),
        ended_by=outcome.ended_by,
        halted=outcome.halted,
        blocks=tuple(outcome.blocks),
    )


def _contradictions(plan: LadderPlan, setting: Setting, first: Decimal, fee_rate: Decimal) -> Iterator[str]:
    yield from contradictions(setting.exits, plan.unit_size / first, fee_rate)
    yield from contradictions_at(setting.exits, first, plan.instrument, fee_rate, None)
