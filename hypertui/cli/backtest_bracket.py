"""`hypertui backtest --only NAME` of a bracket: the same file, the same costs, its own report."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator

from hypertui.backtest.bracket_walk import BracketRun, walk_bracket
from hypertui.backtest.engine_kind import Engine
from hypertui.backtest.instant_exchange import Costs
from hypertui.cli.arguments import FLAG_NAMES, setting_flags
from hypertui.cli.fill_flags import MEASURED
from hypertui.core.market import Instrument, plain
from hypertui.core.phrases import at_price, usd
from hypertui.core.price_series import PriceKind
from hypertui.series.prices import load_prices
from hypertui.settings import load_settings
from hypertui.strategy.bracket.terms import BracketTerms
from hypertui.strategy.exits.contradictions import contradictions, contradictions_at
from hypertui.trade_settings import TradeSettings

_NOT_HERE = (
    *("guards", "equity", "trace", "report", "tui", "evidence", "holdout", "open_holdout", "latency"),
    *("journal", "trade", "seed"),
)


def chosen_bracket(arguments: argparse.Namespace) -> TradeSettings | None:
    """The bracket that --only names; None where that is none, or names several."""
    if arguments.only is None:
        return None
    settings = load_settings(arguments.config, setting_flags(arguments), FLAG_NAMES, arguments.only)
    named = settings.trades[0] if len(settings.trades) == 1 else None
    return named if named is not None and named.strategy == "bracket" else None


def walk(arguments: argparse.Namespace, trade: TradeSettings, instrument: Instrument, costs: Costs) -> int:
    """Walk it, and print how it went. Raises ValueError with one line for bad input."""
    for flag in _NOT_HERE:
        if getattr(arguments, flag, None):
            said = f"--{flag.replace('_', '-')} goes with a ladder"
            raise ValueError(f"{said}, and {trade.name} is a bracket")
    if arguments.engine == Engine.FAST:
        raise ValueError(f"--engine fast walks a ladder, and {trade.name} is a bracket")
    if costs.funding:
        raise ValueError(f"--funding is counted for a ladder, and {trade.name} is a bracket")
    if arguments.slippage == MEASURED:
        raise ValueError(f"--slippage journal goes with a ladder, and {trade.name} is a bracket")
    terms, exits = trade.terms(), trade.exits()
    assert isinstance(terms, BracketTerms), "its strategy says so"
    terms.check(instrument, trade.leverage)
    began = time.perf_counter()
    kind = None if arguments.price is None else PriceKind(arguments.price)
    series = load_prices(arguments.prices, instrument.symbol, kind)
    loaded = time.perf_counter()
    first = series.prices[0]
    for wrong in (
        *contradictions(exits, None, costs.fee_rate),
        *contradictions_at(exits, first, instrument, costs.fee_rate, None),
    ):
        raise ValueError(wrong)
    plan = terms.settled(instrument, first, costs.fee_rate).plan(instrument, trade.leverage)
    run = walk_bracket(series, plan, costs, exits)
    load_s, run_s = loaded - began, time.perf_counter() - loaded
    if arguments.json:
        print(json.dumps({**_summary(run), "timing": {"load_s": load_s, "run_s": run_s}}))
    else:
        rows = [*_rows(run), ("time", f"{load_s:.2f} s to load, {run_s:.2f} s to run")]
        width = max(len(name) for name, _ in rows)
        print("\n".join(f"{name:<{width}}  {text}" for name, text in rows))
    return 0


def _summary(run: BracketRun) -> dict[str, object]:
    bracket, book = run.bracket, run.bracket.book
    return {
        "strategy": "bracket",
        "symbol": bracket.instrument.symbol,
        "rows": run.series.rows,
        "ticks": run.ticks,
        "fills": run.fills,
        "entries": bracket.told,
        "exits": dict(sorted(run.ends.items())),
        "position": plain(book.position),
        "realized_pnl": plain(book.realized_pnl),
        "unrealized_pnl": plain(book.unrealized_pnl(run.last_price)),
        "fees": plain(book.fees),
        "max_drawdown": plain(run.max_drawdown),
        "finished": run.finished or None,
    }


def _rows(run: BracketRun) -> Iterator[tuple[str, str]]:
    bracket, book = run.bracket, run.bracket.book
    symbol = bracket.instrument.symbol
    yield "bracket", f"{symbol}, {usd(bracket.plan.position_size)} USD"
    yield "prices", f"{run.ticks:,} of {len(run.series.prices):,}, the last one {at_price(run.last_price)}"
    ends = ", ".join(f"{count} by {words}" for words, count in sorted(run.ends.items()))
    yield "entries", f"{bracket.told:,}, {run.fills:,} fills"
    yield "exits", ends or "none"
    yield "net", f"{book.net_pnl(run.last_price):+,.2f} USD after all fees"
    yield "fees", f"{usd(book.fees)} USD"
    yield "drawdown", f"{usd(run.max_drawdown)} USD"
    held = book.position
    yield "position", f"{plain(held)} {symbol}" if held else "none"
    if run.finished:
        yield "ended", run.finished
