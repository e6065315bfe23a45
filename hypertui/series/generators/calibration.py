"""The model of `volatility` that moves as a given series does, by moments.

Jumps are told by their size against the volatility around them, which is measured by bipower variation
(Lee and Mykland, Jumps in Financial Markets, Review of Financial Studies 21 (2008), 2535-2563; Barndorff-
Nielsen and Shephard, Power and Bipower Variation, Journal of Financial Econometrics 2 (2004), 1-37). What is
left gives the autocovariance of log|r|, to which s1² phi1^k + s2² phi2^k is fitted by least squares, and the
variance, which gives sigma.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hypertui.series.generators.paths import PathError
from hypertui.series.generators.volatility import TwoFactorVolatility

LEAST_MOVES = 1_000
_FEW = 0.05  # the share of moves that may be 0
_AROUND = 64  # moves by which the volatility around one is measured
_LONGEST_STRIDE = 1_000
_SCALES = 48  # time scales that are tried, each with each
_JUMP = 8.0  # a move so many times the volatility around it; of a normal one 1e-15 are


def calibrated(moves: NDArray[np.float64]) -> TwoFactorVolatility:
    """The figures for one step of logarithmic moves. Raises PathError for too few, or too many that are 0."""
    if len(moves) < LEAST_MOVES:
        few = f"{len(moves):,} moves are too few to calibrate by"
        raise PathError(f"{few}, at least {LEAST_MOVES:,} are needed")
    stride, wide = _without_rest(moves)
    around = _volatility_around(wide)
    jumps = np.abs(wide) > _JUMP * around
    logs = np.log(np.abs(wide[~jumps & (wide != 0)]))
    shares, scales = _two_scales(logs)
    slow, quick = np.sqrt(shares)
    variance = np.mean(wide[~jumps] ** 2) / stride
    sigma = float(np.sqrt(variance / np.exp(2 * shares.sum())))
    size = float(np.sqrt(np.mean(wide[jumps] ** 2))) if jumps.any() else 0.0
    persistences = np.exp(-1 / (scales * stride))
    return TwoFactorVolatility(
        sigma=sigma,
        slow=float(slow),
        slow_persistence=float(persistences[0]),
        quick=float(quick),
        quick_persistence=float(persistences[1]),
        jumps=float(jumps.mean()) / stride,
        jump_size=size,
    )


def _without_rest(moves: NDArray[np.float64]) -> tuple[int, NDArray[np.float64]]:
    """Moves over as many steps as it takes for hardly any to be 0: prices rest on their own grid."""
    stride = 1
    while True:
        whole = len(moves) // stride
        wide = moves[: whole * stride].reshape(whole, stride).sum(axis=1)
        if (np.abs(wide) < 1e-15).mean() <= _FEW:
            return stride, wide
        stride *= 2
        if stride > _LONGEST_STRIDE or len(moves) // stride < LEAST_MOVES:
            rests = f"more than {_FEW:.0%} of its moves over {stride // 2} rows are 0"
            raise PathError(f"the price rests too long to calibrate by: {rests}")


def _volatility_around(moves: NDArray[np.float64]) -> NDArray[np.float64]:
    """By the products of neighbours, in which one large move counts once, beside a small one."""
    products = np.abs(moves[1:] * moves[:-1])
    width = min(_AROUND, len(products))
    sums = np.cumsum(np.concatenate(([0.0], products)))
    means = (sums[width:] - sums[:-width]) / width
    at = np.clip(np.arange(len(moves)) - width // 2, 0, len(means) - 1)
    return np.asarray(np.sqrt(np.pi / 2 * means[at]))


def _two_scales(logs: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The variances of the slow and the quick factor and their time scales, in moves."""
    lags = np.unique(np.geomspace(1, max(len(logs) // 20, 4), 60).astype(int))
    centred = logs - logs.mean()
    covariances = np.array([np.mean(centred[lag:] * centred[:-lag]) for lag in lags])
    weights = np.sqrt(1 / (1 + np.log(lags)))  # the near ones are known best
    grid = np.geomspace(1.0, len(logs) / 10, _SCALES)
    curves = np.exp(-lags[:, None] / grid) * weights[:, None]
    target = covariances * weights
    best, found = np.inf, (np.zeros(2), np.array([grid[-1], grid[0]]))
    for quick in range(_SCALES - 1):
        for slow in range(quick + 1, _SCALES):
            shares = _not_negative(curves[:, [slow, quick]], target)
            error = float(np.sum((curves[:, [slow, quick]] @ shares - target) ** 2))
            if error < best:
                best, found = error, (shares, grid[[slow, quick]])
    return found


def _not_negative(curves: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """Least squares with two coefficients that are not below 0."""
    both = np.asarray(np.linalg.lstsq(curves, target, rcond=None)[0], dtype=np.float64)
    if (both >= 0).all():
        return both
    alone = np.maximum(curves.T @ target / np.sum(curves**2, axis=0), 0)
    errors = [np.sum((curves[:, each] * alone[each] - target) ** 2) for each in range(2)]
    shares = np.zeros(2)
    shares[int(np.argmin(errors))] = alone[int(np.argmin(errors))]
    return shares
