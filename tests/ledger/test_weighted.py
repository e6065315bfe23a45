"""Weighted mean, deviation and bound: against numpy, by hand, and what holds whatever the values are."""

from __future__ import annotations

from decimal import Decimal as D
from statistics import mean, stdev

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hypertui.ledger.weighted import decayed, weighted_mean

WEIGHTS = st.decimals("0.001", 1, places=3)
VALUES = st.decimals(-1_000, 1_000, places=2)
PAIRS = st.lists(st.tuples(WEIGHTS, VALUES), min_size=2, max_size=40)


@given(PAIRS)
def test_numpy_says_the_same(pairs: list[tuple[D, D]]) -> None:
    found = weighted_mean(pairs)
    assert found is not None and found.deviation is not None
    weights, values = (np.array(column, dtype=float) for column in zip(*pairs, strict=True))
    assert float(found.mean) == pytest.approx(np.average(values, weights=weights), abs=1e-9)
    variance = float(np.cov(values, aweights=weights))
    assert float(found.deviation) ** 2 == pytest.approx(variance, rel=1e-6, abs=1e-9)
    assert float(found.effective) == pytest.approx(weights.sum() ** 2 / (weights**2).sum())


@given(st.lists(VALUES, min_size=2, max_size=40), WEIGHTS)
def test_equal_weights_are_none(values: list[D], weight: D) -> None:
    found = weighted_mean((weight, value) for value in values)
    assert found is not None and found.deviation is not None and found.lower_bound is not None
    assert found.effective == len(values)
    assert float(found.mean) == pytest.approx(float(mean(values)))
    assert float(found.deviation) == pytest.approx(float(stdev(values)), abs=1e-9)
    low = float(mean(values)) - 1.645 * float(stdev(values)) / len(values) ** 0.5
    assert float(found.lower_bound) == pytest.approx(low, abs=1e-9)


@given(PAIRS, st.decimals("0.01", 100, places=2), st.decimals("0.01", 100, places=2))
def test_the_unit_of_the_values_and_that_of_the_weights_decide_nothing(
    pairs: list[tuple[D, D]], scale: D, weight_scale: D
) -> None:
    one = weighted_mean(pairs)
    other = weighted_mean((weight * weight_scale, value * scale) for weight, value in pairs)
    assert one is not None and one.lower_bound is not None
    assert other is not None and other.lower_bound is not None
    assert float(other.lower_bound) == pytest.approx(float(one.lower_bound * scale), abs=1e-6)
    assert float(other.effective) == pytest.approx(float(one.effective))


@given(PAIRS)
def test_the_bound_is_never_above_the_mean_and_as_many_count_as_there_are(pairs: list[tuple[D, D]]) -> None:
    found = weighted_mean(pairs)
    assert found is not None and found.lower_bound is not None
    assert found.lower_bound <= found.mean
    assert 1 <= found.effective <= len(pairs) + D("1e-20")


def test_by_hand() -> None:
    found = weighted_mean([(D(1), D(2)), (D(1), D(4)), (D(2), D(10))])
    assert found is not None
    # (2 + 4 + 20) / 4; 4.5² + 2.5² + 2 · 3.5² apart, over 4 - 6 / 4
    assert found.mean == D("6.5")
    assert found.deviation == ((D("4.5") ** 2 + D("2.5") ** 2 + 2 * D("3.5") ** 2) / D("2.5")).sqrt()
    assert found.effective.quantize(D("1e-9")) == (D(16) / 6).quantize(D("1e-9"))


def test_what_gives_no_deviation() -> None:
    assert weighted_mean([]) is None
    alone = weighted_mean([(D("0.5"), D(3))])
    assert alone is not None
    assert (alone.mean, alone.deviation, alone.lower_bound, alone.effective) == (3, None, None, 1)
    swamped = weighted_mean([(D(1), D(3)), (D("1e-400"), D(9))])
    assert swamped is not None
    assert swamped.lower_bound is None


@given(st.decimals(0, 365, places=3), st.decimals("0.1", 365, places=1))
def test_a_half_life_halves(age: D, half_life: D) -> None:
    assert decayed(D(0), half_life) == decayed(-age, half_life) == 1
    half, whole = decayed(age + half_life, half_life), decayed(age, half_life)
    assert abs(half / whole - D("0.5")) < D("1e-20")
