"""CSCV against a plain walk over all halves, and against what chance and skill must give."""

from __future__ import annotations

import math
from itertools import combinations
from statistics import fmean, stdev

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hypertui.evidence.overfitting import Overfitting, probability_of_overfitting


def sharpe(returns: list[float]) -> float:
    deviation = stdev(returns)
    return fmean(returns) / deviation if deviation > 1e-9 else 0.0


def by_hand(table: list[list[float]], groups: int) -> tuple[float, float]:
    """The probabilities of overfitting and of loss, as the paper spells them out."""
    size = len(table) // groups
    table = table[len(table) - size * groups :]
    count = len(table[0])
    overfitted = losses = ways = 0
    for chosen in combinations(range(groups), groups // 2):
        inside = [row for at, row in enumerate(table) if at // size in chosen]
        outside = [row for at, row in enumerate(table) if at // size not in chosen]
        trained = [sharpe([row[n] for row in inside]) for n in range(count)]
        tested = [sharpe([row[n] for row in outside]) for n in range(count)]
        best = max(range(count), key=lambda n: (trained[n], -n))
        below = sum(each < tested[best] for each in tested)
        equal = sum(each == tested[best] for each in tested)
        share = (below + (equal + 1) / 2) / (count + 1)
        ways += 1
        overfitted += math.log(share / (1 - share)) <= 0
        losses += tested[best] < 0
    return overfitted / ways, losses / ways


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 7), st.integers(0, 9), st.sampled_from([2, 4, 6]), st.integers(0, 2**32 - 1))
def test_it_is_what_the_paper_spells_out(count: int, more: int, groups: int, seed: int) -> None:
    table = np.random.default_rng(seed).normal(0.01, 1, (2 * groups + more, count))
    found = probability_of_overfitting(table, groups)
    assert (found.probability, found.loss) == pytest.approx(by_hand(table.tolist(), groups))
    assert (found.ways, found.settings) == (math.comb(groups, groups // 2), count)


def test_what_has_an_edge_everywhere_is_not_overfitted() -> None:
    table = np.random.default_rng(1).normal(0, 1, (256, 20))
    table[:, 7] += 1.0
    assert probability_of_overfitting(table) == Overfitting(0.0, 0.0, pytest.approx(-1, abs=0.4), 12_870, 20)


def test_the_best_of_noise_is_worth_nothing_elsewhere() -> None:
    """Without an edge the best half of the time belongs to the worse half: on average over many sweeps."""
    random = np.random.default_rng(2)
    found = [probability_of_overfitting(random.normal(0, 1, (80, 30)), 8).probability for _ in range(60)]
    assert fmean(found) == pytest.approx(0.5, abs=0.08)


def test_what_was_fitted_to_one_half_fails_in_the_other() -> None:
    """Settings that each win in some groups what they lose in the others: whatever won will lose."""
    wins = np.array(
        [1.0 if at in chosen else -1.0 for chosen in combinations(range(6), 3) for at in range(6)]
    )
    table = np.repeat(wins.reshape(-1, 6).T, 20, axis=0)
    table += np.random.default_rng(3).normal(0, 0.1, table.shape)
    found = probability_of_overfitting(table, 6)
    assert (found.probability, found.loss) == (1.0, 1.0)


def test_settings_that_never_trade_have_a_ratio_of_0() -> None:
    table = np.random.default_rng(4).normal(0, 1, (64, 3))
    table[:, 1] = 0.0
    found = probability_of_overfitting(table, 4)
    assert (found.probability, found.loss) == pytest.approx(by_hand(table.tolist(), 4))
    still = probability_of_overfitting(np.zeros((64, 3)), 4)
    assert (still.probability, still.loss, still.degradation) == (1.0, 0.0, None)


@pytest.mark.parametrize(
    ("shape", "groups", "why"),
    [
        ((64, 3), 5, "5 groups cannot be halved"),
        ((64, 1), 4, "at least 2 settings"),
        ((64,), 4, "at least 2 settings"),
        ((31, 3), 16, "16 groups need at least 32 parts of the series, not 31"),
    ],
)
def test_what_cannot_be_cut_is_refused(shape: tuple[int, ...], groups: int, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        probability_of_overfitting(np.ones(shape), groups)
