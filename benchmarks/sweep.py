"""A sweep on one core: a thousand whole ladders over ten million ticks, against a NumPy scan of the prices;
and the memory that a long series takes with its skeletons."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from benchmarks.figures import ratio
from hypertui.backtest.instant_exchange import Costs
from hypertui.core.market import KNOWN_INSTRUMENTS
from hypertui.series.ticks import Ticks
from hypertui.sweep.axes import axes_of
from hypertui.sweep.stretches import whole
from hypertui.sweep.work import SettingBatch, Terms, span_of, warm_up, work

_TICKS = 10_000_000
_LONG = 100_000_000
_STEP = 1.75e-5  # of the price, a tick: a unit of 0.1 % is crossed every 3,000 ticks
_TERMS = Terms(KNOWN_INSTRUMENTS["BTC"], Costs(slippage=Decimal("0.0002")))
_ROUNDS = 3


def thousand_units() -> dict[str, object]:
    """1,000 units of 0.1 to 1 % over 10 M ticks in memory, skeletons included."""
    warm_up(_TERMS)
    prices = _walk(_TICKS)
    hundredths = (Decimal(100 + 900 * step / 999).quantize(Decimal("0.001")) for step in range(1000))
    settings = tuple(
        axes_of(",".join(f"{each / 1000}%" for each in hundredths), "2000", "off", "none").settings()
    )
    sweeps, scans, steps = [], [], 0
    for _ in range(_ROUNDS):
        # A new series each time: skeletons are made once a series, and making them counts.
        ticks = Ticks(prices.copy(), None, 1)
        batch = SettingBatch(whole(_TICKS), settings, _TERMS, span_of(settings, ticks.price(0)))
        scans.append(min(_seconds(lambda: np.count_nonzero(prices >= prices[0])) for _ in range(3)))
        began = time.process_time()
        steps = sum(found.steps for found in work(ticks, batch))
        sweeps.append(time.process_time() - began)
    swept, scanned = len(settings) * _TICKS / min(sweeps), _TICKS / min(scans)
    return {
        "settings": len(settings),
        "ticks": _TICKS,
        "steps": steps,
        "tick_settings_per_s": round(swept),
        "scan_prices_per_s": round(scanned),
        "ratio": ratio(swept, scanned),
    }


def memory() -> dict[str, object]:
    """The peak of a process that sweeps 100 M ticks by skeletons, beyond its imports, as times the array."""
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks.sweep", str(_LONG)], capture_output=True, text=True, check=True
    )
    found: dict[str, object] = json.loads(ended.stdout)
    return found


def _long_sweep(count: int) -> None:
    warm_up(_TERMS)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    prices = _walk(count)
    settings = tuple(axes_of("0.1%:1%:0.05%", "2000", "recovery", "none").settings())
    ticks = Ticks(prices, None, 1)
    work(ticks, SettingBatch(whole(count), settings, _TERMS, span_of(settings, ticks.price(0))))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before
    print(json.dumps({"ticks": count, "peak_mb": peak // 10**6, "ratio": ratio(peak, prices.nbytes)}))


def _walk(count: int) -> NDArray[np.int64]:
    """Prices near 60,000 USD in steps of a tenth, made piece by piece: what makes them must be no peak."""
    rng = np.random.default_rng(1)
    prices = np.empty(count, np.int64)
    last, size = np.log(600_000.0), 1_000_000
    for begin in range(0, count, size):
        some = last + np.cumsum(rng.normal(0, _STEP, min(size, count - begin)))
        prices[begin : begin + size] = np.exp(some).round()
        last = some[-1]
    return prices


def _seconds(call: Callable[[], object]) -> float:
    began = time.process_time()  # of this process, whatever else the machine does
    call()
    return time.process_time() - began


if __name__ == "__main__":
    _long_sweep(int(sys.argv[1]))
