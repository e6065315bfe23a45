"""The arguments of what is about sources of signals and alerts: `webhook`, `intents`, `signals log`."""

from __future__ import annotations

import argparse
from typing import Any

from hypertui.cli.values import file_path

_SAME = argparse.SUPPRESS  # for flags that may stand before the command as well
_WEBHOOK = {
    "new": "make a secret address, or with --kind hmac a key that signs, and print it once",
    "list": "the webhooks, what each may want, and whether it has a secret",
    "remove": "forget the secret: its alerts are refused at once",
    "test": "send an alert, or with --dry say what would become of it",
    "log": "what became of its alerts",
}


def add_signal_log(commands: Any) -> None:
    """What `hypertui signals log` understands."""
    text = "what changed when in running engines, and what became of each firing"
    command: argparse.ArgumentParser = commands.add_parser("log", help=text, description=text)
    command.add_argument("name", metavar="NAME", nargs="?", default="", help="default: all of them")
    _add_rows(command)
    _add_place(command)


def add_webhook(parser: argparse.ArgumentParser) -> None:
    """What `hypertui webhook` understands."""
    parser.description = (
        "Alerts by HTTP, such as TradingView's: who may send some, by [webhook] and [webhooks.NAME] of the "
        "settings (docs/webhooks.md)."
    )
    parser.epilog = "exit status: 0 done, 1 the alert was not taken, 2 bad input, 4 no engine reached"
    which = parser.add_subparsers(dest="webhook_command", metavar="|".join(_WEBHOOK), required=True)
    for name, text in _WEBHOOK.items():
        command: argparse.ArgumentParser = which.add_parser(name, help=text, description=text)
        if name in ("new", "remove", "test"):
            command.add_argument("name", metavar="NAME")
        elif name == "log":
            command.add_argument("name", metavar="NAME", nargs="?", default="", help="default: all of them")
        if name == "new":
            command.add_argument("--kind", choices=("path", "hmac"), default="path", help="(path)")
        if name == "test":
            command.add_argument("--file", dest="alert", type=file_path, metavar="FILE", help="the alert")
            command.add_argument("--dry", action="store_true", help="send nothing")
        if name == "log":
            _add_rows(command)
        _add_place(command)


def add_intents(parser: argparse.ArgumentParser) -> None:
    """What `hypertui intents` understands."""
    parser.description = "What sources outside wanted, and what became of it, by the journal: newest last."
    _add_rows(parser)
    _add_place(parser)


def _add_rows(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--last", default="50", metavar="N", help="how many (50)")
    parser.add_argument("--json", action="store_true", help="print one JSON list")


def _add_place(parser: argparse.ArgumentParser) -> None:
    place = parser.add_argument_group("where")
    networks = place.add_mutually_exclusive_group()
    for network in ("paper", "testnet", "mainnet"):
        networks.add_argument(
            f"--{network}", dest="network", action="store_const", const=network, default=_SAME
        )
    place.add_argument("--state-dir", default=_SAME, metavar="DIR", help="where everything is kept")
    place.add_argument("--ledger", default=_SAME, metavar="URL", help="the journal")
    place.add_argument("--config", type=file_path, default=_SAME, metavar="FILE", help="the settings")
