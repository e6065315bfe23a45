"""Commands on their way to the engine, until a snapshot of it knows them; and the events that came from
it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace

from hypertui.port import Command, CommandState, CommandView, Event, EventKind, Severity, Snapshot, Verb

_KEPT_COMMANDS = 8
_KEPT_EVENTS = 500


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
