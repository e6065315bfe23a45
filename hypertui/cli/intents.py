"""`hypertui intents`: what sources outside wanted, and what became of it, by the journal."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from hypertui.cli.arguments import FLAG_NAMES, setting_flags
from hypertui.cli.places import journal_url, state_folder
from hypertui.cli.tables import write_rows
from hypertui.cli.values import integer, typed
from hypertui.journal import JournalError
from hypertui.journal.errors import NoJournal
from hypertui.journal.intents import IntentJournal
from hypertui.journal.records import IntentRecord
from hypertui.settings import Settings, load_settings

_MOST_ROWS = 10_000


def intents(arguments: argparse.Namespace) -> int:
    """Run the command. Raises ValueError with one line for bad input."""
    settings = load_settings(arguments.config, setting_flags(arguments, of_a_trade=False), FLAG_NAMES)
    write_intents(settings, arguments)
    return 0


def write_intents(settings: Settings, arguments: argparse.Namespace, source: str = "") -> None:
    """Print the newest intents, newest last; those of one source where it is named. Raises ValueError."""
    last = integer("--last", arguments.last)
    if not 0 < last <= _MOST_ROWS:
        raise ValueError(f"--last {typed(arguments.last)} is not from 1 to {_MOST_ROWS}")
    rows = _read(settings, last, source)
    nothing = f"no intent is in the journal of {settings.network.value} yet"
    write_rows(_rows(reversed(rows)), "json" if arguments.json else "table", nothing, {})


def _read(settings: Settings, last: int, source: str) -> Sequence[IntentRecord]:
    url = journal_url(settings.ledger.url, state_folder(settings))
    try:
        journal = IntentJournal.read(url, settings.network.value)
        try:
            return journal.newest(last, source)
        finally:
            journal.close()
    except NoJournal:
        return ()
    except JournalError as error:
        raise ValueError(str(error)) from None


def _rows(records: Iterator[IntentRecord]) -> Iterator[dict[str, object]]:
    for record in records:
        moment = datetime.fromtimestamp(record.received_at / 1_000, UTC).isoformat(timespec="milliseconds")
        yield {
            "time": moment.replace("+00:00", "Z"),
            "source": record.source,
            "verb": record.verb,
            "trade": record.trade,
            "id": record.id,
            "state": record.state,
            "reason": record.reason,
            "took_ms": record.changed_at - record.received_at,
            "text": record.text,
        }
