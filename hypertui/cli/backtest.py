"""`hypertui backtest`: a price file through the ladder."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from typing import NamedTuple, TextIO

from hypertui.backtest.course import CourseRecorder
from hypertui.backtest.engine_kind import Engine
from hypertui.backtest.fill_model import FillModel
from hypertui.backtest.instant_exchange import Costs
from hypertui.backtest.outcome import Outcome
from hypertui.backtest.report import RunTime, in_words, summary
from hypertui.backtest.report_page import report_page, report_picture
from hypertui.backtest.told import ToldRun
from hypertui.backtest.trying import Attempt, parts_of
from hypertui.backtest.walk import Walk
from hypertui.backtest.watching import BacktestWork, WatchedWalk
from hypertui.cli.backtest_bracket import chosen_bracket
from hypertui.cli.backtest_bracket import walk as walk_bracket
from hypertui.cli.backtest_evidence import Evidence, SeriesParts, Walked, cut, evidence_of
from hypertui.cli.engine_flag import chosen_engine, load_fast
from hypertui.cli.fill_flags import fixed_model, is_measured, refuse_unused
from hypertui.cli.market_values import costs_of, instrument_of
from hypertui.cli.report_files import check_report, is_picture, write_report
from hypertui.cli.trace_file import trace_file
from hypertui.cli.walked_trade import WalkedTrade, guards_of, walked_trade
from hypertui.core.clock import wall_ms
from hypertui.core.price_series import PriceKind, Series
from hypertui.series.prices import load_prices
from hypertui.strategy.base import MoveRecord
from hypertui.strategy.ladder.trace import trace_row


def backtest(arguments: argparse.Namespace) -> int:
    """Run the command. Raises ValueError with one line for bad input."""
    costs = costs_of(arguments)
    if arguments.prices is None:
        from hypertui.cli.recorded import compare_session

        return compare_session(arguments, costs)
    if (bracket := chosen_bracket(arguments)) is not None:
        market = instrument_of(bracket.trade.symbol, arguments)
        return walk_bracket(arguments, bracket, market, costs, _fills(arguments, costs, market.symbol))
    asked = walked_trade(arguments, costs)
    fills = _fills(arguments, costs, asked.instrument.symbol)
    guards, equity = guards_of(arguments, asked.limits)
    if arguments.report is not None:
        check_report(arguments.report, arguments.prices, force=arguments.force)
    if arguments.tui and arguments.trace is not None:
        raise ValueError("--trace and --tui: give one of them")
    engine = _engine(arguments, fills)
    if engine is not Engine.EXACT:
        return _in_columns(arguments, asked, costs, engine)

    def prepare() -> _Prepared:
        series = load_prices(arguments.prices, asked.instrument.symbol, _kind(arguments))
        if fills is not None:
            series = replace(series, notes=(*series.notes, *fills.notes))
        parts = cut(series, arguments)
        plan = asked.checked_plan(parts.walked.prices[0], costs.fee_rate)
        return _Prepared(parts, Walk(parts.walked, Attempt(plan, costs, asked.exits, guards, equity, fills)))

    return _on_screen(arguments, asked, prepare) if arguments.tui else _printed(arguments, asked, prepare)


class _Prepared(NamedTuple):
    """The price file, and what is walked of it."""

    parts: SeriesParts[Series]
    walk: Walk


def _printed(arguments: argparse.Namespace, asked: WalkedTrade, prepare: Callable[[], _Prepared]) -> int:
    """Walk, and print what it came to."""
    began = time.perf_counter()
    parts, walk = prepare()
    loaded = time.perf_counter()
    costs = walk.attempt.costs
    with ExitStack() as stack:
        trace: TextIO | None = None
        if arguments.trace is not None:
            walk.attempt.plan.check_at(walk.series.prices[0])  # before a file is written
            trace = stack.enter_context(trace_file(arguments))
        began_run = time.perf_counter()

        def write(tick: int, record: MoveRecord) -> None:
            if trace is not None:
                trace.write(json.dumps(trace_row(record, tick)) + "\n")

        recorder = None if arguments.report is None else CourseRecorder(costs)
        run = walk.run(recorder, None if trace is None else write)
        timing = RunTime(loaded - began, time.perf_counter() - began_run)
    there: ToldRun | None = None
    if (other := walk.other_way()) is not None:
        if recorder is not None:
            there = other.told(CourseRecorder(costs))
        run.other_way = (other.run() if there is None else there.run).net_pnl
    evidence = _tell(arguments, asked, parts, walk.attempt, run, timing)
    if recorder is not None:
        _report(arguments, ToldRun(run, recorder.course, costs, there, evidence.weighed), timing)
    return 0


def _in_columns(arguments: argparse.Namespace, asked: WalkedTrade, costs: Costs, engine: Engine) -> int:
    """The same over a series in columns, where the compiled ladder may walk."""
    from hypertui.backtest.engines import walk_by
    from hypertui.series.loading import load_ticks

    began = time.perf_counter()
    parts = cut(load_ticks(arguments.prices, asked.instrument.symbol, _kind(arguments)), arguments)
    loaded = time.perf_counter()
    ticks = parts.walked
    plan = asked.checked_plan(ticks.price(0), costs.fee_rate)
    load_fast()  # once it is known that there is something to walk
    began_run = time.perf_counter()
    outcome = walk_by(engine, ticks, plan, costs, asked.exits, blocks=parts_of(ticks))
    timing = RunTime(loaded - began, time.perf_counter() - began_run)
    if ticks.per_row > 1:
        outcome.other_way = walk_by(engine, ticks.other_way(), plan, costs, asked.exits).net_pnl
    _tell(arguments, asked, parts, Attempt(plan, costs, asked.exits), outcome, timing)
    return 0


def _on_screen(arguments: argparse.Namespace, asked: WalkedTrade, prepare: Callable[[], _Prepared]) -> int:
    """Walk on a page of its own; what it came to is printed when that is left."""
    from hypertui.cli.work_screen import require_terminal, show_work

    require_terminal(arguments)
    prepared: list[_Prepared] = []

    def load() -> Walk:
        prepared.append(prepare())
        return prepared[0].walk

    work = BacktestWork(str(arguments.prices.name), time.monotonic)
    watched = WatchedWalk(work, load, time.monotonic)
    status = show_work(work, watched.run, arguments)
    if watched.error is not None:
        raise watched.error
    told, timing = watched.told, watched.timing
    if told is None or timing is None:
        print("stopped before its end")
        return status
    parts, walk = prepared[0]
    if told.other is not None:
        told.run.other_way = told.other.run.net_pnl
    evidence = _tell(arguments, asked, parts, walk.attempt, told.run, timing)
    if arguments.report is not None:
        _report(arguments, replace(told, weighed=evidence.weighed), timing)
    return status


def _tell(
    arguments: argparse.Namespace,
    asked: WalkedTrade,
    parts: SeriesParts[Walked],
    attempt: Attempt,
    made: Outcome,
    timing: RunTime,
) -> Evidence:
    """Print what it has come to, with what that is worth where that was asked for; it is counted as a try."""
    later = None if parts.opens_at is None else asked.plan(parts.opens_at, attempt.costs.fee_rate)
    evidence = evidence_of(parts, attempt, made, later, asked.state_dir)
    if arguments.json:
        print(json.dumps({**summary(made, timing), **evidence.summary}))
    else:
        print(in_words(made, attempt.costs, timing) + evidence.words)
    return evidence


def _report(arguments: argparse.Namespace, told: ToldRun, timing: RunTime) -> None:
    path = arguments.report
    whole = report_picture(told) if is_picture(path) else report_page(told, timing, wall_ms()).encode()
    write_report(path, whole, force=arguments.force, aside=arguments.json)


def _kind(arguments: argparse.Namespace) -> PriceKind | None:
    return None if arguments.price is None else PriceKind(arguments.price)


def _engine(arguments: argparse.Namespace, fills: FillModel | None) -> Engine:
    """The one that walks: fills that come late, or by draws, are the exact one's alone."""
    if fills is None:
        return chosen_engine(arguments)
    if arguments.engine == Engine.FAST:
        said = "--engine fast fills at the touch"
        raise ValueError(f"{said}: --latency and --slippage journal are walked by --engine exact")
    return Engine.EXACT


def _fills(arguments: argparse.Namespace, costs: Costs, symbol: str) -> FillModel | None:
    """How its fills are, where the flags ask for more than a fixed slippage."""
    refuse_unused(arguments)
    if arguments.evidence and (is_measured(arguments) or arguments.latency is not None):
        said = "what --evidence compares it with fills at the touch"
        raise ValueError(f"{said}: give it without --latency and --slippage journal")
    if not is_measured(arguments):
        return fixed_model(arguments, costs)
    from hypertui.cli.recorded import measured_model

    return measured_model(arguments, costs, symbol)
