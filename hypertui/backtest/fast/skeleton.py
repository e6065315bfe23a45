"""A series as a zigzag: the legs between its turns, and of each leg the prices that were a record in it.

A leg ends where the price has turned by `delta`. So within a rising leg nothing falls by `delta` or more, and
a threshold above is touched first by a record: whoever looks for the next touch walks the ends of the legs
and searches the records of one. What this cannot tell (a threshold nearer than `delta`, the last prices,
after which no turn is known) is looked up in the pyramid beside it. The answer is exact for any threshold and
any `delta`; that `delta` fits decides how quick it is.

A skeleton is a source of the compiled ladder (`hypertui.backtest.fast.source`), in the place of the prices.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numba import types

from hypertui.backtest.fast.compiled import compiled, for_types
from hypertui.backtest.fast.pyramid import FAN, Pyramid, Whole, extremes, first_touch, pyramid_of
from hypertui.backtest.fast.source import between, price_at, touch

_FEWEST_PRICES_A_RECORD = 8  # below that the records are no skeleton any more, and take too much memory


class Skeleton(NamedTuple):
    """A zigzag of the prices. The records of leg `k` are `records[begins[k]:begins[k + 1]]`, indices of
    prices, rising, with their prices in `values`; the last one is its end, from which the next leg sets out.
    The first record of all is where the first leg sets out. Legs rise and fall in turn, the first one
    rises where `rises`. `cursor` holds the leg of the last answer, where the next search begins.
    """

    pyramid: Pyramid
    delta: int
    begins: Whole
    records: Whole
    values: Whole
    ends: Whole  # the price at the end of each leg
    turns: Whole  # and where that is
    rises: bool
    cursor: Whole


def skeleton_of(pyramid: Pyramid, delta: int) -> Skeleton | None:
    """The zigzag by `delta`, above 0 and in steps of the prices; None where more than one price in eight
    would be a record, and walking the prices is as quick. It has no legs where the price never turns so
    far: the pyramid answers then."""
    most = len(pyramid.prices) // _FEWEST_PRICES_A_RECORD
    begins, records, rises = _zigzag(pyramid.prices, pyramid.highs, pyramid.lows, True, delta, most)
    return _skeleton(pyramid, delta, begins, records, rises) if len(begins) else None


def coarser(fine: Skeleton, delta: int) -> Skeleton:
    """The zigzag by a `delta` above that of `fine`. All of its records are records there."""
    begins, chosen, rises = _zigzag(fine.values, fine.values, fine.values, False, delta, len(fine.values))
    return _skeleton(fine.pyramid, delta, begins, fine.records[chosen], rises)


def skeletons_of(prices: Whole, smallest: int, largest: int) -> Sequence[Skeleton]:
    """Skeletons of int64 prices for distances from `smallest`, above 0, to `largest`, each `delta` twice the
    one before; the finest first, those that are none left out."""
    pyramid = pyramid_of(prices)
    found: list[Skeleton] = []
    delta = smallest
    while delta <= largest:
        made = coarser(found[-1], delta) if found else skeleton_of(pyramid, delta)
        if made is not None:
            found.append(made)
        delta *= 2
    return found


def fitting(skeletons: Sequence[Skeleton], distance: int) -> Skeleton | None:
    """The coarsest whose `delta` is not above a distance, which is the smallest between two thresholds next
    to each other; None where none is."""
    return next((each for each in reversed(skeletons) if each.delta <= distance), None)


def _skeleton(pyramid: Pyramid, delta: int, begins: Whole, records: Whole, rises: bool) -> Skeleton:
    values = pyramid.prices[records]
    last = begins[1:] - 1
    cursor = np.zeros(1, np.int64)
    return Skeleton(pyramid, delta, begins, records, values, values[last], records[last], bool(rises), cursor)


@compiled
def _zigzag(
    prices: Whole, highs: Whole, lows: Whole, in_blocks: bool, delta: int, most: int
) -> tuple[Whole, Whole, bool]:
    """The offsets of the legs, their records, and whether the first one rises; not even one offset where
    there would be more than `most` records. `in_blocks`: 16 prices have one high and one low, and are
    passed over where these change nothing."""
    n = len(prices)
    begins = np.zeros(1, np.int64)
    records = np.zeros(0, np.int64)
    first, rises = _set_out(prices, delta)
    if first < 0:
        return begins, records, True
    begins = np.zeros(64, np.int64)
    records = np.zeros(1024, np.int64)
    against = np.zeros(
        64, np.int64
    )  # records against the leg since its last one: the next leg's, if it turns
    legs, count, waiting = 1, 1, 0
    records[0] = first
    way = 1 if rises else -1
    end = turn = way * prices[first]  # as if it rose: the highest, and the lowest after that
    i = first + 1
    while i < n:
        if in_blocks and not i & (FAN - 1):
            block = i // FAN
            high, low = (highs[block], lows[block]) if way > 0 else (-lows[block], -highs[block])
            if high <= end and low >= turn:
                i += FAN
                continue
        price = way * prices[i]
        if price > end:
            end = turn = price
            waiting = 0
            if count == len(records):
                records = _longer(records)
            records[count] = i
            count += 1
        elif price < turn:
            turn = price
            if waiting == len(against):
                against = _longer(against)
            against[waiting] = i
            waiting += 1
            if end - price >= delta:
                while count + waiting > len(records):
                    records = _longer(records)
                records[count : count + waiting] = against[:waiting]
                if legs == len(begins):
                    begins = _longer(begins)
                begins[legs] = count
                legs += 1
                count += waiting
                waiting = 0
                way = -way
                end = turn = -price
        if count > most:
            return np.zeros(0, np.int64), np.zeros(0, np.int64), True
        i += 1
    if legs == len(begins):
        begins = _longer(begins)
    begins[legs] = count
    return begins[: legs + 1].copy(), records[:count].copy(), rises


@compiled
def _set_out(prices: Whole, delta: int) -> tuple[int, bool]:
    """Where the first leg sets out, and whether it rises; -1 where the price never goes so far."""
    if not len(prices):
        return -1, True
    lowest = highest = 0
    for i in range(len(prices)):
        if prices[i] > prices[highest]:
            highest = i
        elif prices[i] < prices[lowest]:
            lowest = i
        if prices[i] - prices[lowest] >= delta:
            return lowest, True
        if prices[highest] - prices[i] >= delta:
            return highest, False
    return -1, True


@compiled
def _longer(array: Whole) -> Whole:
    longer = np.zeros(len(array) * 2, np.int64)
    longer[: len(array)] = array
    return longer


@compiled
def next_touch(skeleton: Skeleton, start: int, stop: int, low: int, high: int) -> int:
    """The first index from `start` on and below `stop` with a price at `low` or below or at `high` or above;
    `stop` where there is none. Quickest where each `start` is at or after the one before."""
    pyramid, records, begins = skeleton.pyramid, skeleton.records, skeleton.begins
    values, ends, turns = skeleton.values, skeleton.ends, skeleton.turns
    price = pyramid.prices[start]
    if price <= low or price >= high:
        return start
    legs = len(turns)
    if not legs or start < records[0] or start >= turns[-1]:
        return first_touch(pyramid, start, stop, low, high)
    leg = skeleton.cursor[0]
    if leg and turns[leg - 1] > start:
        leg = 0
    while turns[leg] <= start:
        leg += 1
    skeleton.cursor[0] = leg
    # The first record after the start, and the one before that, which may be the end of the leg before.
    first, after = begins[leg], begins[leg + 1]
    while first < after:
        middle = (first + after) >> 1
        if records[middle] > start:
            after = middle
        else:
            first = middle + 1
    last = values[first - 1]
    pivot = values[begins[leg] - 1] if leg else values[0]
    rising = skeleton.rises != bool(leg & 1)
    if rising:
        surely = last < high and (pivot > low or last - skeleton.delta >= low)
    else:
        surely = last > low and (pivot < high or last + skeleton.delta <= high)
    if not surely:
        return first_touch(pyramid, start, stop, low, high)
    # No leg from here on touches the threshold that it leads away from, because none before it has.
    while (ends[leg] < high) if rising else (ends[leg] > low):
        if turns[leg] >= stop:
            return stop
        leg += 1
        if leg == legs:
            return first_touch(pyramid, turns[-1], stop, low, high)
        rising = not rising
        first = begins[leg]
    after = begins[leg + 1] - 1
    while first < after:
        middle = (first + after) >> 1
        if (values[middle] >= high) if rising else (values[middle] <= low):
            after = middle
        else:
            first = middle + 1
    return min(int(records[first]), stop)


def _is_skeleton(source: types.Type) -> bool:
    return isinstance(source, types.NamedTuple) and source.instance_class is Skeleton


@for_types(touch)
def _touch(source: Any, start: Any, stop: Any, low: Any, high: Any) -> Callable[..., int] | None:
    if not _is_skeleton(source):
        return None
    return lambda source, start, stop, low, high: next_touch(source, start, stop, low, high)


@for_types(between)
def _between(source: Any, begin: Any, end: Any, least: Any) -> Callable[..., tuple[int, int, int]] | None:
    if not _is_skeleton(source):
        return None
    return lambda source, begin, end, least: extremes(source.pyramid, begin, end)


@for_types(price_at)
def _price_at(source: Any, index: Any) -> Callable[..., int] | None:
    if not _is_skeleton(source):
        return None
    return lambda source, index: source.pyramid.prices[index]
