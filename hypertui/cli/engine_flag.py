"""`--engine`: by which of the two engines a backtest is walked."""

from __future__ import annotations

import argparse
import sys

from hypertui.backtest.engine_kind import Engine
from hypertui.core.extras import has, require

_SMALL = 1_000_000  # bytes of a file that the exact engine has walked before the fast one is loaded
# What is written or watched while the trade itself walks.
_EXACT_ONLY = {"trace": "it is written", "guards": "they watch", "report": "it is drawn", "tui": "it shows"}


def add_engine(parser: argparse.ArgumentParser) -> None:
    """The flag."""
    parser.add_argument(
        "--engine",
        choices=[Engine.EXACT.value, Engine.FAST.value],
        help="the trade itself, or the same ladder compiled (extra fast); default: what is quicker",
    )


def chosen_engine(arguments: argparse.Namespace) -> Engine:
    """The one that is asked for, or AUTO where nothing speaks against the fast one. Raises ValueError in one
    line where the fast one cannot do what is asked."""
    for flag, does in _EXACT_ONLY.items():
        if getattr(arguments, flag, None):
            if arguments.engine == Engine.FAST:
                raise ValueError(f"--engine fast has no --{flag}: {does} with --engine exact")
            return Engine.EXACT
    if arguments.engine == Engine.FAST:
        require("numba", "fast", "--engine fast")
        return Engine.FAST
    if arguments.engine == Engine.EXACT or not has("numba"):
        return Engine.EXACT
    prices = arguments.prices
    return Engine.EXACT if prices.is_file() and prices.stat().st_size < _SMALL else Engine.AUTO


def load_fast() -> None:
    """Load the fast engine, and say where its first run waits for the compiler."""
    import hypertui.backtest.fast.run  # noqa: F401 - loading takes time that is no part of a walk
    from hypertui.backtest.fast.compiled import cache_folder, is_warm

    if not is_warm():
        kept = "this once" if cache_folder() else "each time, as no private folder can be written in ~/.cache"
        print(f"compiling the fast engine, {kept}: up to a minute", file=sys.stderr, flush=True)
