"""Lowest, highest and deepest fall of every 16 prices, of every 256, and so on: what happens between any two
of them is found without walking them.

`first_touch` and `extremes` are compiled, and exact for any thresholds and any stretch. What is kept beside
the prices takes a fifth of their memory.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hypertui.backtest.fast.compiled import borrowing, compiled

Whole: TypeAlias = NDArray[np.int64]

FAN = 16  # prices of a block, and blocks of a block above it
_SHIFT = 4  # its power of two


class Pyramid(NamedTuple):
    """The prices, and their blocks level by level: rows of lows, of highs and of falls. The blocks of 16
    prices begin at column `levels[0]`, those of 256 at `levels[1]`; `levels[-1]` is the end. A fall is from a
    price to a later one of the same block."""

    prices: Whole
    blocks: Whole
    levels: Whole


def pyramid_of(prices: Whole) -> Pyramid:
    """Those of int64 prices, at least one."""
    prices = np.asarray(prices)
    sizes: list[int] = []
    size = len(prices)
    while size > 1 or not sizes:
        size = -(-size // FAN)
        sizes.append(size)
    levels = np.cumsum([0, *sizes], dtype=np.int64)
    blocks = np.empty((3, levels[-1]), np.int64)
    lows, highs, falls = blocks
    _fill_lowest(prices, lows, highs, falls)
    _fill_above(lows, highs, falls, levels)
    return Pyramid(prices, blocks, levels)


@compiled
def _fill_lowest(prices: Whole, lows: Whole, highs: Whole, falls: Whole) -> None:
    n = len(prices)
    for block in range((n + FAN - 1) // FAN):
        begin = block * FAN
        high = low = prices[begin]
        fall = 0
        for i in range(begin + 1, min(begin + FAN, n)):
            price = prices[i]
            high = max(high, price)
            low = min(low, price)
            fall = max(fall, high - price)
        lows[block], highs[block], falls[block] = low, high, fall


@compiled
def _fill_above(lows: Whole, highs: Whole, falls: Whole, levels: Whole) -> None:
    for level in range(1, len(levels) - 1):
        below, here, end = levels[level - 1], levels[level], levels[level]
        for block in range(levels[level + 1] - here):
            begin = below + block * FAN
            low, high, fall = lows[begin], highs[begin], falls[begin]
            for i in range(begin + 1, min(begin + FAN, end)):
                fall = max(fall, high - lows[i], falls[i])
                low = min(low, lows[i])
                high = max(high, highs[i])
            lows[here + block], highs[here + block], falls[here + block] = low, high, fall


@borrowing
def first_touch(pyramid: Any, start: int, stop: int, low: int, high: int) -> int:
    """By a Pyramid, or what has its fields, the first index from `start` on and below `stop` with a price at
    `low` or below or at `high` or above; `stop` where there is none."""
    prices, blocks, levels = pyramid.prices, pyramid.blocks, pyramid.levels
    i = start
    end = min((i | (FAN - 1)) + 1, stop)
    while i < end:
        if prices[i] >= high or prices[i] <= low:
            return i
        i += 1
    if i >= stop:
        return stop
    level = 0
    width = FAN
    i >>= _SHIFT
    while True:  # up, until a block holds one
        base = levels[level]
        size = levels[level + 1] - base
        end = min((i | (FAN - 1)) + 1, size)
        while i < end and blocks[1, base + i] < high and blocks[0, base + i] > low:
            i += 1
        if i < end:
            break
        if i >= size or i * width >= stop:
            return stop
        i >>= _SHIFT
        width <<= _SHIFT
        level += 1
    while level > 0:  # and down into the first that does
        level -= 1
        base = levels[level]
        i <<= _SHIFT
        while blocks[1, base + i] < high and blocks[0, base + i] > low:
            i += 1
    i <<= _SHIFT
    while prices[i] < high and prices[i] > low:
        i += 1
    return min(i, stop)


@borrowing
def extremes(pyramid: Any, begin: int, end: int) -> tuple[int, int, int]:
    """By the same, the lowest and the highest price from index `begin` up to but without `end`, which is
    above it, and the deepest fall from one of them to a later one."""
    blocks, levels = pyramid.blocks, pyramid.levels
    low = high = pyramid.prices[begin]
    fall = 0
    i = begin + 1
    while i < end and i & (FAN - 1):
        price = pyramid.prices[i]
        fall = max(fall, high - price)
        low = min(low, price)
        high = max(high, price)
        i += 1
    level = 0
    width = FAN
    while i + FAN <= end:  # whole blocks: the largest that begins here and does not reach beyond the end
        while level + 2 < len(levels) and not i & (width * FAN - 1) and i + width * FAN <= end:
            level += 1
            width *= FAN
        while i + width > end:
            level -= 1
            width //= FAN
        block = levels[level] + i // width
        fall = max(fall, high - blocks[0, block], blocks[2, block])
        low = min(low, blocks[0, block])
        high = max(high, blocks[1, block])
        i += width
    while i < end:
        price = pyramid.prices[i]
        fall = max(fall, high - price)
        low = min(low, price)
        high = max(high, price)
        i += 1
    return low, high, fall
