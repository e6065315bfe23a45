"""A backtest while it walks, as a screen shows it: how far it is, its curves, and the newest fills."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from threading import Event

from hypertui.backtest.course import Course, CourseFill, CourseRecorder
from hypertui.backtest.course_curve import curve_of
from hypertui.backtest.instant_exchange import Costs
from hypertui.backtest.report import RunTime
from hypertui.backtest.told import ToldRun
from hypertui.backtest.walk import Walk
from hypertui.charts.curve import Curve
from hypertui.charts.figures import gain, price
from hypertui.core.market import Instrument
from hypertui.core.phrases import at_price, coins, in_words, unit
from hypertui.core.price_series import Series
from hypertui.execution.trade_news import FillBooked
from hypertui.port.work import WorkCurve, WorkFact, WorkRow, WorkState, WorkTable, WorkView
from hypertui.strategy.ladder.ladder import Ladder

_POINTS = 400  # of a curve
_FILLS = 500  # the newest, in the table
_EVERY = 512  # prices between two looks at the clock, at least
_PUBLISH = 0.2  # seconds between two views, at least
_SHARE = 20  # so many times what a view took goes by before the next
_COLUMNS = (
    ("time", True),
    ("fill", True),
    ("unit", False),
    ("price", False),
    ("realised", False),
    ("size", False),
    ("reason", True),
)


class WalkStopped(Exception):
    """Whoever looked at the walk has ended it."""


class BacktestWork:
    """The walk as the screen knows it. `clock` tells seconds that go on, whatever happens to the time of
    day."""

    def __init__(self, title: str, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._view = WorkView("Backtest", title, WorkState.LOADING, "prices")
        self._stopped = Event()
        self._began = clock()

    @property
    def view(self) -> WorkView:
        """The newest one."""
        return self._view

    def stop(self) -> None:
        """End the walk soon."""
        self._stopped.set()

    @property
    def stopped(self) -> bool:
        """Whether it is to end."""
        return self._stopped.is_set()

    def begin(self, title: str, total: int, noun: str) -> None:
        """The prices are there, so many that are walked in all."""
        self._began = self._clock()
        self._view = replace(self._view, title=title, state=WorkState.RUNNING, total=total, noun=noun)

    def progress(self, done: int, shown: WorkView | None = None) -> None:
        """So many prices are walked; `shown` is the view with all else that is new."""
        took = self._clock() - self._began
        rate = done / took if took > 0 else None
        left = (self._view.total - done) / rate if rate else None
        self._view = replace(shown or self._view, done=done, rate=rate, left=left)

    def ended(self, told: ToldRun) -> None:
        """It is walked to its end."""
        fall = -told.run.max_drawdown
        exact = WorkFact("drawdown", f"{fall:+,.2f}", float(fall))
        facts = tuple(exact if each.label == exact.label else each for each in self._view.facts)
        ways = [told.spread, f"Ended by the {told.run.ended_by}" if told.run.ended_by else ""]
        ways.append(f"Halted: {told.run.halted}" if told.run.halted else "")
        shown = replace(self._view, facts=facts, notes=tuple(way for way in ways if way))
        self._view = replace(shown, state=WorkState.DONE, done=shown.total, left=None)

    def failed(self, why: str) -> None:
        """It cannot be walked."""
        self._view = replace(self._view, state=WorkState.FAILED, problem=why)

    def halted(self) -> None:
        """It was stopped on its way."""
        self._view = replace(self._view, state=WorkState.STOPPED)


class WatchedRecorder(CourseRecorder):
    """Records a course and shows it on the way. `before` prices were walked by others."""

    def __init__(
        self, costs: Costs, work: BacktestWork, series: Series, clock: Callable[[], float], before: int = 0
    ) -> None:
        super().__init__(costs)
        self._work = work
        self._series = series
        self._clock = clock
        self._before = before
        self._next = 0.0
        self._beyond = 0

    def look(self, tick: int, ladder: Ladder, booked: Sequence[FillBooked]) -> None:
        super().look(tick, ladder, booked)
        if tick >= self._beyond:
            self._beyond = tick + _EVERY
            if self._work.stopped:
                raise WalkStopped
            now = self._clock()
            if now >= self._next:
                self._show(tick + 1, ladder)
                self._next = self._clock() + max(_PUBLISH, _SHARE * (self._clock() - now))

    def _show(self, walked: int, ladder: Ladder) -> None:
        if self._before:
            self._work.progress(self._before + walked)
        else:
            self._work.progress(walked, _with(self._work.view, self.course, self._series, walked, ladder))

    def finish(self, walked: int, ladder: Ladder) -> None:
        """Show the end."""
        self._show(walked, ladder)


class WatchedWalk:
    """Walks what `load` gives, on the screen that shows `work`; to be run in a thread. `told` is what it came
    to and `timing` how long that took, None where it came to no end; `error` says why it could not."""

    def __init__(self, work: BacktestWork, load: Callable[[], Walk], clock: Callable[[], float]) -> None:
        self._work = work
        self._load = load
        self._clock = clock
        self.told: ToldRun | None = None
        self.timing: RunTime | None = None
        self.error: Exception | None = None

    def run(self) -> None:
        """Walk it both ways, where these are candles."""
        try:
            self._walk()
        except WalkStopped:
            self._work.halted()
        except Exception as error:  # noqa: BLE001 - whoever has started the thread raises it again
            self.error = error
            self._work.failed(str(error) if isinstance(error, ValueError) else f"a defect: {error!r}")

    def _walk(self) -> None:
        work, began = self._work, self._clock()
        walk = self._load()
        other = walk.other_way()
        prices = len(walk.series.prices)
        loaded = self._clock()
        plan, costs = walk.attempt.plan, walk.attempt.costs
        sizes = f"unit {at_price(plan.unit_size)} position {at_price(plan.position_size)} USD"
        title = f"{plan.instrument.symbol} {sizes}"
        if other is None:
            work.begin(title, prices, "prices")
        else:
            work.begin(title, 2 * prices, "prices, both ways")
        recorder = WatchedRecorder(costs, work, walk.series, self._clock)
        told = walk.told(recorder)
        timing = RunTime(loaded - began, self._clock() - loaded)
        recorder.finish(told.run.ticks, told.run.ladder)
        if other is not None:
            there = other.told(WatchedRecorder(costs, work, other.series, self._clock, prices))
            told = replace(told, other=there)
        self.told, self.timing = told, timing
        work.ended(told)


def _with(view: WorkView, course: Course, series: Series, walked: int, ladder: Ladder) -> WorkView:
    """The view with what a course says: figures, both curves and the table."""
    instrument = ladder.plan.instrument
    curve = curve_of(course, series, walked, _POINTS)
    net, deepest = curve.net[-1], max(curve.drawdown)
    trips = ladder.round_trips
    facts = (
        WorkFact("net", f"{net:+,.2f} USD", net),
        WorkFact("drawdown", f"{-deepest:+,.2f}", -deepest),
        WorkFact("fees", f"{ladder.book.fees:,.2f}"),
        WorkFact("whipsaw cost", f"{trips.whipsaw_cost:,.2f} in {trips.count:,} round trips"),
        WorkFact("unit", unit(ladder.unit)),
        WorkFact("phase", ladder.phase.value),
    )
    prices = _curve("PRICE (USD)", curve, curve.low, curve.high, curve.price, series.timed)
    return replace(
        view,
        facts=facts,
        curve=_curve("NET PNL (USD)", curve, curve.worst, curve.best, curve.net, series.timed),
        beside=replace(prices, signed=False),
        table=WorkTable("FILLS  newest first", _COLUMNS, _rows(course.fills, instrument, series.timed)),
    )


def _curve(
    title: str, curve: Curve, low: list[float], high: list[float], close: list[float], timed: bool
) -> WorkCurve:
    return WorkCurve(title, tuple(curve.at), tuple(low), tuple(high), tuple(close), timed)


def _rows(fills: Sequence[CourseFill], instrument: Instrument, timed: bool) -> tuple[WorkRow, ...]:
    newest = list(enumerate(fills))[-_FILLS:]
    return tuple(_row(number, fill, instrument, timed) for number, fill in reversed(newest))


def _row(number: int, fill: CourseFill, instrument: Instrument, timed: bool) -> WorkRow:
    when = f"{datetime.fromtimestamp(fill.at // 1000, UTC):%Y-%m-%d %H:%M:%S}" if timed else f"{fill.tick:,}"
    made = None if fill.gain is None else float(fill.gain)
    cells = (
        when,
        "▲ bought" if fill.side.sign > 0 else "▼ sold",
        "" if fill.unit is None else unit(fill.unit),
        price(fill.price, instrument),
        "" if fill.gain is None else gain(fill.gain),
        coins(fill.size, instrument),
        in_words(fill.reason),
    )
    paid = (
        f"fee {fill.fee:,.4f} USD, slippage {fill.slippage:,.4f} USD, beyond its trigger {fill.gap:,.4f} USD"
    )
    return WorkRow(str(number), cells, (None, None, None, None, made, None, None), (paid,))
