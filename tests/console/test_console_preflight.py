"""The page before a trade: what it shows, what its keys do, and what they do not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.pilot import Pilot

from hypertui.console.app import HyperTui
from hypertui.console.screens.dialog import DEAF_FOR
from hypertui.console.screens.preflight import Preflight
from hypertui.core.findings import Finding, Level
from hypertui.port.commands import StopReason, Verb
from hypertui.port.snapshot import Snapshot
from tests.console import fakes, states
from tests.console.driving import drive, screen_text, until


class Desk:
    """An app over an engine that asks."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.clock = fakes.Clock()
        self.engine = fakes.FakeEngine(snapshot, ())
        self.app: HyperTui = fakes.console(self.engine, self.clock, new_id=iter("abcdefgh").__next__)

    @property
    def verbs(self) -> list[Verb]:
        return [command.verb for command in self.engine.commands]

    @property
    def shown(self) -> bool:
        return isinstance(self.app.screen, Preflight)

    def show(self, snapshot: Snapshot) -> None:
        self.engine.snapshot = snapshot
        self.app.show_frame()

    async def read(self, pilot: Pilot[StopReason]) -> str:
        await until(pilot, lambda: self.shown)
        await pilot.pause()
        self.clock.now += DEAF_FOR
        return screen_text(self.app)


def found(*findings: Finding) -> Snapshot:
    """What is asked about findings that no venue gives cause for."""
    return replace(states.asking(), findings=findings)


def test_enter_starts_what_was_read() -> None:
    desk = Desk(states.asking())

    async def scenario(pilot: Pilot[StopReason]) -> None:
        text = await desk.read(pilot)
        stops = "stops at 63,799, 63,849, 63,899, 63,949"
        for word in ("TESTNET", stops, "54 % fees", "enter", "start the trade"):
            assert word in text
        await pilot.press("A", "p", "F", "X", "escape", "space")
        assert desk.verbs == []
        await pilot.press("enter")
        await until(pilot, lambda: desk.verbs == [Verb.START])
        desk.show(states.running())
        await until(pilot, lambda: not desk.shown)

    drive(desk.app, scenario)


def test_adopting_has_a_key_of_its_own() -> None:
    desk = Desk(states.adopting())

    async def scenario(pilot: Pilot[StopReason]) -> None:
        assert "import the position" in await desk.read(pilot)
        await pilot.press("enter", "a")
        assert desk.verbs == []
        await pilot.press("A")
        await until(pilot, lambda: desk.verbs == [Verb.ADOPT])

    drive(desk.app, scenario)


def test_what_was_typed_before_it_could_be_read_starts_nothing() -> None:
    desk = Desk(states.asking())

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await until(pilot, lambda: desk.shown)
        await pilot.press("enter")
        assert desk.verbs == []
        await desk.read(pilot)
        # Something new is found: that has to be read too.
        desk.show(found(*states.asking().findings, Finding("disk", Level.AMBER, "100 MB free")))
        await pilot.press("enter")
        assert desk.verbs == []
        assert "100 MB free" in await desk.read(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: desk.verbs == [Verb.START])

    drive(desk.app, scenario)


def test_q_leaves() -> None:
    desk = Desk(states.asking())

    async def scenario(pilot: Pilot[StopReason]) -> None:
        await desk.read(pilot)
        await pilot.press("q")
        await until(pilot, lambda: desk.app.ended is not None)

    drive(desk.app, scenario)
    assert desk.app.stop.requested
    assert desk.engine.wound_down
    assert desk.verbs == []


def test_without_a_question_it_stays_away() -> None:
    desk = Desk(states.starting())

    async def scenario(pilot: Pilot[StopReason]) -> None:
        desk.app.show_frame()
        await pilot.pause()
        assert not desk.shown

    drive(desk.app, scenario)


@pytest.mark.parametrize("size", [(80, 23), (120, 40)])
def test_what_is_wrong_never_makes_room_for_what_is_not(size: tuple[int, int]) -> None:
    calm = tuple(Finding(f"item {n}", Level.GREEN, "as it should be") for n in range(60))
    # More than any start has: no screen is so high.
    desk = Desk(found(*calm, *states.asking().findings))

    async def scenario(pilot: Pilot[StopReason]) -> None:
        text = await desk.read(pilot)
        assert "54 % fees" in text
        assert "start the trade" in text
        assert "more that are as they should be" in text

    drive(desk.app, scenario, size)


def test_hostile_words_reach_no_terminal() -> None:
    desk = Desk(found(Finding("key", Level.AMBER, "[/red]\x1b[2J\u202eboo")))

    async def scenario(pilot: Pilot[StopReason]) -> None:
        text = await desk.read(pilot)
        assert "[/red]" in text
        assert "\x1b" not in text and "\u202e" not in text

    drive(desk.app, scenario)
