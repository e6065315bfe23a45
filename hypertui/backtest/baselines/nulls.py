"""What a trade must beat before it is worth a thought: holding, its own fills late or on the other side, and
its own fills at random times."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hypertui.backtest.baselines.fill_path import FillPath, funding_hours, prices_at
from hypertui.backtest.instant_exchange import Costs
from hypertui.series.ticks import Ticks

LAG = 1_000  # ms
_CELLS = 2_000_000  # of a matrix at a time


def hold(path: FillPath) -> FillPath:
    """Buy what it bought at the entry, and do nothing any more."""
    return FillPath(path.entry, np.empty(0, np.int64), np.empty(0))


def flipped(path: FillPath) -> FillPath:
    """Begin with cash, sell wherever it buys and buy wherever it sells: what is held is what it does not hold
    of the entry. A ladder that is right about direction makes more than this one, whatever the market did."""
    return FillPath(0.0, path.at, -path.coins)


def lagged(ticks: Ticks, path: FillPath, lag: int = LAG) -> FillPath:
    """The same fills late: in the row after their own, and not before `lag` ms where there are times. What
    would come after the last tick is never filled."""
    later = (path.at // ticks.per_row + 1) * ticks.per_row
    if ticks.times is not None:
        later = np.maximum(later, np.searchsorted(ticks.times, ticks.times[path.at] + lag, side="left"))
    there = later < len(ticks)
    return FillPath(path.entry, later[there], path.coins[there])


def random_entries(ticks: Ticks, path: FillPath, costs: Costs, count: int, seed: int) -> NDArray[np.float64]:
    """The net PnL (USD) of its own fills, in their order, sizes and distances, begun at `count` random ticks:
    at the end of the series they go on at its beginning. Each begins with the coins that are held there.

    It is the Monte Carlo permutation of Aronson, "Evidence-Based Technical Analysis" (2006), chapter 6, with
    whole paths turned round, which keeps how positions hang together: holding, turnover and costs are those
    of the trade, and nothing but the moment is random.
    """
    length = len(ticks)
    shifts = np.random.default_rng(seed).integers(1, max(2, length), size=count)
    # Turned round, the path is a ring: from what it has left in the end it goes to the entry again.
    at = np.concatenate(([0], path.at))
    coins = np.concatenate(([path.entry - path.left], path.coins))
    held = np.concatenate(([path.left], path.entry + np.cumsum(np.concatenate(([0.0], path.coins)))))
    sides = 1 + np.sign(coins) * float(costs.slippage)
    spent = coins * sides + np.abs(coins) * sides * float(costs.fee_rate)
    due, each = funding_hours(ticks, costs)
    first, last = float(ticks.price(0)), float(ticks.price(length - 1))
    found = []
    for some in np.array_split(shifts, -(-count * (len(at) + len(due)) // _CELLS)):
        prices = prices_at(ticks, (at + some[:, np.newaxis]) % length)
        begun = held[np.searchsorted(at, length - some, side="left")]
        net = begun * (last - first * (1 + float(costs.fee_rate))) - prices @ spent
        if len(due):
            # What is held just before each hour: after the fills of all ticks before it.
            before = (due - 1 - some[:, np.newaxis]) % length
            net += held[np.searchsorted(at, before, side="right")] @ each
        found.append(net)
    return np.concatenate(found)


def percentile(net: float, others: NDArray[np.float64]) -> float:
    """The share of the others that are below it, 0 to 100; those that are as good, to a billionth, count
    half."""
    near = 1e-9 * max(1.0, abs(net))
    below = float((others < net - near).sum())
    above = float((others > net + near).sum())
    return 100 * (below + (len(others) - below - above) / 2) / len(others)
