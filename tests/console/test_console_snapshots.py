"""How the console looks: an SVG and its text for every state that an operator meets."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from textual.pilot import Pilot

from hypertui.port import Snapshot, StopReason
from tests.console import states
from tests.console.conftest import GRIDS
from tests.console.driving import screen_text

FULL, COMPACT = (120, 40), (80, 24)

Grid = Callable[[str, str], None]
Snap = Callable[..., bool]


def compare(
    snap_compare: Snap,
    grid: Grid,
    name: str,
    snapshot: Snapshot,
    size: tuple[int, int],
    press: tuple[str, ...] = (),
    events: tuple[states.Event, ...] = states.EVENTS,
    ascii: bool = False,
) -> None:
    app = states.console(states.FakeEngine(snapshot, events), ascii=ascii)
    texts: list[str] = []

    async def settle(pilot: Pilot[StopReason]) -> None:
        await pilot.pause()
        for key in press:
            await pilot.press(key)
        await pilot.pause()
        texts.append(screen_text(app))

    assert snap_compare(app, terminal_size=size, run_before=settle)
    rows = texts[0].splitlines()
    assert len(rows) <= size[1]
    grid(f"{name}-{size[0]}x{size[1]}", texts[0])


@pytest.mark.parametrize("size", [FULL, COMPACT], ids=["full", "compact"])
@pytest.mark.parametrize(
    "state",
    ["advance", "running", "decline", "recovery", "paused", "stale", "broken", "halted"],
)
def test_state(snap_compare: Snap, grid: Grid, state: str, size: tuple[int, int]) -> None:
    compare(snap_compare, grid, state, getattr(states, state)(), size)


@pytest.mark.parametrize("size", [FULL, COMPACT], ids=["full", "compact"])
def test_starting(snap_compare: Snap, grid: Grid, size: tuple[int, int]) -> None:
    compare(snap_compare, grid, "starting", states.starting(), size, events=())


@pytest.mark.parametrize("size", [FULL, COMPACT], ids=["full", "compact"])
@pytest.mark.parametrize(
    ("name", "key"), [("cancel-buys", "b"), ("flatten", "F"), ("cancel-all", "X"), ("quit", "q")]
)
def test_dialog(snap_compare: Snap, grid: Grid, name: str, key: str, size: tuple[int, int]) -> None:
    compare(snap_compare, grid, f"dialog-{name}", states.running(), size, press=(key,))


def test_typed_dialog_on_mainnet(snap_compare: Snap, grid: Grid) -> None:
    compare(snap_compare, grid, "dialog-mainnet-flatten", states.on_mainnet(), FULL, press=("F",))


def test_help(snap_compare: Snap, grid: Grid) -> None:
    compare(snap_compare, grid, "help", states.running(), FULL, press=("question_mark",))


def test_too_small(snap_compare: Snap, grid: Grid) -> None:
    compare(snap_compare, grid, "too-small", states.broken(), (60, 15))


def test_large(snap_compare: Snap, grid: Grid) -> None:
    compare(snap_compare, grid, "running", states.running(), (200, 60))


def test_one_row_less(snap_compare: Snap, grid: Grid) -> None:
    compare(snap_compare, grid, "running", states.running(), (80, 23))


def test_ascii(snap_compare: Snap, grid: Grid) -> None:
    compare(snap_compare, grid, "ascii", states.running(), FULL, ascii=True)
    assert (GRIDS / "ascii-120x40.txt").read_text(encoding="utf-8").isascii()
