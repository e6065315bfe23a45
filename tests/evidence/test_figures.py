"""Drawdowns, intervals of confidence, neighbours and plateaus, against figures worked out by hand."""

from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise
from random import Random
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hypertui.evidence.bootstrap import interval, resamples, usual_block
from hypertui.evidence.drawdown import YEAR, calmar_ratio, max_drawdown, return_over_drawdown, sortino_ratio
from hypertui.evidence.neighbours import best_place, neighbours_median, plateau

# Drawdowns


def test_the_deepest_fall_is_from_the_highest_before_it() -> None:
    assert max_drawdown([10, 4, 30, 11, 29, 40]) == 19
    assert max_drawdown([-3, -1]) == 3  # from 0, where it began
    assert max_drawdown([]) == 0


@given(st.lists(st.floats(-1e6, 1e6), max_size=30))
def test_no_fall_is_deeper(equity: list[float]) -> None:
    curve = [0.0, *equity]
    falls = [before - after for at, before in enumerate(curve) for after in curve[at:]]
    assert max_drawdown(equity) == max(falls)


def test_ratios_by_hand() -> None:
    assert sortino_ratio([0.02, -0.01, 0.03, -0.03]) == pytest.approx(0.0025 / math.sqrt(0.001 / 4))
    assert sortino_ratio([0.05, 0.03], target=0.04) == pytest.approx(0.0, abs=1e-12)
    assert sortino_ratio([0.01, 0.0]) is None
    assert return_over_drawdown(30.0, 20.0) == 1.5
    assert return_over_drawdown(30.0, 0.0) is None
    assert calmar_ratio(30.0, 20.0, YEAR // 2) == 3
    assert calmar_ratio(30.0, 20.0, YEAR // 14) is None
    assert calmar_ratio(30.0, 0.0, YEAR) is None


# The stationary bootstrap


def test_blocks_have_the_length_that_was_asked_for() -> None:
    returns = [float(at) for at in range(500)]
    for block in (1.0, 4.0, 20.0):
        breaks = total = 0
        for drawn in resamples(returns, 5, 60, block):
            assert len(drawn) == len(returns)
            breaks += sum((before + 1) % 500 != after for before, after in pairwise(drawn))
            total += len(drawn)
        assert total / breaks == pytest.approx(block, rel=0.05)


def test_every_return_is_drawn_as_often() -> None:
    drawn = Counter(each for some in resamples([0.0, 1.0, 2.0, 3.0], 6, 3_000, 3.0) for each in some)
    assert all(count == pytest.approx(3_000, rel=0.05) for count in drawn.values())
    assert [len(some) for some in resamples([1.0, 2.0], 1, 3, 50.0)] == [2, 2, 2]  # longer than all there is


def test_the_interval_of_a_mean_is_that_of_the_normal_distribution() -> None:
    random = Random(8)
    returns = [random.gauss(0.5, 1) for _ in range(400)]
    found = interval(returns, fmean, seed=1, count=2_000, block=1)
    assert found is not None
    half = 1.96 * math.sqrt(fmean((each - fmean(returns)) ** 2 for each in returns) / 400)
    assert found == pytest.approx((fmean(returns) - half, fmean(returns) + half), rel=0.04)


def test_returns_that_hang_together_make_it_wider() -> None:
    random = Random(9)
    returns = [0.0]
    for _ in range(400):
        returns.append(0.8 * returns[-1] + random.gauss(0, 1))
    alone, together = (interval(returns, fmean, seed=1, count=400, block=block) for block in (1, 15))
    assert alone is not None and together is not None
    assert together.high - together.low > 1.8 * (alone.high - alone.low)


def test_the_same_seed_gives_the_same() -> None:
    returns = [0.1, -0.2, 0.3, 0.0, 0.05]
    same = [interval(returns, fmean, seed=seed, count=50) for seed in (4, 4, 5)]
    assert same[0] == same[1] != same[2]
    assert interval([], fmean, seed=1) is None
    assert interval(returns, lambda _: None, seed=1, count=20) is None
    assert usual_block(1_000) == pytest.approx(10)


# Neighbours


def test_neighbours_are_next_to_it_on_every_side() -> None:
    figures = {(row, column): float(10 * row + column) for row in range(3) for column in range(3)}
    assert neighbours_median(figures, (1, 1)) == 11.0  # 0 1 2 10 12 20 21 22
    assert neighbours_median(figures, (0, 0)) == 10.0  # 1 10 11
    assert neighbours_median({(0,): 1.0, (2,): 3.0}, (0,)) is None
    assert neighbours_median({(0,): 1.0, (2,): 3.0}, (1,)) == 2.0


def test_a_plateau_ends_where_it_falls_off() -> None:
    figures = dict(enumerate([0.0, 0.0, 8.5, 10.0, 9.0, 2.0, 9.5, 0.0]))
    line = {(at,): figure for at, figure in figures.items()}
    assert best_place(line) == (3,)
    # The median is 5.25, and a fifth of the way down from the best is 9.05.
    assert plateau(line) == {(3,)}
    assert plateau(line, near=0.4) == {(2,), (3,), (4,)}  # what lies beyond the dip is another one
    assert plateau(line, near=0.0) == {(3,)}


def test_equal_settings_are_one_plateau() -> None:
    assert plateau({(0, 0): 1.0, (0, 1): 1.0, (1, 2): 1.0}) == {(0, 0), (0, 1), (1, 2)}
    assert best_place({(0, 1): 1.0, (0, 0): 1.0}) == (0, 0)
    with pytest.raises(ValueError, match="no settings"):
        plateau({})
