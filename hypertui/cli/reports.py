"""`hypertui ledger fills|lots|…`: reports on a journal that is opened read-only."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from hypertui.cli.report_files import write_report
from hypertui.cli.tables import Format, write_figures, write_rows, write_words
from hypertui.cli.values import typed
from hypertui.core.clock import wall_ms
from hypertui.core.redaction import harmless
from hypertui.journal.history import History
from hypertui.ledger.check import check
from hypertui.ledger.reports import lists
from hypertui.ledger.reports.markets import instruments
from hypertui.ledger.reports.page import page
from hypertui.ledger.reports.profit import statement
from hypertui.ledger.reports.statement_words import statement_in_words
from hypertui.ledger.scope import FOREVER, Scope

_WRONG = 1

_LISTS: dict[str, Callable[[Scope], Iterator[lists.Row]]] = {
    "fills": lists.fills,
    "lots": lists.lots,
    "allocations": lists.allocations,
    "exits": lists.exits,
    "cash": lists.cash,
    "review": lists.review,
    "export": lists.tax,
}


def report(url: str, network: str, arguments: argparse.Namespace) -> int:
    """Print a report of the journal at `url`; 1 says that the check found something. Raises ValueError with
    one line for bad input, and JournalError."""
    with History.open(url) as history:
        return _report(arguments, _scope(arguments, history, network))


def _scope(arguments: argparse.Namespace, history: History, network: str) -> Scope:
    account, trade = arguments.account, arguments.trade
    return Scope(
        history,
        network,
        None if account is None else account.lower(),
        getattr(arguments, "symbol", None),
        None if trade is None else trade.lower(),
        0 if arguments.since is None else _moment("--since", arguments.since),
        FOREVER if arguments.until is None else _moment("--until", arguments.until),
    )


def _report(arguments: argparse.Namespace, scope: Scope) -> int:
    how: Format = "json" if arguments.json else "csv" if arguments.csv else "table"
    what: str = arguments.ledger_command
    if scope.trade is not None and not any(True for _ in scope.trades()):
        raise ValueError(f"trade {scope.trade} is not in the journal {scope.history.place}")
    match what:
        case "pnl" if arguments.by is None:
            _profit(scope, how)
        case "pnl":
            _rows(statement(scope).rows(arguments.by), what, scope, how)
        case "cycles":
            _rows(statement(scope).cycles.rows(), what, scope, how)
        case "check":
            return _check(scope, how)
        case "report":
            _page(scope, arguments.out, arguments.force)
        case _:
            _rows(_LISTS[what](scope), what, scope, how)
    return 0


def _rows(rows: Iterator[lists.Row], what: str, scope: Scope, how: Format) -> None:
    nothing = f"no {what} in the journal {scope.history.place} for {scope.network}"
    write_rows(rows, how, nothing, instruments(scope) if how == "table" else {})


def _profit(scope: Scope, how: Format) -> None:
    found = statement(scope)
    if how != "table":
        write_figures(found.summary(), how)
    elif not found.totals.fills:
        print(f"no fills in the journal {scope.history.place} for {scope.network}")
    else:
        write_words(statement_in_words(found))


def _check(scope: Scope, how: Format) -> int:
    verdict = check(scope)
    figures: dict[str, int] = {
        "fills": verdict.fills,
        "allocations": verdict.allocations,
        "flat_points": verdict.flat_points,
        "transfers": verdict.transfers,
        "dust": verdict.dust,
        "problems": verdict.wrong,
    }
    if how == "table":
        write_words((name.replace("_", " "), f"{count:,}") for name, count in figures.items())
        for text in verdict.problems:
            print(harmless(text))
    else:
        write_figures(figures | ({"texts": verdict.problems} if how == "json" else {}), how)
    return _WRONG if verdict.wrong else 0


def _page(scope: Scope, out: Path | None, force: bool) -> None:
    text = page(scope, statement(scope), check(scope), wall_ms())
    if out is None:
        sys.stdout.write(text)
        return
    write_report(out, text.encode(), force=force)


def _moment(name: str, text: str) -> int:
    """A day or a time in UTC as ms."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        form = "neither a day (2026-01-31) nor a time (2026-01-31T12:00)"
        raise ValueError(f"{name} {typed(text)} is {form}") from None
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
