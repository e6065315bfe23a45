"""The course of a backtest: it adds up to the run, at every price."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hypertui.backtest.candle_ways import other_way
from hypertui.backtest.course import Course, CourseRecorder
from hypertui.backtest.course_curve import curve_of
from hypertui.backtest.instant_exchange import Costs
from hypertui.backtest.shares import shares_of
from hypertui.backtest.told import ToldRun
from hypertui.core.market import ZERO, Side
from hypertui.core.price_series import Series
from tests.backtest.walks import BEGAN, MINUTE, random_candles, random_prices, walk_of


def nets_of(course: Course, series: Series) -> list[D]:
    """The net PnL at each price."""
    nets, legs = [], list(course.legs)
    for tick, price in enumerate(series.prices):
        while len(legs) > 1 and legs[1].tick <= tick:
            legs.pop(0)
        nets.append(legs[0].net_pnl(price))
    return nets


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["0.3", "0.8", "2"]))
def test_fills_and_legs_add_up_to_the_run(seed: int, unit_size: str) -> None:
    walk = walk_of(random_prices(400, seed), unit_size)
    recorder = CourseRecorder(walk.attempt.costs)
    run = walk.run(recorder)
    course = recorder.course
    assert len(course.fills) == run.fills
    assert sum((fill.fee for fill in course.fills), ZERO) == run.fees
    assert sum((fill.gain or ZERO for fill in course.fills), ZERO) + run.funding == run.realized_pnl
    assert sum((fill.slippage + fill.gap for fill in course.fills), ZERO) == pytest.approx(run.slippage_cost)
    held = sum((fill.size * (1 if fill.side is Side.BUY else -1) for fill in course.fills), ZERO)
    assert held == run.position == course.legs[-1].position
    assert course.legs[-1].net_pnl(run.last_price) == run.net_pnl
    assert [leg.tick for leg in course.legs] == sorted({leg.tick for leg in course.legs})


def test_a_gap_and_the_slippage_are_told_apart() -> None:
    times = tuple(BEGAN + MINUTE * each for each in range(3))
    walk = walk_of(Series((D(100), D("98.7"), D("98.7")), times), "1")
    recorder = CourseRecorder(walk.attempt.costs)
    walk.run(recorder)
    entry, sale = recorder.course.fills
    assert (entry.slippage, entry.gap, entry.reason) == (0, 0, "ENTRY")
    # The stop at 99 fills at 98.7 less 0.02 %: the jump costs 0.30 a coin, the slippage 0.01974.
    assert sale.gap == D("0.3") * sale.size
    assert sale.slippage == D("98.7") * D("0.0002") * sale.size
    assert (sale.reason, sale.unit, sale.side) == ("LADDER_STOP", -1, Side.SELL)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 90))
def test_a_curve_keeps_every_peak_however_few_points_it_has(seed: int, points: int) -> None:
    series = random_prices(300, seed)
    walk = walk_of(series)
    recorder = CourseRecorder(walk.attempt.costs)
    run = walk.run(recorder)
    nets = [float(net) for net in nets_of(recorder.course, series)]
    curve = curve_of(recorder.course, series, run.ticks, points)
    assert len(curve) == min(points, run.ticks)
    assert (min(curve.low), max(curve.high)) == (float(min(series.prices)), float(max(series.prices)))
    assert min(curve.worst) == pytest.approx(min(nets))
    assert max(curve.best) == pytest.approx(max(nets))
    assert curve.net[-1] == pytest.approx(float(run.net_pnl))
    # Only what falls and rises within one stretch is lost.
    falls = [max([0.0, *curve.best[:index]]) - worst for index, worst in enumerate(curve.worst)]
    assert max(falls) - 1e-9 <= max(curve.drawdown) <= float(run.max_drawdown) + 1e-9
    assert (curve.at[0], curve.at[-1]) == (series.times[0], series.times[-1])


def test_a_curve_without_times_counts_its_prices() -> None:
    walk = walk_of(replace(random_prices(300, 1), timed=False), costs=Costs())
    recorder = CourseRecorder(walk.attempt.costs)
    run = walk.run(recorder)
    curve = curve_of(recorder.course, walk.series, run.ticks, 50)
    assert (curve.at[0], curve.at[-1]) == (0, run.ticks - 1)
    fills = ToldRun(run, recorder.course, walk.attempt.costs).chart().fills
    assert [fill.at for fill in fills] == [fill.tick for fill in recorder.course.fills]


def test_a_curve_of_single_prices_has_the_deepest_fall() -> None:
    series = random_prices(500, 7)
    walk = walk_of(series)
    recorder = CourseRecorder(walk.attempt.costs)
    run = walk.run(recorder)
    curve = curve_of(recorder.course, series, run.ticks, 500)
    assert max(curve.drawdown) == pytest.approx(float(run.max_drawdown))


def test_hours_units_and_reasons_add_up() -> None:
    series = random_prices(2_000, 3)
    walk = walk_of(series)
    recorder = CourseRecorder(walk.attempt.costs)
    run = walk.run(recorder)
    shares = shares_of(recorder.course, series, run.ticks)
    assert sum(shares.hours.values()) == run.net_pnl
    assert len(shares.hours) == 24
    for tallies in (shares.units.values(), shares.reasons.values()):
        assert sum(tally.pnl for tally in tallies) == shares.total.pnl == run.realized_pnl - run.funding
        assert sum(tally.fills for tally in tallies) == run.fills
        assert sum(tally.fees for tally in tallies) == run.fees
    assert shares.total.slippage + shares.gaps == pytest.approx(run.slippage_cost)
    made, before = dict.fromkeys(range(24), ZERO), ZERO
    for at, net in zip(series.times, nets_of(recorder.course, series), strict=True):
        made[at // 3_600_000 % 24] += net - before
        before = net
    assert shares.hours == made


def test_the_other_way_swaps_the_extremes_of_each_candle_alone() -> None:
    candles = random_candles(50, 1)
    other = other_way(candles)
    assert other is not None
    for row in range(50):
        opened, one, two, close = candles.prices[4 * row : 4 * row + 4]
        assert other.prices[4 * row : 4 * row + 4] == (opened, two, one, close)
    assert (other.times, other_way(other)) == (candles.times, candles)
    assert other_way(random_prices(5, 1)) is None
