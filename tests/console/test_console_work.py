"""The page of a backtest and of a sweep, as real runs fill it: how it looks at each size, and its keys."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal as D
from functools import cache

import pytest
from textual.pilot import Pilot

from hypertui.backtest.engine_kind import Engine
from hypertui.backtest.evaluate import evaluate
from hypertui.backtest.evaluation import Setting
from hypertui.backtest.walk import Walk
from hypertui.backtest.watching import BacktestWork, WatchedWalk
from hypertui.console.terminal.options import ConsoleOptions
from hypertui.console.work_app import WorkConsole
from hypertui.core.market import KNOWN_INSTRUMENTS
from hypertui.port.commands import StopReason
from hypertui.port.work import WorkState, WorkView
from hypertui.series.ticks import ticks_of
from hypertui.strategy.ladder.plan import Reinvest
from hypertui.sweep.results import SweepRow
from hypertui.sweep.stretches import whole
from hypertui.sweep.watching import SweepWork
from tests.backtest.walks import COSTS, random_candles, random_prices, walk_of
from tests.console.fakes import Clock

SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)], ids=["compact", "full", "large"])
Scenario = Callable[[WorkConsole, Pilot[StopReason]], Awaitable[None]]


class Shown:
    """Some view, and whether its work was stopped."""

    def __init__(self, view: WorkView) -> None:
        self.view = view
        self.stopped = False

    def stop(self) -> None:
        self.stopped = True


class Ticking:
    """Seconds that go on by as much with each look."""

    def __init__(self, step: float) -> None:
        self.step, self.now = step, 0.0

    def __call__(self) -> float:
        self.now += self.step
        return self.now


@cache
def walked() -> WorkView:
    """A backtest of candles that has come to its end."""
    work = BacktestWork("candles.csv", Ticking(0.25))
    WatchedWalk(work, lambda: walk_of(random_candles(600, 11)), Ticking(0.25)).run()
    return work.view


@cache
def halfway() -> WorkView:
    """One that was stopped by whoever looked at it."""
    series = random_prices(6_000, 4)
    work = BacktestWork("prices.csv", Ticking(0.25))
    looks = 0

    def seconds() -> float:
        # A look that shows something asks three times: it takes no time, and the next one comes late enough.
        nonlocal looks
        looks += 1
        if work.view.done > 2_000:
            work.stop()
        return looks // 3 * 0.5

    WatchedWalk(work, lambda: walk_of(series), seconds).run()
    return work.view


@cache
def swept() -> WorkView:
    """A sweep with three of its settings to come."""
    series = random_prices(1_500, 9)
    ticks = ticks_of(series)
    units = [f"{tenths / 10:g}%" for tenths in range(3, 21)]
    work = SweepWork("SOL, position 2,000 USD", len(series.prices), Ticking(0.5))
    settings = [
        Setting(unit, D(2_000), reinvest) for reinvest in (Reinvest.RECOVERY, Reinvest.OFF) for unit in units
    ]
    market = KNOWN_INSTRUMENTS["SOL"]
    stretch = whole(ticks.rows)
    rows = [
        SweepRow(each, stretch, evaluate(ticks, each, market, COSTS, engine=Engine.EXACT, blocks=64))
        for each in settings[:-3]
    ]
    work.found(rows, len(rows), len(settings))
    return work.view


VIEWS = {"backtest": walked, "halfway": halfway, "sweep": swept}


def console(view: WorkView, **options: object) -> WorkConsole:
    said = ConsoleOptions(refresh_hz=0.0, **options)  # type: ignore[arg-type]
    return WorkConsole(Shown(view), clock=Clock(), options=said)


def text_of(app: WorkConsole) -> str:
    return "\n".join(strip.text.rstrip() for strip in app.screen._compositor.render_strips()) + "\n"


def drive(app: WorkConsole, scenario: Scenario, size: tuple[int, int] = (120, 40)) -> None:
    async def play() -> None:
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            app.show_frame()
            await pilot.pause()
            await scenario(app, pilot)

    asyncio.run(play())


@SIZES
@pytest.mark.parametrize("name", VIEWS)
def test_page(
    snap_compare: Callable[..., bool],
    grid: Callable[[str, str], None],
    name: str,
    size: tuple[int, int],
) -> None:
    app = console(VIEWS[name]())
    texts: list[str] = []

    async def settle(pilot: Pilot[StopReason]) -> None:
        await pilot.pause()
        app.show_frame()
        await pilot.pause()
        texts.append(text_of(app))

    assert snap_compare(app, terminal_size=size, run_before=settle)
    grid(f"work-{name}-{size[0]}x{size[1]}", texts[0])


@pytest.mark.parametrize("size", [(40, 20), (30, 8)], ids=["phone", "small"])
def test_narrow(grid: Callable[[str, str], None], size: tuple[int, int]) -> None:
    texts: list[str] = []

    async def look(app: WorkConsole, pilot: Pilot[StopReason]) -> None:
        texts.append(text_of(app))

    drive(console(swept()), look, size)
    grid(f"work-sweep-{size[0]}x{size[1]}", texts[0])


def test_in_ascii_every_cell_is_one() -> None:
    async def look(app: WorkConsole, pilot: Pilot[StopReason]) -> None:
        assert text_of(app).isascii()
        assert "?" not in text_of(app).replace("? Help", "")

    for view in (walked(), swept()):
        drive(console(view, ascii=True), look)


def test_rows_are_walked_opened_and_filtered() -> None:
    async def walk(app: WorkConsole, pilot: Pilot[StopReason]) -> None:
        await pilot.press("down", "down", "enter")
        await pilot.pause()
        second = swept().table
        assert second is not None
        assert second.rows[1].details[0][:30] in text_of(app)
        await pilot.press("escape", "escape", "slash", *"off")
        await pilot.pause()
        rows = [row for row in text_of(app).splitlines() if "%   recovery" in row or "%  recovery" in row]
        assert not rows
        await pilot.press("escape", "tab", "z")
        await pilot.pause()
        assert "BY NET PNL" not in text_of(app)
        await pilot.press("escape", "question_mark")
        await pilot.pause()
        assert "leave; what has not ended is stopped" in text_of(app)

    drive(console(swept()), walk)


def test_q_leaves_and_stops_the_work() -> None:
    shown = Shown(halfway())
    app = WorkConsole(shown, clock=Clock(), options=ConsoleOptions(refresh_hz=0.0))

    async def leave(app: WorkConsole, pilot: Pilot[StopReason]) -> None:
        assert not shown.stopped
        await pilot.press("q")

    drive(app, leave)
    assert shown.stopped
    assert app.return_value == StopReason(0, "")


def test_foreign_words_are_no_markup() -> None:
    bad = "[/x]\x1b[2J[bold]"
    view = replace(walked(), title=bad, problem=bad, notes=(bad,), state=WorkState.FAILED, curve=None)

    async def look(app: WorkConsole, pilot: Pilot[StopReason]) -> None:
        assert "\x1b" not in text_of(app)
        assert "[bold]" in text_of(app)

    drive(console(view), look)


# What feeds it


def test_a_walk_tells_its_end_and_the_way_there() -> None:
    view = walked()
    assert (view.state, view.done) == (WorkState.DONE, view.total)
    assert view.total == 2 * 4 * 600
    assert "USD apart" in view.notes[0]
    assert view.table is not None
    assert view.curve is not None
    assert view.facts[0].amount == pytest.approx(view.curve.close[-1])


def test_a_walk_that_is_stopped_keeps_what_it_has() -> None:
    view = halfway()
    assert view.state is WorkState.STOPPED
    assert 2_000 < view.done < 6_000
    assert view.curve is not None
    assert view.left is not None


def test_a_walk_that_cannot_be_says_why() -> None:
    def load() -> Walk:
        raise ValueError("price file x: no such file")

    work = BacktestWork("x", Ticking(0.25))
    watched = WatchedWalk(work, load, Ticking(0.25))
    watched.run()
    assert (work.view.state, work.view.problem) == (WorkState.FAILED, "price file x: no such file")
    assert isinstance(watched.error, ValueError)


def test_a_sweep_shows_the_best_first() -> None:
    view = swept()
    assert view.table is not None
    nets = [row.amounts[2] for row in view.table.rows]
    assert nets == sorted(nets, key=lambda net: -(net or 0.0))
    assert len(nets) == view.done == view.total - 3
    best = view.beside
    assert best is not None
    assert not hasattr(best, "close")
    assert view.facts[0].amount == nets[0]


def test_settings_of_before_are_not_counted_into_the_rate() -> None:
    series = random_prices(300, 1)
    made = evaluate(
        ticks_of(series), Setting("1%", D(2_000)), KNOWN_INSTRUMENTS["SOL"], COSTS, engine=Engine.EXACT
    )
    rows = [SweepRow(Setting(f"{unit}%", D(2_000)), whole(300), made) for unit in range(1, 5)]
    work = SweepWork("x", 300, Ticking(1.0))
    work.found(rows[:2], 2, 4, known=2)
    assert (work.view.done, work.view.total, work.view.rate) == (2, 4, None)
    work.ended()
    assert work.view.state is WorkState.STOPPED
    work.found(rows[2:], 4, 4, known=2)
    work.ended(["all of them"])
    assert work.view.rate is not None
    assert work.view.rate < 1
    assert (work.view.state, work.view.notes) == (WorkState.DONE, ("all of them",))
