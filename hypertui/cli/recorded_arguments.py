"""The arguments of `hypertui backtest` that have to do with a journal."""

from __future__ import annotations

import argparse

STATE_JOURNAL = ""  # that of the state folder, where none is named


def add_recorded(parser: argparse.ArgumentParser) -> None:
    """A session against its backtest, and fills as a journal measures them."""
    group = parser.add_argument_group(
        "a session and its fills",
        "without PRICES, --journal walks a session and compares; see docs/recorded.md",
    )
    group.add_argument(
        "--journal",
        nargs="?",
        const=STATE_JOURNAL,
        metavar="JOURNAL",
        help="a journal's file or URL; without one that of the state folder",
    )
    group.add_argument("--trade", metavar="ID|SYMBOL", help="which of its trades; default: the newest")
    group.add_argument(
        "--latency", metavar="TIME", help="from a touch to its fill: 250ms, or journal (as measured there)"
    )
    group.add_argument("--seed", metavar="N", help="of the draws from what was measured (1)")
    same = argparse.SUPPRESS  # these may stand before the command as well
    which = group.add_mutually_exclusive_group()
    for name in ("paper", "testnet", "mainnet"):
        text = f"the state folder's {name} journal"
        which.add_argument(
            f"--{name}", dest="network", action="store_const", const=name, default=same, help=text
        )
