"""The command line of the local exchange."""

from __future__ import annotations

import argparse
from typing import Any

from hypertui.cli.values import file_path


def add_market_flags(group: Any, default: Any = None) -> None:
    """How the prices of a local market come about."""
    group.add_argument("--seed", default=default, metavar="N", help="of the price path; same seed, same path")
    group.add_argument("--speed", default=default, metavar="X", help="market seconds per second")
    group.add_argument("--prices", default=default, metavar="FILE", help="replay a price file")
    group.add_argument("--faucet", default=default, metavar="USD", help="what a new account owns; 0: nothing")


def add_venue(parser: argparse.ArgumentParser) -> None:
    """What `hypertui venue` understands."""
    parser.description = "A local exchange for rehearsal and tests, on 127.0.0.1 only."
    parser.add_argument("--port", default="3001", metavar="N", help="default 3001; 0: any free one")
    parser.add_argument("--symbol", metavar="NAME", help="the market that --prices drives; default BTC")
    add_market_flags(parser)
    parser.add_argument(
        "--markets",
        choices=["three", "dozen"],
        help="what is listed: BTC, ETH and SOL (the default, or what --state has), or nine more",
    )
    parser.add_argument(
        "--market",
        action="append",
        default=[],
        metavar="SPEC",
        help="list one more: NAME:szDecimals:maxLeverage:price[:onlyIsolated]; may be repeated",
    )
    parser.add_argument("--loop", action="store_true", help="replay the price file again and again")
    parser.add_argument(
        "--preset", metavar="NAME", help="the synthetic path: usual, calm, trending, crash or whipsaw"
    )
    parser.add_argument(
        "--past", metavar="HOURS", help="invent candles of so many hours before the first price; default 0"
    )
    parser.add_argument("--manual", action="store_true", help="prices stand until the control door sets them")
    parser.add_argument(
        "--follow", metavar="URL", help="take another exchange's live prices: its URL, or mainnet; read only"
    )
    parser.add_argument("--follow-price", choices=["mark", "mid"], help="which price of it; default mark")
    parser.add_argument(
        "--rate-limits", choices=["real", "off"], help="throttle clients as Hyperliquid does; default real"
    )
    _add_rules(parser)
    parser.add_argument(
        "--control-port", metavar="N", help="open the control door there; 0: any free one; default: none"
    )
    parser.add_argument(
        "--state", type=file_path, metavar="FILE", help="go on from this file, and keep everything in it"
    )
    parser.add_argument("--until-eof", action="store_true", help="leave when standard input ends")


def _add_rules(parser: argparse.ArgumentParser) -> None:
    rules = parser.add_argument_group(
        "rules of the real exchange that are not established", "hypertui probe asks its testnet"
    )
    rules.add_argument(
        "--passed-trigger",
        choices=["fire", "reject"],
        help="a new trigger that the price has passed: it fires at once (the default), or is refused",
    )
    rules.add_argument(
        "--flat-reduce-only",
        choices=["keep", "reject"],
        help="a reduce-only trigger with nothing to reduce: it waits (the default), or is refused",
    )
    rules.add_argument(
        "--tp-limit-side",
        choices=["any", "far"],
        help="where the limit of a market take-profit may be: on any side of its trigger (the default), or "
        "only on the far one, where it can fill at the price that wakes it",
    )
