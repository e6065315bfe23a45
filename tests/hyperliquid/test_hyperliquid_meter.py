"""What the client counts of what it sends, against the venue's limits."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hypertui.exchange.hyperliquid.rate_meter import CANDLES, LIGHT, USUAL, WEIGHT_LIMIT, RateMeter


class Hands:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_weight_is_used_up_and_refills() -> None:
    clock = Hands()
    meter = RateMeter(clock)
    for _ in range(70):
        meter.asked(USUAL)
    assert meter.allowance.weight == 0
    clock.now += 5
    assert meter.allowance.weight == 100
    clock.now += 600
    assert meter.allowance.weight == WEIGHT_LIMIT


def test_a_long_answer_and_a_large_action_cost_more() -> None:
    meter = RateMeter(Hands())
    meter.asked(USUAL)
    meter.answered(rows=45)
    meter.answered(rows=241, per_weight=CANDLES)
    meter.acted(parts=80)
    assert meter.spent == USUAL + 2 + 4 + 3


def test_actions_are_taken_off_the_accounts_budget_once_it_is_known() -> None:
    meter = RateMeter(Hands())
    meter.acted(4)
    assert meter.allowance.requests is None
    meter.account(used=2_890, limit=12_000)
    meter.acted(4)
    assert (meter.allowance.requests, meter.allowance.requests_limit) == (9_106, 12_000)


def test_a_venue_that_refuses_has_nothing_left() -> None:
    clock = Hands()
    meter = RateMeter(clock)
    meter.throttled()
    assert meter.allowance.weight == 0
    clock.now += 1
    assert meter.allowance.weight == 20


@given(st.lists(st.tuples(st.floats(0, 30), st.sampled_from([1, LIGHT, USUAL])), max_size=200))
def test_what_is_left_is_never_below_nothing_nor_above_the_limit(course: list[tuple[float, int]]) -> None:
    clock = Hands()
    meter = RateMeter(clock)
    for wait, weight in course:
        clock.now += wait
        before = meter.allowance.weight
        meter.asked(weight)
        assert max(0, before - weight - 1) <= meter.allowance.weight <= WEIGHT_LIMIT
