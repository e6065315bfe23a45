"""How fast the engines of a backtest walk, beside one pass of NumPy over the same array: `(prices >= x)` and
its count. The whole ladder, from an array in memory to the figures, with 256 blocks."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hypertui.backtest.fast.run import run_fast
from hypertui.backtest.instant_exchange import Costs
from hypertui.backtest.outcome import Outcome
from hypertui.core.market import KNOWN_INSTRUMENTS
from hypertui.series.ticks import Ticks
from hypertui.strategy.ladder.plan import Reinvest
from hypertui.strategy.ladder.trade_plan import LadderPlan

TICKS = 10_000_000
ROUNDS = 9
MANY = 100_000_000
FIRST = 6_400_000  # cents
_COSTS = Costs(slippage=Decimal("0.0001"))


def random_walk(ticks: int, most: int = 30, seed: int = 1) -> NDArray[np.int64]:
    """In whole cents, in steps of up to `most`, made bit by bit so that nothing else is in memory."""
    random, prices, last = np.random.default_rng(seed), np.empty(ticks, np.int64), FIRST
    for start in range(0, ticks, 1 << 20):
        part = prices[start : start + (1 << 20)]
        part[:] = np.cumsum(random.integers(-most, most + 1, len(part)))
        part += last
        last = int(part[-1])
    return prices


def walked(prices: NDArray[np.int64], unit: str) -> Outcome:
    """By a ladder whose fragments stay as they are, so that it reaches the end."""
    plan = LadderPlan(
        KNOWN_INSTRUMENTS["BTC"], Decimal(unit), Decimal(100_000), reinvest=Reinvest.OFF, trust_slots=0
    )
    return run_fast(Ticks(prices, None, 2), plan, _COSTS, blocks=256)


def sparse() -> dict[str, object]:
    """A crossing in about 3,000 ticks."""
    return _beside_a_scan(random_walk(TICKS), "9.5")


def dense() -> dict[str, object]:
    """A crossing in about 30 ticks."""
    return _beside_a_scan(random_walk(TICKS, most=33), "1")


def memory() -> dict[str, object]:
    """What a walk over 100 million ticks needs beyond its imports, in a process of its own, as a multiple of
    the array."""
    program = "import benchmarks.backtest as b; b.tell_of_memory()"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return dict(json.loads(told.stdout))


def tell_of_memory() -> None:
    """Walk, and print how much memory was in use at most."""
    import resource

    walked(random_walk(1_000), "9.5")
    before = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    prices = random_walk(MANY)
    outcome = walked(prices, "9.5")
    ratio = (1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / prices.nbytes
    print(json.dumps({"ticks": outcome.ticks, "steps": outcome.steps, "ratio": round(ratio, 3)}))


def nautilus() -> dict[str, object]:
    """Against nautilus_trader with a strategy that does nothing, where that can be imported."""
    if find_spec("nautilus_trader") is None:
        return {"skipped": "nautilus_trader is not installed"}
    from benchmarks.nautilus import ticks_per_s

    prices = random_walk(TICKS)
    walked(prices[:1_000], "9.5")
    fast = TICKS / min(_seconds(lambda: walked(prices, "9.5")) for _ in range(3))
    other = ticks_per_s(prices[:200_000])
    return {"ticks_per_s": round(fast), "nautilus_ticks_per_s": round(other), "ratio": round(fast / other)}


def _beside_a_scan(prices: NDArray[np.int64], unit: str) -> dict[str, object]:
    outcome = walked(prices, unit)  # compiled now
    walks, scans = [], []
    for _ in range(ROUNDS):
        scans.append(_seconds(lambda: np.count_nonzero(prices >= FIRST)))
        walks.append(_seconds(lambda: walked(prices, unit)))
    return {
        "ticks": outcome.ticks,
        "ticks_per_crossing": round(outcome.ticks / outcome.steps, 1),
        "ticks_per_s": round(outcome.ticks / min(walks)),
        "scan_per_s": round(len(prices) / min(scans)),
        "ratio": round(min(scans) / min(walks), 3),
    }


def _seconds(work: Callable[[], object]) -> float:
    """Of the processor, as other processes may want it too."""
    began = time.process_time()
    work()
    return time.process_time() - began
