"""How far a figure might have come out otherwise: the returns are drawn anew, in blocks, many times."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import NamedTuple


class Bounds(NamedTuple):
    """An interval of confidence: from `low` to `high`."""

    low: float
    high: float


def usual_block(count: int) -> float:
    """The mean length of a block where nothing else is known: the cube root of how many returns there are,
    the rate at which Politis and White, "Automatic Block-Length Selection for the Dependent Bootstrap"
    (Econometric Reviews 23, 2004), let it grow."""
    return max(1.0, math.cbrt(count))


def resamples(returns: Sequence[float], seed: int, count: int, block: float) -> Iterator[list[float]]:
    """So many series of as many returns, drawn by the stationary bootstrap: Politis and Romano, "The
    Stationary Bootstrap" (Journal of the American Statistical Association 89, 1994). A block begins anywhere,
    goes round at the end, and its length is geometric with a mean of `block`, at least 1."""
    random = Random(seed)
    length = len(returns)
    round_ = (*returns, *returns)
    for _ in range(count):
        drawn: list[float] = []
        while len(drawn) < length:
            begin = random.randrange(length)
            size = _geometric(random, block)
            while size > 0:  # one that is longer than the returns goes round more than once
                part = min(size, length)
                drawn += round_[begin : begin + part]
                size = size - part if len(drawn) < length else 0
        yield drawn[:length]


def _geometric(random: Random, mean: float) -> int:
    if mean <= 1:
        return 1
    return 1 + int(math.log(1.0 - random.random()) / math.log(1 - 1 / mean))


def interval(
    returns: Sequence[float],
    figure: Callable[[Sequence[float]], float | None],
    *,
    seed: int,
    level: float = 0.95,
    count: int = 1_000,
    block: float | None = None,
) -> Bounds | None:
    """Where a `figure` of the returns lies with a probability of `level`, by the percentiles of its values in
    `count` resamples, as far as it has one there; `block` is as in `resamples`, or the usual one. None
    where it has a value in fewer than half of them, or there are no returns."""
    if not returns:
        return None
    mean = usual_block(len(returns)) if block is None else block
    every = (figure(drawn) for drawn in resamples(returns, seed, count, mean))
    found = sorted(value for value in every if value is not None)
    if 2 * len(found) < count or not found:
        return None
    tail = (1 - level) / 2
    return Bounds(_quantile(found, tail), _quantile(found, 1 - tail))


def _quantile(ascending: Sequence[float], share: float) -> float:
    """Between two of them in proportion."""
    place = share * (len(ascending) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ascending) - 1)
    return ascending[below] + (place - below) * (ascending[above] - ascending[below])
