"""The command line of how a trade enters, and of the rules that end it."""

from __future__ import annotations

import argparse
from typing import Any

ENTRY_FLAGS = ("entry", "entry_order", "entry_price", "reprices", "unfilled", "reenter")
EXIT_FLAGS = (
    "hard_stop",
    "soft_stop",
    "trailing_arm",
    "trailing_atr",
    "trailing_step",
    "trailing_min",
    "trailing_max",
    "take_profit",
    "time_stop",
    "signal_exit",
)


def add_entry_and_exits(parser: argparse.ArgumentParser, default: Any = None) -> None:
    """The flags of a bracket's entry, and of the exits of any trade."""

    def add(group: Any, *names: str, **options: Any) -> None:
        group.add_argument(*names, default=default, **options)

    entry = parser.add_argument_group("entry", "of a bracket; see docs/bracket.md")
    add(entry, "--entry", metavar="WHEN", help="now, or told: by hypertui ctl open")
    add(entry, "--entry-order", metavar="KIND", help="limit (post only), stop or market")
    add(
        entry,
        "--entry-price",
        metavar="USD",
        help="of a limit or stop; a limit without one follows the price",
    )
    add(entry, "--reprices", metavar="N", help="how often a limit is moved at most: 5")
    add(entry, "--unfilled", metavar="WHAT", help="what becomes of it then: give-up or cross")
    add(
        entry,
        "--reenter",
        metavar="TIME",
        help="how long after an exit it may be told again: 30m; default: it ends",
    )

    exits = parser.add_argument_group("exits", "rules that end the trade as a whole; see docs/strategy.md")
    add(
        exits,
        "--hard-stop",
        metavar="PERCENT",
        help="net loss of what it began with at which it ends; 5%% of a bracket",
    )
    add(exits, "--soft-stop", metavar="PERCENT", help="the same, where the price stays there for a moment")
    add(exits, "--trailing-arm", metavar="PERCENT", help="net gain from which on a stop trails: 3.5%%")
    add(exits, "--trailing-atr", metavar="X", help="how many ATR under the highest price it stands: 2")
    add(exits, "--trailing-step", metavar="X", help="how many ATR it moves up by at least: 0.5")
    add(exits, "--trailing-min", metavar="PERCENT", help="how near to the highest price it may come: 1%%")
    add(exits, "--trailing-max", metavar="PERCENT", help="how far from it it may be: 2%%")
    add(exits, "--take-profit", metavar="PERCENT", help="net gain at which it ends")
    add(exits, "--time-stop", metavar="TIME", help="how long it may last: 90m, 36h, 2d")
    add(exits, "--signal-exit", action="store_const", const=True, help="let `hypertui ctl exit` close it")
