"""`hypertui backtest --journal`: a session against its backtest, and fills as a journal measures them."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from hypertui.backtest.fill_model import FillModel
from hypertui.backtest.instant_exchange import Costs
from hypertui.cli.arguments import FLAG_NAMES, setting_flags
from hypertui.cli.fill_flags import MEASURED, fixed_model, is_measured, latency_of
from hypertui.cli.output import new_file
from hypertui.cli.places import journal_url, state_folder
from hypertui.cli.recorded_arguments import STATE_JOURNAL
from hypertui.cli.replay import chosen
from hypertui.cli.trade_arguments import EXIT_FLAGS
from hypertui.cli.values import integer, typed
from hypertui.comparison.measured import measure, model
from hypertui.comparison.report import fill_row, in_words, summary
from hypertui.comparison.session import RecordedSession
from hypertui.comparison.walk import compare
from hypertui.core.redaction import harmless
from hypertui.journal import JournalError
from hypertui.journal.history import History
from hypertui.journal.records import TradeRecord
from hypertui.settings import load_settings

# What a session has settled itself.
_ITS_OWN = (
    "only", "symbol", "unit_size", "position_size", "risk", "leverage", "sz_decimals", "reinvest", "equity",
    "engine", "price", "holdout", "report",
    *EXIT_FLAGS,
)  # fmt: skip


def compare_session(arguments: argparse.Namespace, costs: Costs) -> int:
    """Walk a session of a journal, and tell how it differs from its backtest. Raises ValueError with one line
    for bad input."""
    if arguments.journal is None:
        raise ValueError("the following arguments are required: PRICES; or --journal, a session to walk")
    given = [name for name in _ITS_OWN if getattr(arguments, name, None) is not None]
    given += [name for name in ("guards", "evidence", "open_holdout", "tui") if getattr(arguments, name)]
    if given:
        flag = f"--{given[0].replace('_', '-')}"
        raise ValueError(f"{flag} goes with PRICES: a session is walked as it was, and compared in words")
    try:
        with History.open(_url(arguments)) as history:
            record = chosen(history.trades(), arguments.trade)
            fills = fixed_model(arguments, costs)
            if is_measured(arguments):
                fills = _measured(arguments, costs, history, [record])
            found = compare(RecordedSession(history, record), costs, fills)
    except JournalError as error:
        raise ValueError(str(error)) from None
    if arguments.trace is not None:
        file = arguments.trace
        with new_file(file, f"trace file {file}", force=arguments.force) as out:
            out.writelines(json.dumps(fill_row(pair)) + "\n" for pair in found.pairs)
    if arguments.json:
        print(json.dumps(summary(found)))
    else:
        for line in in_words(found, () if fills is None else fills.notes).splitlines():
            print(harmless(line))
    return 0


def measured_model(arguments: argparse.Namespace, costs: Costs, symbol: str) -> FillModel:
    """The fills of a journal's trades in `symbol`, or of the one that is named. Raises ValueError with one
    line."""
    try:
        with History.open(_url(arguments)) as history:
            trades = [trade for trade in history.trades() if trade.symbol == symbol]
            if arguments.trade is not None:
                trades = [chosen(history.trades(), arguments.trade)]
            if not trades:
                raise ValueError(f"the journal {history.place} has no trade in {typed(symbol)} to measure")
            return _measured(arguments, costs, history, trades)
    except JournalError as error:
        raise ValueError(str(error)) from None


def _measured(
    arguments: argparse.Namespace, costs: Costs, history: History, trades: Sequence[TradeRecord]
) -> FillModel:
    latency = latency_of(arguments.latency)
    slippage = None if arguments.slippage == MEASURED else costs.slippage
    seed = integer("seed", "1" if arguments.seed is None else arguments.seed)
    return model(measure(history, trades), latency, slippage, seed, history.place)


def _url(arguments: argparse.Namespace) -> str:
    journal: str | None = arguments.journal
    if journal is not None and journal != STATE_JOURNAL:
        return journal if "://" in journal else f"sqlite:///{Path(journal).expanduser()}"
    config = getattr(arguments, "config", None)
    settings = load_settings(config, setting_flags(arguments, of_a_trade=False), FLAG_NAMES)
    return journal_url(settings.ledger.url, state_folder(settings))
