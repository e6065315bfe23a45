"""What the best setting of a sweep is worth: every try is counted, a holdout stays sealed, one verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from hypertui.backtest.engine_kind import Engine
from hypertui.backtest.evaluate import evaluate
from hypertui.backtest.setting_trials import attempt_of, trial_of
from hypertui.backtest.weighed_report import weighed_in_words, weighed_summary
from hypertui.backtest.weighing import open_holdout, weigh
from hypertui.cli.holdout import first_sealed, holdout_words
from hypertui.evidence.overfitting import GROUPS, probability_of_overfitting
from hypertui.evidence.sharpe import block_returns
from hypertui.evidence.trials import TrialLedger
from hypertui.evidence.verdict import EdgeVerdict
from hypertui.series.ticks import Ticks
from hypertui.sweep.ranking import ranked
from hypertui.sweep.results import SweepResults, SweepRow, setting_texts
from hypertui.sweep.stretches import SeriesStretch, StretchRole, whole
from hypertui.sweep.summary import amount_text, out_of_sample
from hypertui.sweep.sweeping import SweepCourse, SweepPlan


@dataclass(frozen=True, slots=True)
class SweptParts:
    """A price file: the `whole` of it, the part that is swept, and what a holdout keeps `sealed`."""

    whole: Ticks
    swept: Ticks
    sealed: Ticks | None = None
    opens: bool = False


class SweepVerdict(NamedTuple):
    """What is said of the best setting, in words and as JSON."""

    words: str
    summary: Mapping[str, object]
    verdict: EdgeVerdict


def cut_ticks(ticks: Ticks, holdout: str | None, opens: bool) -> SweptParts:
    """The parts that the flags ask for. Raises ValueError where one would be empty, or makes no sense."""
    first = first_sealed(ticks.rows, holdout, opens=opens)
    if first is None:
        return SweptParts(ticks, ticks)
    sealed = SeriesStretch(StretchRole.OUT_OF_SAMPLE, 0, first, ticks.rows).of(ticks)
    return SweptParts(ticks, whole(first).of(ticks), sealed, opens)


def record_tries(course: SweepCourse, parts: SweptParts, state: Path, at: int) -> None:
    """Count every setting that was walked, at a time (ms). Raises ValueError where the ledger cannot be
    used."""
    first, terms = parts.whole.price(0), course.plan.terms
    tries = [
        trial_of(
            row.setting,
            row.found,
            first,
            (row.stretch.first, row.stretch.after),
            terms.instrument,
            terms.costs,
        )
        for row in course.rows
    ]
    if walked := [each for each in tries if each is not None]:
        _ledger(parts, state).record(walked, at)


def verdict_of(
    results: SweepResults, parts: SweptParts, plan: SweepPlan, state: Path, at: int
) -> SweepVerdict:
    """Judge the best setting by the plan's own measure. Raises ValueError where the ledger cannot be used."""
    rows = results.of(StretchRole.WHOLE)
    best = ranked(rows, plan.by) or ranked(rows, type(plan.by).NET_PNL)
    assert best is not None, "something was walked"
    terms, ledger = plan.terms, _ledger(parts, state)
    attempt = attempt_of(best.row.setting, parts.whole.price(0), terms.instrument, terms.costs)
    holdout = None
    if parts.opens and parts.sealed is not None:
        later = attempt_of(best.row.setting, parts.sealed.price(0), terms.instrument, terms.costs)
        holdout = open_holdout(parts.sealed, attempt, later.plan, ledger, parts.swept.rows, at)
    weighed = weigh(
        parts.swept,
        attempt,
        ledger,
        at,
        holdout=holdout,
        out_of_sample=out_of_sample(results),
        overfitting=_overfitting(rows),
    )
    texts = setting_texts(best.row.setting)
    setting = (
        f"unit {texts['unit_size']}, position {best.row.setting.position_size:,f} USD, {texts['reinvest']}"
    )
    named = f"of the best by {plan.by.words} ({setting}, exits {texts['exits']}):"
    other = _other_way(best.row, parts.swept, plan)
    lines = [
        named,
        weighed_in_words(weighed, holdout_words(0 if parts.sealed is None else parts.sealed.rows, holdout)),
        *([other[0]] if other else []),
    ]
    summary = {
        "evidence": weighed_summary(weighed),
        "other_way_net_pnl": amount_text(other[1]) if other else None,
    }
    return SweepVerdict("\n".join(lines), summary, weighed.verdict)


def _overfitting(rows: tuple[SweepRow, ...]) -> float | None:
    """The probability of it, where there are settings and parts enough."""
    alike = [
        row for row in rows if len(row.found.blocks) == len(rows[0].found.blocks) and row.found.stake > 0
    ]
    if len(alike) < 2 or len(rows[0].found.blocks) < 2 * GROUPS:
        return None
    returns = [block_returns(row.found.blocks, row.found.stake) for row in alike]
    return probability_of_overfitting(np.transpose(np.array(returns))).probability


def _other_way(row: SweepRow, ticks: Ticks, plan: SweepPlan) -> tuple[str, float] | None:
    """What the setting makes of candles that are walked the other way; None of single prices."""
    if ticks.per_row == 1:
        return None
    terms = plan.terms
    found = evaluate(
        ticks.other_way(), row.setting, terms.instrument, terms.costs, engine=Engine(terms.engine)
    )
    if found.refused:
        return None
    spread = abs(found.net_pnl - row.found.net_pnl)
    words = f"candles         walked the other way {found.net_pnl:+,.2f} USD: {spread:,.2f} USD apart"
    return words, found.net_pnl


def _ledger(parts: SweptParts, state: Path) -> TrialLedger:
    return TrialLedger(state / "trials", parts.whole.digest)
