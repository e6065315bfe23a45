"""The command line: what can be said, and where in the settings it belongs."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from hypertui.cli.command_arguments import STATUS, add_arguments
from hypertui.cli.one_line_parser import OneLineParser
from hypertui.cli.trade_arguments import ENTRY_FLAGS, EXIT_FLAGS, add_metrics, add_trade_flags

_DESCRIPTION = """\
Trade the unit ladder on Hyperliquid perpetuals. Without a command: the console, on paper by default, with the
settings of config.toml."""

# flag -> where the settings have it
_TRADE_FLAGS = {
    "symbol": ("trade", "symbol"),
    "strategy": ("trade", "strategy"),
    "wallet": ("trade", "wallet"),
    "unit_size": ("trade", "unit_size"),
    "position_size": ("trade", "position_size"),
    "risk": ("trade", "risk"),
    "leverage": ("trade", "leverage"),
    "reinvest": ("trade", "reinvest"),
    **{flag: ("trade", flag) for flag in ENTRY_FLAGS},
    **{flag: ("trade", flag) for flag in EXIT_FLAGS},
    "daily_loss": ("guards", "daily_loss"),
    "on_exit": ("engine", "on_exit"),
    "network": ("network",),
    "base_url": ("base_url",),
    "state_dir": ("state_dir",),
    "seed": ("paper", "seed"),
    "speed": ("paper", "speed"),
    "faucet": ("paper", "faucet"),
    "prices": ("paper", "prices"),
    "refresh_hz": ("console", "refresh_hz"),
    "mouse": ("console", "mouse"),
    "ascii": ("console", "ascii"),
    "theme": ("console", "theme"),
    "times": ("console", "times"),
    "metrics": ("metrics", "address"),
    "ledger": ("ledger", "url"),
}

# where the settings have it -> how the flag is written
FLAG_NAMES = {path: f"--{flag.replace('_', '-')}" for flag, path in _TRADE_FLAGS.items()}
FLAG_NAMES["network",] = "network"


# command -> what it does; what can be said after it, `command_arguments` adds
_COMMANDS = {
    "run": "trade, in the console or without a screen",
    "ctl": "control an engine that runs: pause, flatten, status, …",
    "attach": "a console for an engine that runs elsewhere on this machine",
    "serve": "the console of an engine on a page, for a local browser",
    "safe": "without an engine: cancel the buys, cover the position",
    "doctor": "look at plan, account, key, clock and disk, and place nothing",
    "probe": "ask the testnet with tiny orders how it treats triggers",
    "config": "show the settings, or check them",
    "key": "make a key for an API wallet",
    "health": "how the engine that runs fares: one line and a status",
    "completion": "print a shell's completion script",
    "backtest": "replay a price file through the ladder",
    "data": "price series: fetch candles, check a file, generate prices",
    "record": "keep every public frame of some markets",
    "sweep": "backtests of many settings, and what the best is worth",
    "swept": "what a sweep has found, by its file; a report of it",
    "venue": "run a local exchange that speaks Hyperliquid's protocol",
    "ledger": "what the journal knows: PnL, lots, reports, why ORDER, backup",
    "leaderboard": "what has earned, by market, source or settings, and how surely",
    "replay": "show a trade of the past in the console, by its journal",
    "accumulate": "the share of each day's profit that is put aside",
    "notices": "try the channels of the notices; what was sent",
    "signals": "what indicators say of candles, and what signals did",
    "webhook": "who may send alerts by HTTP: new, list, remove, test",
    "intents": "what sources wanted, and what became of it",
    "status": "the trade as the journal has it, and who trades it",
}


def parser(said: Sequence[str] | None = None) -> argparse.ArgumentParser:
    """The parser of the whole command. Of what was `said` on a command line it parses that and nothing else:
    the commands that are no word of it have their names alone, because all that could be said after them
    takes longer to put together than a screen to draw."""
    top = OneLineParser(prog="hypertui", description=_DESCRIPTION, epilog=STATUS)
    top.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    add_trade_flags(top)
    add_metrics(top)
    commands = top.add_subparsers(dest="command", metavar="COMMAND")
    for name, does in _COMMANDS.items():
        command = commands.add_parser(name, help=does)
        if said is None or name in said:
            add_arguments(name, command)
    return top


def setting_flags(arguments: argparse.Namespace, *, of_a_trade: bool = True) -> dict[str, Any]:
    """The flags that were given, nested as the settings have them; those of a trade too, unless it is
    nothing to the command what is traded."""
    nested: dict[str, Any] = {}
    for flag, path in _TRADE_FLAGS.items():
        value = getattr(arguments, flag, None)
        if value is None or (path[0] == "trade" and not of_a_trade):
            continue
        section = nested
        for part in path[:-1]:
            section = section.setdefault(part, {})
        section[path[-1]] = value
    return nested


class _Version(argparse.Action):
    """Looks the version up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from hypertui.cli.version import version_line

        print(version_line())
        parser.exit()
