"""The stationary bootstrap: a series made of stretches of another one.

Politis and Romano, The Stationary Bootstrap, Journal of the American Statistical Association 89 (1994),
1303-1313. Stretches begin anywhere and last as long as a geometric draw says; the series is taken for a
circle. What is drawn is stationary: its moves have the marginal distribution of the original's, and their
autocovariance at lag k is (1 - 1/length)^k times that of the circle plus what the circle wraps.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hypertui.series.generators.paths import PathError, interval_of, moves_of, path_of, regular_times
from hypertui.series.ticks import Ticks


def usual_length(rows: int) -> float:
    """A mean length of the stretches for so many rows: their cube root, the order that is best for the
    variance of a mean (Politis and Romano, section 3)."""
    return max(float(rows ** (1 / 3)), 1.0)


def stationary_indices(
    rows: int, count: int, length: float, random: np.random.Generator
) -> NDArray[np.int64]:
    """`count` indices into `rows` rows, in stretches of `length` on average."""
    begins = random.random(count) < 1 / length
    begins[0] = True
    first = np.flatnonzero(begins)
    stretch = np.cumsum(begins) - 1
    starts = random.integers(0, rows, len(first))
    return np.asarray((starts[stretch] + np.arange(count) - first[stretch]) % rows, dtype=np.int64)


def stationary_bootstrap(like: Ticks, rows: int, seed: int, length: float | None = None) -> Ticks:
    """`rows` rows of the moves of `like`, from its first price on, in stretches of `length` rows on average;
    candles stay candles. Raises PathError."""
    moves = moves_of(like)
    length = usual_length(len(moves)) if length is None else length
    if not 1 <= length <= len(moves):
        raise PathError(f"block of {length:g} rows is not from 1 to {len(moves):,}, the moves of the series")
    drawn = moves[stationary_indices(len(moves), rows, length, np.random.default_rng(seed))]
    interval = interval_of(like)
    times = None
    if like.times is not None:
        times = regular_times(int(like.times[0]), interval, rows, like.per_row)
    note = f"stationary bootstrap, mean block {length:.4g} rows, seed {seed}"
    start = int(like.prices[like.per_row - 1])
    return path_of(drawn, start, like.decimals, times, note)
