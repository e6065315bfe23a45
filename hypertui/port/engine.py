"""An engine as those who watch it know it: snapshots and events out, commands in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from hypertui.port.commands import Ack, Command, Stop, StopReason
from hypertui.port.intents import NO_INTENTS, IntentsView
from hypertui.port.signals import SignalView
from hypertui.port.snapshot import Severity, Snapshot


class EventKind(StrEnum):
    """The kinds of event there are: on the screen, in the log, on standard output and, as its tables, in the
    journal."""

    STEP = "step"
    ORDER = "order"
    FILL = "fill"
    COMMAND = "command"
    ALARM = "alarm"
    PREFLIGHT = "preflight"  # a finding before the trade
    STATE = "state"  # the engine as a whole, the program around it too
    LOG = "log"  # what libraries and defects say; in the log alone


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, in plain words (`text`) and as data fit for JSON (`data`). `trade` names the
    one that it happened to; empty for the engine as a whole."""

    seq: int
    at: int
    kind: EventKind
    severity: Severity
    text: str
    data: Mapping[str, object] = field(default_factory=dict)
    trade: str = ""


@dataclass(frozen=True, slots=True)
class EngineView:
    """All that an engine trades, one snapshot for each of its trades, in the order of the settings. `pen`
    says who writes among the consoles that are attached to it; empty while nobody does. `intents` are those
    of sources beside the trades, where there are any; `signals` stand in the order of their tables, one for
    each market of each."""

    trades: tuple[Snapshot, ...]
    pen: str = ""
    intents: IntentsView = NO_INTENTS
    signals: tuple[SignalView, ...] = ()

    @property
    def first(self) -> Snapshot:
        """The first trade; an engine has one at least."""
        return self.trades[0]

    def trade(self, name: str) -> Snapshot | None:
        """The trade of this name; None where there is none."""
        return next((trade for trade in self.trades if trade.name == name), None)


class Attachment(StrEnum):
    """What a console is to its engine."""

    OWNER = "owner"  # the engine runs in it, and ends with it
    WRITER = "writer"  # attached to one that runs elsewhere, and has the pen
    OBSERVER = "observer"  # attached, and has not
    READ_ONLY = "read-only"  # attached, and never will
    CUT = "cut"  # attached, and has lost the connection


class EnginePort(Protocol):
    """The engine as the screens know it. All members but `run` may be used from any thread or loop."""

    @property
    def view(self) -> EngineView:
        """The newest one; O(1) for each trade."""

    @property
    def attachment(self) -> Attachment:
        """What whoever uses this is to the engine."""

    def events_after(self, seq: int) -> Sequence[Event]:
        """The events after `seq` that are still kept, oldest first; a first one beyond seq + 1 is a gap."""

    async def command(self, command: Command) -> Ack:
        """Hand over a command and wait for the first answer only. It must name its trade where there are
        several."""

    async def take_pen(self) -> str:
        """Become the one console that writes, whoever it was before; returns why that cannot be, in
        words."""

    async def run(self, stop: Stop) -> StopReason:
        """Trade until done, halted or asked to stop; returns after the wind-down. An engine that runs
        elsewhere is watched until then, and goes on."""


class ServedEngine(EnginePort, Protocol):
    """An engine that is served to consoles of other processes, which say who of them writes."""

    pen: str
