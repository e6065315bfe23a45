"""A course as a chart draws it: price and net PnL over a series of any length, thinned out without its peaks.

A chart needs no exact numbers: they are floats here."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

from hypertui.backtest.course import Course, CourseLeg
from hypertui.charts.curve import Curve
from hypertui.core.price_series import Series

if TYPE_CHECKING:
    from hypertui.series.ticks import Ticks

POINTS = 1_500  # of a curve: more would fall on one another


class PriceColumn(Protocol):
    """The prices of a series (USD) and their times (ms), by number."""

    def __len__(self) -> int: ...

    def price(self, index: int) -> Decimal:
        """One of them."""

    def time(self, index: int) -> int:
        """When it was; without times, its number."""

    def reaching(self, at: int) -> int:
        """The first one that is not before a time."""

    def extremes(self, begin: int, end: int) -> tuple[float, float]:
        """The lowest and the highest from `begin` up to, and without, `end`."""


@dataclass(frozen=True, slots=True)
class SeriesPath:
    """Of a series that is in memory."""

    series: Series

    def __len__(self) -> int:
        return len(self.series.prices)

    def price(self, index: int) -> Decimal:
        return self.series.prices[index]

    def time(self, index: int) -> int:
        return self.series.times[index]

    def reaching(self, at: int) -> int:
        return bisect_left(self.series.times, at)

    def extremes(self, begin: int, end: int) -> tuple[float, float]:
        part = self.series.prices[begin:end]
        return float(min(part)), float(max(part))


@dataclass(frozen=True, slots=True)
class TicksPath:
    """Of a series in columns."""

    ticks: Ticks

    def __len__(self) -> int:
        return len(self.ticks)

    def price(self, index: int) -> Decimal:
        return self.ticks.price(index)

    def time(self, index: int) -> int:
        return index if self.ticks.times is None else int(self.ticks.times[index])

    def reaching(self, at: int) -> int:
        times = self.ticks.times
        return min(at, len(self)) if times is None else int(times.searchsorted(at))

    def extremes(self, begin: int, end: int) -> tuple[float, float]:
        part, scale = self.ticks.prices[begin:end], 10.0**-self.ticks.decimals
        return int(part.min()) * scale, int(part.max()) * scale


def curve_of(course: Course, path: PriceColumn, walked: int, points: int = POINTS) -> Curve:
    """The curve over the first `walked` prices."""
    count = min(points, walked)
    found, peak = Curve(), 0.0
    for begin, end, legs in _stretches(course.legs, walked, count):
        low = worst = float("inf")
        high = best = float("-inf")
        deepest = 0.0
        for first, last, leg in legs:
            lowest, highest = path.extremes(first, last)
            low, high = min(low, lowest), max(high, highest)
            base, position = float(leg.base), float(leg.position)
            under, over = base + position * lowest, base + position * highest
            worst, best = min(worst, under), max(best, over)
            deepest = max(deepest, peak - under)
            peak = max(peak, over)
        price, leg = path.price(end - 1), legs[-1][2]
        found.at.append(path.time(begin) if begin == 0 else path.time(end - 1))
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
