"""A trailing stop in a backtest: by the candles that the series itself makes, closed ones alone."""

from __future__ import annotations

from decimal import Decimal as D
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as some

from hypertui.backtest.hourly_candles import HourlyCandles
from hypertui.backtest.instant_exchange import Costs
from hypertui.backtest.simulation import replay
from hypertui.core.candles import Candle, Interval, closed
from hypertui.core.price_series import Series
from hypertui.core.volatility import average_true_range
from hypertui.execution.trade_inputs import VolatilityMeasured
from hypertui.strategy.exits.rules import ExitRules
from hypertui.strategy.exits.trailing import TrailingTerms
from hypertui.strategy.plans import PlanError
from tests.strategy.driver import plan_of

HOUR = Interval.HOUR
BEGAN = 472_222 * HOUR
RULES = ExitRules(trailing_stop=TrailingTerms(D("0.035"), D(2), D("0.5"), D("0.01"), D("0.02")))
FREE = Costs(fee_rate=D(0))


def hours(*rows: tuple[str, ...], each: int = HOUR) -> Series:
    """So many prices in each hour."""
    prices = tuple(D(price) for row in rows for price in row)
    times = tuple(
        BEGAN + number * each + place for number, row in enumerate(rows) for place in range(len(row))
    )
    return Series(prices, times)


# A range of 0.6 in each hour, then up by more than 3.5 %.
QUIET = [("100", "100.3", "99.7", "100")] * 16
RISE = [("100.2", "100.1"), ("101", "102", "103", "104", "105", "106")]


def test_it_trails_by_the_hours_that_are_over() -> None:
    series = hours(*QUIET, *RISE, ("105.5", "104.9", "104.7"), ("104",))
    run = replay(series, plan_of(), FREE, exits=RULES)
    assert run.ended_by == "trailing stop"
    # ATR is (13 · 0.6 + 0.2) / 14 during the rise; that it is larger afterwards lets no stop down.
    assert run.last_price == D("104.7"), "the stop is at 106 - 1.143, 104.86"


def test_before_there_are_enough_hours_it_is_at_its_widest() -> None:
    series = hours(*QUIET[:10], *RISE, ("104.9", "104", "103.9", "103.8"), ("103",))
    assert replay(series, plan_of(), FREE, exits=RULES).last_price == D("103.8"), "2 % below 106"


@given(
    some.lists(
        some.tuples(some.integers(9_000, 11_000), some.integers(0, 3 * HOUR)), min_size=20, max_size=60
    ),
    some.integers(0, 80),
)
def test_only_what_is_over_is_measured_and_what_comes_later_changes_nothing(
    walk: list[tuple[int, int]], first: int
) -> None:
    at, ticks = BEGAN, []
    for cents, later in walk:
        at += later
        ticks.append((at, D(cents) / 100))

    def told(until: int) -> list[VolatilityMeasured | None]:
        candles = HourlyCandles()
        return [candles.add(*tick) for tick in ticks[:until]]

    found = told(len(ticks))
    assert told(first) == found[:first]
    for number, measured in enumerate(found):
        if measured is None:
            continue
        now = ticks[number][0]
        made = []
        for begins, group in groupby(ticks[: number + 1], lambda tick: HOUR.beginning(tick[0])):
            prices = [price for _, price in group]
            made.append(Candle(begins, min(prices), max(prices), prices[-1]))
        over = closed(made, HOUR, HOUR.beginning(now)).candles
        assert measured.until == HOUR.beginning(now) <= now
        assert measured.atr == average_true_range(over[-101:])


def test_files_that_tell_no_hours_are_refused() -> None:
    untimed = Series((D(100), D(101)), (0, 1000), timed=False)
    with pytest.raises(
        PlanError, match=r"^the price file has no times, without which there is no trailing_stop$"
    ):
        replay(untimed, plan_of(), exits=RULES)
    with pytest.raises(
        PlanError, match=r"^trailing_stop needs a price each hour, and the file has a row each 24 h$"
    ):
        replay(hours(("100",), ("101",), ("102",), each=24 * HOUR), plan_of(), exits=RULES)


def test_a_fixed_distance_needs_no_hours() -> None:
    """Ten per cent under 110 is 99, to which a fall of one day comes."""
    fixed = TrailingTerms(D("0.02"), D(2), D("0.05"), D("0.1"), D("0.1"))
    days = hours(("100",), ("104",), ("110",), ("100",), ("99",), each=24 * HOUR)
    run = replay(days, plan_of(), exits=ExitRules(trailing_stop=fixed))
    assert (run.ended_by, run.last_price) == ("trailing stop", 99)
