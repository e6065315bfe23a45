"""The first picture: what the page then shows, in the same places and colours, without Textual."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest
from textual.pilot import Pilot

from hypertui.console.frame import Frame
from hypertui.console.keys import KEYS, offered
from hypertui.console.opening import drawn, palette_of
from hypertui.console.palette import PALETTES
from hypertui.port.commands import StopReason
from hypertui.port.engine import EngineView
from hypertui.port.snapshot import Mode, Snapshot
from tests.console import fakes, parts, states
from tests.console.driving import drive
from tests.console.emulator import Emulator, TerminalDriver
from tests.support.live_engine import wait_until
from tests.support.terminal import Terminal

ROOT = Path(__file__).parents[2]


def starting() -> Snapshot:
    """An engine that is being loaded, with the price of an earlier run."""
    blank = replace(states.running(), mode=Mode.STARTING, reason="loading the engine", entry_price=None)
    return replace(blank, mark_at=parts.NOW - 3 * 3_600_000, slots=(), position=Decimal(0), sources=())


def first(snapshot: Snapshot, **kwargs: bool) -> Frame:
    """The frame of a console that begins."""
    return Frame(snapshot, parts.NOW, (snapshot,), keys=offered(KEYS, EngineView((snapshot,))), **kwargs)


def rows(terminal: Emulator) -> list[list[object]]:
    """The cells with their styles; how a blank's ink would look counts for nothing."""
    return [
        [
            (" ", style[0] - {"1"}, _near(style[2]))
            if char == " "
            else (char, style[0], *map(_near, style[1:]))
            for char, style in row
        ]
        for row in terminal.cells
    ]


def _near(colour: str) -> tuple[int, ...]:
    """A colour but for the last bit of each part, which the library rounds away in some."""
    return tuple(int(part) // 2 * 2 if int(part) < 255 else 254 for part in colour.split(";"))


def paged(snapshot: Snapshot, theme: str, size: tuple[int, int]) -> Emulator:
    """What a terminal shows once the page is there."""

    async def shown() -> None:
        app = fakes.console(fakes.FakeEngine(snapshot), theme=theme, driver_class=TerminalDriver)
        async with app.run_test(headless=False, size=size) as pilot:
            await pilot.pause(0.1)

    TerminalDriver.reset(*size)
    asyncio.run(shown())
    return TerminalDriver.terminal


@pytest.mark.parametrize(
    ("snapshot", "theme", "size"),
    [
        (starting(), "dark", (120, 40)),
        (states.running(), "light", (120, 40)),
        (states.halted(), "contrast", (80, 24)),
        (states.on_mainnet(), "dark", (80, 24)),
        (replace(starting(), strategy="bracket"), "dark", (120, 40)),
    ],
    ids=["starting", "running", "halted", "mainnet", "bracket"],
)
def test_the_page_takes_over_what_is_drawn(snapshot: Snapshot, theme: str, size: tuple[int, int]) -> None:
    width, height = size
    terminal = Emulator(width, height)
    terminal.feed(drawn(first(snapshot), PALETTES[theme], width, height))
    head = 4 if size == (120, 40) else 3
    drawn_rows, page_rows = rows(terminal), rows(paged(snapshot, theme, size))
    for y in (*range(head), height - 1):
        assert drawn_rows[y] == page_rows[y], y
    assert "#" not in terminal.text, "nothing of what was there stays"


def test_a_price_of_an_earlier_run_has_its_age() -> None:
    terminal = Emulator(120, 40)
    terminal.feed(drawn(first(starting()), None, 120, 40))
    assert re.search(r"mark [0-9,.]+ .*when last seen, 3 h 00 min ago", terminal.text)
    assert "STALE" not in terminal.text


def test_without_colours_it_is_told_by_weight() -> None:
    text = drawn(first(states.running()), None, 120, 40)
    assert "[0;1;7m PAPER " in text
    assert not re.search(r"\x1b\[[0-9;]*[34]8;", text)
    assert palette_of("dark", {"COLORTERM": "truecolor"}) is PALETTES["dark"]
    assert palette_of("ansi", {"COLORTERM": "truecolor"}) is None
    assert palette_of("dark", {"COLORTERM": "truecolor", "NO_COLOR": "1"}) is None
    assert palette_of("dark", {}) is None


def test_a_phone_s_screen_waits_for_the_page() -> None:
    assert drawn(first(states.running()), None, 79, 40) == drawn(first(states.running()), None, 80, 22) == ""


def test_plain_characters_where_they_are_asked_for() -> None:
    assert drawn(first(states.running(), ascii=True), None, 120, 40).isascii()


@pytest.mark.parametrize("fails", [False, True])
def test_the_terminal_is_given_back_where_no_page_comes(tmp_path: Path, fails: bool) -> None:
    program = (
        "from hypertui.console.frame import Frame\n"
        "from hypertui.console.opening import opened\n"
        "from tests.console import parts, states\n"
        "with opened(Frame(states.running(), parts.NOW), None):\n"
        f"    {'raise SystemExit(3)' if fails else 'pass'}\n"
    )
    command = [sys.executable, "-c", program]
    with Terminal(command, ROOT, dict(os.environ)) as terminal:
        assert terminal.end() == (3 if fails else 0)
    assert terminal.output.startswith(b"\x1b[?1049h\x1b[?25l")
    assert terminal.output.endswith(b"\x1b[?25h\x1b[?1049l") == fails


def test_it_is_drawn_without_the_library_that_the_page_needs() -> None:
    """To load that takes longer than to draw this."""
    code = "import sys, hypertui.console.opening; print('textual' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_the_first_live_price_is_shown_as_it_comes() -> None:
    """Whatever the pace at which everything else is shown."""
    begun = replace(states.running(), mode=Mode.STARTING, mark=None, mark_at=None)
    engine = fakes.FakeEngine(begun)
    app = fakes.console(engine, refresh_hz=0.001)

    async def scenario(_: Pilot[StopReason]) -> None:
        assert app.frame.snapshot.mark is None
        engine.snapshot = states.running()
        priced = partial(wait_until, lambda: app.frame.snapshot.mark == states.running().mark, "the price")
        await asyncio.to_thread(priced)

    drive(app, scenario)
