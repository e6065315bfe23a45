"""Candles are what the marks say, whatever is put in between them, and reach back over the whole trade."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import accumulate, cycle, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hypertui.core.candles import Candle, Interval
from hypertui.exchange.protocol import Quote
from hypertui.execution.market_data import MarketData
from hypertui.port.prices import PriceSeries
from hypertui.runtime.alarms import Alarms
from hypertui.runtime.event_log import EventLog
from hypertui.runtime.health_tally import HealthTally
from hypertui.runtime.price_history import PriceHistory, coarse_interval
from tests.support.live_engine import SOL

BEGAN = 1_764_221_206_959
DAY = Interval.DAY
Marks = Sequence[tuple[int, Decimal]]


def price(number: int) -> Decimal:
    return Decimal(number) / 10


def marks_of(steps: Iterable[tuple[int, int]], began: int = BEGAN) -> list[tuple[int, Decimal]]:
    """Marks, each so many ms after the one before."""
    times = accumulate((gap for gap, _ in steps), initial=began)
    return [(at, price(number)) for at, (_, number) in zip(times, steps, strict=False)]


gaps = st.one_of(st.integers(0, 3_000), st.integers(0, 90_000), st.integers(0, 3 * 3_600_000))
walks = st.lists(st.tuples(gaps, st.integers(900, 1_100)), min_size=1, max_size=120).map(marks_of)
told_prices = st.lists(st.integers(800, 1_200), min_size=1, max_size=30)


def naive(marks: Marks, interval: int, since: int) -> list[Candle]:
    """The closed candles of the marks, one by one."""
    now = marks[-1][0] // interval
    found = []
    for slot in sorted({at // interval for at, _ in marks if at // interval != now}):
        within = [mark for at, mark in marks if at // interval == slot]
        if slot * interval >= since:
            found.append(Candle(slot * interval, min(within), max(within), within[-1]))
    return found


def history_of(marks: Marks, since: int | None = None) -> PriceHistory:
    history = PriceHistory(since)
    for at, mark in marks:
        history.add(at, mark)
    return history


def is_in_order(series: PriceSeries) -> bool:
    times = [candle.at for candle in series.candles]
    return all(a < b for a, b in pairwise(times)) and all(at % series.every == 0 for at in times)


@given(walks)
def test_candles_are_what_the_marks_say(marks: Marks) -> None:
    minutes, coarse = history_of(marks, BEGAN).series
    newest = marks[-1][0]
    oldest = newest - newest % 60_000 - 240 * 60_000
    assert (minutes.every, list(minutes.candles)) == (60_000, naive(marks, 60_000, oldest))
    assert coarse.every == coarse_interval(min(BEGAN, newest - DAY), newest)
    assert list(coarse.candles) == naive(marks, coarse.every, 0)


@given(walks)
def test_the_series_is_the_same_object_until_a_candle_closes(marks: Marks) -> None:
    history = PriceHistory()
    before, last = history.series, 0
    for at, mark in marks:
        history.add(at, mark)
        if last and at // 60_000 == last // 60_000:
            assert history.series is before
        before, last = history.series, at


def exchange_candles(interval: Interval, since: int, until: int, numbers: Sequence[int]) -> list[Candle]:
    """What an exchange might tell of that time, with holes."""
    begins = range(interval.beginning(since), until + 1, interval)
    return [
        Candle(at, price(last - 10), price(last + 20), price(last))
        for at, last in zip(begins, cycle(numbers), strict=False)
        if last % 5
    ]


@given(walks, st.integers(0, 3 * DAY), st.integers(0, 100), told_prices)
def test_what_the_exchange_tells_is_put_in_its_place_once(
    marks: Marks, before: int, number: int, numbers: Sequence[int]
) -> None:
    history = history_of(marks, BEGAN - before)
    heard = history_of(marks, BEGAN - before).series
    until = marks[min(number, len(marks) - 1)][0]
    for interval, since in history.wanted(0, until):
        told = exchange_candles(interval, since, until, numbers)
        history.fill(interval, until, told)
        once = history.series
        history.fill(interval, until, told)
        assert history.series is once
        (series,) = [series for series in once if series.every == interval]
        (own,) = [series for series in heard if series.every == interval]
        assert is_in_order(series)
        found = {candle.at: candle for candle in series.candles}
        for candle in (*told, *own.candles):
            if (kept := found.get(candle.at)) is not None:
                assert kept.low <= candle.low and candle.high <= kept.high
        # Every candle comes from one or the other, and none of either is lost.
        closed = {candle.at for candle in told if candle.at < interval.beginning(marks[-1][0])}
        assert found.keys() == closed | {candle.at for candle in own.candles}
        lasts = {candle.at: candle.close for candle in own.candles}
        lasts |= {candle.at: candle.close for candle in told if candle.at + interval <= until}
        lasts = {candle.at: candle.close for candle in told} | lasts
        assert all(candle.close == lasts[candle.at] for candle in series.candles)


@given(walks, walks, told_prices)
def test_marks_go_on_after_what_was_put_in(first: Marks, then: Marks, numbers: Sequence[int]) -> None:
    moved = [(at - then[0][0] + first[-1][0], mark) for at, mark in then]
    history = history_of(first)
    for interval, since in history.wanted(0, first[-1][0]):
        history.fill(interval, first[-1][0], exchange_candles(interval, since, first[-1][0], numbers))
    for at, mark in moved:
        history.add(at, mark)
    plain = history_of([*first, *moved])
    for series, own in zip(history.series, plain.series, strict=True):
        assert is_in_order(series)
        untouched = {candle for candle in own.candles if candle.at > first[-1][0]}
        assert untouched <= set(series.candles)


@pytest.mark.parametrize(
    ("age", "every", "most"),
    [
        (0, Interval.QUARTER, 96),
        (7 * DAY, Interval.QUARTER, 672),
        (7 * DAY + Interval.QUARTER, Interval.HOUR, 169),
        (1_000 * Interval.HOUR, Interval.HOUR, 1_000),
        (1_001 * Interval.HOUR, Interval.FOUR_HOURS, 251),
        (1_000 * Interval.FOUR_HOURS, Interval.FOUR_HOURS, 1_000),
        (1_000 * Interval.FOUR_HOURS + DAY, DAY, 168),
        (2_000 * DAY, DAY, 2_000),
    ],
)
def test_the_series_covers_the_trade(age: int, every: Interval, most: int) -> None:
    now = Interval.DAY.beginning(BEGAN)
    history = PriceHistory()
    history.add(now, price(1))
    history.reach_back_to(now - age)
    (_, minute), (interval, since) = history.wanted(0, now)
    assert minute == now - 240 * 60_000
    assert interval is every
    assert now - since == most * every >= max(age, DAY)
    times = range(since, now + 1, every)
    history.fill(interval, now, [Candle(at, price(1), price(3), price(2)) for at in times])
    assert [candle.at for candle in history.series[-1].candles] == list(times)[:-1]


@given(st.lists(st.integers(900, 1_100), min_size=3, max_size=40), st.integers(0, 6 * DAY))
def test_candles_that_become_longer_are_those_of_the_same_marks(numbers: Sequence[int], age: int) -> None:
    """A trade that grows older than a week while it runs."""
    steps = [(7 * Interval.HOUR + 13, number) for number in numbers]
    marks = marks_of(steps, BEGAN)
    history = history_of(marks, BEGAN - age)
    coarse = history.series[-1]
    assert coarse.every == coarse_interval(min(BEGAN - age, marks[-1][0] - DAY), marks[-1][0])
    assert list(coarse.candles) == naive(marks, coarse.every, 0)


def test_an_answer_of_an_interval_that_is_not_kept_any_more_is_left_out() -> None:
    history = history_of([(BEGAN, price(1)), (BEGAN + 8 * DAY, price(2))], BEGAN)
    shown = history.series
    assert shown[-1].every == Interval.HOUR
    begins = Interval.QUARTER.beginning(BEGAN + DAY)
    history.fill(Interval.QUARTER, BEGAN + 2 * DAY, [Candle(begins, price(1), price(1), price(1))])
    assert history.series is shown


def test_candles_of_a_time_to_come_are_left_out() -> None:
    history = history_of([(BEGAN, price(1)), (BEGAN + 60_000, price(2))])
    shown = history.series
    at = Interval.MINUTE.beginning(BEGAN) + 2 * 60_000
    history.fill(Interval.MINUTE, BEGAN + 60_000, [Candle(at, price(1), price(1), price(1))])
    assert history.series is shown
    history.add(at, price(3))
    assert [candle.close for candle in history.series[0].candles] == [price(1), price(2)]


def test_a_mark_from_before_the_newest_changes_nothing() -> None:
    history = history_of([(BEGAN, price(10)), (BEGAN + 70_000, price(11))])
    marks, series = history.marks, history.series
    history.add(BEGAN + 1_000, price(99))
    history.add(BEGAN + 140_000, price(12))
    assert history.marks[:-1] == marks
    assert history.series[0].candles[: len(series[0].candles)] == series[0].candles
    assert max(candle.high for candle in history.series[0].candles) == price(11)


def test_the_newest_five_minutes_of_marks_are_kept_one_a_second() -> None:
    history = history_of([(BEGAN + 100 * number, price(number)) for number in range(6_000)])
    times = [at for at, _ in history.marks]
    assert len(times) == 300
    assert {later - earlier for earlier, later in pairwise(times)} == {1_000}
    assert times[-1] == BEGAN + 599_000


def test_what_is_kept_of_a_replay_goes_on_as_it_was() -> None:
    marks = marks_of([(17_000, 900 + number) for number in range(400)])
    history = history_of(marks[:200])
    again = pickle.loads(pickle.dumps(history))
    for at, mark in marks[200:]:
        history.add(at, mark)
        again.add(at, mark)
    assert again.series == history.series and again.marks == history.marks


@given(st.lists(st.integers(0, 200_000), min_size=1, max_size=30))
def test_more_than_a_minute_without_a_price_is_noted(pauses: Sequence[int]) -> None:
    now = BEGAN
    market = MarketData(SOL, lambda: now, Alarms(EventLog(lambda: now), lambda: now), HealthTally(now))
    market.on_quote(Quote(price(1), None, None))
    assert market.unheard == (0, BEGAN)
    market.unheard = None
    blind: list[tuple[int, int]] = []
    for pause in pauses:
        before, now = now, now + pause
        market.on_quote(Quote(price(1), None, None))
        if pause > 60_000:
            blind.append((before, now))
        assert market.unheard == ((blind[0][0], blind[-1][1]) if blind else None)
