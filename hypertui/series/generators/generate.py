"""A series of a model, on its own or calibrated by another one."""

from __future__ import annotations

from decimal import Decimal

from hypertui.series.generators.calibration import calibrated
from hypertui.series.generators.paths import interval_of, moves_of, path_of, regular_times, steps
from hypertui.series.generators.volatility import USUAL, TwoFactorVolatility, moves
from hypertui.series.ticks import Ticks

_START, _DECIMALS = Decimal(60_000), 1
_FIRST = 1_735_689_600_000  # 2025-01-01, ms
_SECOND = 1000


def generated(
    rows: int, seed: int, like: Ticks | None = None, model: TwoFactorVolatility | None = None
) -> tuple[Ticks, TwoFactorVolatility]:
    """`rows` single prices of a two-factor stochastic volatility with jumps, and the model: `model`, or the
    one that `like` is calibrated to (its closes, where it is of candles), or a usual one. They begin with the
    first price and time of `like`, or with 60,000 USD in 2025, a second apart. Raises PathError."""
    if like is None:
        model, first, interval, decimals = model or USUAL, _FIRST, _SECOND, _DECIMALS
        start = steps(_START, decimals)
    else:
        closes = Ticks(like.prices[like.per_row - 1 :: like.per_row], None, like.decimals)
        model = model or calibrated(moves_of(closes)[:, 0])
        first = _FIRST if like.times is None else int(like.times[0])
        interval, decimals, start = interval_of(like), like.decimals, int(closes.prices[0])
    drawn = moves(model, rows, seed)
    note = f"two-factor stochastic volatility with jumps, seed {seed}"
    return path_of(drawn[:, None], start, decimals, regular_times(first, interval, rows), note), model
