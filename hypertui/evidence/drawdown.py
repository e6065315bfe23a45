"""What a result is worth for the falls on the way to it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from statistics import fmean

_DAY = 86_400_000  # ms
YEAR = 365 * _DAY
_LEAST = 28 * _DAY


def max_drawdown(equity: Iterable[float]) -> float:
    """The deepest fall of a curve from an earlier high, at least 0, in its own unit. It begins at 0."""
    peak = deepest = 0.0
    for value in equity:
        peak = max(peak, value)
        deepest = max(deepest, peak - value)
    return deepest


def sortino_ratio(returns: Sequence[float], target: float = 0.0) -> float | None:
    """Mean above the `target` by the downside deviation, the root of the mean square of what is below it, the
    other returns counting as 0: Sortino and Price, "Performance Measurement in a Downside Risk Framework"
    (Journal of Investing 3, 1994). None where nothing is below it, or there are no returns."""
    if not returns:
        return None
    downside = math.sqrt(fmean(min(each - target, 0.0) ** 2 for each in returns))
    return None if downside == 0 else (fmean(returns) - target) / downside


def return_over_drawdown(net_pnl: float, drawdown: float) -> float | None:
    """Net PnL by the deepest drawdown, both in USD, over the whole series; None without a drawdown."""
    return None if drawdown <= 0 else net_pnl / drawdown


def calmar_ratio(net_pnl: float, drawdown: float, lasted: int) -> float | None:
    """The same for a year, where it has `lasted` so many ms: Young, "Calmar Ratio: A Smoother Tool" (Futures,
    October 1991), over the time there is instead of three years. None without a drawdown, and of less than
    four weeks, which say nothing of a year."""
    whole = return_over_drawdown(net_pnl, drawdown)
    return None if whole is None or lasted < _LEAST else whole * YEAR / lasted
