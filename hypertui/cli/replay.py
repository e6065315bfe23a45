"""`hypertui replay`: the console over a trade of the past, by its journal."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

from hypertui.cli import streams
from hypertui.cli.arguments import FLAG_NAMES, setting_flags
from hypertui.cli.places import state_folder
from hypertui.cli.shown import show
from hypertui.cli.values import amount, typed
from hypertui.console.keymap import remap
from hypertui.core.redaction import printable
from hypertui.journal import JournalError
from hypertui.journal.history import History
from hypertui.journal.records import TradeRecord
from hypertui.port.commands import Stop
from hypertui.replay.playhead import Playhead
from hypertui.replay.replay_engine import SPEEDS, ReplayEngine
from hypertui.replay.timeline import Timeline
from hypertui.settings import load_settings

_LAST_WORDS = 2_000  # characters


def replay(arguments: argparse.Namespace) -> int:
    """Show it until the operator leaves. Raises ValueError with one line for bad input."""
    speed = float(amount("--speed", arguments.speed))
    if not 0 < speed <= SPEEDS[-1]:
        raise ValueError(f"--speed {typed(arguments.speed)} is not above 0 and at most {SPEEDS[-1]:g}")
    settings = load_settings(arguments.config, setting_flags(arguments, of_a_trade=False), FLAG_NAMES)
    remap(settings.console.keys, replay=True)
    try:
        with History.open(_url(arguments.journal)) as journal:
            trade = chosen(journal.trades(), arguments.trade)
            playhead = Playhead(Timeline(journal, trade))
            if not (streams.are_watched() and streams.can_move_its_cursor()):
                raise ValueError("a replay needs a terminal")
            engine = ReplayEngine(playhead, speed, time.monotonic)
            reason = show(engine, Stop(), settings.console, state_folder(settings), engine)
    except JournalError as error:
        raise ValueError(str(error)) from None
    if reason.text:
        streams.complain(printable(reason.text, _LAST_WORDS))
    return reason.status


def chosen(trades: Sequence[TradeRecord], asked: str | None) -> TradeRecord:
    """The trade of this id or, the newest one, of this symbol; without either the newest of all. Raises
    ValueError."""
    if not trades:
        raise ValueError("the journal has no trade")
    if asked is None:
        return trades[-1]
    found = [trade for trade in trades if asked.lower() == trade.id or asked.upper() == trade.symbol.upper()]
    if not found:
        known = ", ".join(f"{trade.id} ({trade.symbol})" for trade in trades[-5:])
        raise ValueError(f"the journal has no trade {typed(asked)}; the newest are {known}")
    return found[-1]


def _url(journal: str) -> str:
    """The URL of a journal that is named by its file or by its own URL."""
    return journal if "://" in journal else f"sqlite:///{Path(journal).expanduser()}"
