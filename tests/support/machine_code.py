"""The fast engine in machine code before a test needs it: one worker compiles, the others wait and load."""

from __future__ import annotations

import fcntl
import os
from decimal import Decimal
from pathlib import Path
from tempfile import gettempdir

import numpy as np

from hypertui.backtest.fast.compiled import cache_folder
from hypertui.backtest.fast.pyramid import extremes, first_touch, pyramid_of
from hypertui.backtest.fast.run import run_fast
from hypertui.backtest.fast.skeleton import next_touch, skeletons_of
from hypertui.backtest.instant_exchange import Costs
from hypertui.core.market import Instrument
from hypertui.series.ticks import Ticks
from hypertui.strategy.ladder.trade_plan import LadderPlan


def compile_once() -> None:
    """Compile, or load, what the tests call. Where nothing can be kept, each process compiles for itself."""
    folder = cache_folder()
    if folder is None:
        return
    # It takes ten seconds of a processor, and the workers of a run come to it at about the same time.
    with (Path(gettempdir()) / f"hypertui-{os.getuid()}-{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _call()


def _call() -> None:
    prices = np.arange(1, 2_000, dtype=np.int64) // 20 + 10_000
    plan = LadderPlan(Instrument("COIN", 2, 20), Decimal(1), Decimal(2000), trust_slots=0)
    run_fast(Ticks(prices, None, 2), plan, Costs(), blocks=2)
    pyramid = pyramid_of(prices)
    skeleton, _ = skeletons_of(prices, 10, 20)
    for source, search in ((pyramid, first_touch), (skeleton, first_touch), (skeleton, next_touch)):
        search(source, 0, len(prices), 0, 10_050)
    extremes(pyramid, 0, len(prices))
