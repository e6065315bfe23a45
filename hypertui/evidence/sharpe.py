"""The Sharpe ratio of a result, and how much of it luck and many tries would have given.

Returns are of equal parts of a series, as fractions of the stake; a ratio is for one part, not for a year.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import NormalDist, fmean, variance
from typing import NamedTuple

_EULER = 0.5772156649015329  # the constant of Euler and Mascheroni
_NORMAL = NormalDist()
_LEAST_RETURNS = 3


class Moments(NamedTuple):
    """Mean, standard deviation, skewness and kurtosis (3 for a normal distribution) of returns. The standard
    deviation is that of a sample, skewness and kurtosis those of the returns themselves."""

    mean: float
    deviation: float
    skewness: float
    kurtosis: float


def block_returns(blocks: Sequence[float], stake: float) -> tuple[float, ...]:
    """What each of the equal parts of a series has returned, as fractions of the `stake` (USD); `blocks` is
    the net PnL at the end of each, as in `Evaluation.blocks`. Nothing where nothing was staked."""
    if stake <= 0:
        return ()
    return tuple((after - before) / stake for before, after in pairwise((0.0, *blocks)))


def moments(returns: Sequence[float]) -> Moments | None:
    """The first four moments; None of fewer than three returns, and of returns that are all the same."""
    count = len(returns)
    if count < _LEAST_RETURNS:
        return None
    mean = fmean(returns)
    apart = [each - mean for each in returns]
    second = math.fsum(each**2 for each in apart) / count
    if second <= (1e-12 * max(abs(each) for each in returns)) ** 2:
        return None
    third = math.fsum(each**3 for each in apart) / count
    fourth = math.fsum(each**4 for each in apart) / count
    deviation = math.sqrt(second * count / (count - 1))
    return Moments(mean, deviation, third / second**1.5, fourth / second**2)


def sharpe_ratio(returns: Sequence[float]) -> float | None:
    """Mean by standard deviation, without a riskless rate: Sharpe, "Mutual Fund Performance" (Journal of
    Business 39, 1966). None where `moments` has none."""
    found = moments(returns)
    return None if found is None else found.mean / found.deviation


def probabilistic_sharpe_ratio(returns: Sequence[float], benchmark: float = 0.0) -> float | None:
    """The probability, 0 to 1, that the true Sharpe ratio is above `benchmark`, given how many returns there
    are and how skewed and fat-tailed: Bailey and López de Prado, "The Sharpe Ratio Efficient Frontier"
    (Journal of Risk 15, 2012), equation 4. None where `moments` has none."""
    found = moments(returns)
    if found is None:
        return None
    ratio = found.mean / found.deviation
    return confidence(ratio, benchmark, len(returns), found.skewness, found.kurtosis)


def confidence(ratio: float, benchmark: float, count: int, skewness: float, kurtosis: float) -> float:
    """The same from a measured Sharpe `ratio` of `count` returns with these moments."""
    spread = 1 - skewness * ratio + (kurtosis - 1) / 4 * ratio**2
    if spread <= 0:  # by rounding alone: it is a variance
        return 1.0 if ratio > benchmark else 0.0
    return _NORMAL.cdf((ratio - benchmark) * math.sqrt(count - 1) / math.sqrt(spread))


def expected_maximum_sharpe(spread: float, tries: int) -> float:
    """The Sharpe ratio that the best of so many `tries` has by luck alone, where their true ratios are all 0
    and the measured ones have a variance of `spread`: Bailey and López de Prado, "The Deflated Sharpe Ratio"
    (Journal of Portfolio Management 40, 2014), equation 1. 0 for one try."""
    if tries <= 1 or spread <= 0:
        return 0.0
    usual = _NORMAL.inv_cdf(1 - 1 / tries)
    extreme = _NORMAL.inv_cdf(1 - 1 / (tries * math.e))
    return math.sqrt(spread) * ((1 - _EULER) * usual + _EULER * extreme)


def deflated_sharpe_ratio(returns: Sequence[float], sharpes: Sequence[float], tries: int) -> float | None:
    """The probability, 0 to 1, that the true Sharpe ratio is above 0, given that it is the best of so many
    `tries`: the probabilistic ratio against the maximum to be expected of them (the paper of 2014, equation
    2). `sharpes` are the ratios of the tries, of as many returns each, as far as they are known: their
    variance counts, or that of one estimate under the null, 1 / (returns - 1), where that is more. None where
    `moments` has none."""
    if len(returns) < _LEAST_RETURNS:
        return None
    by_chance = 1 / (len(returns) - 1)
    spread = max(by_chance, variance(sharpes)) if len(sharpes) > 1 else by_chance
    return probabilistic_sharpe_ratio(returns, expected_maximum_sharpe(spread, tries))
