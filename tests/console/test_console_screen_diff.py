"""What is written to the terminal: enough, and little."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal as D

import pytest
from rich.color import ColorSystem
from textual.pilot import Pilot

from hypertui.console.app import HyperTui
from hypertui.console.terminal.screen_diff import _sgr
from hypertui.port.commands import StopReason
from hypertui.port.snapshot import Alarm, Severity
from tests.console import fakes, parts, states
from tests.console.driving import screen_text
from tests.console.emulator import TerminalDriver

Settled = Callable[[Pilot[StopReason]], Awaitable[None]]
PAGES = ("1", "2", "3", "4", "6", "7", "9")


def tick(engine: fakes.FakeEngine, clock: fakes.Clock, number: int) -> None:
    """A quarter of a second passes; every figure that hangs on the mark moves."""
    clock.now += 250
    mark = D("65180.5") + number
    view = engine.snapshot
    engine.snapshot = replace(
        view,
        at=clock.now - 50,
        mark=mark,
        mark_at=clock.now - 60,
        mid=mark + 1,
        next_up=parts.trigger(3, mark),
        next_down=parts.trigger(1, mark),
        unrealized_pnl=view.unrealized_pnl + D("0.30"),
        equity=(view.equity or D(0)) + D("0.30"),
        position_value=view.position_value + D("0.30"),
        slots=tuple(replace(slot, distance=(slot.trigger - mark) / mark) for slot in view.slots),
        sources=tuple(replace(each, seen_at=clock.now - 100) for each in view.sources),
    )


async def rest(pilot: Pilot[StopReason]) -> None:
    """Wait for whatever comes by itself after a start or another page."""
    await pilot.pause()
    await pilot.pause(0.25)


async def settle(pilot: Pilot[StopReason]) -> None:
    """Have the screen repainted now, which it does on a timer of its own, until nothing is left of it."""
    for _ in range(3):
        await pilot.pause()
        pilot.app.screen._on_timer_update()
    await pilot.pause()


async def written(app: HyperTui, pilot: Pilot[StopReason], settled: Settled = settle) -> int:
    before = TerminalDriver.written
    app.show_frame()
    await settled(pilot)
    return TerminalDriver.written - before


def same(app: HyperTui) -> None:
    """The terminal shows what the app believes that it shows, in the same colours."""
    terminal = TerminalDriver.terminal
    assert terminal.text == screen_text(app)
    for row, strip in zip(terminal.cells, app.screen._compositor.render_strips(), strict=True):
        x = 0
        for text, style, _ in strip:
            expected = _sgr(style, ColorSystem.TRUECOLOR) if style is not None else None
            for char in text:
                if x < len(row) and row[x][0] == char and expected is not None:
                    attributes, fg, bg = row[x][1]
                    assert bg == expected.bg, (x, char)
                    if char != " ":
                        assert fg == expected.fg, (x, char)
                        assert attributes == frozenset(filter(None, expected.attributes.split(";")))
                x += 1


def test_a_tick_is_small_and_nothing_is_nothing() -> None:
    clock, engine = fakes.Clock(), fakes.FakeEngine(states.running())
    app = fakes.console(engine, clock, driver_class=TerminalDriver)

    async def play() -> None:
        TerminalDriver.reset(120, 40)
        async with app.run_test(headless=False, size=(120, 40)) as pilot:
            await rest(pilot)
            assert 2_000 < TerminalDriver.painted <= 80_000
            # Textual repaints while it mounts and styles; that costs next to nothing here.
            assert TerminalDriver.written <= 80_000
            for key in PAGES:
                await pilot.press(key)
                await rest(pilot)
                assert await written(app, pilot, rest) == 0, key
                for number in range(1, 7):
                    tick(engine, clock, number)
                    assert await written(app, pilot) <= 2_000, key
                same(app)

    asyncio.run(play())


def test_a_title_that_ticks_and_rows_apart_are_written_without_a_repaint(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """To compose the screen for a title takes longer than all else of a tick."""
    clock, engine = fakes.Clock(), fakes.FakeEngine(states.running())
    app = fakes.console(engine, clock, driver_class=TerminalDriver)
    repaints = []

    async def play() -> None:
        TerminalDriver.reset(200, 60)
        async with app.run_test(headless=False, size=(200, 60)) as pilot:
            await rest(pilot)
            clock.now += engine.snapshot.blind_after + 5_000  # nothing has been heard of the orders since
            tick(engine, clock, 0)
            await written(app, pilot)
            monkeypatch.setattr(app, "_display", lambda *given: repaints.append(given))
            titles = set()
            for number in range(1, 7):
                clock.now += 750
                tick(engine, clock, number)
                assert await written(app, pilot)
                titles.update(re.findall(r"ORDERS +as of [^─]+ ago", TerminalDriver.terminal.text))
                same(app)
            assert len(titles) >= 5
            assert repaints == []

    asyncio.run(play())


def test_the_health_screen_says_what_the_terminal_is_sent() -> None:
    clock, engine = fakes.Clock(), fakes.FakeEngine(states.running())
    app = fakes.console(engine, clock, driver_class=TerminalDriver)

    def rate() -> str:
        (found,) = re.findall(r"to the terminal +(\S+)", screen_text(app))
        return str(found)

    async def play() -> None:
        TerminalDriver.reset(120, 40)
        async with app.run_test(headless=False, size=(120, 40)) as pilot:
            await pilot.press("7")
            await settle(pilot)
            assert rate() == "–"
            clock.now += 10_000
            engine.snapshot = replace(engine.snapshot, at=clock.now)
            await written(app, pilot)
            assert 500 < int(rate().replace(",", "")) <= TerminalDriver.written / 10
            clock.now += 10_000
            await written(app, pilot)
            assert int(rate().replace(",", "")) < 500

    asyncio.run(play())


@pytest.mark.parametrize("seed", range(3))
def test_the_terminal_shows_what_the_screen_is(seed: int) -> None:
    chance = random.Random(seed)
    clock, engine = fakes.Clock(), fakes.FakeEngine(states.running())
    app = fakes.console(engine, clock, driver_class=TerminalDriver)
    everything = (states.running, states.broken, states.stale, states.decline, states.recovery, states.paused)
    wide = Alarm("w", Severity.WARNING, "日本語 💥 wide", parts.NOW, parts.NOW)

    async def play() -> None:
        TerminalDriver.reset(120, 40)
        async with app.run_test(headless=False, size=(120, 40)) as pilot:
            for number in range(16):
                match chance.randrange(5):
                    case 0:
                        view = chance.choice(everything)()
                        alarms = chance.choice(((), (wide,), view.alarms))
                        engine.snapshot = replace(view, alarms=alarms)
                    case 1:
                        sizes = ((120, 40), (80, 24), (140, 45), (60, 15))
                        size = chance.choice([size for size in sizes if size != app.size])
                        TerminalDriver.terminal.resize(*size)
                        await pilot.resize_terminal(*size)
                    case 2:
                        await pilot.press(
                            chance.choice(("question_mark", "F", "escape", "z", "tab", "enter"))
                        )
                        clock.now += 500
                    case 3:
                        await pilot.press("escape", chance.choice(PAGES))
                    case _:
                        tick(engine, clock, number)
                app.show_frame()
                await settle(pilot)
                same(app)

    asyncio.run(play())


def test_a_screen_that_others_wrote_on_is_written_anew() -> None:
    app = fakes.console(fakes.FakeEngine(states.running()), driver_class=TerminalDriver)

    async def play() -> None:
        TerminalDriver.reset(120, 40)
        async with app.run_test(headless=False, size=(120, 40)) as pilot:
            await rest(pilot)
            TerminalDriver.terminal.feed("\x1b[5;5Hmail for you\x1b[0m")
            await pilot.press("ctrl+l")
            await settle(pilot)
            same(app)

    asyncio.run(play())


@pytest.mark.parametrize("symbol", ["BTC", "B\x07\x1b]2;x\x07\u202e💥"])
def test_the_terminals_title_says_what_is_traded_where_and_is_given_back(symbol: str) -> None:
    view = states.on_mainnet()
    engine = fakes.FakeEngine(replace(view, instrument=replace(view.instrument, symbol=symbol)))
    app = fakes.console(engine, driver_class=TerminalDriver)

    async def play() -> None:
        TerminalDriver.reset(120, 40)
        async with app.run_test(headless=False, size=(120, 40)) as pilot:
            await rest(pilot)
            assert len(TerminalDriver.terminal.titles) == 2
            title = TerminalDriver.terminal.titles[-1]
            assert title.startswith("MAINNET B") and title.endswith(" hypertui")
            assert title.isascii() and title.isprintable()
        assert TerminalDriver.terminal.titles == ["somebody's"]

    asyncio.run(play())


@pytest.mark.parametrize(("over", "composed"), [("", False), ("p", True)], ids=["nothing", "a toast"])
def test_rows_go_past_the_composition_where_nothing_lies_over_them(
    over: str, composed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        clock, engine = fakes.Clock(), fakes.FakeEngine(states.running())
        app = fakes.console(engine, clock, driver_class=TerminalDriver)
        async with app.run_test(headless=False, size=(120, 40)) as pilot:
            await rest(pilot)
            if over:
                await pilot.press(over)
                await rest(pilot)
            diff, repaints = app._screen_diff, []
            real = diff.update
            monkeypatch.setattr(diff, "update", lambda repaint: (repaints.append(repaint), real(repaint))[1])
            tick(engine, clock, 1)
            app.show_frame()
            if not composed:
                same(app)  # at once, before Textual's own timer
            await settle(pilot)
            same(app)
            assert bool([each for each in repaints if each is not None]) is composed
            assert "65,181" in TerminalDriver.terminal.text

    TerminalDriver.reset(120, 40)
    asyncio.run(run())
