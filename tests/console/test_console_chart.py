"""The chart: what is known of the price falls into its columns, and prices lie where the ladder says."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from hypertui.console.stretch import Stretch
from hypertui.console.views import course
from hypertui.console.views.course import Sample
from hypertui.console.views.ladder.scale import Scale, scale
from hypertui.port.prices import Candle, PriceSeries
from tests.console import states

_DOTS = {
    0x01: (0, 0),
    0x02: (0, 1),
    0x04: (0, 2),
    0x40: (0, 3),
    0x08: (1, 0),
    0x10: (1, 1),
    0x20: (1, 2),
    0x80: (1, 3),
}

steps = st.lists(st.tuples(st.integers(200, 20_000), st.floats(90, 110)), min_size=1, max_size=60)


def walked(steps: list[tuple[int, float]]) -> list[Sample]:
    at, found = 0, []
    for wait, price in steps:
        at += wait
        found.append(Sample(at, 0, price, price, price))
    return found


def dots(rows: list[str]) -> set[tuple[int, int]]:
    """Column and row of each dot."""
    return {
        (2 * x + dx, 4 * y + dy)
        for y, row in enumerate(rows)
        for x, char in enumerate(row)
        for bit, (dx, dy) in _DOTS.items()
        if char != " " and (ord(char) - 0x2800) & bit
    }


@given(steps, st.integers(2, 80))
def test_each_column_holds_all_prices_of_its_time(steps: list[tuple[int, float]], count: int) -> None:
    known = walked(steps)
    until = known[-1].at + 1.0
    found = course.columns(known, 0.0, until, count)
    for sample in known:
        extent = found[int(sample.at // (until / count))]
        assert extent is not None
        assert extent.low <= sample.close <= extent.high
    prices = [sample.close for sample in known]
    assert all(min(prices) - 1e-9 <= e.low <= e.high <= max(prices) + 1e-9 for e in found if e is not None)


def test_a_gap_stays_a_gap() -> None:
    known = [Sample(at, 0, 100.0, 100.0, 100.0) for at in (0, 1_000, 2_000, 90_000, 91_000)]
    found = course.columns(known, 0.0, 100_000.0, 100)
    assert all(extent is not None for extent in found[:3])
    assert all(extent is None for extent in found[4:89])
    assert found[91] is not None


@given(steps, st.integers(3, 20))
def test_the_course_is_drawn_without_a_break(steps: list[tuple[int, float]], height: int) -> None:
    known = walked(steps)
    found = course.columns(known, 0.0, known[-1].at + 1.0, 40)
    drawn = dots(course.drawn(found, height, lambda price: (110.0 - price) / 20.0 * height * 0.999))
    for column, extent in enumerate(found):
        mine = sorted(y for x, y in drawn if x == column)
        assert bool(mine) is (extent is not None)
        assert mine == list(range(mine[0], mine[-1] + 1)) if mine else True
        before = sorted(y for x, y in drawn if x == column - 1)
        if mine and before:
            assert mine[0] <= before[-1] + 1
            assert mine[-1] >= before[0] - 1


def test_finer_prices_go_before_coarser_ones_and_nothing_is_told_twice() -> None:
    def candles(every: int, count: int, price: int) -> PriceSeries:
        last = 36_000_000 - every
        ats = range(last - (count - 1) * every, last + 1, every)
        return PriceSeries(every, tuple(Candle(at, *(Decimal(price),) * 3) for at in ats))

    prices = tuple((35_950_000 + 1_000 * index, Decimal(3)) for index in range(60))
    view = replace(states.running(), prices=prices, series=(candles(60_000, 30, 2), candles(900_000, 30, 1)))
    found = course.samples(view.prices, view.series)
    assert [sample.at for sample in found] == sorted(sample.at for sample in found)
    closes = [sample.close for sample in found]
    assert closes == sorted(closes)
    assert closes.count(3) == 60
    assert all(a.at <= b.at - b.every for a, b in pairwise(found))


def test_a_trade_as_old_as_its_first_fill() -> None:
    view = states.running()
    age = max(view.at - view.fills[-1].at, 60_000)
    assert Stretch.TRADE.length(view, view.at) == age
    assert Stretch.MINUTE.stepped(-1) is Stretch.MINUTE
    assert Stretch.WEEK.stepped(5) is Stretch.TRADE


def price_of(unit: int) -> float:
    return 64_000.0 + 500.0 * unit


prices = st.lists(st.floats(40_000, 90_000), min_size=1, max_size=8)


@given(prices, st.integers(8, 60), st.integers(-40, 40))
def test_every_price_that_must_be_seen_has_a_row(inside: list[float], height: int, current: int) -> None:
    made = scale(64_000.0, 500.0, height, current, inside)
    rows = [made.row_at(price) for price in inside]
    assert all(row is not None for row in rows)
    assert made.row_at(price_of(current)) is not None
    order = sorted(zip(inside, rows, strict=True))
    assert all(a >= b for (_, a), (_, b) in pairwise(order) if a is not None and b is not None)


@given(st.integers(8, 60), st.integers(-40, 40), st.integers(-60, 60))
def test_a_unit_is_found_in_the_row_that_it_has(height: int, current: int, unit: int) -> None:
    made = scale(64_000.0, 500.0, height, current, [64_000.0 + 500.0 * current])
    row = made.row_at(price_of(unit))
    if row is not None:
        assert made.unit_at(row) == unit


def test_near_the_current_unit_each_unit_has_more_than_a_row_where_there_is_room() -> None:
    assert scale(64_000.0, 500.0, 22, 0, [64_000.0]).rows_each == 2
    assert scale(64_000.0, 500.0, 15, 0, [64_000.0]).rows_each == 1
    wide = scale(64_000.0, 500.0, 22, 0, [64_000.0, 84_000.0])
    assert (wide.rows_each, wide.units_each) == (1, 2)
    assert isinstance(wide, Scale)


def test_the_cursor_is_seen_however_far_it_is() -> None:
    made = scale(64_000.0, 500.0, 22, 0, [64_000.0], cursor=-50)
    assert made.row_at(price_of(-50)) is not None
