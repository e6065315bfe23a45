"""The command line of a backtest."""

from __future__ import annotations

import argparse

from hypertui.cli.data_arguments import add_price_kind
from hypertui.cli.engine_flag import add_engine
from hypertui.cli.evidence_arguments import add_evidence
from hypertui.cli.page_arguments import add_pages
from hypertui.cli.recorded_arguments import add_recorded
from hypertui.cli.values import file_path


def add_backtest(parser: argparse.ArgumentParser) -> None:
    """What `hypertui backtest` understands."""
    parser.description = "Replay a price file through the ladder, with fills the moment a trigger is touched."
    parser.add_argument(
        "prices", type=file_path, nargs="?", metavar="PRICES", help="as docs/data.md lists them"
    )
    add_price_kind(parser)
    same = argparse.SUPPRESS  # these may stand before the command as well
    configured = "walk this trade of the config, flags before its settings"
    parser.add_argument("--only", default=same, metavar="NAME", help=configured)
    parser.add_argument("--config", type=file_path, default=same, metavar="FILE", help="its settings")
    parser.add_argument("--symbol", metavar="NAME")
    parser.add_argument("--unit-size", metavar="USD", help="or of the first price: 0.4%%")
    parser.add_argument("--position-size", metavar="USD")
    parser.add_argument("--risk", metavar="USD", help="instead of that: what a straight decline may cost")
    parser.add_argument("--leverage", metavar="X", help="default 1, or that of --only")
    parser.add_argument("--fee-rate", default="0.00045", metavar="FRACTION", help="taker fee (0.00045)")
    parser.add_argument("--slippage", default="0", metavar="FRACTION", help="of each fill (0), or journal")
    parser.add_argument("--funding", default="0", metavar="FRACTION", help="paid an hour of what is held (0)")
    add_engine(parser)
    parser.add_argument("--sz-decimals", metavar="N", help="decimals of a size, for an unlisted symbol")
    parser.add_argument("--reinvest", metavar="WHEN", help="recovery (the default), continuous or off")
    parser.add_argument("--guards", action="store_true", help="let the guards on the result watch it")
    parser.add_argument("--equity", metavar="USD", help="of its account; default: position size / leverage")
    add_evidence(parser)
    parser.add_argument("--trace", type=file_path, metavar="FILE", help="write one JSON object per step")
    add_pages(parser, "--trace and --report")
    parser.add_argument("--json", action="store_true", help="print the summary as one JSON object")
    add_recorded(parser)
