"""`hypertui signals log`: what changed when in running engines, and what became of each firing, by the
journal."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from hypertui.cli.arguments import FLAG_NAMES, setting_flags
from hypertui.cli.places import journal_url, state_folder
from hypertui.cli.tables import write_rows
from hypertui.cli.values import integer, typed
from hypertui.core.candles import Interval
from hypertui.core.clock import wall_ms
from hypertui.core.market import plain
from hypertui.journal import JournalError
from hypertui.journal.errors import NoJournal
from hypertui.journal.intents import KEPT_FOR, IntentJournal
from hypertui.journal.records import IntentRecord
from hypertui.journal.signals import SignalJournal, SignalRecord
from hypertui.settings import Settings, load_settings
from hypertui.signals.codec import NoSignalState, decode

_MOST_ROWS = 10_000
_Intents = Mapping[tuple[str, str], IntentRecord]


def signal_log(arguments: argparse.Namespace) -> int:
    """Run the command. Raises ValueError with one line for bad input."""
    settings = load_settings(arguments.config, setting_flags(arguments, of_a_trade=False), FLAG_NAMES)
    last, name = integer("--last", arguments.last), arguments.name.lower()
    if not 0 < last <= _MOST_ROWS:
        raise ValueError(f"--last {typed(arguments.last)} is not from 1 to {_MOST_ROWS}")
    try:
        rows, intents = _read(settings, last, name)
    except JournalError as error:
        raise ValueError(str(error)) from None
    of = f" of {typed(name)}" if name else ""
    nothing = f"no signal{of} is in the journal of {settings.network.value} yet"
    write_rows(_rows(reversed(rows), intents), "json" if arguments.json else "table", nothing, {})
    return 0


def _read(settings: Settings, last: int, name: str) -> tuple[Sequence[SignalRecord], _Intents]:
    url, network = journal_url(settings.ledger.url, state_folder(settings)), settings.network.value
    try:
        journal = SignalJournal.read(url, network)
    except NoJournal:
        return (), {}
    try:
        rows = journal.newest(last, name)
    finally:
        journal.close()
    keys = [(row.source, row.key) for row in rows if row.key]
    if not keys:
        return rows, {}
    kept = IntentJournal.read(url, network)
    try:
        return rows, kept.of_keys(keys)
    finally:
        kept.close()


def _rows(rows: Iterator[SignalRecord], intents: _Intents) -> Iterator[dict[str, object]]:
    for row in rows:
        intent = intents.get((row.source, row.key)) if row.key else None
        phase, side = _state(row)
        yield {
            "time": _time(row.at),
            "signal": row.signal,
            "symbol": row.symbol,
            "state": phase,
            "side": side,
            "buy": "" if row.buy is None else f"{row.buy:.2f}",
            "sell": "" if row.sell is None else f"{row.sell:.2f}",
            "close": plain(row.close),
            "fired": "yes" if row.fired else "",
            "kept_from_it": row.why,
            "wanted": row.wants,
            "intent": "" if intent is None else intent.id,
            "became": _became(row, intent),
            "text": "" if intent is None else intent.text,
        }


def _became(row: SignalRecord, intent: IntentRecord | None) -> str:
    if not row.wants:
        return ""
    if intent is None and wall_ms() - row.at > KEPT_FOR:
        return f"not known any more: what came to nothing is kept for {KEPT_FOR // Interval.DAY} days"
    if intent is None:
        return "nothing: it did not come to an intent"
    return f"{intent.state} {intent.reason}".rstrip()


def _state(row: SignalRecord) -> tuple[str, str]:
    try:
        state = decode(row.state)
    except NoSignalState:
        return "unknown", ""
    return state.phase.value, "" if state.side is None else state.side.value


def _time(at: int) -> str:
    return f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"
