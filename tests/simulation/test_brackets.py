"""Seeds of brackets that every run of the tests plays: each coin under a working stop within one round trip,
never short, and what is told twice is bought once."""

from __future__ import annotations

import pytest

from tests.simulation.brackets import draw_bracket, draw_brackets
from tests.simulation.play import play

# An operator who flattened while an exit was under way, stops that fired as they were placed, and whose
# trailing stop found nobody who buys.
_FAILED_ONCE = (140, 86)
_CHEAP = (1, 4, 7, 12)
_WITH_TWINS = 2


@pytest.mark.parametrize("seed", [*_CHEAP, *_FAILED_ONCE])
def test_a_bracket_survives_the_network_and_agrees_with_the_venue(seed: int) -> None:
    assert not play(seed, draw_bracket, seed < _WITH_TWINS).problems


def test_brackets_beside_ladders_survive_each_others_troubles() -> None:
    """One of them began flat by a clock that was ahead: its funding was missed."""
    assert not play(8, draw_brackets, False).problems
