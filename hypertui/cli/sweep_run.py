"""A sweep from its flags to its last line. Needs NumPy."""

from __future__ import annotations

import argparse
import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from hypertui.backtest.engine_kind import Engine
from hypertui.cli.engine_flag import load_fast
from hypertui.cli.market_values import costs_of, instrument_of
from hypertui.cli.places import state_home
from hypertui.cli.report_files import check_report
from hypertui.cli.streams import complain
from hypertui.cli.sweep_evidence import SweptParts, cut_ticks, record_tries, verdict_of
from hypertui.cli.sweep_pages import sweep_on_screen, write_sweep_report
from hypertui.cli.sweep_progress import ProgressLine
from hypertui.cli.values import integer, typed
from hypertui.cli.work_screen import require_terminal
from hypertui.core.clock import wall_ms
from hypertui.core.extras import has
from hypertui.core.files import named_path
from hypertui.core.market import plain
from hypertui.core.phrases import counted
from hypertui.core.price_series import PriceKind
from hypertui.series.loading import load_ticks
from hypertui.sweep.axes import MOST_SETTINGS, Axes, axes_of
from hypertui.sweep.ranking import RankBy
from hypertui.sweep.results import SweepHead, SweepResults, write_results
from hypertui.sweep.search import SearchKind
from hypertui.sweep.store import EvaluationStore
from hypertui.sweep.stretches import StretchRole, folds
from hypertui.sweep.summary import sweep_in_words, sweep_summary
from hypertui.sweep.sweeping import SweepCourse, SweepPlan
from hypertui.sweep.work import Terms, warm_up
from hypertui.sweep.workers import Workers, in_a_cluster, on_this_machine

INTERRUPTED = 130
_TRIALS = 256
_MOST_JOBS = 1_024


@dataclass(frozen=True, slots=True)
class _AskedSweep:
    plan: SweepPlan
    jobs: int
    scheduler: str | None
    out: Path | None


def run_sweep(arguments: argparse.Namespace) -> int:
    """Run it; returns the exit status. Raises ValueError with one line for bad input."""
    asked = _asked(arguments)
    if arguments.report is not None:
        check_report(arguments.report, arguments.prices, force=arguments.force)
    if arguments.tui:
        require_terminal(arguments)
    given = getattr(arguments, "state_dir", None)
    state = state_home(None if given is None else named_path(given))
    symbol = asked.plan.terms.instrument.symbol
    kind = None if arguments.price is None else PriceKind(arguments.price)
    parts = cut_ticks(load_ticks(arguments.prices, symbol, kind), arguments.holdout, arguments.open_holdout)
    if asked.plan.folds:
        [*folds(parts.swept.rows, asked.plan.folds)]  # refused before anything is walked
    course = SweepCourse(asked.plan, parts.swept)
    began = time.monotonic()
    try:
        with _interruptible(), EvaluationStore(state / "sweeps", parts.whole.digest) as store:
            _compile(asked.plan.terms)
            with _workers(asked, parts, store) as workers:
                if arguments.tui:
                    sweep_on_screen(course, workers, store, arguments)
                else:
                    _in_lines(course, workers, store)
    except KeyboardInterrupt:
        tally = course.tally
        complain(
            f"interrupted after {tally.done:,} of {tally.total:,} walks: the same command goes on from there"
        )
        return INTERRUPTED
    finally:  # what was walked counts as tried, whatever has ended the sweep
        record_tries(course, parts, state, wall_ms())
    results = SweepResults(_head(arguments, asked, parts), tuple(course.rows))
    if asked.out is not None:
        _write(results, asked.out)
    _refuse_empty(results)
    weighed = verdict_of(results, parts, asked.plan, state, wall_ms())
    if arguments.json:
        seconds = time.monotonic() - began
        print(json.dumps({**sweep_summary(results), **weighed.summary, "seconds": seconds}))
    else:
        print(f"{sweep_in_words(results)}\n\n{weighed.words}")
    if arguments.report is not None:
        write_sweep_report(results, weighed.verdict, arguments)
    return 0


def _in_lines(course: SweepCourse, workers: Workers, store: EvaluationStore) -> None:
    """Go through the course with a line of progress."""
    progress = ProgressLine(course, time.monotonic())
    for _ in course.run(workers, store):
        progress.step(time.monotonic())
    progress.end(time.monotonic())


