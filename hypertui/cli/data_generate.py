"""`hypertui data generate`: prices that nobody has traded, by a seed."""

from __future__ import annotations

import argparse
import stat
from pathlib import Path

from hypertui.cli import streams
from hypertui.cli.values import integer, typed
from hypertui.core.extras import require
from hypertui.core.price_series import PriceKind
from hypertui.series.generators.bootstrap import stationary_bootstrap
from hypertui.series.generators.generate import generated
from hypertui.series.loading import load_ticks
from hypertui.series.saving import ENDINGS, save


def generate(arguments: argparse.Namespace) -> int:
    """Write the series; returns the exit status. Raises ValueError with one line for bad input."""

    seed, rows = integer("seed", arguments.seed), integer("ticks", arguments.ticks)
    if seed < 0:
        raise ValueError(f"seed {seed} is below 0")
    if rows < 2:
        raise ValueError(f"ticks {rows} are fewer than 2")
    out: Path = arguments.out
    if out.suffix not in ENDINGS:
        raise ValueError(f"out {typed(str(out))} ends in none of {', '.join(ENDINGS)}")
    if out.suffix != ".npy":
        require("polars", "data", f"a {out.suffix} file")
    if not arguments.force and out.exists() and stat.S_ISREG(out.stat().st_mode):
        raise ValueError(f"{out} is there already: --force overwrites it")
    kind = None if arguments.price is None else PriceKind(arguments.price)
    like = None if arguments.like is None else load_ticks(arguments.like, arguments.symbol, kind)
    said = ""
    if arguments.method == "bootstrap":
        if like is None:
            raise ValueError("--method bootstrap draws from a series: say --like PRICES")
        block = None if arguments.block is None else integer("block", arguments.block)
        ticks = stationary_bootstrap(like, rows, seed, block)
    elif arguments.block is not None:
        raise ValueError("--block goes with --method bootstrap")
    else:
        ticks, model = generated(rows, seed, like)
        said = f"; {model.in_words}"
    try:
        lost = save(ticks, out)
    except OSError as error:
        raise ValueError(f"{out} cannot be written: {error.strerror or error}") from None
    streams.say(
        f"{out}: {ticks.rows:,} {'candles' if ticks.per_row > 1 else 'prices'}, {ticks.notes[0]}{said}"
    )
    if lost:
        streams.complain(f"{out} does not hold {lost}: a .parquet file does")
    return 0
