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

from numba import types

from hypertui.backtest.fast.compiled import compiled, for_types

_FIRST = 16  # prices that are looked at one by one before whole blocks are
_FEW = 256  # and after so many more the blocks are long ones


def touch(source: Any, start: int, stop: int, low: int, high: int) -> int:
    """The first index in question with a price at a threshold or beyond it."""
    raise NotImplementedError("compiled code alone asks this")


def between(source: Any, begin: int, end: int, least: int) -> tuple[int, int, int]:
    """Lowest and highest price, and the deepest fall."""
    raise NotImplementedError("compiled code alone asks this")


def price_at(source: Any, index: int) -> int:
    """One price."""
    raise NotImplementedError("compiled code alone asks this")


@compiled
def _outside(prices: Any, low: int, high: int) -> bool:
    """Whether any of the prices of a block is at a threshold or beyond it, in vector instructions: the sign
    of a difference tells, and those of all are joined."""
    signs = 0
    for price in prices:
        signs |= (price - low - 1) | (high - 1 - price)
    return signs < 0


@compiled
def _scan(prices: Any, start: int, stop: int, low: int, high: int) -> int:
    i = start
    end = min(start + _FIRST, stop)
    while i < end:
        if prices[i] <= low or prices[i] >= high:
            return i
        i += 1
    end = min(end + _FEW, stop) - 32
    while i <= end and not _outside(prices[i : i + 32], low, high):
        i += 32
    if i > end:
        while i <= stop - 256 and not _outside(prices[i : i + 256], low, high):
            i += 256
    while i < stop:
        if prices[i] <= low or prices[i] >= high:
            return i
        i += 1
    return stop


@compiled
def _look(prices: Any, least: int) -> tuple[int, int, int]:
    low = high = prices[0]
    for price in prices:
        low = min(low, price)
        high = max(high, price)
    fall = 0
    if high - low > least:
        highest = prices[0]
        for price in prices:
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
    return lambda source, begin, end, least: _look(source[begin:end], least)


@for_types(price_at)
def _price_at(source: Any, index: Any) -> Callable[..., int] | None:
    if not _is_array(source):
        return None
    return lambda source, index: source[index]
