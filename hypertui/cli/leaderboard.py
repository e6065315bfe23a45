"""`hypertui leaderboard`: what has earned, by market, by source or by settings, and how surely."""

from __future__ import annotations

import argparse
from decimal import Decimal

from hypertui.cli.arguments import FLAG_NAMES, setting_flags
from hypertui.cli.places import journal_url, state_folder
from hypertui.cli.tables import Format, write_rows
from hypertui.cli.values import amount, typed
from hypertui.core.clock import wall_ms
from hypertui.core.market import plain
from hypertui.journal import JournalError
from hypertui.journal.history import History
from hypertui.ledger.leaderboard import BoardTerms, leaderboard
from hypertui.ledger.reports.board_table import board_records, board_rows
from hypertui.ledger.sample_keys import SampleKeys
from hypertui.ledger.samples import samples
from hypertui.ledger.scope import Scope
from hypertui.settings import load_settings

_LEAST, _MOST = Decimal("0.1"), Decimal(3_650)  # days


def show_leaderboard(arguments: argparse.Namespace) -> int:
    """Run the command. Raises ValueError with one line for bad input."""
    settings = load_settings(arguments.config, setting_flags(arguments, of_a_trade=False), FLAG_NAMES)
    terms = BoardTerms(_days("--days", arguments.days), _days("--half-life", arguments.half_life))
    url = journal_url(settings.ledger.url, state_folder(settings))
    how: Format = "json" if arguments.json else "csv" if arguments.csv else "table"
    account, by, now = arguments.account, arguments.by, wall_ms()
    try:
        with History.open(url) as history:
            scope = Scope(
                history,
                settings.network.value,
                None if account is None else account.lower(),
                getattr(arguments, "symbol", None),
            )
            keys = SampleKeys(history)
            standings = leaderboard(((keys.of(each, by), each) for each in samples(scope)), terms, now)
            place = history.place
    except JournalError as error:
        raise ValueError(str(error)) from None
    nothing = (
        f"nothing has ended in the last {plain(terms.days)} days in the journal {place} for {scope.network}"
    )
    rows = board_rows(standings, by) if how == "table" else board_records(standings, by)
    write_rows(rows, how, nothing, {})
    return 0


def _days(name: str, text: str) -> Decimal:
    found = amount(name, text)
    if not _LEAST <= found <= _MOST:
        raise ValueError(f"{name} {typed(text)} is not from {_LEAST} to {_MOST} days")
    return found
