"""A course as a chart draws it: price and net PnL over a series of any length, thinned out without its peaks.

A chart needs no exact numbers: they are floats here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hypertui.backtest.course import Course, CourseLeg
from hypertui.charts.curve import Curve
from hypertui.core.price_series import Series

POINTS = 1_500  # of a curve: more would fall on one another


def curve_of(course: Course, series: Series, walked: int, points: int = POINTS) -> Curve:
    """The curve over the first `walked` prices of the series. Its moments are times (ms), or indices of the
    prices where the series has none."""
    count = min(points, walked)
    found, peak = Curve(), 0.0
    for begin, end, legs in _stretches(course.legs, walked, count):
        low = worst = float("inf")
        high = best = float("-inf")
        deepest = 0.0
        for first, last, leg in legs:
            part = series.prices[first:last]
            lowest, highest = float(min(part)), float(max(part))
            low, high = min(low, lowest), max(high, highest)
            base, position = float(leg.base), float(leg.position)
            under, over = base + position * lowest, base + position * highest
            worst, best = min(worst, under), max(best, over)
            deepest = max(deepest, peak - under)
            peak = max(peak, over)
        price, leg = series.prices[end - 1], legs[-1][2]
        at = begin if begin == 0 else end - 1
        found.at.append(series.times[at] if series.timed else at)
        found.low.append(low)
        found.high.append(high)
        found.price.append(float(price))
        found.worst.append(worst)
        found.best.append(best)
        found.net.append(float(leg.net_pnl(price)))
        found.drawdown.append(deepest)
        found.unit.append(leg.unit)
        found.phase.append(leg.phase)
    return found


def _stretches(
    legs: Sequence[CourseLeg], walked: int, count: int
) -> Iterator[tuple[int, int, list[tuple[int, int, CourseLeg]]]]:
    """The prices in `count` stretches, each with the parts of legs that lie in it."""
    number = 0
    for index in range(count):
        begin, end = index * walked // count, (index + 1) * walked // count
        parts: list[tuple[int, int, CourseLeg]] = []
        first = begin
        while first < end:
            while number + 1 < len(legs) and legs[number + 1].tick <= first:
                number += 1
            last = min(end, legs[number + 1].tick) if number + 1 < len(legs) else end
            parts.append((first, last, legs[number]))
            first = last
        yield begin, end, parts
