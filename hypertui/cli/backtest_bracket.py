"""`hypertui backtest --only NAME` of a bracket: the same file, the same costs, its own report."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from hypertui.backtest.bracket_trace import BracketStep
from hypertui.backtest.bracket_walk import BracketAttempt, BracketRun, walk_bracket
from hypertui.backtest.candle_ways import other_way
from hypertui.backtest.engine_kind import Engine
from hypertui.backtest.fill_model import FillModel
from hypertui.backtest.guard_report import guard_rows, guards_summary
from hypertui.backtest.instant_exchange import Costs
from hypertui.cli.arguments import FLAG_NAMES, setting_flags
from hypertui.cli.trace_file import trace_file
from hypertui.cli.walked_trade import guards_of
from hypertui.core.market import Instrument, plain
from hypertui.core.phrases import at_price, usd
from hypertui.core.price_series import PriceKind, Series
from hypertui.guard_settings import GuardSettings
from hypertui.series.prices import load_prices
from hypertui.settings import load_settings
from hypertui.strategy.bracket.terms import BracketTerms
from hypertui.strategy.exits.contradictions import contradictions, contradictions_at
from hypertui.trade_settings import TradeSettings

_NOT_HERE = ("report", "tui", "evidence", "holdout", "open_holdout")


class ChosenBracket(NamedTuple):
    """The bracket that is to be walked, and the limits on the risk."""

    trade: TradeSettings
    limits: GuardSettings


def chosen_bracket(arguments: argparse.Namespace) -> ChosenBracket | None:
    """The bracket that --only names; None where that is none, or names several."""
    if arguments.only is None:
        return None
    settings = load_settings(arguments.config, setting_flags(arguments), FLAG_NAMES, arguments.only)
    named = settings.trades[0] if len(settings.trades) == 1 else None
    is_one = named is not None and named.strategy == "bracket"
    return ChosenBracket(named, settings.guards) if named is not None and is_one else None


def walk(
    arguments: argparse.Namespace,
    chosen: ChosenBracket,
    instrument: Instrument,
    costs: Costs,
    fills: FillModel | None,
) -> int:
    """Walk it, and print how it went. Raises ValueError with one line for bad input."""
    trade = chosen.trade
    for flag in _NOT_HERE:
        if getattr(arguments, flag, None):
            said = f"--{flag.replace('_', '-')} goes with a ladder"
            raise ValueError(f"{said}, and {trade.name} is a bracket")
    if arguments.engine == Engine.FAST:
        raise ValueError(f"--engine fast walks a ladder, and {trade.name} is a bracket")
    terms, exits = trade.terms(), trade.exits()
    assert isinstance(terms, BracketTerms), "its strategy says so"
    terms.check(instrument, trade.leverage)
    guards, equity = guards_of(arguments, chosen.limits, cycles_hold=True)
    began = time.perf_counter()
    kind = None if arguments.price is None else PriceKind(arguments.price)
    series = load_prices(arguments.prices, instrument.symbol, kind)
    if fills is not None:
        series = replace(series, notes=(*series.notes, *fills.notes))
    loaded = time.perf_counter()
    first = series.prices[0]
    for wrong in (
        *contradictions(exits, None, costs.fee_rate),
        *contradictions_at(exits, first, instrument, costs.fee_rate, None),
    ):
        raise ValueError(wrong)
    plan = terms.settled(instrument, first, costs.fee_rate).plan(instrument, trade.leverage)
    attempt = BracketAttempt(plan, costs, exits, guards, equity, fills)
    run = _walked(arguments, series, attempt)
    load_s, run_s = loaded - began, time.perf_counter() - loaded
    if (other := other_way(series)) is not None:
        run.other_way = walk_bracket(other, attempt).net_pnl
    if arguments.json:
        print(json.dumps({**_summary(run), "timing": {"load_s": load_s, "run_s": run_s}}))
    else:
        rows = [*_rows(run), ("time", f"{load_s:.2f} s to load, {run_s:.2f} s to run")]
        width = max(len(name) for name, _ in rows)
        print("\n".join(f"{name:<{width}}  {text}" for name, text in rows))
    return 0


def _walked(arguments: argparse.Namespace, series: Series, attempt: BracketAttempt) -> BracketRun:
    if arguments.trace is None:
        return walk_bracket(series, attempt)
    attempt.refuse_over(series)  # before a file is written
    with trace_file(arguments) as trace:

        def write(step: BracketStep) -> None:
            trace.write(json.dumps(step.row()) + "\n")

        return walk_bracket(series, attempt, write)


def _summary(run: BracketRun) -> dict[str, object]:
    bracket, book = run.bracket, run.bracket.book
    return {
        "strategy": "bracket",
        "symbol": bracket.instrument.symbol,
        "rows": run.series.rows,
        "notes": list(run.series.notes),
        "ticks": run.ticks,
        "fills": run.fills,
        "entries": bracket.told,
        "exits": dict(sorted(run.ends.items())),
        "position": plain(book.position),
        "realized_pnl": plain(book.realized_pnl),
        "unrealized_pnl": plain(book.unrealized_pnl(run.last_price)),
        "net_pnl": plain(run.net_pnl),
        "other_way_net_pnl": None if run.other_way is None else plain(run.other_way),
        "fees": plain(book.fees),
        "funding": plain(book.funding),
        "slippage_cost": plain(run.slipped),
        "max_drawdown": plain(run.max_drawdown),
        "finished": run.finished or None,
        **guards_summary(run.equity, run.guards),
    }


def _rows(run: BracketRun) -> Iterator[tuple[str, str]]:
    bracket, book = run.bracket, run.bracket.book
    symbol = bracket.instrument.symbol
    yield "bracket", f"{symbol}, {usd(bracket.plan.position_size)} USD"
    yield "prices", f"{run.ticks:,} of {len(run.series.prices):,}, the last one {at_price(run.last_price)}"
    for note in run.series.notes:
        yield "note", note
    ends = ", ".join(f"{count} by {words}" for words, count in sorted(run.ends.items()))
    yield "entries", f"{bracket.told:,}, {run.fills:,} fills"
    yield "exits", ends or "none"
    yield "net", f"{run.net_pnl:+,.2f} USD after all fees{' and funding' * bool(book.funding)}"
    if run.other_way is not None:
        apart = abs(run.net_pnl - run.other_way)
        yield "candles", f"walked the other way {run.other_way:+,.2f} USD: {usd(apart)} USD apart"
    yield "fees", f"{usd(book.fees)} USD"
    yield "slippage", f"{usd(run.slipped)} USD, fills beyond their triggers"
    if book.funding:
        yield "funding", f"{book.funding:+,.2f} USD"
    yield "drawdown", f"{usd(run.max_drawdown)} USD"
    held = book.position
    yield "position", f"{plain(held)} {symbol}" if held else "none"
    yield from guard_rows(run.equity, run.guards)
    if run.finished:
        yield "ended", run.finished
