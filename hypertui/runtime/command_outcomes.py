"""Outcomes of accepted commands that the exchange has not confirmed yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from hypertui.port.commands import Command, CommandState
from hypertui.runtime.alarms import CommandLog

# How a command has ended, with words for the operator; None while that cannot be said.
Outcome: TypeAlias = tuple[CommandState, str] | None


@dataclass(frozen=True, slots=True)
class _Awaited:
    command: Command
    seen: Callable[[], Outcome]
    until: int
    too_late: Callable[[], str]


class Outcomes:
    """Looks, after each event, at what each command has come to. Times are ms."""

    def __init__(self, commands: CommandLog, clock: Callable[[], int]) -> None:
        self._commands = commands
        self._clock = clock
        self._awaited: dict[str, _Awaited] = {}

    def expect(
        self, command: Command, seen: Callable[[], Outcome], patience: int, too_late: Callable[[], str]
    ) -> None:
        """Note the outcome as soon as `seen` gives one; after `patience` ms the command has failed, in the
        words of `too_late`."""
        self._awaited[command.id] = _Awaited(command, seen, self._clock() + patience, too_late)
        self.look()

    def overtaken(self, command: Command) -> None:
        """Another command has taken over: what the earlier ones wanted will not be seen any more."""
        self._end_all(f"overtaken by {command.verb.value}")

    def leave(self) -> None:
        """The engine leaves, and nobody will look again."""
        self._end_all("the engine left before it was seen")

    def look(self) -> None:
        """Note what can be said by now."""
        for awaited in list(self._awaited.values()):
            outcome = awaited.seen()
            if outcome is None and self._clock() >= awaited.until:
                outcome = CommandState.FAILED, awaited.too_late()
            if outcome is not None:
                del self._awaited[awaited.command.id]
                self._commands.note(awaited.command, *outcome)

    def _end_all(self, text: str) -> None:
        for awaited in self._awaited.values():
            self._commands.note(awaited.command, CommandState.FAILED, text)
        self._awaited.clear()
