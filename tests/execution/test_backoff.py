"""How long what was turned away waits, and whether many who wait spread."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hypertui.runtime.backoff import LONGEST, Backoff


@given(
    st.integers(),
    st.floats(0, 3_600),
    st.integers(1, 10_000),
    st.floats(0.5, 60),
    st.sampled_from((0.0, 1.0)),
)
def test_never_before_the_venue_asks_and_never_far_beyond(
    seed: int, retry_after: float, failures: int, longest: float, chance: float
) -> None:
    drawn = Backoff(Random(seed), longest).wait(retry_after, failures)
    assert retry_after <= drawn <= retry_after + longest
    extreme = Backoff(_Chance(chance), longest).wait(retry_after, failures)
    span = min(longest, 0.5 * 2 ** min(failures - 1, 40))
    assert extreme == pytest.approx(retry_after + chance * span)


@pytest.mark.parametrize(("failures", "span"), [(1, 0.5), (2, 1), (3, 2), (6, LONGEST), (900, LONGEST)])
def test_clients_that_were_refused_together_spread_over_the_whole_span(failures: int, span: float) -> None:
    clients = 400
    waits = sorted(Backoff(Random(seed)).wait(10, failures) - 10 for seed in range(clients))
    for quarter in range(4):
        within = sum(quarter * span / 4 <= wait <= (quarter + 1) * span / 4 for wait in waits)
        assert clients / 8 < within < clients / 2, f"{within} of {clients} clients in quarter {quarter}"


class _Chance(Random):
    """Draws the same each time, between 0 and 1."""

    def __init__(self, drawn: float) -> None:
        super().__init__()
        self._drawn = drawn

    def random(self) -> float:
        return self._drawn
