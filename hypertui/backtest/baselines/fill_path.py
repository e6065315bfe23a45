"""What was bought and sold over ticks, and what that comes to. Fills are at the price of their tick, slippage
and the taker fee on top; funding is charged as in a backtest. Amounts are floats, in USD and coins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hypertui.backtest.instant_exchange import Costs
from hypertui.core.candles import Interval
from hypertui.series.ticks import Ticks

_CHUNK = 1 << 20  # ticks at a time


@dataclass(frozen=True, eq=False)
class FillPath:
    """Fills over ticks: `at` is the tick of each, ascending, and `coins` what it bought, negative where it
    sold. `entry` (coins) is bought at the first tick before them, without slippage, as a backtest opens."""

    entry: float
    at: NDArray[np.int64]
    coins: NDArray[np.float64]

    @property
    def left(self) -> float:
        """The coins that are held in the end."""
        return self.entry + float(self.coins.sum())


@dataclass(frozen=True, slots=True)
class PathResult:
    """What a path comes to. What is held in the end counts at the last price, its sale not charged. The
    deepest fall of the net PnL is from an earlier high, at every tick, 0 before the entry included."""

    net_pnl: float
    max_drawdown: float
    fees: float
    funding: float
    blocks: tuple[float, ...]  # the net PnL at the end of each of these ticks


def walk_path(ticks: Ticks, path: FillPath, costs: Costs, ends: Sequence[int] = ()) -> PathResult:
    """Walk a path from the first tick to the last, noting the net PnL at the ticks `ends`, ascending."""
    fills = prices_at(ticks, path.at) * (1 + np.sign(path.coins) * float(costs.slippage))
    rate = float(costs.fee_rate)
    first = float(ticks.price(0))
    fees = np.concatenate(([path.entry * first * rate], np.abs(path.coins) * fills * rate))
    spent = np.concatenate(([path.entry * first], path.coins * fills))
    cash, held = -np.cumsum(spent + fees), np.cumsum(np.concatenate(([path.entry], path.coins)))
    due, paid = _funding(ticks, path, held, costs)
    known = np.asarray(ends, dtype=np.int64)
    blocks: list[float] = []
    peak = deepest = net = 0.0
    for begin in range(0, len(ticks), _CHUNK):
        end = min(begin + _CHUNK, len(ticks))
        done = _passed(path.at, begin, end)
        pnl = cash[done] + held[done] * prices_at(ticks, slice(begin, end))
        if len(due):
            pnl += paid[_passed(due, begin, end)]
        highest = np.maximum(np.maximum.accumulate(pnl), peak)
        deepest = max(deepest, float((highest - pnl).max()))
        peak, net = float(highest[-1]), float(pnl[-1])
        here = known[(known >= begin) & (known < end)]
        blocks += pnl[here - begin].tolist()
    return PathResult(net, deepest, float(fees.sum()), float(paid[-1]), tuple(blocks))


def _passed(at: NDArray[np.int64], begin: int, end: int) -> NDArray[np.int64]:
    """For each tick from `begin` to before `end`: how many of the ticks `at`, ascending, are not after it."""
    first, last = np.searchsorted(at, (begin, end))
    here = np.bincount(at[first:last] - begin, minlength=end - begin)
    return np.asarray(first + np.cumsum(here), dtype=np.int64)


def prices_at(ticks: Ticks, indices: NDArray[np.int64] | slice) -> NDArray[np.float64]:
    """The prices (USD) of these ticks."""
    return np.asarray(ticks.prices[indices] / 10.0**ticks.decimals, dtype=np.float64)


def funding_hours(ticks: Ticks, costs: Costs) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The ticks before which full hours are charged, and what a coin held then gets for them (USD, negative
    where it pays). Empty without times or a rate."""
    if ticks.times is None or not costs.funding:
        return np.empty(0, np.int64), np.empty(0)
    hours = np.diff(ticks.times // Interval.HOUR)
    due = np.flatnonzero(hours) + 1
    return due, -prices_at(ticks, due - 1) * float(costs.funding) * hours[due - 1]


def _funding(
    ticks: Ticks, path: FillPath, held: NDArray[np.float64], costs: Costs
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The ticks at which funding is charged, and all that was received by then (from 0 on, one more)."""
    due, each = funding_hours(ticks, costs)
    before = held[np.searchsorted(path.at, due, side="left")]
    return due, np.concatenate(([0.0], np.cumsum(each * before)))
