"""What a backtest's result is worth: it is walked once more beside its baselines, counted among all tries on
its series, and judged. Needs NumPy."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hypertui.backtest.baselines.compare import SEED, Baselines, compare
from hypertui.backtest.baselines.fill_path import walk_path
from hypertui.backtest.baselines.recording import recorded_path
from hypertui.backtest.trying import Attempt, trial
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
from hypertui.series.ticks import Ticks
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
    ticks: Ticks,
    attempt: Attempt,
    ledger: TrialLedger,
    at: int,
    *,
    holdout: HoldoutFigures | None = None,
    out_of_sample: float | None = None,
    overfitting: float | None = None,
) -> Weighed:
    """Walk the `ticks`, of which a holdout has been cut off where there is one, record the try `at` a time
    (ms), and judge. A sweep, whose other tries are recorded by then, adds what its best has made out of
    sample (USD) and the probability of overfitting. Raises PlanError as `replay` does, ValueError where the
    ledger cannot be used."""
    baselines = compare(ticks, attempt)
    ladder = baselines.ladder
    stake = float(attempt.plan.entry_size(ticks.price(0)) * ticks.price(0))
    ledger.record([trial(attempt.terms, stake, ladder.blocks, (0, ticks.rows))], at)
    tries = ledger.tries
    returns = block_returns(ladder.blocks, stake)
    net, drawdown = ladder.net_pnl, ladder.max_drawdown
    figures = EdgeFigures(
        net_pnl=net,
        max_drawdown=drawdown,
        baselines=baselines.figures(),
        out_of_sample=out_of_sample,
        holdout=holdout,
        tries=tries,
        deflated_sharpe=deflated_sharpe_ratio(returns, ledger.sharpes(len(returns)), tries),
        overfitting=overfitting,
    )
    lasted = 0 if ticks.times is None else int(ticks.times[-1] - ticks.times[0])
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
    sealed: Ticks, attempt: Attempt, later: LadderPlan, ledger: TrialLedger, first_row: int, at: int
) -> HoldoutFigures:
    """Walk the part of a series that was sealed from `first_row` on, with the attempt's terms; `later` is the
    plan that they make at the first price of that part. The opening is written down before anything is
    walked. Raises PlanError, before that, where the plan is impossible there."""
    later.check_at(sealed.price(0))
    seen_by = ledger.seen_by(first_row)
    opening = HoldoutOpening(first_row, key_of(attempt.terms), at)
    before = ledger.open_holdout(opening)
    found = walk_path(sealed, recorded_path(sealed, replace(attempt, plan=later)), attempt.costs)
    return HoldoutFigures(
        net_pnl=found.net_pnl,
        opened_before=sum(not each.shows_the_same(opening) for each in before),
        seen_by=seen_by,
        first_opened=before[0].at if before else None,
    )
