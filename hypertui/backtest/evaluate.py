"""One setting over one series of ticks: what a sweep does ten thousand times. Needs NumPy."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from hypertui.backtest.evaluation import Evaluation, Setting
from hypertui.backtest.instant_exchange import Costs
from hypertui.backtest.simulation import Run, replay
from hypertui.core.market import ZERO, Instrument, parse_amount
from hypertui.core.price_series import Series
from hypertui.core.round_trips import SLOTS
from hypertui.series.ticks import Ticks
from hypertui.strategy.exits.contradictions import contradictions, contradictions_at
from hypertui.strategy.ladder.sizing import Sizing
from hypertui.strategy.ladder.terms import LadderTerms
from hypertui.strategy.ladder.trade_plan import LadderPlan
from hypertui.strategy.plans import PlanError

_BLOCKS = 256


class Engine(StrEnum):
    """What walks the prices: the trade itself, the compiled ladder, or that one where it can."""

    EXACT = "exact"
    FAST = "fast"
    AUTO = "auto"


def evaluate(
    ticks: Ticks,
    setting: Setting,
    instrument: Instrument,
    costs: Costs,
    *,
    blocks: int = _BLOCKS,
    leverage: int = 1,
    engine: Engine = Engine.AUTO,
) -> Evaluation:
    """What a setting has made of the ticks. What the market's rules or the series forbid is told as
    `refused`; raises ValueError for a unit size that is no figure."""
    first = ticks.price(0)
    terms = terms_of(setting, costs)
    try:
        terms.check(instrument, leverage)
        plan = terms.settled(instrument, first, costs.fee_rate).plan(instrument, leverage)
        for wrong in _contradictions(plan, setting, first, costs.fee_rate):
            raise PlanError(wrong)
        run = replay(series_of(ticks), plan, costs, exits=setting.exits, blocks=blocks)
    except PlanError as error:
        return Evaluation(refused=str(error))
    return evaluated(run)


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


def evaluated(run: Run) -> Evaluation:
    """A finished replay as a row of figures."""
    ladder = run.ladder
    book = ladder.book
    return Evaluation(
        unit_size=float(ladder.plan.unit_size),
        stake=float(ladder.fragment_at_entry * SLOTS),
        net_pnl=float(book.net_pnl(run.last_price)),
        realized_pnl=float(book.realized_pnl),
        fees=float(book.fees),
        slippage_cost=float(run.slippage_cost),
        funding=float(book.funding),
        whipsaw_cost=float(ladder.round_trips.whipsaw_cost),
        round_trips=ladder.round_trips.count,
        steps=ladder.moves,
        fills=run.fills,
        max_drawdown=float(run.max_drawdown),
        last_price=float(run.last_price),
        final_unit=ladder.unit,
        position=float(book.position),
        phase_pnl={phase: float(made) for phase, made in run.phase_pnl.items()},
        phase_steps=dict(run.phase_steps),
        ended_by=run.ended_by,
        halted=ladder.halted,
        blocks=tuple(float(net) for net in run.blocks),
    )


@lru_cache(maxsize=1)
def series_of(ticks: Ticks) -> Series:
    """The same prices as decimals. A series without times counts them."""
    prices = tuple(Decimal(price).scaleb(-ticks.decimals) for price in ticks.prices.tolist())
    times = tuple(range(len(prices))) if ticks.times is None else tuple(ticks.times.tolist())
    return Series(prices, times, ticks.notes, ticks.per_row, ticks.timed)


def _contradictions(plan: LadderPlan, setting: Setting, first: Decimal, fee_rate: Decimal) -> Iterator[str]:
    yield from contradictions(setting.exits, plan.unit_size / first, fee_rate)
    yield from contradictions_at(setting.exits, first, plan.instrument, fee_rate, None)
