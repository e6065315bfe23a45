"""Another strategy than the ladder, through the same storms: losses, kills, restarts, outages."""

from __future__ import annotations

import pytest

from tests.simulation.play import play
from tests.simulation.scenario import draw_second

_SEEDS = 20
_PART = 10


@pytest.mark.parametrize("first", range(0, _SEEDS, _PART))
def test_a_second_strategy_survives_the_network_and_agrees_with_the_venue(first: int) -> None:
    problems = {seed: play(seed, draw_second).problems for seed in range(first, first + _PART)}
    assert not {seed: found for seed, found in problems.items() if found}
