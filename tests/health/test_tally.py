"""What is added up of a run: every span once, counts that only grow, and a feed that is up or not."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hypertui.port.health import FILL_STAGES, SPAN_STEPS, HealthFigures, Spans
from hypertui.runtime.health_tally import HealthTally, SpanTally

BEGAN = 1_000_000


def figures(tally: HealthTally) -> HealthFigures:
    return tally.figures(())


def stage(tally: HealthTally, name: str) -> Spans | None:
    return next((spans for spans in figures(tally).stages if spans.name == name), None)


@given(st.lists(st.integers(-5, 400_000), min_size=1, max_size=300))
def test_each_span_is_counted_once_and_the_counts_only_grow(spans: list[int]) -> None:
    tally = SpanTally("some")
    for took in spans:
        tally.add(took)
    told, newest = tally.spans(), sorted(max(0, took) for took in spans[-240:])
    assert told is not None
    assert told.count == len(spans) >= told.up_to[-1]
    assert list(told.up_to) == sorted(told.up_to)
    assert told.up_to == tuple(sum(took <= step for took in spans) for step in SPAN_STEPS)
    assert told.total == sum(max(0, took) for took in spans)
    assert told.middle == newest[len(newest) // 2] and told.slow == newest[len(newest) * 99 // 100]


def test_nothing_is_told_of_what_never_was() -> None:
    assert SpanTally("some").spans() is None
    told = figures(HealthTally(BEGAN))
    assert told == HealthFigures(BEGAN)
    assert told.uptime(BEGAN) is None and told.uptime(BEGAN + 10) == 0.0


def test_the_feed_is_up_for_what_it_was_up() -> None:
    tally = HealthTally(BEGAN)
    tally.feed(True, BEGAN + 1_000)
    assert figures(tally).uptime(BEGAN + 2_000) == pytest.approx(0.5)
    tally.feed(False, BEGAN + 3_000)
    tally.feed(False, BEGAN + 3_500)
    assert figures(tally).uptime(BEGAN + 4_000) == pytest.approx(0.5)
    tally.feed(True, BEGAN + 4_000)
    assert figures(tally).uptime(BEGAN + 5_000) == pytest.approx(0.6)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5_000)), max_size=30), st.integers(0, 5_000))
def test_uptime_is_a_share(turns: list[tuple[bool, int]], later: int) -> None:
    tally, now, up, was_up = HealthTally(0), 0, 0, False
    for turn, passed in turns:
        now, up = now + passed, up + passed * was_up
        tally.feed(turn, now)
        was_up = turn
    now, up = now + later, up + later * was_up
    share = figures(tally).uptime(now)
    assert share == (None if now == 0 else pytest.approx(up / now))


def test_a_fill_goes_its_four_ways() -> None:
    tally, now = HealthTally(BEGAN), BEGAN + 10_000
    tally.booked(now - 60, now - 10, now, compared=False)
    tally.commit_begun()
    tally.booked(now + 5, now + 30, now + 30, compared=False)  # after the commit had begun
    tally.commit_ended(now + 40, everything=False)
    assert [spans.name for spans in figures(tally).stages] == ["received", "booked", "durable"]
    assert (stage(tally, "received").total, stage(tally, "booked").total) == (50 + 25, 10)  # type: ignore[union-attr]
    durable = stage(tally, "durable")
    assert durable is not None and (durable.count, durable.total) == (1, 40)
    tally.compared(now + 29, now + 100, {})
    compared = stage(tally, "compared")
    assert compared is not None and (compared.count, compared.total) == (1, 100)
    tally.commit_ended(now + 50, everything=True)
    tally.compared(now + 30, now + 130, {})
    assert {spans.name: spans.count for spans in figures(tally).stages} == dict.fromkeys(FILL_STAGES, 2)
    assert stage(tally, "durable").total == 40 + 20  # type: ignore[union-attr]
    assert stage(tally, "compared").total == 100 + 100  # type: ignore[union-attr]


def test_what_fails_to_be_written_is_durable_when_it_is() -> None:
    tally = HealthTally(BEGAN)
    tally.booked(None, BEGAN, BEGAN, compared=True)
    for _ in range(3):
        tally.commit_begun()  # two of them fail
    tally.commit_ended(BEGAN + 9_000, everything=True)
    durable = stage(tally, "durable")
    assert durable is not None and (durable.count, durable.total) == (1, 9_000)


def test_what_was_made_before_the_run_says_nothing_of_its_way_here() -> None:
    tally = HealthTally(BEGAN)
    tally.booked(BEGAN - 1, BEGAN + 5, BEGAN + 5, compared=True)
    tally.booked(None, BEGAN + 5, BEGAN + 5, compared=True)
    assert stage(tally, "received") is None
    found = stage(tally, "compared")
    assert found is not None and (found.count, found.total) == (2, 0)


def test_an_exit_in_parts_is_one() -> None:
    tally = HealthTally(BEGAN)
    for order, reason in ((1, "LADDER_STOP"), (2, "LADDER_STOP"), (1, "LADDER_STOP"), (3, "MANUAL")):
        tally.sold(order, reason, "ladder")
    told = {(exit.reason, exit.source): exit.count for exit in figures(tally).exits}
    assert told == {("LADDER_STOP", "ladder"): 2, ("MANUAL", "ladder"): 1}


def test_an_order_counts_by_the_attempt_at_which_it_was_taken() -> None:
    tally = HealthTally(BEGAN)
    tally.order_taken("stop/0")
    tally.order_refused("stop/1")
    tally.order_refused("stop/1")
    tally.order_taken("stop/1")
    tally.order_taken("stop/1")
    assert dict(figures(tally).attempts) == {1: 2, 3: 1}


def test_the_same_object_while_nothing_changes() -> None:
    tally = HealthTally(BEGAN)
    first = tally.figures(["live", "live"])
    assert tally.figures(["live", "live"]) is first
    assert tally.figures(["live"]) is not first
    tally.order_sent()
    tally.order_refused("stop/0")
    tally.answered(12)
    tally.compared(BEGAN, BEGAN, {"missing": 2, "orphans": 0})
    tally.compared(BEGAN, BEGAN, {"missing": 1})
    told = tally.figures(["pending", "live", "live"])
    assert (told.sent, told.refused, dict(told.findings)) == (1, 1, {"missing": 3})
    assert told.answers is not None and told.answers.total == 12
    assert Counter(dict(told.states)) == Counter({"live": 2, "pending": 1})
