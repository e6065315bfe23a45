"""The command line of what is traded and how: the flags that a trade's commands share."""

from __future__ import annotations

import argparse
from typing import Any

from hypertui.cli.operator_arguments import add_console_flags
from hypertui.cli.values import file_path
from hypertui.cli.venue_arguments import add_market_flags

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
_NETWORKS = {
    "paper": "a local market, no real money (the default)",
    "testnet": "Hyperliquid's testnet",
    "mainnet": "real money; asks for the symbols of what is traded",
}


def add_trade_flags(parser: argparse.ArgumentParser, default: Any = None) -> None:
    """What is traded, where, and how it looks. Flags that may stand before the command as well have no
    `default` of their own behind it."""

    def add(group: Any, *names: str, **options: Any) -> None:
        group.add_argument(*names, default=default, **options)

    trade = parser.add_argument_group("trade", "of the only one that is configured, or that --only leaves")
    add(trade, "--only", metavar="NAMES", help="which of the configured trades, by name: BTC,SOL")
    add(trade, "--symbol", metavar="NAME", help="the perpetual market, such as BTC")
    add(trade, "--strategy", metavar="NAME", help="ladder (the default) or bracket; see docs/bracket.md")
    add(trade, "--wallet", choices=["long"], help="the side of the ladder; long is the only one")
    add(
        trade,
        "--unit-size",
        metavar="USD",
        help="price distance of one unit, or 0.4%% (of the entry price), 0.5atr",
    )
    add(trade, "--position-size", metavar="USD", help="what the opening order buys")
    add(trade, "--risk", metavar="USD", help="instead of that: what a straight decline may cost")
    add(trade, "--leverage", metavar="X", help="cross leverage")
    add(trade, "--reinvest", metavar="WHEN", help="recovery, continuous or off")

    _add_entry_and_exits(parser, default)

    guards = parser.add_argument_group("guards", "limits on the risk; see docs/guards.md")
    text = "of the account at which no buys follow: 5%%, or 500 (USD)"
    add(guards, "--daily-loss", metavar="LIMIT", help=text)

    network = parser.add_argument_group("network")
    which = network.add_mutually_exclusive_group()
    for name in ("paper", "testnet", "mainnet"):
        add(which, f"--{name}", dest="network", action="store_const", const=name, help=_NETWORKS[name])
    add(network, "--confirm-mainnet", metavar="SYMBOLS", help="say without a terminal what --mainnet asks")
    add(network, "--base-url", metavar="URL", help="use an exchange that runs already (paper)")

    paper = parser.add_argument_group("paper market")
    add_market_flags(paper, default)
    add(
        paper,
        "--fresh",
        action="store_const",
        const=True,
        help="start the kept market anew; the old one is moved aside",
    )

    start = parser.add_argument_group("start")
    add(
        start,
        "--adopt",
        action="store_const",
        const=True,
        help="begin with the long position that is there, at the exchange's entry price",
    )
    add(
        start,
        "--accept-warnings",
        action="store_const",
        const=True,
        help="start without a terminal on mainnet although the preflight warns",
    )

    again = "reset a guard of the account that would hold a new trade; may be repeated"
    add(start, "--rearm", action="append", metavar="GUARD=REASON", help=again)

    engine = parser.add_argument_group("engine")
    add(engine, "--on-exit", metavar="WHAT", help="buys (cancel the buys, keep the stops), leave, flatten")
    add(
        engine,
        "--config",
        type=file_path,
        metavar="FILE",
        help="settings; default ./config.toml, if there is one",
    )
    kept = "where everything is kept; default: the user's state folder"
    add(engine, "--state-dir", metavar="DIR", help=kept)

    add_console_flags(parser, default)


def add_metrics(parser: argparse.ArgumentParser, default: Any = None) -> None:
    """Where the figures of an engine are answered."""
    parser.add_argument(
        "--metrics",
        default=default,
        metavar="HOST:PORT",
        help="answer /metrics, /healthz and /readyz there (of 127.0.0.1:9464 either may be left out)",
    )


def _add_entry_and_exits(parser: argparse.ArgumentParser, default: Any = None) -> None:
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
