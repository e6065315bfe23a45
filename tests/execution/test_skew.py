"""How far the venue's clock is away, and what that is worth."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hypertui.runtime.clock_sync import ALARM, LIMIT, ClockSync


@given(
    st.integers(-100_000, 100_000),
    st.lists(st.tuples(st.integers(0, 3_000), st.integers(0, 3_000)), min_size=1, max_size=30),
)
def test_the_true_skew_lies_within_the_doubt(true: int, ways: list[tuple[int, int]]) -> None:
    skew, now = ClockSync(), 1_000_000
    for there, back in ways:
        skew.measure(now, now + there + back, now + there + true)
        now += 5_000
    assert skew.certain <= abs(true)
    assert skew.offset is not None
    best = min(there + back for there, back in ways[-12:])
    assert abs(skew.offset - true) <= best


@given(st.integers(-60_000, 60_000), st.integers(0, 900), st.integers(0, 900))
def test_what_is_said_to_expire_has_never_longer_at_the_venue(true: int, there: int, back: int) -> None:
    skew = ClockSync()
    skew.measure(0, there + back, there + true)
    assert skew.at_venue(10_000) <= 10_000 + true
    assert skew.at_venue(10_000) >= 10_000 + true - 2 * (there + back)


def test_a_clock_that_was_set_is_noticed_at_once() -> None:
    skew = ClockSync()
    for at in range(0, 50_000, 5_000):
        skew.measure(at, at + 10, at + 5)
    assert not skew.alarming
    skew.measure(50_000, 50_200, 50_100 + 3_000)
    assert skew.alarming
    assert not skew.too_far
    skew.measure(55_000, 55_200, 55_100 - 31_000)
    assert skew.too_far
    skew.measure(60_000, 60_200, 60_100)
    assert not skew.alarming


def test_it_is_said_in_words() -> None:
    skew = ClockSync()
    skew.measure(0, 100, 50 + 2_400)
    assert skew.in_words() == "this machine's clock is 2.4 s behind the exchange's"
    skew.measure(0, 100, 50 - 31_000)
    assert skew.in_words() == "this machine's clock is 31.0 s ahead of the exchange's, more than 30 s"
    assert (ALARM, LIMIT) == (2_000, 30_000)


@given(offset=st.integers(-20_000, 20_000), out=st.integers(0, 12_000), back=st.integers(0, 12_000))
def test_what_must_not_be_late_expires_in_time_however_slow_the_way_was(
    offset: int, out: int, back: int
) -> None:
    skew = ClockSync()
    sent, received = 50_000, 50_000 + out + back
    skew.measure(sent, received, sent + out + offset)  # the venue's clock when it answered
    assert skew.sure_expiry(80_000) <= 80_000 + offset
