"""What a sweep shows beside its words: a report, and a page of the console while it is under way."""

from __future__ import annotations

import argparse
import time
from decimal import Decimal
from pathlib import Path

from hypertui.charts.figures import gain, minute
from hypertui.cli.report_files import check_report, is_picture, write_report
from hypertui.cli.work_screen import show_work
from hypertui.core.clock import wall_ms
from hypertui.core.phrases import counted, lasting
from hypertui.evidence.verdict import EdgeVerdict
from hypertui.sweep.report_page import SweptReport, swept_page, swept_picture
from hypertui.sweep.results import SweepHead, SweepResults, read_results
from hypertui.sweep.store import EvaluationStore
from hypertui.sweep.stretches import StretchRole
from hypertui.sweep.summary import out_of_sample, sweep_in_words
from hypertui.sweep.sweeping import SweepCourse
from hypertui.sweep.watching import SweepWork
from hypertui.sweep.workers import Workers


def sweep_on_screen(
    course: SweepCourse, workers: Workers, store: EvaluationStore, arguments: argparse.Namespace
) -> None:
    """Go through the course on a page. Raises KeyboardInterrupt where its operator leaves before the end,
    and ValueError as the course does."""
    terms = course.plan.terms
    title = f"{terms.instrument.symbol} {arguments.prices.name}"
    work = SweepWork(title, len(course.ticks), time.monotonic)
    failed: list[Exception] = []

    def run() -> None:
        try:
            for _ in course.run(workers, store):
                _show(course, work)
                if work.stopped:
                    break
            work.ended([course.ticks.caveat] if course.ticks.caveat else [])
        except Exception as error:  # noqa: BLE001 - raised again by whoever has started the thread
            failed.append(error)
            work.failed(str(error))

    status = show_work(work, run, arguments)
    if failed:
        raise failed[0]
    if status or course.tally.done < course.tally.total:
        raise KeyboardInterrupt


def _show(course: SweepCourse, work: SweepWork) -> None:
    fresh, course.fresh = course.fresh, []
    work.found(fresh, course.tally.done, course.tally.total, course.tally.known)


def write_sweep_report(
    results: SweepResults, verdict: EdgeVerdict | None, arguments: argparse.Namespace
) -> None:
    """Write the report that the flags ask for. Raises ValueError where it cannot be written."""
    path, report = arguments.report, _report(results, verdict)
    whole = swept_picture(report) if is_picture(path) else swept_page(report, wall_ms()).encode()
    write_report(path, whole, force=arguments.force, aside=arguments.json)


def show_results(arguments: argparse.Namespace) -> int:
    """`hypertui swept RESULTS`: what a sweep has found, by its file. Raises ValueError with one line for bad
    input."""
    path: Path = arguments.results
    if arguments.report is not None:
        check_report(arguments.report, path, force=arguments.force)
    results = read_results(path)
    if not results.of(StretchRole.WHOLE):
        raise ValueError(f"results {path}: no setting could be walked")
    print(sweep_in_words(results))
    if arguments.report is not None:
        write_sweep_report(results, None, arguments)
    return 0


def _report(results: SweepResults, verdict: EdgeVerdict | None) -> SweptReport:
    head = results.head
    rows = [row for row in results.rows if row.stretch.role is StretchRole.WHOLE]
    title = f"hypertui sweep: {head.symbol}, {counted(len(rows), 'setting')} over {head.file}"
    notes = [*(verdict.why if verdict is not None else ()), *([head.caveat] if head.caveat else [])]
    if (measured := out_of_sample(results)) is not None:
        folds = counted(len(results.of(StretchRole.OUT_OF_SAMPLE)), "fold")
        notes.append(
            f"Walk-forward: what was chosen in {folds} made {gain(Decimal(measured))} USD in the next part."
        )
    notes.append(f"Fee rate {head.fee_rate}, slippage {head.slippage}, funding {head.funding} an hour.")
    rung = "" if verdict is None else verdict.rung.value
    return SweptReport(title, _period(head), rows, rung, notes)


def _period(head: SweepHead) -> tuple[str, str]:
    if head.began is None or head.ended is None:
        return counted(head.rows, "row"), "the file has no times"
    between = f"{minute(head.began)} to {minute(head.ended)} UTC"
    return lasting((head.ended - head.began) // 1000), between
