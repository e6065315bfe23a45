"""Alarms, and the log of commands."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

from hypertui.core.market import OPERATOR, Source
from hypertui.port.commands import Ack, Command, CommandState, CommandView, OnExit, Verb
from hypertui.port.engine import EventKind
from hypertui.port.snapshot import Acknowledgement, Alarm, Severity
from hypertui.runtime.event_log import EventLog

_ALARMS_KEPT = 50
_COMMANDS_KEPT = 20


class Alarms:
    """Conditions by key. Saying again what is so already changes nothing but the words; its beginning, a turn
    for the worse and its end are events, and only the beginnings are counted."""

    def __init__(self, log: EventLog, clock: Callable[[], int]) -> None:
        self._log = log
        self._clock = clock
        self._alarms: dict[str, Alarm] = {}

    def view(self) -> tuple[Alarm, ...]:
        """Newest first, the active ones before the others."""
        return tuple(sorted(self._alarms.values(), key=lambda alarm: (not alarm.active, -alarm.last)))

    def since(self, key: str) -> int | None:
        """When a condition was last said to hold (ms); None if it never was."""
        known = self._alarms.get(key)
        return None if known is None else known.last

    def sound(self, key: str, severity: Severity, text: str) -> None:
        """Say that a condition holds."""
        now = self._clock()
        known = self._alarms.pop(key, None)
        first = now if known is None else known.first
        begins = known is None or not known.active
        count = (0 if known is None else known.count) + begins
        worse = known is not None and severity is Severity.CRITICAL is not known.severity
        known_to = None if known is None or begins or known.severity is not severity else known.acknowledged
        self._alarms[key] = Alarm(key, severity, text, first, now, count, acknowledged=known_to)
        if begins or worse:
            self._log.add(EventKind.ALARM, text, {"alarm": key, "active": True}, severity)
        while len(self._alarms) > _ALARMS_KEPT:
            del self._alarms[next(iter(self._alarms))]

    def clear(self, key: str) -> None:
        """Say that a condition holds no longer."""
        known = self._alarms.get(key)
        if known is not None and known.active:
            self._alarms[key] = replace(known, active=False, last=self._clock())
            self._log.add(EventKind.ALARM, f"over: {known.text}", {"alarm": key, "active": False})

    def acknowledge(self, keys: Collection[str], who: str) -> list[str]:
        """Note that somebody knows of the alarms that hold, of these `keys` or, without any, of all; returns
        the keys of those that nobody knew of before."""
        fresh = [
            alarm
            for alarm in self._alarms.values()
            if alarm.active and alarm.acknowledged is None and (not keys or alarm.key in keys)
        ]
        for alarm in fresh:
            self._alarms[alarm.key] = replace(alarm, acknowledged=Acknowledgement(who, self._clock()))
        return [alarm.key for alarm in fresh]


class CommandLog:
    """The operator's commands and how far each has come; each change is an event."""

    def __init__(self, log: EventLog, clock: Callable[[], int]) -> None:
        self._log = log
        self._clock = clock
        self._commands: dict[str, CommandView] = {}

    def turned_away(self, command: Command, refusal: Callable[[Verb], str]) -> Ack | None:
        """The answer to a command that is not to be carried out: one that is known already, or that `refusal`
        has words against. None for one that is; either is written down."""
        if command.id in self._commands:
            return Ack(command.id, True, "known already")
        text = refusal(command.verb)
        self.note(command, CommandState.REFUSED if text else CommandState.ACKNOWLEDGED, text)
        return Ack(command.id, False, text) if text else None

    def view(self) -> tuple[CommandView, ...]:
        """Newest first."""
        return tuple(reversed(self._commands.values()))

    def note(self, command: Command, state: CommandState, text: str) -> None:
        """Write down what has become of a command."""
        now = self._clock()
        known = self._commands.get(command.id)
        at = now if known is None else known.at
        view = CommandView(command.id, command.verb, command.who, at, state, now - at, text)
        self._commands[command.id] = view
        while len(self._commands) > _COMMANDS_KEPT:
            del self._commands[next(iter(self._commands))]
        self._write(command.id, command.verb.value, command.who, command.source, state, view.took, text)

    def note_exit(self, on_exit: OnExit, who: str, began: int, state: CommandState, text: str) -> None:
        """Write down what has become of the order to leave, which began at `began` (ms)."""
        verb, took = f"exit {on_exit.value}", self._clock() - began
        self._write(f"exit-{began}", verb, who, OPERATOR, state, took, text)

    def _write(
        self, id: str, verb: str, who: str, source: Source, state: CommandState, took: int, text: str
    ) -> None:
        bad = state in (CommandState.REFUSED, CommandState.FAILED)
        self._log.add(
            EventKind.COMMAND,
            f"{verb} by {who}: {state.value}{': ' + text if text else ''}",
            {
                "id": id,
                "verb": verb,
                "who": who,
                "source": str(source),
                "state": state.value,
                "took_ms": took,
                "text": text,
            },
            Severity.CRITICAL if bad else Severity.INFO,
        )
