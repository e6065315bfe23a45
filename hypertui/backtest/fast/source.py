"""The seam between the compiled ladder and what finds prices for it: three questions to a *source*.

    touch(source, start, stop, low, high)   the first index from `start` on, and below `stop`, with a price at
                                            `low` or below or at `high` or above; `stop` where there is none
    between(source, begin, end, least)      lowest and highest price from index `begin` up to but without
                                            `end`, and the deepest fall from one to a later one, 0 or more;
                                            where that is not above `least`, anything up to `least` will do
    price_at(source, index)                 the price there

A source is any value that numba can compile for, and its type chooses who answers: whoever brings a new one
says so with `@for_types(touch)`, and so on, as is done here for an array of int64 prices. The ladder is
compiled once for each type of source. All prices are int64 in steps of the series; `stop` and `end` are at
most the number of prices, and `begin < end`. The ladder asks with `start` rising, and never looks beyond
`stop`: the driver walks a series in windows, front to back, so that one larger than memory can be walked.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import types

from hypertui.backtest.fast.compiled import compiled, for_types, inlined

_NEAR = 64  # prices that are looked at one by one,
_FEW = 256  # and then in short blocks
_SHORT, _LONG = 32, 256


def touch(source: Any, start: int, stop: int, low: int, high: int) -> int:
    """The first index in question with a price at a threshold or beyond it."""
    raise NotImplementedError("compiled code alone asks this")


def between(source: Any, begin: int, end: int, least: int) -> tuple[int, int, int]:
    """Lowest and highest price, and the deepest fall."""
    raise NotImplementedError("compiled code alone asks this")


def price_at(source: Any, index: int) -> int:
    """One price."""
    raise NotImplementedError("compiled code alone asks this")


@inlined
def _outside(prices: Any, begin: int, count: int, low: int, high: int) -> bool:
    """Whether any of so many prices is at a threshold or beyond it. The sign of a difference tells, and those
    of all are joined: over indices without a sign, that becomes vector instructions."""
    signs = 0
    first = np.uint64(begin)
    for k in range(np.uint64(count)):
        price = prices[first + k]
        signs |= (price - low - 1) | (high - 1 - price)
    return signs < 0


@compiled
def _scan(prices: Any, start: int, stop: int, low: int, high: int) -> int:
    """One by one at first, as the next crossing is often near, then in blocks. A price between the thresholds
    is one whose distance from the lower one, taken without a sign, is below a width: one comparison."""
    least = low + 1
    if high <= least:
        return start if start < stop else stop
    width = np.uint64(high - least)
    i = start
    end = min(start + _NEAR, stop)
    while i < end:
        if np.uint64(prices[np.uint64(i)] - least) >= width:
            return i
        i += 1
    end = min(end + _FEW, stop) - _SHORT
    while i <= end and not _outside(prices, i, _SHORT, low, high):
        i += _SHORT
    if i > end:
        while i <= stop - _LONG and not _outside(prices, i, _LONG, low, high):
            i += _LONG
    while i < stop:
        if np.uint64(prices[np.uint64(i)] - least) >= width:
            return i
        i += 1
    return stop


@compiled
def _look(prices: Any, begin: int, end: int, least: int) -> tuple[int, int, int]:
    first, count = np.uint64(begin), np.uint64(end - begin)
    low = high = prices[first]
    for k in range(count):
        price = prices[first + k]
        low = min(low, price)
        high = max(high, price)
    fall = 0
    if high - low > least:
        highest = prices[first]
        for k in range(count):
            price = prices[first + k]
            highest = max(highest, price)
            fall = max(fall, highest - price)
    return low, high, fall


def _is_array(source: types.Type) -> bool:
    return isinstance(source, types.Array) and source.dtype == types.int64


@for_types(touch)
def _touch(source: Any, start: Any, stop: Any, low: Any, high: Any) -> Callable[..., int] | None:
    if not _is_array(source):
        return None
    return lambda source, start, stop, low, high: _scan(source, start, stop, low, high)


@for_types(between)
def _between(source: Any, begin: Any, end: Any, least: Any) -> Callable[..., tuple[int, int, int]] | None:
    if not _is_array(source):
        return None
    return lambda source, begin, end, least: _look(source, begin, end, least)


@for_types(price_at)
def _price_at(source: Any, index: Any) -> Callable[..., int] | None:
    if not _is_array(source):
        return None
    return lambda source, index: source[index]
