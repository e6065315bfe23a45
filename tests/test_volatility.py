"""Closed candles, and the ATR by them; TA-Lib is the oracle."""

from __future__ import annotations

from decimal import Decimal as D

import numpy
import pytest
import talib
from hypothesis import given
from hypothesis import strategies as some

from hypertui.core.candles import Candle, Interval, closed
from hypertui.core.volatility import PERIOD, average_true_range

HOUR = Interval.HOUR


@some.composite
def candles(draw: some.DrawFn, least: int = 0, most: int = 101) -> list[Candle]:
    """Any that follow each other, with gaps between a close and what comes after it."""
    price = some.integers(1, 10**9)
    scale = draw(some.sampled_from((0, 2, 6)))
    rows = draw(some.lists(some.tuples(price, price, price), min_size=least, max_size=most))
    return [
        Candle(number * HOUR, *(D(figure).scaleb(-scale) for figure in (low, high, close)))
        for number, row in enumerate(rows)
        for low, close, high in [sorted(row)]
    ]


@given(candles(least=PERIOD + 1))
def test_the_atr_is_that_of_ta_lib(given: list[Candle]) -> None:
    high, low, close = (
        numpy.array([float(getattr(candle, name)) for candle in given]) for name in ("high", "low", "close")
    )
    expected = talib.ATR(high, low, close, PERIOD)[-1]
    found = average_true_range(given)
    assert isinstance(found, D)
    assert float(found) == pytest.approx(expected, rel=1e-9, abs=1e-10)


@given(candles(most=PERIOD))
def test_with_too_few_there_is_none(given: list[Candle]) -> None:
    assert average_true_range(given) is None


def told(*hours: int) -> list[Candle]:
    return [Candle(hour * HOUR, D(hour), D(hour + 2), D(hour + 1)) for hour in hours]


def test_what_still_grows_is_not_closed() -> None:
    found = closed(told(5, 6, 7), HOUR, 8 * HOUR - 1)
    assert found.candles == tuple(told(5, 6))
    assert (found.until, found.flat) == (7 * HOUR, ())
    assert closed(told(5, 6, 7), HOUR, 8 * HOUR).until == 8 * HOUR
    assert closed(told(7), HOUR, 8 * HOUR - 1) == closed((), HOUR, 8 * HOUR)


def test_an_hour_without_trades_is_flat_once_a_later_one_was_told() -> None:
    found = closed(told(5, 8), HOUR, 8 * HOUR + 1)
    assert found.flat == (6 * HOUR, 7 * HOUR)
    assert found.candles[1:] == tuple(Candle(hour * HOUR, D(6), D(6), D(6)) for hour in (6, 7))
    assert closed(told(5), HOUR, 9 * HOUR).until == 6 * HOUR, "what is missing may be on its way"
    assert closed(told(5, 9), HOUR, 7 * HOUR).until == 7 * HOUR, "whoever told is ahead of the time"


@given(some.sets(some.integers(0, 40)), some.integers(0, 41 * HOUR))
def test_closed_candles_follow_each_other(hours: set[int], now: int) -> None:
    found = closed(told(*sorted(hours)), HOUR, now)
    times = [candle.at for candle in found.candles]
    assert times == list(range(times[0], times[-1] + 1, HOUR)) if times else found.until is None
    assert all(at + HOUR <= now for at in times)
    assert set(times) - set(found.flat) == {hour * HOUR for hour in hours if (hour + 1) * HOUR <= now}


@given(some.sets(some.integers(0, 40)), some.integers(0, 41 * HOUR), some.integers(0, 41 * HOUR))
def test_what_comes_later_changes_no_closed_candle(hours: set[int], one: int, other: int) -> None:
    early, late = sorted((one, other))
    begun = [candle for candle in told(*sorted(hours)) if candle.at <= early]
    before, after = closed(begun, HOUR, early), closed(told(*sorted(hours)), HOUR, late)
    assert after.candles[: len(before.candles)] == before.candles
