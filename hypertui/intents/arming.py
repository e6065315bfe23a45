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
    """Of the sources of one engine, from any thread. One that may speak to several trades is armed for all of
    them. It ends with the engine: after a restart nothing is armed."""

    def __init__(self, rules: Sequence[SourceRules], clock: Callable[[], int]) -> None:
        self.rules = tuple(rules)
        self._clock = clock
        self._lock = threading.Lock()
        self._sources = {
            (each.name, each.trade): SourceView(
                each.name,
                each.trade,
                tuple(sorted(each.verbs)),
                needs_arming=each.needs_arming,
                kind=each.kind.value,
                needs_proof=each.needs_proof,
            )
            for each in rules
        }

    @property
    def view(self) -> tuple[SourceView, ...]:
        """The sources as they are."""
        return tuple(self._sources.values())

    def is_armed(self, rules: SourceRules, now: int) -> bool:
        """Whether it may act at `now` (ms)."""
        return self._sources[rules.name, rules.trade].is_armed(now)

    def armed_until(self, rules: SourceRules) -> int | None:
        """Until when it may act (ms); None while it is not armed."""
        return self._sources[rules.name, rules.trade].armed_until

    def heard(self, rules: SourceRules, now: int) -> None:
        """It has wanted something."""
        with self._lock:
            key = rules.name, rules.trade
            self._sources[key] = replace(self._sources[key], last_at=now)

    def refusal(self, command: Command) -> str:
        """Why this source cannot be armed or disarmed, in words; empty where it can."""
        found = next((each for each in self._sources.values() if each.name == command.guard), None)
        if found is None:
            names = ", ".join(dict.fromkeys(each.name for each in self._sources.values())) or "none"
            return f"there is no source {command.guard!r}: {names}"
        if not found.needs_arming:
            return f"{found.name} needs no arming on this network"
        is_live = any(each.is_live for each in self.rules if each.name == found.name)
        if command.verb is Verb.ARM and not is_live:
            return f"{found.name} may not act on mainnet: live = true lets it"
        return ""

    def arm(self, command: Command) -> str:
        """Arm or disarm it; returns what that comes to, in words."""
        name = command.guard
        until = self._clock() + ARMED_FOR if command.verb is Verb.ARM else None
        with self._lock:
            for key, known in self._sources.items():
                if known.name == name:
                    self._sources[key] = replace(known, armed_until=until)
        if until is None:
            return f"{name} is not armed: what it wants is held"
        return f"{name} is armed for {lasting(ARMED_FOR // 1_000)}"
