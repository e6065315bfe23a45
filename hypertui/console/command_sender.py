"""Commands on their way to the engine, until a snapshot of it knows them, and what has become of them; and
the events that came from it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace

from hypertui.port.commands import Command, CommandState, CommandView, Verb
from hypertui.port.engine import Event, EventKind
from hypertui.port.snapshot import Severity, Snapshot

_KEPT_COMMANDS = 8
_KEPT_EVENTS = 500
_TOLD_FOR = {CommandState.CONFIRMED: 6_000, CommandState.REFUSED: 15_000, CommandState.FAILED: 15_000}


class Outbox:
    """What was sent, with the engine's first answer; `clock` gives ms."""

    def __init__(self, clock: Callable[[], int], who: str, new_id: Callable[[], str]) -> None:
        self._clock = clock
        self._who = who
        self._new_id = new_id
        self._sent: dict[str, CommandView] = {}

    def put(self, verb: Verb) -> Command:
        """A command of this operator, written down as sent."""
        command = Command(self._new_id(), verb, self._who)
        view = CommandView(command.id, verb, self._who, self._clock(), CommandState.SENT, 0)
        self._sent[command.id] = view
        while len(self._sent) > _KEPT_COMMANDS:
            del self._sent[next(iter(self._sent))]
        return command

    def answered(self, id: str, state: CommandState, text: str) -> None:
        """The engine has taken it up, refused it, or failed to answer."""
        sent = self._sent.get(id)
        if sent is not None:
            took = max(self._clock() - sent.at, 0)
            self._sent[id] = replace(sent, state=state, took=took, text=text)

    def unknown_to(self, snapshot: Snapshot) -> tuple[CommandView, ...]:
        """Those that the engine's own account does not have yet, newest first; the others are forgotten."""
        known = {command.id for command in snapshot.commands}
        if known & self._sent.keys():
            self._sent = {id: view for id, view in self._sent.items() if id not in known}
        return tuple(reversed(self._sent.values()))


class Herald:
    """Tells what has become of a command, whoever gave it, on every screen: once, for a while, and longer
    where it came to nothing. Times are ms."""

    def __init__(self) -> None:
        self._known: dict[str, CommandState] | None = None  # what was over before is no news
        self._told: CommandView | None = None
        self._until = 0

    def tells(self, commands: Sequence[CommandView], now: int) -> CommandView | None:
        """The newest one that has ended lately; `commands` are all there are, newest first."""
        states = {command.id: command.state for command in commands}
        known = states if self._known is None else self._known
        for command in reversed(commands):
            if command.state in _TOLD_FOR and known.get(command.id) is not command.state:
                self._told, self._until = command, now + _TOLD_FOR[command.state]
        self._known = states
        return self._told if now < self._until else None


class Inlet:
    """The events pulled so far, as far as they are kept; the same tuple until there are new ones."""

    def __init__(self) -> None:
        self._events: deque[Event] = deque(maxlen=_KEPT_EVENTS)
        self._seq = 0
        self.events: tuple[Event, ...] = ()

    def pull(self, events_after: Callable[[int], Sequence[Event]], now: int) -> None:
        """Take what is new; a gap is an event of its own."""
        fresh = events_after(self._seq)
        if not fresh:
            return
        lost = fresh[0].seq - self._seq - 1
        if self._seq and lost > 0:
            text = f"{lost} events are not kept any more and are missing here"
            self._events.append(Event(fresh[0].seq - 1, now, EventKind.STATE, Severity.WARNING, text))
        self._events.extend(fresh)
        self._seq = fresh[-1].seq
        self.events = tuple(self._events)
