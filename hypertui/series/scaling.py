"""Prices as whole numbers of the smallest step that keeps every digit, and times as milliseconds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hypertui.series.walking import Column, Unusual

MOST_DECIMALS = 17  # the digits of a 64-bit number, less one before the point
_SAMPLE = 4_096  # values that say how many decimals to try first
_CHUNK = 32_768  # values at a time, for which a processor's cache has room
_EXACT = 2**53  # beyond it a float has no room for every whole number
# Below, a number is one of seconds, milliseconds, microseconds, nanoseconds since 1970; a few digits more are
# those of a date. As in core.price_series.times.
_SECONDS, _MILLIS, _MICROS, _NANOS = 10**11, 10**14, 10**17, 10**20
_CALENDAR_DIGITS = frozenset({8, 10, 12, 14, 17})
_CALENDAR_YEARS = range(1970, 2101)
_EARLIEST_USUAL, _LATEST = 946_684_800_000, 7_258_118_400_000  # 2000 and 2200


def shortened(columns: Sequence[Column], scale: int) -> tuple[list[Column], int]:
    """Columns in steps of 10^-`scale` in the largest step of ten that keeps every digit, and its decimals."""
    decimals = max((_decimals_of(column[:_SAMPLE], scale) for column in columns), default=0)
    while decimals < scale and not all(_divides(column, 10 ** (scale - decimals)) for column in columns):
        decimals += 1
    step = 10 ** (scale - decimals)
    return [column if step == 1 else column // step for column in columns], decimals


def _decimals_of(sample: Column, scale: int) -> int:
    decimals = 0
    while decimals < scale and not _divides(sample, 10 ** (scale - decimals)):
        decimals += 1
    return decimals


def _divides(column: Column, step: int) -> bool:
    return bool((column % step == 0).all())


def from_floats(columns: Sequence[NDArray[np.floating[Any]]]) -> tuple[list[Column], int, str]:
    """Binary floats as the decimals that they were written from: as few as restore every one of them; their
    number; and a sentence that says so. Where no number does, as many as a float keeps apart, rounded.
    Raises Unusual for what is no positive number."""
    wide = [np.asarray(column, dtype=np.float64) for column in columns]
    highest = max(float(column.max(initial=0.0)) for column in wide)
    if not all(np.isfinite(column).all() and (column > 0).all() for column in wide):
        raise Unusual("a price that is not above 0")
    most = 0
    while most < MOST_DECIMALS and highest * 10 ** (most + 1) < _EXACT:
        most += 1
    narrow = columns[0].dtype.itemsize == 4
    decimals = 0
    while decimals < most and _scaled(wide, decimals, narrow, _SAMPLE) is None:
        decimals += 1
    while (scaled := _scaled(wide, decimals, narrow)) is None and decimals < most:
        decimals += 1
    places = "1 decimal" if decimals == 1 else f"{decimals} decimals"
    told = "which restore every one" if scaled is not None else "rounded: they have more digits than that"
    if scaled is None:
        scaled = [np.rint(column * 10**decimals).astype(np.int64) for column in wide]
    return scaled, decimals, f"prices are binary floats, taken for figures with {places}, {told}"


def _scaled(
    columns: Sequence[NDArray[np.float64]], decimals: int, narrow: bool, most: int | None = None
) -> list[Column] | None:
    """The first `most` of each column in steps of 10^-`decimals`; None where these do not restore it."""
    factor = 10.0**decimals
    found = []
    for column in columns:
        column = column[:most]
        scaled = np.empty(len(column), dtype=np.int64)
        for start in range(0, len(column), _CHUNK):
            part = column[start : start + _CHUNK]
            steps = np.rint(part * factor)
            back = steps / factor
            # Of 32 bits: what was written is what gives the same 32 bits.
            same = back.astype(np.float32) == part.astype(np.float32) if narrow else back == part
            if not same.all():
                return None
            scaled[start : start + _CHUNK] = steps
        found.append(scaled)
    return found


def milliseconds_of(stamps: Column) -> Column:
    """Counts since 1970 in milliseconds, by their size. Raises Unusual for what may be dates of a calendar,
    for what is no time of this or the last century, and for several sizes in one column."""
    low, high = int(stamps.min()), int(stamps.max())
    if low < 0 or _may_be_calendar(low, high):
        raise Unusual("times that are no counts since 1970")
    if high < _SECONDS:
        found = stamps * 1000
    elif low >= _SECONDS and high < _MILLIS:
        found = stamps
    elif low >= _MILLIS and high < _MICROS:
        found = stamps // 1000
    elif low >= _MICROS and high < _NANOS:
        found = stamps // 1_000_000
    else:
        raise Unusual("times in several units")
    return usual(found)


def usual(times: Column) -> Column:
    """The same times (ms). Raises Unusual for those before 2000, which may be meant otherwise, and after
    2200."""
    if int(times.min()) < _EARLIEST_USUAL or int(times.max()) >= _LATEST:
        raise Unusual("times that are not from 2000 to 2200")
    return times


def _may_be_calendar(low: int, high: int) -> bool:
    digits = len(str(high))
    if digits not in _CALENDAR_DIGITS or len(str(low)) != digits:
        return False
    return all(int(str(stamp)[:4]) in _CALENDAR_YEARS for stamp in (low, high))
