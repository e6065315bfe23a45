"""A few storms of the many that `make hostile` raises, each drawn so that much happens in little time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest

from tests.hostile.corruption import corrupted
from tests.hostile.storm import Verdict, run

SEEDS = (3, 7, 11)


def test_whatever_comes_between_it_stays_true_and_protected() -> None:
    """They wait far more than they work, so they go on at the same time."""
    with ThreadPoolExecutor(len(SEEDS)) as threads:
        verdicts: list[Verdict] = list(threads.map(lambda seed: run(seed, 1.5), SEEDS))
    assert [verdict.line() for verdict in verdicts if verdict.problems] == []
    assert all(verdict.said for verdict in verdicts)
    assert any(verdict.happened != "{}" for verdict in verdicts)


@pytest.mark.parametrize("seed", range(20))
def test_corruption_changes_what_it_is_given(seed: int) -> None:
    text = '{"a": [{"px": "1.5", "oid": 7, "cloid": null, "on": true}], "user": "0xab"}'
    assert corrupted(text, Random(seed)) != text
