"""The probability of backtest overfitting, by combinatorially symmetric cross-validation (CSCV).

Bailey, Borwein, López de Prado and Zhu, "The Probability of Backtest Overfitting" (Journal of Computational
Finance 20, 2017). The series is cut into an even number of groups; each half of them chooses the best setting
once, and the other half says what it was worth. Needs NumPy.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, islice

import numpy as np
from numpy.typing import ArrayLike, NDArray

GROUPS = 16  # as in the paper: 12,870 ways of choosing half of them
_CELLS = 4_000_000  # of a matrix at a time


@dataclass(frozen=True, slots=True)
class Overfitting:
    """What CSCV says of a sweep. `probability` is how often the best setting of one half is no better than
    the median in the other; `loss` how often it loses there; `degradation` the slope of its Sharpe ratio
    out of sample against that in sample, None where the latter does not vary. `ways` is how many halves were
    tried, `settings` how many settings."""

    probability: float
    loss: float
    degradation: float | None
    ways: int
    settings: int


def probability_of_overfitting(returns: ArrayLike, groups: int = GROUPS) -> Overfitting:
    """`returns` has a row for each part of the series in order, as many for each setting, and a column for
    each setting tried (`block_returns` of each). `groups` is even, at least 2.

    Raises ValueError for fewer than two settings, for fewer rows than two a group, and for `groups` that are
    odd. Where rows do not divide evenly among the groups the first rows are left out.
    """
    table = np.asarray(returns, dtype=np.float64)
    if groups < 2 or groups % 2:
        raise ValueError(f"{groups} groups cannot be halved")
    if table.ndim != 2 or table.shape[1] < 2:
        raise ValueError("the probability of overfitting needs at least 2 settings")
    if len(table) < 2 * groups:
        raise ValueError(f"{groups} groups need at least {2 * groups} parts of the series, not {len(table)}")
    size = len(table) // groups
    table = table[len(table) - size * groups :].reshape(groups, size, -1)
    # A Sharpe ratio follows from two sums, and the sums of a half are those of its groups. The mean of each
    # setting is taken out first, so that no digits are lost in the squares.
    centre = table.mean(axis=(0, 1))
    sums = (table - centre).sum(axis=1)
    squares = ((table - centre) ** 2).sum(axis=1)
    floor = (1e-9 * np.abs(table).max(axis=(0, 1))) ** 2
    half = groups // 2 * size
    settings = table.shape[2]
    logits, inside, outside, losses = [], [], [], 0
    for chosen in _halves(groups, max(1, _CELLS // settings)):
        trained = _sharpes(chosen @ sums, chosen @ squares, centre, floor, half)
        tested = _sharpes((1 - chosen) @ sums, (1 - chosen) @ squares, centre, floor, half)
        best = trained.argmax(axis=1)[:, np.newaxis]
        reached = np.take_along_axis(tested, best, axis=1)
        rank = (tested < reached).sum(axis=1) + ((tested == reached).sum(axis=1) + 1) / 2
        share = rank / (settings + 1)
        logits.append(np.log(share / (1 - share)))
        inside.append(np.take_along_axis(trained, best, axis=1).ravel())
        outside.append(reached.ravel())
        losses += int((reached < 0).sum())
    found = np.concatenate(logits)
    return Overfitting(
        float((found <= 0).mean()),
        losses / len(found),
        _slope(np.concatenate(inside), np.concatenate(outside)),
        len(found),
        settings,
    )


def _halves(groups: int, most: int) -> Iterator[NDArray[np.float64]]:
    """Rows of 1 for each group that is in the half and 0 for the others, so many at a time."""
    ways = combinations(range(groups), groups // 2)
    while some := list(islice(ways, most)):
        chosen = np.zeros((len(some), groups))
        chosen[np.arange(len(some))[:, np.newaxis], some] = 1
        yield chosen


def _sharpes(
    sums: NDArray[np.float64],
    squares: NDArray[np.float64],
    centre: NDArray[np.float64],
    floor: NDArray[np.float64],
    count: int,
) -> NDArray[np.float64]:
    """The Sharpe ratios of so many returns each; 0 where they do not vary."""
    variance = (squares - sums**2 / count) / (count - 1)
    varies = variance > floor
    ratio = (centre + sums / count) / np.sqrt(np.where(varies, variance, 1.0))
    return np.where(varies, ratio, 0.0)


def _slope(inside: NDArray[np.float64], outside: NDArray[np.float64]) -> float | None:
    apart = inside - inside.mean()
    spread = float(apart @ apart)
    return float(apart @ outside) / spread if spread > 0 else None
