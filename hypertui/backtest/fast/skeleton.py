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

from hypertui.backtest.fast.compiled import borrowing, compiled, for_types
from hypertui.backtest.fast.pyramid import FAN, Pyramid, Whole, extremes, first_touch, pyramid_of
from hypertui.backtest.fast.source import between, price_at, touch

_INDEX, _VALUE = 0, 1  # rows of the records
_AFTER, _END, _TURN = 0, 1, 2  # and of the legs
_DELTA, _RISES, _LEG, _RECORD, _START, _LOW, _HIGH, _FOUND = range(8)  # marks
_FEWEST_PRICES_A_RECORD = 8  # below that the records are no skeleton any more, and take too much memory


class Skeleton(NamedTuple):
    """A zigzag of the prices, beside their pyramid. `records` has a row of indices, rising, and one of the
    prices there. The first record of all is where the first leg sets out; each leg ends with its last record,
    from which the next one sets out. Legs rise and fall in turn. `legs` has a row of the numbers of their
    records and those before, one of the prices at their ends, and one of the indices of these. `marks` are
    `delta`, whether the first leg rises, the leg and the record where the last search ended and the next one
    begins, and what it was: where it started, its thresholds, and what it found.

    A few arrays, because each costs time whenever compiled code is called.
    """

    prices: Whole
    blocks: Whole
    levels: Whole
    records: Whole
    legs: Whole
    marks: Whole

    @property
    def delta(self) -> int:
        """By how much the price turns at the end of a leg."""
        return int(self.marks[_DELTA])


def skeleton_of(pyramid: Pyramid, delta: int) -> Skeleton | None:
    """The zigzag by `delta`, above 0 and in steps of the prices; None where more than one price in eight
    would be a record, and walking the prices is as quick. It has no legs where the price never turns so
    far: the pyramid answers then."""
    most = len(pyramid.prices) // _FEWEST_PRICES_A_RECORD
    lows, highs, _ = pyramid.blocks
    after, records, rises = _zigzag(pyramid.prices, highs, lows, True, delta, most)
    return None if len(records) > most else _skeleton(pyramid, delta, after, records, rises)


def coarser(fine: Skeleton, delta: int) -> Skeleton:
    """The zigzag by a `delta` above that of `fine`. All of its records are records there."""
    indices, values = fine.records
    after, chosen, rises = _zigzag(values, values, values, False, delta, len(values))
    return _skeleton(Pyramid(*fine[:3]), delta, after, indices[chosen], rises)


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


def _skeleton(pyramid: Pyramid, delta: int, after: Whole, records: Whole, rises: bool) -> Skeleton:
    kept = np.stack([records, pyramid.prices[records]])
    indices, values = kept
    legs = np.stack([after, values[after - 1], indices[after - 1]])
    return Skeleton(*pyramid, kept, legs, np.array([delta, rises, *[0] * 6], dtype=np.int64))


@compiled
def _zigzag(
    prices: Whole, highs: Whole, lows: Whole, in_blocks: bool, delta: int, most: int
) -> tuple[Whole, Whole, bool]:
    """After which record each leg ends, the records, and whether the first leg rises; the search is given up
    where there are more than `most` records. `in_blocks`: 16 prices have one high and one low, and are passed
    over where these change nothing."""
    n = len(prices)
    after = np.zeros(64, np.int64)
    records = np.zeros(1024, np.int64)
    first, rises = _set_out(prices, delta)
    if first < 0:
        return after[:0], records[:0], True
    legs, count = 0, 1
    records[0] = first
    way = 1 if rises else -1
    end = way * prices[first]  # as if each leg rose
    i = first + 1
    while i < n and count <= most:
        if in_blocks and not i & (FAN - 1):
            block = i // FAN
            high, low = (highs[block], lows[block]) if way > 0 else (-lows[block], -highs[block])
            if high <= end and low > end - delta:
                i += FAN
                continue
        price = way * prices[i]
        if price > end:
            end = price
            if count == len(records):
                records = _longer(records)
            records[count] = i
            count += 1
        elif price <= end - delta:
            if legs == len(after):
                after = _longer(after)
            after[legs] = count
            legs += 1
            # It has turned: the new leg's records are from the last one on.
            for j in range(records[count - 1] + 1, i + 1):
                if way * prices[j] < end:
                    end = way * prices[j]
                    if count == len(records):
                        records = _longer(records)
                    records[count] = j
                    count += 1
            way, end = -way, -end
        i += 1
    if legs == len(after):
        after = _longer(after)
    after[legs] = count
    return after[: legs + 1].copy(), records[:count].copy(), rises


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


