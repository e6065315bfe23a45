"""The command line of sweeps."""

from __future__ import annotations

import argparse

from hypertui.cli.data_arguments import add_price_kind
from hypertui.cli.page_arguments import add_pages, add_report
from hypertui.cli.values import file_path

_STATUS = "exit status: 0 done, 2 bad input, 130 interrupted (the same command goes on from there)"


def add_sweep(parser: argparse.ArgumentParser) -> None:
    """What `hypertui sweep` understands."""
    parser.description = (
        "Walk a price file with many settings of the ladder, and say what the best of them is worth. Figures "
        "may be lists and ranges: 0.1%,0.5%:2%:0.05%. An interrupted sweep goes on where it was: run the "
        "same command again."
    )
    parser.epilog = _STATUS
    add = parser.add_argument
    add("prices", type=file_path, metavar="PRICES", help="prices or candles, in any form that backtest reads")
    add("--symbol", required=True, metavar="NAME", help="the market, such as BTC")
    add_price_kind(parser)
    add("--sz-decimals", metavar="N", help="decimals of a size, for an unlisted symbol")

    tried = parser.add_argument_group("what is tried")
    add = tried.add_argument
    add("--unit-size", required=True, metavar="RANGES", help="USD, or of the first price: 0.05%%:2%%:0.05%%")
    add("--position-size", required=True, metavar="RANGES", help="USD: 2000, or 1000:5000:1000")
    add("--reinvest", default="recovery", metavar="LIST", help="recovery (the default), continuous, off")
    add(
        "--exits",
        default="none",
        metavar="LIST",
        help="none (the default), hard-stop=5%%, hard-stop=2%%:8%%:1%%+take-profit=10%%+time-stop=36h",
    )

    search = parser.add_argument_group("search")
    add = search.add_argument
    add(
        "--search", choices=["grid", "sobol", "optuna"], default="grid", help="all (the default), or --trials"
    )
    add("--trials", metavar="N", help="how many settings sobol and optuna try; default 256")
    add("--seed", default="1", metavar="N", help="of sobol and optuna: same seed, same settings")
    add("--by", choices=["net-pnl", "return-over-drawdown", "sharpe"], default="net-pnl", help="what is best")
    add("--folds", metavar="N", help="walk-forward: choose in each of N parts, measure in the one after it")

    costs = parser.add_argument_group("costs", "on unless they are set to 0")
    add = costs.add_argument
    add("--fee-rate", default="0.00045", metavar="FRACTION", help="taker fee (0.00045)")
    add("--slippage", default="0.0002", metavar="FRACTION", help="on top of each fill (0.0002)")
    add("--funding", default="0", metavar="FRACTION", help="of what is held, paid at each full hour (0)")

    evidence = parser.add_argument_group("evidence", "see docs/evidence.md")
    add = evidence.add_argument
    add("--holdout", metavar="PERCENT", help="keep the last part of the file sealed: 20%%")
    add(
        "--open-holdout",
        action="store_true",
        help="walk that with the best setting, and write down that it was",
    )

    where = parser.add_argument_group("where it runs")
    add = where.add_argument
    add("--engine", choices=["auto", "exact", "fast"], default="auto", help="default: fast where it can")
    add("--jobs", metavar="N", help="processes on this machine; default: one for each CPU")
    add("--scheduler", metavar="ADDRESS", help="a Dask cluster instead, such as tcp://10.0.0.5:8786")
    add(
        "--state-dir",
        default=argparse.SUPPRESS,  # it may stand before the command as well
        metavar="DIR",
        help="where results are kept and all tries are counted; default: the user's state folder",
    )

    output = parser.add_argument_group("output")
    add = output.add_argument
    add("-o", "--out", type=file_path, metavar="FILE", help="every row: results.parquet, or results.jsonl")
    add_pages(output, "--out and --report")
    add("--json", action="store_true", help="print what was found as one JSON object")


def add_swept(parser: argparse.ArgumentParser) -> None:
    """What `hypertui swept` understands."""
    parser.description = "What a sweep has found, by the file that it wrote with --out."
    parser.add_argument("results", type=file_path, metavar="RESULTS", help="results.parquet or results.jsonl")
    add_report(parser, "--report")
    parser.set_defaults(json=False)
