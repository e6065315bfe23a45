"""The arguments of `hypertui signals`."""

from __future__ import annotations

import argparse
from typing import Any

from hypertui.cli.values import file_path

_COMMANDS = {
    "check": "whether each indicator says something, and the score can be reached; exit status 1 if not",
    "backtest": "when it would have fired, and what the price did afterwards",
    "show": "where it stands: values, needs, weights, scores, state",
}
_NETWORKS = {
    "paper": "of a local exchange that runs already (the default)",
    "testnet": "of Hyperliquid's testnet",
    "mainnet": "of mainnet",
}
_SAME = argparse.SUPPRESS  # for flags that may stand before the command as well
FAMILIES = ("trend", "reversion", "momentum", "runner")
TIMEFRAMES = ("1m", "5m", "15m", "1h")


def add_signals(parser: argparse.ArgumentParser) -> Any:
    """What `hypertui signals` understands, but for its log; returns its commands."""
    parser.description = (
        "Signals of indicators, by closed candles: of the exchange (--testnet, --mainnet, --base-url), or of "
        "a price file (--prices). These commands place nothing; log says what they did in running engines."
    )
    parser.epilog = (
        "exit status: 0 done, 1 check found something that cannot be reached, 2 bad input, 4 exchange not "
        "reached"
    )
    names = "|".join((*_COMMANDS, "log"))
    commands = parser.add_subparsers(dest="signals_command", metavar=names, required=True)
    for name, text in _COMMANDS.items():
        command: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
        _add_which(command)
        _add_whose(command)
        if name == "backtest":
            command.add_argument("--fee-rate", default="0.00045", metavar="FRACTION", help="taker (0.00045)")
            command.add_argument("--slippage", default="0", metavar="FRACTION", help="on top, each way (0)")
        else:
            command.add_argument("--days", default="30", metavar="N", help="that the rates are of (30)")
        command.add_argument("--json", action="store_true", help="print one JSON object for each signal")
    return commands


def _add_which(command: argparse.ArgumentParser) -> None:
    command.add_argument("name", nargs="?", metavar="NAME", help="[signals.NAME]; default: all of them")
    add = command.add_argument_group("which").add_argument
    add("--family", choices=FAMILIES, help="without a table: as a family is set by itself")
    add("--timeframe", choices=TIMEFRAMES, help="with --family: how long its candles are; default 5m")
    add("--symbol", default=_SAME, metavar="NAME", help="this market alone; with --family default BTC")
    add("--config", type=file_path, default=_SAME, metavar="FILE", help="settings; default ./config.toml")


def _add_whose(command: argparse.ArgumentParser) -> None:
    group = command.add_argument_group("whose candles")
    group.add_argument("--prices", dest="file", type=file_path, metavar="FILE", help="of a price file")
    networks = group.add_mutually_exclusive_group()
    for name in ("paper", "testnet", "mainnet"):
        networks.add_argument(
            f"--{name}", dest="network", action="store_const", const=name, default=_SAME, help=_NETWORKS[name]
        )
    group.add_argument("--base-url", default=_SAME, metavar="URL", help="where that exchange is")
