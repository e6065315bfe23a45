"""What a backtest's result is worth: it is walked once more beside its baselines, counted among all tries on
its series, and judged. Needs NumPy."""

from __future__ import annotations

from dataclasses import dataclass

from hypertui.backtest.baselines.compare import SEED, Baselines, compare
from hypertui.backtest.baselines.fill_path import PathRecorder
from hypertui.backtest.simulation import replay
from hypertui.backtest.trying import Attempt, parts_of, stake_of, trial
from hypertui.core.price_series import Series
from hypertui.evidence.bootstrap import Bounds, interval
from hypertui.evidence.drawdown import calmar_ratio, return_over_drawdown, sortino_ratio
from hypertui.evidence.sharpe import (
    block_returns,
    deflated_sharpe_ratio,
    probabilistic_sharpe_ratio,
    sharpe_ratio,
)
from hypertui.evidence.trials import HoldoutOpening, TrialLedger, key_of
from hypertui.evidence.verdict import EdgeFigures, EdgeVerdict, HoldoutFigures, judge_edge
from hypertui.series.ticks import ticks_of
from hypertui.strategy.ladder.trade_plan import LadderPlan


@dataclass(frozen=True, slots=True)
class Weighed:
    """What is known of a result. Ratios are of the returns of so many equal `parts` of the series, but for
    `calmar`, which is of a year. `net_interval` is where the net PnL (USD) lies with 95 %."""

    verdict: EdgeVerdict
    figures: EdgeFigures
    baselines: Baselines
    parts: int
    sharpe: float | None
    probabilistic_sharpe: float | None
    sortino: float | None
    over_drawdown: float | None
    calmar: float | None
    net_interval: Bounds | None


def weigh(
    series: Series, attempt: Attempt, ledger: TrialLedger, at: int, holdout: HoldoutFigures | None = None
) -> Weighed:
    """Walk the `series`, of which a holdout has been cut off where there is one, record the try `at` a time
    (ms), and judge. Raises PlanError as `replay` does, ValueError where the ledger cannot be used."""
    plan = attempt.plan
    recorder = PathRecorder(plan.entry_size(series.prices[0]))
    run = replay(
        series,
        plan,
        attempt.costs,
        recorder.note,
        attempt.exits,
        attempt.guards,
        attempt.equity,
        blocks=parts_of(series),
    )
    stake = stake_of(run)
    blocks = [float(each) for each in run.blocks]
    ledger.record([trial(attempt.terms, stake, blocks, (0, series.rows))], at)
    tries = ledger.tries
    returns = block_returns(blocks, stake)
    baselines = compare(ticks_of(series), run, recorder.path(run), attempt.costs)
    net, drawdown = float(run.ladder.book.net_pnl(run.last_price)), float(run.max_drawdown)
    figures = EdgeFigures(
        net_pnl=net,
        max_drawdown=drawdown,
        baselines=baselines.figures(),
        holdout=holdout,
        tries=tries,
        deflated_sharpe=deflated_sharpe_ratio(returns, ledger.sharpes(len(returns)), tries),
    )
    lasted = series.times[-1] - series.times[0] if series.timed else 0
    return Weighed(
        verdict=judge_edge(figures),
        figures=figures,
        baselines=baselines,
        parts=len(returns),
        sharpe=sharpe_ratio(returns),
        probabilistic_sharpe=probabilistic_sharpe_ratio(returns),
        sortino=sortino_ratio(returns),
        over_drawdown=return_over_drawdown(net, drawdown),
        calmar=calmar_ratio(net, drawdown, lasted),
        net_interval=interval(returns, lambda drawn: stake * sum(drawn), seed=SEED),
    )


def open_holdout(
    sealed: Series, sealed_plan: LadderPlan, attempt: Attempt, ledger: TrialLedger, first_row: int, at: int
) -> HoldoutFigures:
    """Walk the part of a series that was sealed from `first_row` on, with the attempt's terms and the plan
    that they make at its own first price. The opening is written down before anything is walked. Raises
    PlanError, before that, where the plan is impossible there."""
    sealed_plan.check_at(sealed.prices[0])
    seen_by = ledger.seen_by(first_row)
    opening = HoldoutOpening(first_row, key_of(attempt.terms), at)
    before = ledger.open_holdout(opening)
    run = replay(
        sealed,
        sealed_plan,
        attempt.costs,
        exits=attempt.exits,
        guards=attempt.guards,
        equity=attempt.equity,
    )
    return HoldoutFigures(
        net_pnl=float(run.ladder.book.net_pnl(run.last_price)),
        opened_before=sum(not each.shows_the_same(opening) for each in before),
        seen_by=seen_by,
        first_opened=before[0].at if before else None,
    )
