"""What made the result of a backtest: by hour of the day, by unit and by reason, to the last digit.

By hour it is all that was made, realised or not; by unit and reason what the fills realised."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from hypertui.backtest.course import Course, CourseFill
from hypertui.core.market import ZERO
from hypertui.core.price_series import Series

_HOUR = 3_600_000
_DAY = 24


@dataclass(slots=True)
class FillTally:
    """Fills put together: how many, how many of them closed something, and what for, in USD."""

    fills: int = 0
    closings: int = 0
    volume: Decimal = ZERO
    fees: Decimal = ZERO
    slippage: Decimal = ZERO
    pnl: Decimal = ZERO

    def add(self, fill: CourseFill) -> None:
        """One more."""
        self.fills += 1
        self.volume += fill.size * fill.price
        self.fees += fill.fee
        self.slippage += fill.slippage
        if fill.gain is not None:
            self.closings += 1
            self.pnl += fill.gain

    def figures(self) -> dict[str, object]:
        """By the names of their columns."""
        return {
            "fills": self.fills,
            "closings": self.closings,
            "volume": self.volume,
            "fees": self.fees,
            "pnl": self.pnl,
        }


@dataclass(frozen=True, slots=True)
class ResultShares:
    """The parts of a result. `hours` (UTC, 0 to 23; none without times) add up to the net PnL; `units` and
    `reasons` to what was realised, of which `total` is the whole. `gaps` is what fills have cost because the
    price had jumped beyond their triggers."""

    hours: dict[int, Decimal] = field(default_factory=dict)
    units: dict[int | None, FillTally] = field(default_factory=dict)
    reasons: dict[str, FillTally] = field(default_factory=dict)
    total: FillTally = field(default_factory=FillTally)
    gaps: Decimal = ZERO


def shares_of(course: Course, series: Series, walked: int) -> ResultShares:
    """Of the first `walked` prices of the series."""
    units: dict[int | None, FillTally] = {}
    reasons: dict[str, FillTally] = {}
    total, gaps = FillTally(), ZERO
    for fill in course.fills:
        for tally in (
            units.setdefault(fill.unit, FillTally()),
            reasons.setdefault(fill.reason, FillTally()),
            total,
        ):
            tally.add(fill)
        gaps += fill.gap
    return ResultShares(
        _by_hour(course, series, walked) if series.timed else {},
        dict(sorted(units.items(), key=lambda each: (each[0] is not None, each[0] or 0))),
        reasons,
        total,
        gaps,
    )


def _by_hour(course: Course, series: Series, walked: int) -> dict[int, Decimal]:
    """What was made from the last price before an hour to the last one in it is that hour's."""
    found: dict[int, Decimal] = {}
    ticks = [leg.tick for leg in course.legs]
    before, index = ZERO, 0
    while index < walked:
        hour = series.times[index] // _HOUR
        index = min(bisect_left(series.times, (hour + 1) * _HOUR), walked)
        leg = course.legs[_last(ticks, index - 1)]
        made = leg.net_pnl(series.prices[index - 1])
        of_day = hour % _DAY
        found[of_day] = found.get(of_day, ZERO) + made - before
        before = made
    return dict(sorted(found.items()))


def _last(ticks: Sequence[int], tick: int) -> int:
    return bisect_right(ticks, tick) - 1
