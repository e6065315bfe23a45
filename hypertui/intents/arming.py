"""Which sources may act just now: those that need it were armed by an operator, for twelve hours."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

from hypertui.core.phrases import lasting
from hypertui.intents.gate import SourceRules
from hypertui.port.commands import Command, Verb
from hypertui.port.intents import SourceView

ARMED_FOR = 12 * 3_600_000  # ms


class Arming:
    """Of the sources of one engine, from any thread. It ends with the engine: after a restart nothing is
    armed."""

    def __init__(self, rules: Sequence[SourceRules], clock: Callable[[], int]) -> None:
        self.rules = tuple(rules)
        self._clock = clock
        self._lock = threading.Lock()
        self._sources = {
            each.name: SourceView(
                each.name, each.trade, tuple(sorted(each.verbs)), needs_arming=each.needs_arming
            )
            for each in rules
        }

    @property
    def view(self) -> tuple[SourceView, ...]:
        """The sources as they are."""
        return tuple(self._sources.values())

    def is_armed(self, name: str, now: int) -> bool:
        """Whether it may act at `now` (ms)."""
        return self._sources[name].is_armed(now)

    def heard(self, name: str, now: int) -> None:
        """An alert has come that was its own."""
        with self._lock:
            self._sources[name] = replace(self._sources[name], last_at=now)

    def refusal(self, command: Command) -> str:
        """Why this source cannot be armed or disarmed, in words; empty where it can."""
        found = self._sources.get(command.guard)
        if found is None:
            names = ", ".join(self._sources) or "none"
            return f"there is no webhook {command.guard!r}: {names}"
        if not found.needs_arming:
            return f"{found.name} needs no arming on this network"
        return ""

    def arm(self, command: Command) -> str:
        """Arm or disarm it; returns what that comes to, in words."""
        until = self._clock() + ARMED_FOR if command.verb is Verb.ARM else None
        with self._lock:
            self._sources[command.guard] = replace(self._sources[command.guard], armed_until=until)
        if until is None:
            return f"{command.guard} is not armed: its alerts are held"
        return f"{command.guard} is armed for {lasting(ARMED_FOR // 1_000)}"