@borrowing
def _search(skeleton: Skeleton, start: int, low: int, high: int) -> int:
    """The same without an end: the number of prices where there is none."""
    records, legs, marks = skeleton.records, skeleton.legs, skeleton.marks
    count = legs.shape[1]
    if not count or start < records[_INDEX, 0] or start >= legs[_TURN, count - 1]:
        return first_touch(skeleton, start, len(skeleton.prices), low, high)
    leg = marks[_LEG]
    if leg and legs[_TURN, leg - 1] > start:
        leg = 0
    while legs[_TURN, leg] <= start:
        leg += 1
    marks[_LEG] = leg
    # The first record after the start, and the one before that, which may be the end of the leg before.
    begin = legs[_AFTER, leg - 1] if leg else 0
    first, after = begin, legs[_AFTER, leg]
    hint = marks[_RECORD]
    if first <= hint < after and records[_INDEX, hint] <= start:
        first = hint + 1
        if first < after and records[_INDEX, first] > start:
            after = first
    while first < after:
        middle = (first + after) >> 1
        if records[_INDEX, middle] > start:
            after = middle
        else:
            first = middle + 1
    last = records[_VALUE, first - 1]
    pivot = records[_VALUE, begin - 1] if leg else records[_VALUE, 0]
    rising = bool(marks[_RISES]) != bool(leg & 1)
    # Until the first record prices are at the last one or against it, by less than delta.
    if rising:
        surely = last < high and (pivot > low or last - marks[_DELTA] >= low)
    else:
        surely = last > low and (pivot < high or last + marks[_DELTA] <= high)
    if not surely:
        return first_touch(skeleton, start, len(skeleton.prices), low, high)
    # No leg from here on touches the threshold that it leads away from, because none before it has.
    while (legs[_END, leg] < high) if rising else (legs[_END, leg] > low):
        first = legs[_AFTER, leg]
        leg += 1
        if leg == count:
            return first_touch(skeleton, legs[_TURN, count - 1], len(skeleton.prices), low, high)
        rising = not rising
    after = legs[_AFTER, leg] - 1
    while first < after:
        middle = (first + after) >> 1
        if (records[_VALUE, middle] >= high) if rising else (records[_VALUE, middle] <= low):
            after = middle
        else:
            first = middle + 1
    marks[_LEG], marks[_RECORD] = leg, first
    return int(records[_INDEX, first])


@borrowing
def next_touch(skeleton: Skeleton, start: int, stop: int, low: int, high: int) -> int:
    """The first index from `start` on and below `stop` with a price at `low` or below or at `high` or above;
    `stop` where there is none. Quickest where each `start` is at or after the one before."""
    marks = skeleton.marks
    if low != marks[_LOW] or high != marks[_HIGH] or not marks[_START] <= start <= marks[_FOUND]:
        marks[_FOUND] = _search(skeleton, start, low, high)
        marks[_START], marks[_LOW], marks[_HIGH] = start, low, high
    return min(int(marks[_FOUND]), stop)


@borrowing
def price_of(skeleton: Skeleton, index: int) -> int:
    """The price there. That of the last answer is known without a look at the prices, which are far away."""
    record = skeleton.marks[_RECORD]
    if record < skeleton.records.shape[1] and index == skeleton.records[_INDEX, record]:
        return int(skeleton.records[_VALUE, record])
    return int(skeleton.prices[index])


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
    return lambda source, begin, end, least: extremes(source, begin, end)


@for_types(price_at)
def _price_at(source: Any, index: Any) -> Callable[..., int] | None:
    if not _is_skeleton(source):
        return None
    return lambda source, index: price_of(source, index)
