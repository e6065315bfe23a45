"""A backtest with all that a report tells of it: the run, its course, and what it is compared with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from hypertui.backtest.course import Course
from hypertui.backtest.course_curve import curve_of
from hypertui.backtest.instant_exchange import Costs
from hypertui.backtest.shares import ResultShares, shares_of
from hypertui.backtest.simulation import Run
from hypertui.charts.course_chart import CourseChart
from hypertui.charts.curve import Curve
from hypertui.charts.document import Headline
from hypertui.charts.drawing import Drawing
from hypertui.charts.figures import gain, minute, percent, usd
from hypertui.charts.price_track import PriceTrack, TrackedFill
from hypertui.core.market import plain
from hypertui.core.phrases import at_price, counted, lasting, unit
from hypertui.core.round_trips import SLOTS
from hypertui.strategy.ladder.ladder import Phase

if TYPE_CHECKING:
    from hypertui.backtest.weighing import Weighed

HOLD = "buy and hold"
OTHER_WAY = "the candles' other way"


@dataclass(frozen=True)
class ToldRun:
    """A run with its course; `other` is the same over the same candles, walked the other way. `weighed` is
    what it is worth, where that was asked for."""

    run: Run
    course: Course
    costs: Costs
    other: ToldRun | None = None
    weighed: Weighed | None = None

    @property
    def symbol(self) -> str:
        return self.run.ladder.plan.instrument.symbol

    @property
    def title(self) -> str:
        """What was walked, in a line."""
        plan = self.run.ladder.plan
        unit_size, position = at_price(plan.unit_size), at_price(plan.position_size)
        return f"hypertui backtest: {self.symbol}, unit {unit_size} USD, position {position} USD"

    @cached_property
    def curve(self) -> Curve:
        """Its course in columns."""
        return curve_of(self.course, self.run.series, self.run.ticks)

    @cached_property
    def shares(self) -> ResultShares:
        """What made the result."""
        return shares_of(self.course, self.run.series, self.run.ticks)

    @property
    def period(self) -> tuple[str, str]:
        """How long it went on, and from when to when; how many prices, without times."""
        series, last = self.run.series, self.run.ticks - 1
        if not series.timed:
            return f"{self.run.ticks:,} prices", "the file has no times"
        begin, end = series.times[0], series.times[last]
        return lasting((end - begin) // 1000), f"{minute(begin)} to {minute(end)} UTC"

    @property
    def spread(self) -> str:
        """What both ways of walking candles come to, in a sentence; empty where there are none."""
        if self.other is None:
            return "" if self.run.series.per_row == 1 else "From candles: crossings within a candle are lost."
        net, other = self.run.net_pnl, self.other.run.net_pnl
        near, far = gain(net), gain(other)
        return (
            "From candles: which extreme came first is not known. The nearer one first makes "
            f"{near} USD, the farther one first {far} USD: {usd(abs(net - other))} USD apart."
        )

    def headline(self) -> Iterator[Headline]:
        """The figures that somebody reads first."""
        run, total = self.run, self.shares.total
        net, stake, fall = run.net_pnl, run.stake, run.max_drawdown
        yield Headline(
            "net PnL", f"{gain(net)} USD", f"{percent(net, stake)} of the {usd(stake)} USD entered", net
        )
        yield Headline(
            "largest drawdown", f"{gain(-fall)} USD", f"{percent(fall, stake)} of the entry", -fall
        )
        yield Headline("period", *self.period)
        trips = f"in {counted(run.round_trips, 'round trip')}, fees included"
        yield Headline("whipsaw cost", f"{usd(run.whipsaw_cost)} USD", trips)
        traded = f"{usd(total.volume)} USD in {counted(run.fills, 'fill')}"
        yield Headline("fees", f"{usd(run.fees)} USD", traded)
        yield Headline("slippage and gaps", f"{usd(run.slippage_cost)} USD", "fills beyond their triggers")
        funding = run.funding
        way = "paid" if funding < 0 else "received" if funding else "none set"
        yield Headline("funding", f"{gain(funding)} USD", way, funding)
        at = f"at {at_price(run.last_price.normalize())}, {run.phase.value}"
        held = f"{plain(run.position)} {self.symbol} held"
        yield Headline("unit at the end", unit(run.unit), f"{at}, {held}")

    def chart(self) -> CourseChart:
        """Its course as it is drawn. Needs two prices at least."""
        ladder, track = self.run.ladder, PriceTrack(self.symbol)
        for fill in self.course.fills:
            at = fill.at if self.run.series.timed else fill.tick
            track.add(
                TrackedFill("", at, fill.price, fill.side, fill.size, fill.reason, fill.unit, fill.gain)
            )
        units = [leg.unit for leg in self.course.legs]
        grid = range(min(units) - SLOTS, max(units) + SLOTS + 1)
        return CourseChart(
            self.curve,
            track.fills,
            {each: ladder.grid.price(each) for each in grid},
            [phase.value for phase in Phase],
            ladder.plan.instrument,
            self._others(),
            track.nth,
            track.count,
            self.run.series.timed,
        )

    def drawings(self) -> list[Drawing]:
        """All pictures of it."""
        return [self.chart().drawing] if len(self.curve) > 1 else []

    def _others(self) -> dict[str, list[float | None]]:
        coins, fees = float(self.run.ladder.entry_coins), float(self.course.fills[0].fee)
        entry = float(self.run.ladder.grid.entry_price)
        found: dict[str, list[float | None]] = {
            HOLD: [(price - entry) * coins - fees for price in self.curve.price]
        }
        if self.other is not None:
            nets, missing = self.other.curve.net, len(self.curve) - len(self.other.curve)
            same = self.other.run.ticks == self.run.ticks
            if same:
                found[OTHER_WAY] = [*nets, *(None for _ in range(missing))]
        return found
