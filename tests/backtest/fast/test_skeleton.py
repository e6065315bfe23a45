"""Searches by the pyramid and the zigzag find what walking every price finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hypertui.backtest.fast.pyramid import FAN, Pyramid, extremes, first_touch, pyramid_of
from hypertui.backtest.fast.skeleton import Skeleton, coarser, fitting, next_touch, skeleton_of, skeletons_of

Touch = Callable[[int, int, int], int]


@st.composite
def walks(draw: st.DrawFn) -> np.ndarray:
    """Random walks with plateaus and gaps over several units, a few of them with long quiet stretches."""
    seed = draw(st.integers(0, 2**32 - 1))
    size = draw(st.sampled_from((1, 2, 15, 16, 17, 90, 300, 800)))
    calm = draw(st.sampled_from((0.0, 0.5, 0.95)))
    jumps = draw(st.sampled_from((0.0, 0.01, 0.2)))
    rng = np.random.default_rng(seed)
    steps = rng.integers(-3, 4, size) * (rng.random(size) >= calm)
    steps += rng.integers(-90, 91, size) * (rng.random(size) < jumps)
    return (np.cumsum(steps) + 100_000).astype(np.int64)


def naively(prices: np.ndarray, start: int, low: int, high: int) -> int:
    beyond = np.flatnonzero((prices[start:] <= low) | (prices[start:] >= high))
    return start + int(beyond[0]) if len(beyond) else len(prices)


def crossings(prices: np.ndarray, grid: dict[int, int], find: Touch) -> Iterator[tuple[int, int, int]]:
    """The steps of a ladder over a grid: where, at which price, to which unit."""
    at, unit = 0, 0
    while True:
        at = find(at, grid[unit - 1], grid[unit + 1])
        if at >= len(prices):
            return
        unit += 1 if prices[at] >= grid[unit + 1] else -1
        yield at, int(prices[at]), unit


def rounded_grid(prices: np.ndarray, unit: int, tick: int) -> dict[int, int]:
    """Units around the first price, each rounded half-even to a tick, as the exchange does."""
    entry = int(prices[0])
    reach = max(int(prices.max()) - entry, entry - int(prices.min())) // unit + 3
    return {n: round((entry + n * unit) / tick) * tick for n in range(-reach, reach + 1)}


def distance(grid: dict[int, int], entry: int) -> int:
    """The smallest between two thresholds that matter."""
    steps = [after - before for before, after in pairwise(grid.values())]
    return min(*steps, grid[1] - entry, entry - grid[-1])


@settings(max_examples=50, deadline=None)
@given(walks(), st.integers(5, 60), st.sampled_from((1, 2, 7, 10)), st.integers(1, 80))
def test_the_same_crossings_at_the_same_prices(prices: np.ndarray, unit: int, tick: int, delta: int) -> None:
    grid = rounded_grid(prices, max(unit, tick), tick)
    assume(distance(grid, int(prices[0])) > 0)  # else two units have one price, and a ladder halts
    expected = list(crossings(prices, grid, lambda *asked: naively(prices, *asked)))
    pyramid = pyramid_of(prices)
    for each in (direct(pyramid, distance(grid, int(prices[0]))), direct(pyramid, delta)):
        assert (
            list(crossings(prices, grid, lambda start, *at, by=each: next_touch(by, start, len(prices), *at)))
            == expected
        )
    assert (
        list(crossings(prices, grid, lambda start, *at: first_touch(pyramid, start, len(prices), *at)))
        == expected
    )


@settings(max_examples=50, deadline=None)
@given(walks(), st.integers(1, 40), st.data())
def test_any_thresholds_from_anywhere_and_in_any_order(
    prices: np.ndarray, delta: int, data: st.DataObject
) -> None:
    skeleton = direct(pyramid_of(prices), delta)
    for _ in range(10):
        start = data.draw(st.integers(0, len(prices) - 1))
        low = int(prices[start]) - data.draw(st.integers(-5, 200))
        high = int(prices[start]) + data.draw(st.integers(-5, 200))
        stop = data.draw(st.integers(start + 1, len(prices)))
        expected = min(naively(prices, start, low, high), stop)
        assert next_touch(skeleton, start, stop, low, high) == expected
        assert first_touch(skeleton, start, stop, low, high) == expected


@settings(max_examples=50, deadline=None)
@given(walks(), st.data())
def test_extremes_and_the_deepest_fall_of_any_stretch(prices: np.ndarray, data: st.DataObject) -> None:
    pyramid = pyramid_of(prices)
    for _ in range(10):
        begin = data.draw(st.integers(0, len(prices) - 1))
        end = data.draw(st.integers(begin + 1, len(prices)))
        part = prices[begin:end]
        fall = (np.maximum.accumulate(part) - part).max()
        assert extremes(pyramid, begin, end) == (part.min(), part.max(), fall)


@settings(max_examples=50, deadline=None)
@given(walks(), st.integers(1, 60), st.integers(1, 200))
def test_legs_turn_by_delta_and_hold_all_of_it_within(prices: np.ndarray, delta: int, more: int) -> None:
    pyramid = pyramid_of(prices)
    skeleton = direct(pyramid, delta)
    for way, leg in legs(skeleton):
        course = way * prices[leg[0] : leg[-1] + 1]
        assert course[-1] == course.max() and course[0] == course.min()
        assert course[-1] - course[0] >= delta
        assert (np.maximum.accumulate(course) - course).max() < delta
    assert skeleton_of(pyramid, delta) is None or same(skeleton_of(pyramid, delta), skeleton)
    if skeleton.legs.size:
        assert same(coarser(skeleton, delta + more), direct(pyramid, delta + more))


def legs(skeleton: Skeleton) -> Iterator[tuple[int, list[int]]]:
    """The way of each leg and its records with the turn before. The last may not have been confirmed."""
    begin = 0
    for leg, after in enumerate(skeleton.legs[0].tolist()):
        rises = bool(skeleton.marks[1]) != bool(leg % 2)
        yield (1 if rises else -1), skeleton.records[0, max(begin - 1, 0) : after].tolist()
        begin = after


def direct(pyramid: Pyramid, delta: int) -> Skeleton:
    """As made of all prices, however many records there are."""
    prices = pyramid.prices
    nothing = np.zeros((3, 0), np.int64)
    return coarser(Skeleton(*pyramid, np.stack([np.arange(len(prices)), prices]), nothing, nothing[0]), delta)


def same(one: Skeleton, other: Skeleton) -> bool:
    return all(np.array_equal(mine, theirs) for mine, theirs in zip(one, other, strict=True))


def test_there_is_none_where_too_many_prices_would_be_records_and_no_legs_where_nothing_turns() -> None:
    prices = np.tile(np.array([100, 200], np.int64), 500)
    assert skeleton_of(pyramid_of(prices), 50) is None
    made = skeletons_of(prices, 50, 400)
    assert [(each.delta, each.legs.shape[1]) for each in made] == [(200, 0), (400, 0)]
    assert next_touch(made[0], 0, 1_000, 0, 200) == 1


@pytest.mark.parametrize(
    ("distance", "expected"), [(9, None), (10, 10), (19, 10), (20, 20), (85, 80), (900, 160)]
)
def test_the_coarsest_that_fits_a_distance_is_taken(distance: int, expected: int | None) -> None:
    skeletons = skeletons_of(np.arange(1, 6_000, dtype=np.int64) // 20, 10, 200)
    assert [each.delta for each in skeletons] == [10, 20, 40, 80, 160]
    found = fitting(skeletons, distance)
    assert (None if found is None else found.delta) == expected


def test_a_pyramid_takes_a_fifth_of_the_prices_memory() -> None:
    pyramid = pyramid_of(np.arange(1, 100_001, dtype=np.int64))
    assert pyramid.blocks.nbytes < pyramid.prices.nbytes * 3.3 / FAN
