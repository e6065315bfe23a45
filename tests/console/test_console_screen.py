"""What must hold for any screen: hostile text, sizes, bytes written."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from dataclasses import replace

import pytest
from textual.pilot import Pilot

from hypertui.console.views.ladder import map as map_view
from hypertui.port.commands import CommandState, StopReason, Verb
from hypertui.port.engine import Event
from hypertui.port.snapshot import Severity, Snapshot
from tests.console import fakes, parts, states
from tests.console.driving import drive, screen_text
from tests.console.emulator import TerminalDriver

FORBIDDEN = {"\x1b", "\x07", "\u202e", "\u2066", "\u200f", "\u200d"}
MARKUP, LONG, LINES = "[/x]", "x" * 10_000, "\n\n\r\n"
CONTROLS, TURNS, WIDE = "\x1b[31mred\x1b[2J\x07", "\u202egnp.exe\u2066 \u200f", "💥👩‍👩‍👧‍👦🇩🇪 日本語"
HOSTILE = [
    MARKUP,
    "[bold]not bold[/bold] [link=file:///]x",
    CONTROLS,
    TURNS,
    WIDE,
    LONG,
    "y " * 5_000,
    "",
    LINES,
]


def hostile(*texts: str) -> tuple[Snapshot, tuple[Event, ...]]:
    """A snapshot with one of `texts` in every field that can hold one, by turns, and such events."""
    turns = itertools.cycle(texts)

    def some() -> str:
        return next(turns)

    def course() -> tuple[tuple[int, str], ...]:
        return ((parts.NOW, some()),)

    view = states.broken()
    command = replace(view.commands[0], text=some(), who=some(), state=CommandState.FAILED)
    view = replace(
        view,
        reason=some(),
        holds=some(),
        wish=some(),
        refusals=((Verb.RESUME, some()),),
        account=some(),
        phase=some(),
        reinvest=some(),
        last_step=some(),
        instrument=replace(view.instrument, symbol=some()),
        slots=tuple(replace(slot, note=some()) for slot in view.slots),
        position_map=tuple(
            replace(
                row,
                status=some(),
                history=tuple(replace(each, client_id=some(), statuses=course()) for each in row.history),
            )
            for row in view.position_map
        ),
        alarms=tuple(replace(alarm, text=some()) for alarm in view.alarms),
        invariant=replace(view.invariant, fault=some()) if view.invariant else None,
        commands=(command,),
        sources=tuple(replace(source, name=some()) for source in view.sources),
        orders=tuple(
            replace(
                order,
                role=some(),
                client_id=some() + str(order.level),
                fault=some(),
                note=some(),
                statuses=course(),
            )
            for order in view.orders
        ),
        fills=tuple(replace(fill, client_id=some()) for fill in view.fills),
        health=replace(view.health, journal_problem=some()),
        tasks=tuple(replace(task, name=some(), result=some()) for task in view.tasks),
        budget=None if view.budget is None else replace(view.budget, short=some()),
    )
    events = tuple(
        Event(seq, parts.NOW, some(), Severity.WARNING, some(), {some(): some(), "text": some()})
        for seq in range(1, 9)
    )
    return view, events


# A dialog, quit, each screen with the details of its first rows, a filter.
WALK = (
    "r",
    "F",
    "escape",
    "q",
    "escape",
    "2",
    "enter",
    "down",
    "4",
    "enter",
    "6",
    "enter",
    "slash",
    "enter",
    "7",
    "9",
    "3",
)


# Each text that breaks a screen in a way of its own, everywhere at once, and all of them by turns, so that
# each field sees another one each time.
ALONE = [(text,) for text in (MARKUP, CONTROLS + TURNS + WIDE, LONG, "y " * 5_000, "", LINES)]
MIXED = [(*HOSTILE[first:], *HOSTILE[:first]) for first in (0, 4)]


@pytest.mark.parametrize(
    ("size", "ascii", "texts"),
    [
        *(pytest.param((120, 40), False, texts, id=f"full-{number}") for number, texts in enumerate(ALONE)),
        *(pytest.param((80, 24), True, texts, id=f"ascii-{number}") for number, texts in enumerate(MIXED)),
        *(pytest.param((40, 10), False, texts, id=f"tiny-{number}") for number, texts in enumerate(MIXED)),
    ],
)
def test_foreign_text_cannot_harm_the_screen(
    size: tuple[int, int], ascii: bool, texts: Sequence[str]
) -> None:
    view, events = hostile(*texts)
    clock = fakes.Clock()
    app = fakes.console(fakes.FakeEngine(view, events), clock, ascii=ascii)

    async def scenario(pilot: Pilot[StopReason]) -> None:
        for key in WALK:
            await pilot.press(key)
            await pilot.pause()
            clock.now += 500
            rows = app.screen._compositor.render_strips()
            assert all(row.cell_length == size[0] for row in rows), key
            shown = screen_text(app)
            assert not FORBIDDEN & set(shown), key
            assert not ascii or shown.isascii(), key

    drive(app, scenario, size)


@pytest.mark.parametrize("texts", [*MIXED, (LONG,), (LINES,)], ids=("mixed", "mixed anew", "long", "lines"))
def test_foreign_text_cannot_reach_the_terminal_raw(texts: Sequence[str]) -> None:
    view, events = hostile(*texts)
    clock = fakes.Clock()
    app = fakes.console(fakes.FakeEngine(view, events), clock, driver_class=TerminalDriver)

    async def play() -> None:
        # The emulator refuses what is neither a sequence of ours nor printable.
        TerminalDriver.reset(200, 60)
        async with app.run_test(headless=False, size=(200, 60)) as pilot:
            for key in WALK:
                await pilot.press(key)
                await pilot.pause(0.02)
                clock.now += 500
                app.show_frame()
            await pilot.pause(0.2)
            assert TerminalDriver.terminal.text == screen_text(app)

    asyncio.run(play())


STATES = ("starting", "running", "advance", "decline", "recovery", "paused", "stale", "broken", "halted")


@pytest.mark.parametrize("size", [(200, 60), (120, 40), (80, 24), (60, 15)])
def test_plain_characters_only_where_they_were_asked_for(size: tuple[int, int]) -> None:
    views = [getattr(states, state)() for state in STATES]
    clock, engine = fakes.Clock(), fakes.FakeEngine(states.running())
    app = fakes.console(engine, clock, ascii=True)
    turns = itertools.cycle(views)

    async def scenario(pilot: Pilot[StopReason]) -> None:
        for key in (*WALK, "1", "question_mark", "escape", "ctrl+p", "escape", "a", "X"):
            await pilot.press(key)
            for view in itertools.islice(turns, 1 if size[0] == 200 else 2):
                engine.snapshot = view
                app.show_frame()
                await pilot.pause()
                odd = {char for char in screen_text(app) if not char.isascii()}
                assert not odd, (view.mode, key, odd)
                # A sum sign that became a letter would read as a word that is none.
                assert "Sstops" not in screen_text(app)
            clock.now += 500

    drive(app, scenario, size)


def test_every_size_shows_mode_position_and_alarms() -> None:
    view = states.broken()
    held = f"{view.position:.5f}"
    app = fakes.console(fakes.FakeEngine(view))

    async def scenario(pilot: Pilot[StopReason]) -> None:
        for width in (1, 20, 79, 80, 119, 120, 121, 250):
            for height in (1, 12, 22, 23, 39, 40, 70):
                await pilot.resize_terminal(width, height)
                await pilot.pause()
                text = screen_text(app)
                assert len(app.screen._compositor.render_strips()) == height
                if width >= 20 and height >= 12:
                    assert "RUNNING" in text, (width, height)
                    assert held in text, (width, height)
                    assert "‼" in text, (width, height)

    drive(app, scenario)


def test_a_resized_terminal_gets_the_layout_it_has_room_for() -> None:
    app = fakes.console(fakes.FakeEngine(states.running()))

    async def scenario(pilot: Pilot[StopReason]) -> None:
        full = screen_text(app)
        assert "1 unit = 500" in full
        sizes = (((80, 24), "c-map"), ((60, 15), "p-page"), ((30, 15), "s-page"), ((200, 60), "map"))
        for size, mark in (*sizes, ((120, 40), "picture")):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            await pilot.pause()
            shown = [panel.id for panel in app.query("Panel") if panel.region.area]
            assert mark in shown
        assert screen_text(app) == full

    drive(app, scenario)


def test_nothing_is_clipped_at_the_design_sizes() -> None:
    for size in ((120, 40), (80, 24), (80, 23)):
        app = fakes.console(fakes.FakeEngine(states.running()))

        async def scenario(pilot: Pilot[StopReason], app: object = app) -> None:
            lines = screen_text(app).splitlines()  # type: ignore[arg-type]
            assert lines[0].startswith(" PAPER ")
            assert "q Quit" in lines[-1]
            # An ellipsis would stand where something did not fit; ids and addresses bear theirs inside.
            assert not any(line.rstrip(" │").endswith("…") for line in lines)

        drive(app, scenario, size)


def test_a_long_trades_map_is_laid_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    view = states.running()
    engine = fakes.FakeEngine(replace(view, position_map=parts.stretched_map(view, -300, 300)))
    app = fakes.console(engine)
    laid: list[int] = []  # where the map is shown as a table
    cells = map_view._cells
    monkeypatch.setattr(map_view, "_cells", lambda frame, row: laid.append(row.unit) or cells(frame, row))

    async def scenario(pilot: Pilot[StopReason]) -> None:
        laid.clear()
        for number in range(3):
            engine.snapshot = replace(engine.snapshot, seq=number, mark=parts.ENTRY + number)
            app.show_frame()
            await pilot.press("down")
        assert laid == []
        engine.snapshot = replace(engine.snapshot, unit=view.unit + 1)
        app.show_frame()
        assert len(laid) == 601

    drive(app, scenario, (200, 60))
