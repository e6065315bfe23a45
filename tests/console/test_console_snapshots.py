"""How the console looks: an SVG and its text for every state that an operator meets, at three sizes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from textual.pilot import Pilot

from hypertui.console.terminal.screenshot import redact_svg
from hypertui.port.commands import StopReason
from hypertui.port.engine import Event
from hypertui.port.intents import NO_INTENTS, IntentsView
from hypertui.port.signals import SignalView
from hypertui.port.snapshot import Snapshot
from tests.console import fakes, parts, signals, states
from tests.console.conftest import GRIDS
from tests.console.driving import drive, screen_text, until

README_SVG = Path(__file__).parents[2] / "docs" / "console.svg"
COMPACT, FULL, LARGE = (80, 24), (120, 40), (200, 60)
SIZES = pytest.mark.parametrize("size", [COMPACT, FULL, LARGE], ids=["compact", "full", "large"])
TWO_SIZES = pytest.mark.parametrize("size", [COMPACT, FULL], ids=["compact", "full"])

Grid = Callable[[str, str], None]
Snap = Callable[..., bool]


def compare(
    snap_compare: Snap,
    grid: Grid,
    name: str,
    snapshot: Snapshot,
    size: tuple[int, int],
    press: tuple[str, ...] = (),
    events: Sequence[Event] | None = None,
    failure: Exception | None = None,
    beside: Sequence[Snapshot] = (),
    intents: IntentsView = NO_INTENTS,
    signals: Sequence[SignalView] = (),
    **options: object,
) -> None:
    engine = fakes.FakeEngine(snapshot, events, beside, intents, signals)
    engine.failure = failure
    app = fakes.console(engine, **options)
    texts: list[str] = []

    async def settle(pilot: Pilot[StopReason]) -> None:
        await pilot.pause()
        if failure is not None:
            await until(pilot, lambda: app.ended is not None)
        for key in press:
            await pilot.press(key)
            await pilot.pause()
        app.show_frame()
        await pilot.pause()
        texts.append(screen_text(app))

    assert snap_compare(app, terminal_size=size, run_before=settle)
    rows = texts[0].splitlines()
    assert len(rows) <= size[1]
    grid(f"{name}-{size[0]}x{size[1]}", texts[0])


@SIZES
@pytest.mark.parametrize(
    "state",
    [
        "starting",
        "running",
        "advance",
        "decline",
        "recovery",
        "paused",
        "stale",
        "broken",
        "tripped",
        "halted",
        "silent",
        "selling_out",
        "sold_out",
        "flat",
        "refused",
        "waiting",
        "asking",
        "adopting",
    ],
)
def test_state(snap_compare: Snap, grid: Grid, state: str, size: tuple[int, int]) -> None:
    scene = states.scene(state)
    compare(snap_compare, grid, state.replace("_", "-"), scene.snapshot, size, events=scene.events)


@SIZES
def test_bracket(snap_compare: Snap, grid: Grid, size: tuple[int, int]) -> None:
    scene = states.scene("bought")
    compare(snap_compare, grid, "bracket", scene.snapshot, size, events=scene.events)


@TWO_SIZES
def test_dialog_of_an_entry(snap_compare: Snap, grid: Grid, size: tuple[int, int]) -> None:
    scene = states.scene("bracket")
    compare(snap_compare, grid, "dialog-open", scene.snapshot, size, press=("O",), events=scene.events)


@SIZES
def test_failed(snap_compare: Snap, grid: Grid, size: tuple[int, int]) -> None:
    compare(snap_compare, grid, "failed", states.running(), size, failure=ValueError("no such thing"))


@SIZES
@pytest.mark.parametrize(
    "key", ["2", "3", "4", "6", "7", "9"], ids=["orders", "ledger", "map", "log", "health", "exits"]
)
def test_page(snap_compare: Snap, grid: Grid, key: str, size: tuple[int, int]) -> None:
    names = {"2": "orders", "3": "ledger", "4": "map", "6": "log", "7": "health", "9": "exits"}
    compare(snap_compare, grid, f"page-{names[key]}", states.broken(), size, press=(key,))


@SIZES
def test_signals(snap_compare: Snap, grid: Grid, size: tuple[int, int]) -> None:
    scene, found = states.scene("alerted"), signals.standing()
    seen = {"events": scene.events, "intents": scene.intents, "signals": found}
    compare(snap_compare, grid, "page-signals", scene.snapshot, size, ("8",), **seen)


@SIZES
def test_guards(snap_compare: Snap, grid: Grid, size: tuple[int, int]) -> None:
    compare(snap_compare, grid, "page-guards", states.tripped(), size, press=("9",))


@TWO_SIZES
def test_a_guard_is_rearmed_with_a_reason(snap_compare: Snap, grid: Grid, size: tuple[int, int]) -> None:
    compare(snap_compare, grid, "dialog-rearm", states.tripped(), size, press=("u",))


@TWO_SIZES
@pytest.mark.parametrize("key", ["2", "4"], ids=["order", "unit"])
def test_details(snap_compare: Snap, grid: Grid, key: str, size: tuple[int, int]) -> None:
    name = {"2": "order", "4": "unit"}[key]
    compare(snap_compare, grid, f"details-{name}", states.broken(), size, press=(key, "enter"))


@SIZES
@pytest.mark.parametrize(
    ("name", "key"),
    [("cancel-buys", "b"), ("sell-out", "o"), ("flatten", "F"), ("cancel-all", "X"), ("quit", "q")],
)
def test_dialog(snap_compare: Snap, grid: Grid, name: str, key: str, size: tuple[int, int]) -> None:
    compare(snap_compare, grid, f"dialog-{name}", states.running(), size, press=(key,))


def test_dialogs_without_a_position(snap_compare: Snap, grid: Grid) -> None:
    compare(snap_compare, grid, "dialog-quit-flat", states.decline(), FULL, press=("q",))


def test_dialog_without_buys(snap_compare: Snap, grid: Grid) -> None:
    compare(snap_compare, grid, "dialog-no-buys", states.advance(), FULL, press=("b",))


@SIZES
def test_typed_dialog_on_mainnet(snap_compare: Snap, grid: Grid, size: tuple[int, int]) -> None:
    compare(snap_compare, grid, "dialog-mainnet-flatten", states.on_mainnet(), size, press=("F",))


@SIZES
def test_resume_says_what_it_will_do(snap_compare: Snap, grid: Grid, size: tuple[int, int]) -> None:
    compare(snap_compare, grid, "dialog-resume", states.stray(), size, press=("r",))


@SIZES
def test_help(snap_compare: Snap, grid: Grid, size: tuple[int, int]) -> None:
    compare(snap_compare, grid, "help", states.running(), size, press=("question_mark",))


@TWO_SIZES
@pytest.mark.parametrize(
    ("name", "press"),
    [("filter", ("6", "slash", "f", "i", "l", "l")), ("zoom", ("tab", "z"))],
    ids=["filter", "zoom"],
)
def test_filter_and_zoom(
    snap_compare: Snap, grid: Grid, name: str, press: tuple[str, ...], size: tuple[int, int]
) -> None:
    compare(snap_compare, grid, name, states.running(), size, press=press)


def test_the_readme_shows_the_console(request: pytest.FixtureRequest) -> None:
    """What the README shows is what the console draws; --snapshot-update draws it anew."""
    app = fakes.console(fakes.FakeEngine(states.running()))
    drawn: list[str] = []

    async def shoot(pilot: Pilot[StopReason]) -> None:
        drawn.append(redact_svg(app.export_screenshot(title="hypertui"), parts.ACCOUNT))

    drive(app, shoot, FULL)
    if request.config.getoption("update_snapshots"):
        README_SVG.write_text(drawn[0], encoding="utf-8")
    assert README_SVG.read_text(encoding="utf-8") == drawn[0]
    assert "(docs/console.svg)" in README_SVG.parents[1].joinpath("README.md").read_text(encoding="utf-8")


def test_too_small(snap_compare: Snap, grid: Grid) -> None:
    compare(snap_compare, grid, "too-small", states.broken(), (60, 15))


def test_one_row_less(snap_compare: Snap, grid: Grid) -> None:
    compare(snap_compare, grid, "running", states.running(), (80, 23))


@SIZES
def test_ascii(snap_compare: Snap, grid: Grid, size: tuple[int, int]) -> None:
    compare(snap_compare, grid, "ascii", states.running(), size, ascii=True)
    grid_file = GRIDS / f"ascii-{size[0]}x{size[1]}.txt"
    assert grid_file.read_text(encoding="utf-8").isascii()


@SIZES
def test_without_colour(
    snap_compare: Snap, grid: Grid, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    compare(snap_compare, grid, "no-colour", states.stale(), size)


@pytest.mark.parametrize("theme", ["light", "contrast", "ansi"])
def test_theme(snap_compare: Snap, grid: Grid, theme: str) -> None:
    compare(snap_compare, grid, f"theme-{theme}", states.broken(), FULL, theme=theme)


def test_local_times(snap_compare: Snap, grid: Grid) -> None:
    compare(snap_compare, grid, "local-times", states.running(), FULL, zone=None)


@SIZES
def test_desk(snap_compare: Snap, grid: Grid, size: tuple[int, int]) -> None:
    first, *beside = states.scene("desk").trades
    compare(snap_compare, grid, "desk", first, size, press=("0",), beside=beside)
