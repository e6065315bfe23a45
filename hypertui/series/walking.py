"""From columns of whole numbers to a walk: what `core.price_series.walk` makes of rows, by the column."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from hypertui.core.market import LARGEST_POWER, plain
from hypertui.core.price_series.walk import LEFT_OUT
from hypertui.series.ticks import Ticks

Column: TypeAlias = NDArray[np.int64]

_ROWS_TO_TELL = 3  # two rows the wrong way round may be a slip
_FAR = 3  # a price so many times the one before is worth a word


class Unusual(ValueError):
    """What the columns cannot be walked for, in words. Of a text the exact reader says it, or reads it."""


class Unordered(Unusual):
    """Rows whose times go forth and back."""


def walked(columns: Sequence[Column], times: Column | None, decimals: int, notes: Sequence[str]) -> Ticks:
    """The walk over prices in one column, or in open, high, low, close (steps of 10^-`decimals` USD), with
    the times of the rows (ms). Raises Unusual for what the exact reader would refuse."""
    told = list(notes)
    if len(columns[0]) < 2:
        raise Unusual("fewer than 2 rows")
    if min(int(column.min()) for column in columns) <= 0:
        at = min(int(np.argmax(column <= 0)) for column in columns if (column <= 0).any())
        raise Unusual(f"row {at + 1}: a price that is not above 0")
    if max(int(column.max()) for column in columns) >= 10 ** (LARGEST_POWER + 1 + decimals):
        raise Unusual(f"a price of 1e{LARGEST_POWER + 1} or more")
    if len(columns) > 1:
        _check_candles(columns)
    if times is None:
        told.append("no column of time: walked from top to bottom, a row a second")
    else:
        columns, times = _in_order(columns, times, told)
    prices = np.ascontiguousarray(columns[0]) if len(columns) == 1 else _touched(columns)
    _tell_a_jump(columns, prices, decimals, told)
    if times is not None:
        times = np.ascontiguousarray(times) if len(columns) == 1 else _spread(times, len(columns))
    return Ticks(prices, times, decimals, len(columns), tuple(told))


def _check_candles(columns: Sequence[Column]) -> None:
    opened, high, low, close = columns
    if (low > np.minimum(opened, close)).any() or (high < np.maximum(opened, close)).any():
        outside = (low > np.minimum(opened, close)) | (high < np.maximum(opened, close))
        raise Unusual(f"row {int(np.argmax(outside)) + 1}: open or close lies outside low to high")


def _touched(columns: Sequence[Column]) -> Column:
    """Each candle's prices in the order in which they are walked, the nearer extreme first."""
    opened, high, low, close = columns
    touched = np.empty((len(opened), 4), dtype=np.int64)
    rises = close >= opened
    touched[:, 0], touched[:, 3] = opened, close
    touched[:, 1], touched[:, 2] = np.where(rises, low, high), np.where(rises, high, low)
    return touched.reshape(-1)


def _in_order(columns: Sequence[Column], times: Column, notes: list[str]) -> tuple[Sequence[Column], Column]:
    if (times[1:] < times[:-1]).any():
        if len(times) < _ROWS_TO_TELL or (times[1:] > times[:-1]).any():
            back = int(np.argmax(times[1:] < times[:-1])) + 1
            raise Unordered(
                f"row {back + 1}: time {times[back]} is before that of the row above, {times[back - 1]}"
            )
        notes.append("newest first: turned round")
        columns, times = [column[::-1] for column in columns], times[::-1]
    is_same = times[1:] == times[:-1]
    if len(columns) > 1 and is_same.any():
        twice = is_same.copy()
        for column in columns:
            twice &= column[1:] == column[:-1]
        if count := int(twice.sum()):
            notes.append(f"{_rows(count)} {LEFT_OUT}")
            kept = np.concatenate(([True], ~twice))
            columns, times = [column[kept] for column in columns], times[kept]
            is_same = times[1:] == times[:-1]
    if count := int(is_same.sum()):
        notes.append(f"{_rows(count)} of the same time as the row before: walked as they come")
    return columns, times


def _rows(count: int) -> str:
    return "1 row is" if count == 1 else f"{count:,} rows are"


def _tell_a_jump(columns: Sequence[Column], prices: Column, decimals: int, notes: list[str]) -> None:
    highs, lows = (columns[0], columns[0]) if len(columns) == 1 else (columns[1], columns[2])
    if int(highs.max()) <= _FAR * int(lows.min()):
        return
    # Divided, not multiplied: three times a price may not fit in 64 bits.
    before, after = prices[:-1], prices[1:]
    far = np.flatnonzero((-(-after // _FAR) > before) | (-(-before // _FAR) > after))
    if len(far):
        before_it, it = (plain(Decimal(int(prices[at])).scaleb(-decimals)) for at in (far[0], far[0] + 1))
        more = "" if len(far) == 1 else f", and {len(far) - 1:,} more such jumps"
        notes.append(f"the price goes from {before_it} to {it} at once{more}")


def _spread(times: Column, per_row: int) -> Column:
    """The times of all prices, those of a row over the usual interval."""
    spans = np.diff(times)
    interval = int(spans[spans > 0].min()) if (spans > 0).any() else per_row
    spans = np.append(np.where(spans > 0, interval, 0), interval)
    return (times[:, None] + spans[:, None] * np.arange(per_row) // per_row).reshape(-1)
