"""The arguments of what is about a journal: `ledger`, `status`, `accumulate`, `notices` and `replay`."""

from __future__ import annotations

import argparse
from typing import Any

from hypertui.cli.report_arguments import add_reports
from hypertui.cli.values import file_path


def add_ledger(parser: argparse.ArgumentParser) -> None:
    """The commands of the ledger."""
    parser.description = (
        "Ask the journal, report on it, copy it, and keep it small. Safe while an engine trades."
    )
    commands = parser.add_subparsers(dest="ledger_command", metavar="WHAT", required=True)

    why = _command(commands, "why", "the story of one order: why it was made and what became of it")
    why.add_argument("order", metavar="ORDER", help="client id or order id, or what one begins or ends with")
    why.add_argument("--json", action="store_true", help="as one JSON object")

    backup = _command(commands, "backup", "copy the journal, and check the copy")
    backup.add_argument(
        "file", nargs="?", type=file_path, metavar="FILE", help="default: backups/ in the state folder"
    )

    prune = _command(commands, "prune", "let go of what only an engine needs of trades that have ended")
    prune.add_argument(
        "--before", required=True, metavar="DATE", help="trades that ended before (YYYY-MM-DD, UTC)"
    )
    prune.add_argument("--dry-run", action="store_true", help="only say how much that is")

    add_reports(commands, _command)


def add_leaderboard(parser: argparse.ArgumentParser) -> None:
    """The arguments of `hypertui leaderboard`."""
    parser.description = (
        "What has earned on this network, and how surely: cycles of ladders and stays of brackets that are "
        "over, ranked by the lower bound of their mean (docs/leaderboard.md)."
    )
    parser.add_argument(
        "--by", choices=["symbol", "source", "settings"], default="symbol", help="one row for each (symbol)"
    )
    parser.add_argument("--days", default="30", metavar="N", help="what ended in so many days (30)")
    parser.add_argument("--half-life", default="7", metavar="N", help="days after which it counts half (7)")
    parser.add_argument("--account", metavar="0x…", help="one account's; default: all")
    parser.add_argument(
        "--symbol", metavar="NAME", default=argparse.SUPPRESS, help="one market's; default: all"
    )
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help="amounts as decimal strings")
    shape.add_argument("--csv", action="store_true")
    add_place(parser)
    parser.add_argument(
        "--network", choices=["paper", "testnet", "mainnet"], default=argparse.SUPPRESS, help="(paper)"
    )


def add_status(parser: argparse.ArgumentParser) -> None:
    """The arguments of `hypertui status`."""
    parser.description = "What the journal and the lock say of this network, with or without an engine."
    parser.add_argument("--json", action="store_true", help="as one JSON object")
    parser.add_argument("--events", default="10", metavar="N", help="how many of the last events (10)")
    add_place(parser)


def add_notices(parser: argparse.ArgumentParser) -> None:
    """The arguments of `hypertui notices`."""
    parser.description = "Notices that leave this machine: try the channels, and see what was sent."
    parser.epilog = "exit status: 0 done, 1 a channel did not take the test, 2 bad input"
    commands = parser.add_subparsers(dest="notices_command", metavar="COMMAND", required=True)
    _command(commands, "test", "send one test notice by each channel, and say what becomes of it")
    log = _command(commands, "log", "the newest notices of this network, and how far each has come")
    log.add_argument("--last", default="50", metavar="N", help="how many, for each channel one (50)")
    log.add_argument("--json", action="store_true", help="as JSON")


def add_accumulate(parser: argparse.ArgumentParser) -> None:
    """The arguments of `hypertui accumulate`."""
    parser.description = (
        "What has become of each day's share of the profit, newest last, and what would move if today ended "
        "now. Moves nothing, and asks no exchange."
    )
    parser.add_argument("--last", default="30", metavar="N", help="how many rows of the past (30)")
    parser.add_argument("--json", action="store_true", help="as JSON")
    add_place(parser)


def add_replay(parser: argparse.ArgumentParser) -> None:
    """The arguments of `hypertui replay`."""
    parser.description = "Show a trade in the console as it was, by its journal. Trades and changes nothing."
    parser.add_argument("journal", metavar="JOURNAL", help="the journal's file, or its URL")
    parser.add_argument(
        "--trade", metavar="ID|SYMBOL", help="which trade; of a symbol the newest; default: the newest of all"
    )
    parser.add_argument("--speed", default="20", metavar="X", help="seconds of then in one of now (20)")


def add_place(parser: argparse.ArgumentParser) -> None:
    """The flags that say which journal; they may also stand before the command."""
    group = parser.add_argument_group("journal")

    def add(to: Any, *names: str, **options: Any) -> None:
        to.add_argument(*names, default=argparse.SUPPRESS, **options)

    which = group.add_mutually_exclusive_group()
    for name in ("paper", "testnet", "mainnet"):
        add(which, f"--{name}", dest="network", action="store_const", const=name)
    add(
        group,
        "--config",
        type=file_path,
        metavar="FILE",
        help="settings; default ./config.toml",
    )
    add(group, "--state-dir", metavar="DIR", help="where everything is kept")


def _command(commands: Any, name: str, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    add_place(parser)
    return parser
