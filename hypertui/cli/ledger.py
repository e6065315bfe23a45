"""`hypertui ledger`: query the journal, report on it, copy it, and prune it."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, date, datetime
from pathlib import Path

from hypertui.cli.arguments import FLAG_NAMES, setting_flags
from hypertui.cli.places import journal_url, state_folder
from hypertui.core.redaction import harmless
from hypertui.journal import JournalError
from hypertui.settings import load_settings


def ledger(arguments: argparse.Namespace) -> int:
    """Carry out one of the ledger's commands; 1 says that a check found something. Raises ValueError with one
    line for bad input."""
    settings = load_settings(arguments.config, setting_flags(arguments, of_a_trade=False), FLAG_NAMES)
    folder = state_folder(settings)
    url = journal_url(settings.ledger.url, folder)
    try:
        match arguments.ledger_command:
            case "why":
                _why(url, arguments.order, arguments.json)
            case "backup":
                _back_up(url, arguments.file or _next_backup(folder))
            case "prune":
                _prune(url, arguments.before, arguments.dry_run)
            case _:
                from hypertui.cli.reports import report

                return report(url, settings.network.value, arguments)
    except JournalError as error:
        raise ValueError(str(error)) from None
    return 0


def _why(url: str, order: str, as_json: bool) -> None:
    from hypertui.journal.history import History
    from hypertui.ledger import order_history, order_history_text

    with History.open(url) as journal:
        told = order_history.tell(journal, order_history.find(journal, order))
    if as_json:
        print(json.dumps(order_history_text.record(told)))
        return
    for line in order_history_text.in_words(told):
        print(harmless(line))  # the exchange's words are among them


def _next_backup(folder: Path) -> Path:
    return folder / "backups" / f"journal-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.db"


def _back_up(url: str, file: Path) -> None:
    from hypertui.journal.backup import back_up

    made = back_up(url, file)
    rows = ", ".join(f"{count} {name}" for name, count in made.rows.items() if count)
    print(f"{made.file}: {made.size} bytes, checked: {rows or 'no rows yet'}")


def _prune(url: str, before: str, dry_run: bool) -> None:
    from hypertui.journal.pruning import prune

    try:
        day = date.fromisoformat(before)
    except ValueError:
        raise ValueError(f"--before {before} is not a date (YYYY-MM-DD)") from None
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
    done = prune(url, round(moment.timestamp() * 1000), dry_run)
    verb = "would go" if dry_run else "are gone"
    print(
        f"{done.rows} inputs, statuses, prices and account states of {done.trades} trades that ended"
        f" before {before} {verb}; their fills, steps, orders and funding stay"
    )
