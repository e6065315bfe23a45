"""Sharpe ratios against the figures of the papers, and against sums worked out another way."""

from __future__ import annotations

import math
from random import Random
from statistics import fmean, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hypertui.evidence.sharpe import (
    block_returns,
    confidence,
    deflated_sharpe_ratio,
    expected_maximum_sharpe,
    moments,
    probabilistic_sharpe_ratio,
    sharpe_ratio,
)

RETURNS = [0.01, -0.02, 0.035, 0.0, -0.01, 0.02, 0.015]


def test_the_deflated_ratio_of_the_papers_example() -> None:
    """Bailey and López de Prado (2014): 1,250 days at an annual ratio of 2.5, skewness -3, kurtosis 10; 100
    tries whose annual ratios have a variance of 1/2."""
    daily = 2.5 / math.sqrt(250)
    luck = expected_maximum_sharpe(0.5 / 250, 100)
    assert luck == pytest.approx(0.1132, abs=5e-5)
    assert confidence(daily, luck, 1250, -3, 10) == pytest.approx(0.9004, abs=5e-5)


@pytest.mark.parametrize(("tries", "skewness", "kurtosis"), [(46, -3, 10), (88, 0, 3)])
def test_so_many_tries_are_the_most_that_pass_in_the_paper(
    tries: int, skewness: float, kurtosis: float
) -> None:
    def deflated(tries: int) -> float:
        luck = expected_maximum_sharpe(0.5 / 250, tries)
        return confidence(2.5 / math.sqrt(250), luck, 1250, skewness, kurtosis)

    assert deflated(tries) == pytest.approx(0.95, abs=1e-3)
    assert deflated(tries) > 0.95 > deflated(tries + 3)


def test_the_best_of_many_is_that_good_by_luck() -> None:
    random = Random(7)
    best = fmean(max(random.gauss(0, 0.1) for _ in range(50)) for _ in range(4_000))
    assert expected_maximum_sharpe(0.01, 50) == pytest.approx(
        best, rel=0.02
    )  # the equation is that of the limit
    assert expected_maximum_sharpe(0.01, 1) == 0


def test_more_tries_deflate_more() -> None:
    random = Random(1)
    returns = [random.gauss(0.15, 1) for _ in range(256)]
    one, ten, many = (deflated_sharpe_ratio(returns, [], tries) for tries in (1, 10, 10_000))
    assert one is not None and ten is not None and many is not None
    assert one == probabilistic_sharpe_ratio(returns)
    assert one > ten > many
    wild = deflated_sharpe_ratio(returns, [-0.5, 0.5, 0.1], 10)
    assert wild is not None and wild < ten  # what varies more by itself has a better best


def test_tries_that_are_all_alike_do_not_make_it_pass() -> None:
    random = Random(1)
    returns = [random.gauss(0.15, 1) for _ in range(256)]
    assert deflated_sharpe_ratio(returns, [0.1] * 500, 500) == deflated_sharpe_ratio(returns, [], 500)


def test_the_probability_is_how_often_the_truth_is_above() -> None:
    """The ratio of normal returns, measured many times: by the formula for one of them, a share of 90 % is
    below a true ratio that it gives 10 %."""
    random = Random(3)
    measured = []
    for _ in range(1_500):
        found = probabilistic_sharpe_ratio([random.gauss(0.1, 1) for _ in range(100)], 0.1)
        assert found is not None
        measured.append(found)
    for level in (0.1, 0.5, 0.9):
        assert sum(each < level for each in measured) / len(measured) == pytest.approx(level, abs=0.03)


def test_moments_by_hand() -> None:
    found = moments([1.0, 2.0, 6.0])  # mean 3, apart -2, -1, 3: squares 14, cubes 18, fourth powers 98
    assert found is not None
    assert found.mean == 3
    assert found.deviation == pytest.approx(math.sqrt(7))
    assert found.skewness == pytest.approx(6 / (14 / 3) ** 1.5)
    assert found.kurtosis == pytest.approx(98 / 3 / (14 / 3) ** 2)


def test_the_ratio_is_mean_by_deviation() -> None:
    assert sharpe_ratio(RETURNS) == pytest.approx(fmean(RETURNS) / stdev(RETURNS))


@pytest.mark.parametrize("returns", [[], [0.1], [0.1, 0.2], [0.0] * 9, [0.1] * 9])
def test_what_does_not_vary_has_no_ratio(returns: list[float]) -> None:
    assert sharpe_ratio(returns) is None
    assert probabilistic_sharpe_ratio(returns) is None
    assert deflated_sharpe_ratio(returns, [], 3) is None


@given(st.floats(0.001, 1000), st.lists(st.floats(-1, 1), min_size=3, max_size=20))
def test_the_ratio_does_not_depend_on_the_size_of_the_stake(scale: float, returns: list[float]) -> None:
    ratio = sharpe_ratio(returns)
    if ratio is not None and abs(ratio) < 1e6:
        assert sharpe_ratio([scale * each for each in returns]) == pytest.approx(ratio, rel=1e-6, abs=1e-9)


def test_returns_are_what_each_part_has_added() -> None:
    assert block_returns((10.0, 5.0, 25.0), 100.0) == (0.1, -0.05, 0.2)
    assert block_returns((10.0,), 0.0) == ()
