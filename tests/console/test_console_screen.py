"""What must hold for any screen: hostile text, sizes, bytes written."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal as D

import pytest
from textual.drivers.headless_driver import HeadlessDriver
from textual.pilot import Pilot

from hypertui.port import Event, Severity, StopReason
from tests.console import states
from tests.console.driving import drive, screen_text

HOSTILE = [
    "[/x]",
    "[bold]not bold[/bold] [link=file:///]x",
    "\x1b[31mred\x1b[2J\x07",
    "\u202egnp.exe\u2066 \u200f",
    "💥👩‍👩‍👧‍👦🇩🇪 日本語",
    "x" * 10_000,
    "y " * 5_000,
    "",
    "\n\n\r\n",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("size", [(120, 40), (80, 24), (40, 10)])
def test_foreign_text_cannot_harm_the_screen(text: str, size: tuple[int, int]) -> None:
    view = states.broken()
    command = replace(states.COMMANDS[0], text=text, who=text, state=states.CommandState.FAILED)
    view = replace(
        view,
        reason=text,
        holds=text,
        account=text,
        phase=text,
        reinvest=text,
        last_step=text,
        instrument=replace(view.instrument, symbol=text),
        slots=tuple(replace(slot, note=text) for slot in view.slots),
        position_map=tuple(replace(row, status=text) for row in view.position_map),
        alarms=tuple(replace(alarm, text=text) for alarm in view.alarms),
        invariant=replace(view.invariant, fault=text) if view.invariant else None,
        commands=(command,),
        sources=tuple(replace(source, name=text) for source in view.sources),
    )
    events = tuple(Event(seq, states.NOW, text, Severity.WARNING, text) for seq in range(1, 9))
    app = states.console(states.FakeEngine(view, events))

    async def scenario(pilot: Pilot[StopReason]) -> None:
        for key in ("escape", "F", "q"):
            await pilot.press(key)
            await pilot.pause()
            rows = app.screen._compositor.render_strips()
            assert all(row.cell_length == size[0] for row in rows)
            shown = screen_text(app)
            assert not {"\x1b", "\x07", "\u202e", "\u2066", "\u200f", "\u200d"} & set(shown)

    drive(app, scenario, size)


def test_every_size_shows_mode_position_and_alarms() -> None:
    app = states.console(states.FakeEngine(states.broken()))

    async def scenario(pilot: Pilot[StopReason]) -> None:
        for width in (1, 20, 79, 80, 119, 120, 121, 250):
            for height in (1, 12, 22, 23, 39, 40, 70):
                await pilot.resize_terminal(width, height)
                await pilot.pause()
                text = screen_text(app)
                assert len(app.screen._compositor.render_strips()) == height
                if width >= 20 and height >= 12:
                    assert "RUNNING" in text, (width, height)
                    assert "0.30000" in text, (width, height)
                    assert "‼" in text, (width, height)

    drive(app, scenario)


def test_a_resized_terminal_gets_the_layout_it_has_room_for() -> None:
    app = states.console(states.FakeEngine(states.running()))

    async def scenario(pilot: Pilot[StopReason]) -> None:
        full = screen_text(app)
        assert "POSITION MAP" in full
        for size, mark in (((80, 24), "c-map"), ((60, 15), "s-page"), ((120, 40), "map")):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            await pilot.pause()
            shown = [panel.id for panel in app.query("Panel") if panel.region.area]
            assert mark in shown
        assert screen_text(app) == full

    drive(app, scenario)


def test_nothing_is_clipped_at_the_design_sizes() -> None:
    for size in ((120, 40), (80, 24), (80, 23)):
        app = states.console(states.FakeEngine(states.running()))

        async def scenario(pilot: Pilot[StopReason], app: object = app) -> None:
            lines = screen_text(app).splitlines()  # type: ignore[arg-type]
            assert lines[0].startswith(" PAPER ")
            assert "q Quit" in lines[-1]
            # An ellipsis would stand where something did not fit; ids and addresses bear theirs inside.
            assert not any(line.rstrip(" │").endswith("…") for line in lines)

        drive(app, scenario, size)


class CountingDriver(HeadlessDriver):
    """Counts what a terminal would have been sent."""

    written = 0
    painted = 0  # bytes until the trade was first on the screen

    @property
    def is_headless(self) -> bool:
        return False

    def write(self, data: str) -> None:
        CountingDriver.written += len(data.encode())
        if "RUNNING" in data and not CountingDriver.painted:
            CountingDriver.painted = CountingDriver.written


def test_the_bytes_written_stay_small() -> None:
    clock, engine = states.Clock(), states.FakeEngine(states.running())
    app = states.console(engine, clock, driver_class=CountingDriver)

    async def count(pilot: Pilot[StopReason]) -> int:
        before = CountingDriver.written
        app.show_frame()
        # The screen is repainted on a timer of its own.
        await pilot.pause()
        await pilot.pause(0.25)
        return CountingDriver.written - before

    async def play() -> None:
        CountingDriver.written = CountingDriver.painted = 0
        async with app.run_test(headless=False, size=(120, 40)) as pilot:
            await pilot.pause(0.4)
            first = CountingDriver.written
            assert 2_000 < CountingDriver.painted <= 80_000
            # Textual repaints while it mounts and styles; that settles within a few frames.
            assert first <= 120_000
            assert await count(pilot) == 0
            ticks: list[int] = []
            for number in range(1, 9):
                clock.now += 250
                mark = D("65180.5") + number
                view = engine.snapshot
                engine.snapshot = replace(
                    view,
                    at=clock.now - 50,
                    mark=mark,
                    mark_at=clock.now - 60,
                    mid=mark + 1,
                    next_up=states.trigger(3, mark),
                    next_down=states.trigger(1, mark),
                    unrealized_pnl=view.unrealized_pnl + D("0.30"),
                    equity=(view.equity or D(0)) + D("0.30"),
                    position_value=view.position_value + D("0.30"),
                    slots=tuple(replace(slot, distance=(slot.trigger - mark) / mark) for slot in view.slots),
                    sources=tuple(replace(each, seen_at=clock.now - 100) for each in view.sources),
                )
                ticks.append(await count(pilot))
            # Every figure that hangs on the mark moved each time; a change of second comes on top of some.
            assert sum(ticks) / len(ticks) <= 2_000, ticks
            assert max(ticks) <= 3_000, ticks

    asyncio.run(play())
