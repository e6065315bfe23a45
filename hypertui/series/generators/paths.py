"""From relative moves to a series of whole prices."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from hypertui.series.ticks import Ticks

_LARGEST = 2**62  # a price in steps that a walk never has to leave


class PathError(ValueError):
    """A series that cannot be drawn, or drawn from; the text is one line with the figure and the limit."""


def path_of(
    moves: NDArray[np.float64], start: int, decimals: int, times: NDArray[np.int64] | None, note: str
) -> Ticks:
    """The prices that follow `start` (in steps of 10^-`decimals` USD) by logarithmic moves, a row for each
    candle or single price: those of a row are from the last price of the row before. In the first row the
    price rests at `start`. Raises PathError where a path leaves what can be counted."""
    moves = np.concatenate((np.zeros((1, moves.shape[1])), moves[1:]))
    closes = np.cumsum(moves[:, -1])
    before = np.concatenate(([0.0], closes[:-1]))
    with np.errstate(over="ignore"):
        prices = np.exp(before[:, None] + moves + np.log(start)).reshape(-1)
    if not prices.max() < _LARGEST:
        raise PathError("the path leaves all bounds: fewer --ticks, or another --seed")
    whole = np.maximum(np.rint(prices), 1).astype(np.int64)
    return Ticks(whole, times, decimals, moves.shape[1], (note,))


def moves_of(ticks: Ticks) -> NDArray[np.float64]:
    """The logarithmic moves of a series, a row for each but the first: what `path_of` takes."""
    logs = np.log(ticks.prices.astype(np.float64)).reshape(-1, ticks.per_row)
    return logs[1:] - logs[:-1, -1:]


def interval_of(ticks: Ticks) -> int:
    """The usual time between two rows, ms; a second where a series has no times."""
    if ticks.times is None:
        return 1000
    spans = np.diff(ticks.times[:: ticks.per_row])
    spans = spans[spans > 0]
    return int(np.median(spans)) if len(spans) else 1000


def regular_times(first: int, interval: int, rows: int, per_row: int = 1) -> NDArray[np.int64]:
    """Times from `first` on (ms), the prices of a row spread over its interval."""
    parts = np.arange(per_row, dtype=np.int64) * interval // per_row
    return (first + np.arange(rows, dtype=np.int64)[:, None] * interval + parts).reshape(-1)


def steps(price: Decimal, decimals: int) -> int:
    """A price in steps of 10^-`decimals` USD."""
    return int(price.scaleb(decimals).to_integral_value())
