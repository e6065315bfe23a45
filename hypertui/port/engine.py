"""An engine as those who watch it know it: snapshots and events out, commands in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from hypertui.port.commands import Ack, Command, Stop, StopReason
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
    """Something that happened, in plain words (`text`) and as data fit for JSON (`data`)."""

    seq: int
    at: int
    kind: EventKind
    severity: Severity
    text: str
    data: Mapping[str, object] = field(default_factory=dict)


class EnginePort(Protocol):
    """The engine as the screens know it. All members but `run` may be used from any thread or loop."""

    @property
    def snapshot(self) -> Snapshot:
        """The newest view; O(1)."""

    def events_after(self, seq: int) -> Sequence[Event]:
        """The events after `seq` that are still kept, oldest first; a first one beyond seq + 1 is a gap."""

    async def command(self, command: Command) -> Ack:
        """Hand over a command and wait for the first answer only."""

    async def run(self, stop: Stop) -> StopReason:
        """Trade until done, halted or asked to stop; returns after the wind-down."""