def _asked(arguments: argparse.Namespace) -> _AskedSweep:
    axes = axes_of(arguments.unit_size, arguments.position_size, arguments.reinvest, arguments.exits)
    search = SearchKind(arguments.search)
    terms = Terms(instrument_of(arguments.symbol, arguments), costs_of(arguments), Engine(arguments.engine))
    plan = SweepPlan(
        axes,
        terms,
        search,
        _trials(arguments, search, axes),
        integer("seed", arguments.seed),
        0 if arguments.folds is None else _above_0("folds", arguments.folds),
        RankBy(arguments.by),
    )
    if arguments.jobs is not None and arguments.scheduler is not None:
        raise ValueError("--jobs and --scheduler: give one of them, a cluster has its own workers")
    jobs = len(os.sched_getaffinity(0)) if arguments.jobs is None else _above_0("jobs", arguments.jobs)
    if jobs > _MOST_JOBS:
        raise ValueError(f"jobs {jobs:,} is above {_MOST_JOBS:,}")
    return _AskedSweep(plan, jobs, arguments.scheduler, _out(arguments))


def _trials(arguments: argparse.Namespace, search: SearchKind, axes: Axes) -> int:
    if search is SearchKind.GRID:
        if arguments.trials is not None:
            raise ValueError("--trials goes with --search sobol or optuna: a grid tries all settings")
        if len(axes) > MOST_SETTINGS:
            said = f"the grid has {len(axes):,} settings, above {MOST_SETTINGS:,}"
            raise ValueError(f"{said}: take larger steps, or --search sobol --trials 1000")
        return len(axes)
    return _TRIALS if arguments.trials is None else _above_0("trials", arguments.trials)


def _above_0(name: str, text: str) -> int:
    number = integer(name, text)
    if number < 1:
        raise ValueError(f"{name} {typed(text)} is not above 0")
    return number


def _out(arguments: argparse.Namespace) -> Path | None:
    """Where the rows go. Without polars they are lines of JSON, which is said."""
    out: Path | None = arguments.out
    if out is None:
        return None
    if out.suffix not in (".parquet", ".jsonl"):
        raise ValueError(f"results file {out} ends with neither .parquet nor .jsonl")
    if out.suffix == ".parquet" and not has("polars"):
        out = out.with_suffix(".jsonl")
        complain(f"a Parquet file needs polars (pip install 'hypertui[data]'): writes {out}")
    if out.exists():
        if out.samefile(arguments.prices):
            raise ValueError(f"results file {out} is the price file")
        if not arguments.force:
            raise ValueError(f"results file {out} is there already: --force overwrites it")
    if not out.parent.is_dir():
        raise ValueError(f"results file {out} cannot be written: there is no folder {out.parent}")
    return out


def _write(results: SweepResults, out: Path) -> None:
    """Write the file, whole or not at all."""
    beside = out.with_name(f".{out.name}.{os.getpid()}{out.suffix}")
    try:
        write_results(results, beside)
        beside.replace(out)
    except OSError as error:
        raise ValueError(f"results file {out} cannot be written: {error.strerror or error}") from None
    finally:
        beside.unlink(missing_ok=True)
    complain(f"wrote {out} ({counted(len(results.rows), 'row')})")


def _head(arguments: argparse.Namespace, asked: _AskedSweep, parts: SweptParts) -> SweepHead:
    terms, swept = asked.plan.terms, parts.swept
    return SweepHead(
        series=parts.whole.digest,
        file=arguments.prices.name,
        symbol=terms.instrument.symbol,
        sz_decimals=terms.instrument.sz_decimals,
        rows=swept.rows,
        fee_rate=plain(terms.costs.fee_rate),
        slippage=plain(terms.costs.slippage),
        funding=plain(terms.costs.funding),
        engine=terms.engine.value,
        search=asked.plan.search.value,
        began=None if swept.times is None else int(swept.times[0]),
        ended=None if swept.times is None else int(swept.times[-1]),
        caveat=swept.caveat,
    )


def _refuse_empty(results: SweepResults) -> None:
    """Raise ValueError where nothing could be walked."""
    if not results.of(StretchRole.WHOLE):
        tried = [row for row in results.rows if row.stretch.role is StretchRole.WHOLE]
        raise ValueError(f"none of {counted(len(tried), 'setting')} can be walked: {tried[0].found.refused}")


def _compile(terms: Terms) -> None:
    """Have the fast engine ready before there are workers, who would compile it each."""
    if terms.engine is Engine.EXACT or not has("numba"):
        if terms.engine is not Engine.EXACT:
            complain("the exact engine walks, slowly: pip install 'hypertui[fast]' for the compiled one")
        return
    load_fast()
    warm_up(terms)


def _workers(
    asked: _AskedSweep, parts: SweptParts, store: EvaluationStore
) -> AbstractContextManager[Workers]:
    if asked.scheduler is not None:
        return in_a_cluster(parts.swept, asked.scheduler)
    return on_this_machine(parts.swept, asked.jobs, store.folder)


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let a SIGTERM end it as an interrupt at the terminal does."""

    def leave(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
