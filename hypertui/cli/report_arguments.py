"""The arguments of the reports of `hypertui ledger`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any

from hypertui.cli.values import file_path

_REPORTS = {
    "fills": "every fill and what it realised",
    "lots": "what is held, or was at --until, oldest first",
    "allocations": "which coins each closing fill closed, with cost and proceeds",
    "pnl": "profit and loss, fees, funding, drawdown and ratios",
    "cycles": "the ladder's cycles",
    "exits": "orders that closed something, with reason, slippage and hold time",
    "cash": "funding, deposits, withdrawals and other transfers",
    "review": "what does not add up and waits for somebody to look at it",
    "export": "one row for each allocation and funding payment, for a tax return",
    "check": "whether everything adds up, also with what the exchange said; exit status 1 if not",
    "report": "one HTML page with charts, to be opened without a network",
}


def add_reports(commands: Any, command: Callable[[Any, str, str], argparse.ArgumentParser]) -> None:
    """One command for each report; `command` makes it with the flags that say which journal."""
    for name, text in _REPORTS.items():
        report = command(commands, name, text)
        add = report.add_argument_group("what of it").add_argument
        add("--network", choices=["paper", "testnet", "mainnet"], default=argparse.SUPPRESS)
        add("--account", metavar="0x…", help="one account's; default: all")
        # A flag that was given before the command must not be reset by the command's own default.
        add("--symbol", metavar="NAME", default=argparse.SUPPRESS, help="one market's; default: all")
        add("--trade", metavar="ID", help="one trade's, by its 16 hex digits")
        add("--since", metavar="TIME", help="from this day or time on (UTC)")
        add("--until", metavar="TIME", help="up to, and without, this day or time (UTC)")
        shape = report.add_mutually_exclusive_group()
        shape.add_argument("--json", action="store_true", help="amounts as decimal strings")
        shape.add_argument("--csv", action="store_true")
        if name == "pnl":
            report.add_argument(
                "--by",
                choices=["day", "hour", "cycle", "unit", "reason", "source", "source-reason"],
                help="one row for each; hour: of the day, UTC",
            )
        if name == "report":
            report.add_argument("--out", type=file_path, metavar="FILE", help="default: standard output")
            report.add_argument("--force", action="store_true", help="let --out overwrite a file")
