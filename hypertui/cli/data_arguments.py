"""The command line of price series: fetch, check and generate them, and record a market."""

from __future__ import annotations

import argparse
from typing import Any

from hypertui.cli.values import file_path

PRICE_KINDS = ("mark", "mid", "last")
_DATA_STATUS = """\
exit status: 0 done, 1 check found something, 2 bad input, 4 exchange not reached (what came is kept)"""


def add_data(parser: argparse.ArgumentParser) -> None:
    """What `hypertui data` understands."""
    what = parser.add_subparsers(dest="data_command", metavar="fetch|check|generate", required=True)
    _add_fetch(what.add_parser("fetch", help="candles of a market, into a CSV file", epilog=_DATA_STATUS))
    _add_check(what.add_parser("check", help="what is wrong with a price file", epilog=_DATA_STATUS))
    _add_generate(what.add_parser("generate", help="prices that nobody traded, by a seed"))


def add_record(parser: argparse.ArgumentParser) -> None:
    """What `hypertui record` understands."""
    parser.description = (
        "Keep every public frame of the exchange's WebSocket for some markets: mark, funding, best bid and "
        "ask, trades and book, each with the time at which it came. Backtests, --prices and data check read "
        "the folder."
    )
    parser.add_argument("symbols", nargs="+", metavar="SYMBOL", help="such as BTC SOL")
    parser.add_argument(
        "--out", type=file_path, required=True, metavar="DIR", help="the folder to add files to"
    )
    parser.add_argument("--rotate-mb", default="64", metavar="N", help="size after which a file ends: 64")
    parser.add_argument("--for", dest="run_for", metavar="SECONDS", help="stop by itself")
    _add_network(parser)


def add_price_kind(group: Any) -> None:
    """Which of several prices is meant."""
    group.add_argument(
        "--price",
        choices=PRICE_KINDS,
        help="which price, where the source has several; default: mark, else mid, else last",
    )


def _add_fetch(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Fetch candles from the exchange, oldest first, into a CSV file. An interrupted one goes on where it "
        "was: run the same command again. The exchange keeps the newest 5,000 candles of each interval."
    )
    parser.add_argument("symbol", metavar="SYMBOL", help="such as BTC")
    parser.add_argument(
        "--interval", default="1m", metavar="TIME", help="1m (the default), 5m, 15m, 1h, 4h, 1d, …"
    )
    parser.add_argument(
        "--from", dest="since", metavar="TIME", help="2026-11-01, 2026-11-01T12:00; default: the oldest"
    )
    parser.add_argument("--to", dest="until", metavar="TIME", help="default: now")
    parser.add_argument(
        "-o", "--out", type=file_path, required=True, metavar="FILE", help="the file to add to"
    )
    _add_network(parser)


def _add_check(parser: argparse.ArgumentParser) -> None:
    parser.description = "Look for gaps, duplicates, disorder, outliers and flat stretches, and say them."
    parser.add_argument(
        "prices", type=file_path, metavar="PRICES", help="a price file, an archive or a recording"
    )
    parser.add_argument("--symbol", metavar="NAME", help="which market, where a file has several")
    add_price_kind(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _add_generate(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Draw prices by a seed: from two-factor stochastic volatility with jumps, as a large perpetual moves "
        "or calibrated to a file (--like), or from the file's own moves in stretches (--method bootstrap)."
    )
    parser.add_argument("--like", type=file_path, metavar="PRICES", help="a price file to move like")
    parser.add_argument("--symbol", metavar="NAME", help="which market of it")
    add_price_kind(parser)
    parser.add_argument(
        "--method", choices=["volatility", "bootstrap"], default="volatility", help="default volatility"
    )
    parser.add_argument(
        "--block", metavar="ROWS", help="mean stretch of the bootstrap; default: cube root of the rows"
    )
    parser.add_argument("--seed", default="1", metavar="N", help="same seed, same prices; default 1")
    parser.add_argument(
        "--ticks", default="1000000", metavar="N", help="how many prices, or candles; 1000000"
    )
    parser.add_argument(
        "-o", "--out", type=file_path, required=True, metavar="FILE", help=".npy, .parquet, .feather or .csv"
    )
    parser.add_argument("--force", action="store_true", help="let it overwrite a file")


def _add_network(parser: argparse.ArgumentParser) -> None:
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--mainnet", dest="network", action="store_const", const="mainnet", help="the default")
    which.add_argument("--testnet", dest="network", action="store_const", const="testnet", help="its testnet")
    which.add_argument("--base-url", metavar="URL", help="another exchange that speaks its protocol")
