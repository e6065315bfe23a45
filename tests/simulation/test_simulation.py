"""Seeds that every run of the tests plays; any other one can be played with `python -m tests.simulation`."""

from __future__ import annotations

import pytest

from tests.simulation.play import play

_SEEDS = 200
_PART = 10


@pytest.mark.parametrize("first", range(0, _SEEDS, _PART))
def test_trade_survives_the_network_and_agrees_with_the_venue(first: int) -> None:
    failed = {}
    for seed in range(first, first + _PART):
        problems = play(seed).problems
        if problems:
            failed[f"python -m tests.simulation --first {seed} --seeds 1 --trace"] = problems
    assert not failed


def test_a_seed_replays_exactly() -> None:
    first, second = play(3), play(3)
    assert first.events == second.events
    assert (first.seconds, first.counts) == (second.seconds, second.counts)
