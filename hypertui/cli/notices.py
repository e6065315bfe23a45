"""`hypertui notices`: a test of each channel, and what the queue has sent and not sent."""

from __future__ import annotations

import argparse
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty, SimpleQueue

from hypertui.cli.arguments import FLAG_NAMES, setting_flags
from hypertui.cli.outgoing import notice_plan, queue_file
from hypertui.cli.places import state_folder
from hypertui.cli.tables import write_rows
from hypertui.cli.values import integer, typed
from hypertui.core.clock import CLOCK
from hypertui.notices.outbox import newest
from hypertui.notices.sender import Delivered, Letter, Sender
from hypertui.port.snapshot import Severity
from hypertui.settings import Settings, load_settings

_FAILED = 1
_PATIENCE = 60  # seconds that a channel may take
_MOST_ROWS = 10_000


def notices(arguments: argparse.Namespace) -> int:
    """Run one of the commands; 1 says that a channel did not take the test. Raises ValueError with one line
    for bad input."""
    settings = load_settings(arguments.config, setting_flags(arguments, of_a_trade=False), FLAG_NAMES)
    if arguments.notices_command == "test":
        return _test(settings)
    _log(state_folder(settings), arguments)
    return 0


def _test(settings: Settings, patience: float = _PATIENCE) -> int:
    """Send a notice by each channel, all at once; one that hangs is waited for so many seconds."""
    plan = notice_plan(settings)
    if plan is None:
        raise ValueError("notices.urls_file is not set: there is no channel to test")
    arrived: SimpleQueue[Delivered] = SimpleQueue()
    letter = Letter(Severity.INFO, "hypertui: test", f"a test of the notices on {settings.network.value}")
    for channel in plan.channels:
        sender = Sender(channel, arrived.put, CLOCK)
        sender.start()
        sender.give(letter)
    waiting, failed = [channel.name for channel in plan.channels], False
    until = CLOCK() + round(patience * 1_000)
    while waiting:
        try:
            delivered = arrived.get(timeout=max(0.0, (until - CLOCK()) / 1_000))
        except Empty:
            break
        waiting.remove(delivered.channel)
        failed = failed or bool(delivered.trouble)
        words = delivered.trouble or f"ok in {delivered.took / 1_000:.2f} s"
        print(f"{delivered.channel}: {words}", flush=True)
    for name in waiting:
        print(f"{name}: no answer after {patience:g} s")
    return _FAILED if failed or waiting else 0


def _log(folder: Path, arguments: argparse.Namespace) -> None:
    last = integer("--last", arguments.last)
    if not 0 < last <= _MOST_ROWS:
        raise ValueError(f"--last {typed(arguments.last)} is not from 1 to {_MOST_ROWS}")
    file = queue_file(folder)
    rows = list(_rows(file, last)) if file.exists() else []
    write_rows(rows, "json" if arguments.json else "table", f"no notice was queued in {file} yet", {})


def _rows(file: Path, last: int) -> Iterator[dict[str, object]]:
    """The queue's newest rows, oldest first. Raises ValueError for a file that is none."""
    try:
        found = newest(file, last)
    except sqlite3.Error as error:
        raise ValueError(f"the queue of notices {file} cannot be read: {error}") from None
    for row in reversed(found):
        moment = datetime.fromtimestamp(row.notice.at / 1_000, UTC).isoformat(timespec="milliseconds")
        yield {
            "time": moment.replace("+00:00", "Z"),
            "severity": row.notice.severity.value,
            "trade": row.notice.trade,
            "text": row.notice.text,
            "channel": row.channel,
            "state": row.state.value,
            "attempts": row.attempts,
            "note": row.note,
        }
