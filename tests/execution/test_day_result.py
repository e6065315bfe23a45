"""What a trade has made today."""

from __future__ import annotations

from decimal import Decimal

from hypertui.engine.day_result import DayResult

D = Decimal
DAY = 86_400_000
NOON = 20_000 * DAY + DAY // 2


def test_a_trade_that_began_today_has_made_all_of_it_today() -> None:
    assert DayResult().look(D("-3"), NOON - 1_000, NOON) == (D("-3"), NOON - 1_000)


def test_of_an_older_one_only_what_was_seen_counts() -> None:
    day = DayResult()
    assert day.look(D(40), NOON - 2 * DAY, NOON) == (D(0), NOON)
    assert day.look(D(42), NOON - 2 * DAY, NOON + 1) == (D(2), NOON)


def test_a_day_begins_at_midnight_with_what_the_one_before_ended_with() -> None:
    day, began = DayResult(), NOON - 1_000
    day.look(D(5), began, NOON)
    day.look(D(7), began, NOON + DAY // 2 - 1)
    midnight = NOON + DAY // 2
    assert day.look(D(8), began, midnight + 50) == (D(1), midnight)
    assert day.look(D(4), began, midnight + DAY - 1) == (D(-3), midnight)
    assert day.look(D(4), began, midnight + DAY) == (D(0), midnight + DAY)
