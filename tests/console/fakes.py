"""An engine that shows what it is given, a clock, and the console over them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hypertui.console.app import HyperTui
from hypertui.console.command_sender import CommandSender
from hypertui.console.terminal.options import ConsoleOptions
from hypertui.port.commands import Ack, Command, Stop, StopReason, Verb
from hypertui.port.engine import Attachment, EngineView, Event
from hypertui.port.intents import NO_INTENTS, IntentsView
from hypertui.port.signals import SignalView
from hypertui.port.snapshot import Acknowledgement, Alarm, Snapshot
from tests.console.states import scene
from tests.support.stage import NOW


class FakeEngine:
    """Shows the snapshot it is given, notes the commands it gets, and runs until asked to stop. Without
    `events` it tells those of the scene that is `running`."""

    def __init__(
        self,
        snapshot: Snapshot,
        events: Sequence[Event] | None = None,
        beside: Sequence[Snapshot] = (),
        intents: IntentsView = NO_INTENTS,
        signals: Sequence[SignalView] = (),
    ) -> None:
        self.intents = intents
        self.signals = tuple(signals)
        self.snapshot = snapshot
        self.beside = tuple(beside)
        self.events = list(scene("running").events if events is None else events)
        self.pen = ""
        self.attachment = Attachment.OWNER
        self.commands: list[Command] = []
        self.ack: Ack | Exception = Ack("", True)
        self.reason = StopReason(0, "done")
        self.failure: Exception | None = None
        self.leaves = False  # ends by itself at once
        self.started = False
        self.wound_down = False

    @property
    def view(self) -> EngineView:
        return EngineView((self.snapshot, *self.beside), self.pen, self.intents, self.signals)

    def events_after(self, seq: int) -> Sequence[Event]:
        return [event for event in self.events if event.seq > seq]

    async def command(self, command: Command) -> Ack:
        self.commands.append(command)
        if command.verb is Verb.ACKNOWLEDGE:
            known = Acknowledgement(command.who, self.snapshot.at)

            def taken(alarms: tuple[Alarm, ...]) -> tuple[Alarm, ...]:
                return tuple(
                    replace(alarm, acknowledged=known) if alarm.key in command.alarms else alarm
                    for alarm in alarms
                )

            self.snapshot = replace(self.snapshot, alarms=taken(self.snapshot.alarms))
            said = self.intents.warnings
            acknowledged = zip(said, taken(self.intents.alarms), strict=True)
            self.intents = replace(
                self.intents, warnings=tuple(replace(each, alarm=alarm) for each, alarm in acknowledged)
            )
        if isinstance(self.ack, Exception):
            raise self.ack
        return replace(self.ack, id=command.id)

    async def take_pen(self) -> str:
        self.attachment = Attachment.WRITER
        return ""

    async def run(self, stop: Stop) -> StopReason:
        self.started = True
        if self.failure is not None:
            raise self.failure
        if not self.leaves:
            loop, left = asyncio.get_running_loop(), asyncio.Event()

            def wake() -> None:
                # Asked again once the run is over: its loop is closed by then.
                with contextlib.suppress(RuntimeError):
                    loop.call_soon_threadsafe(left.set)

            stop.on_request(wake)
            await left.wait()
        self.wound_down = True
        return self.reason


class Clock:
    """Time that moves only when a test says so."""

    def __init__(self, now: int = NOW) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


def console(engine: FakeEngine, clock: Clock | None = None, **kwargs: object) -> HyperTui:
    """The app over a fake engine, without a timer: a test shows frames when it wants them."""
    names = ("ascii", "theme", "zone", "keys", "refresh_hz", "shots")
    clock = clock or Clock()
    ids: Any = {"new_id": kwargs.pop("new_id")} if "new_id" in kwargs else {}
    said: Any = {"refresh_hz": 0.0} | {name: kwargs.pop(name) for name in names if name in kwargs}
    fields: dict[str, object] = {
        "clock": clock,
        "sender": CommandSender(clock, "mk@pts/3", **ids),
        "options": ConsoleOptions(**said),
    }
    return HyperTui(engine, Stop(), **{**fields, **kwargs})  # type: ignore[arg-type]
