"""Intents as those see them who watch an engine: the sources, and what became of what they wanted.

Times are milliseconds since the Unix epoch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from hypertui.port.commands import Command
from hypertui.port.snapshot import Alarm


@dataclass(frozen=True, slots=True)
class SourceView:
    """Who may want something of `trade`, beside its operator: a `kind` of source, webhook or signal. One is
    there once for each of its trades. `last_at` is when it wanted something last, None before the first time
    since the start. `needs_arming`: it acts only while it is armed, which it is until `armed_until`;
    `needs_proof`: it opens trades only in a market that is proven."""

    name: str
    trade: str
    verbs: tuple[str, ...]
    last_at: int | None = None
    needs_arming: bool = False
    armed_until: int | None = None
    kind: str = "webhook"
    needs_proof: bool = False

    def is_armed(self, now: int) -> bool:
        """Whether it may act at `now`."""
        return not self.needs_arming or (self.armed_until is not None and now < self.armed_until)


@dataclass(frozen=True, slots=True)
class IntentView:
    """An intent and how far it has come by `changed_at`; `reason` is from a closed list, `text` says it in
    words."""

    id: str
    source: str
    verb: str
    trade: str
    received_at: int
    state: str
    reason: str
    text: str
    changed_at: int


@dataclass(frozen=True, slots=True)
class IntentCounter:
    """How many intents of a source came to this end, since the start."""

    source: str
    state: str
    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class SourceAlarm:
    """What somebody who watches `trade` should know of a source; of all trades where it is empty."""

    trade: str
    alarm: Alarm


@dataclass(frozen=True, slots=True)
class IntentsView:
    """`intents` are the newest, newest first. `denied` counts what was turned away before it was anybody's
    alert, by why. `place` is where alerts come in. Among the `warnings` are the last of those that are
    over."""

    place: str = ""
    sources: tuple[SourceView, ...] = ()
    intents: tuple[IntentView, ...] = ()
    counts: tuple[IntentCounter, ...] = ()
    denied: tuple[tuple[str, int], ...] = ()
    warnings: tuple[SourceAlarm, ...] = ()

    @property
    def alarms(self) -> tuple[Alarm, ...]:
        """Those of all sources."""
        return tuple(each.alarm for each in self.warnings)

    def alarms_of(self, trade: str) -> tuple[Alarm, ...]:
        """Those of the sources that speak to a trade."""
        return tuple(each.alarm for each in self.warnings if each.trade in ("", trade))


NO_INTENTS = IntentsView()  # of an engine that nobody sends any to


class SourceControl(Protocol):
    """What an engine is told of its sources, from any thread."""

    @property
    def view(self) -> IntentsView:
        """The newest view."""

    def refusal(self, command: Command) -> str:
        """Why a source cannot be armed or disarmed, in words; empty where it can."""

    def arm(self, command: Command) -> str:
        """Arm or disarm it; returns what that comes to, in words."""

    def acknowledge(self, command: Command, trade: str) -> Sequence[str]:
        """Note that an operator knows of the alarms of the sources that speak to `trade`, of those that the
        command names or, where it names none, of all; returns the keys of those that nobody knew of
        before."""
