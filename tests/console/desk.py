"""An app with its engine and clock, and the operator's hands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from textual.pilot import Pilot

from hypertui.console.screens.dialog import DEAF_FOR, Dialog
from hypertui.console.widgets.table import TablePanel
from hypertui.port.commands import StopReason, Verb
from hypertui.port.intents import NO_INTENTS, IntentsView
from hypertui.port.signals import SignalView
from hypertui.port.snapshot import Network, Snapshot
from tests.console import fakes, states
from tests.console.driving import screen_text


class Desk:
    """What a test of keys needs: a trade at work on a network, or the one of a snapshot."""

    def __init__(
        self,
        network: Network = Network.PAPER,
        snapshot: Snapshot | None = None,
        beside: Sequence[Snapshot] = (),
        intents: IntentsView = NO_INTENTS,
        signals: Sequence[SignalView] = (),
        **options: object,
    ) -> None:
        self.clock = fakes.Clock()
        shown = states.scene("running", network).snapshot if snapshot is None else snapshot
        self.engine = fakes.FakeEngine(shown, beside=beside, intents=intents, signals=signals)
        self.app = fakes.console(self.engine, self.clock, new_id=iter("abcdefgh").__next__, **options)
        self.rung: list[int] = []
        self.app.bell = lambda: self.rung.append(self.clock.now)  # type: ignore[method-assign]

    @property
    def verbs(self) -> list[Verb]:
        return [command.verb for command in self.engine.commands]

    @property
    def asking(self) -> bool:
        return isinstance(self.app.screen, Dialog)

    @property
    def text(self) -> str:
        return screen_text(self.app)

    @property
    def lists(self) -> list[TablePanel]:
        return list(self.app.page.query(TablePanel))

    def wait(self, ms: int) -> None:
        """Let time pass; the engine keeps up, as no scene that is over can."""
        self.clock.now += ms
        now = self.clock.now
        self.engine.snapshot = replace(self.engine.snapshot, at=now, mark_at=now, known_at=now, sources=())

    async def open(self, pilot: Pilot[StopReason], key: str) -> None:
        """Press a key that asks, and read the question."""
        await pilot.press(key)
        await pilot.pause()
        assert self.asking
        self.wait(DEAF_FOR)

    async def press(self, pilot: Pilot[StopReason], *keys: str) -> str:
        """Press keys, one after the other; returns what is shown then."""
        for key in keys:
            await pilot.press(key)
            await pilot.pause()
        self.app.show_frame()
        await pilot.pause()
        return self.text
