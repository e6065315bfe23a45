"""The newest engine events, pulled by sequence number and kept up to a limit."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from hypertui.port.engine import Event, EventKind
from hypertui.port.snapshot import Severity

_MOST_KEPT = 500


class EventBuffer:
    """Keeps the last 500 events. `events` is the same tuple until new ones arrive."""

    def __init__(self) -> None:
        self._events: deque[Event] = deque(maxlen=_MOST_KEPT)
        self._seq = 0
        self.events: tuple[Event, ...] = ()

    def pull(self, events_after: Callable[[int], Sequence[Event]], now: int) -> None:
        """Append the new events; a gap in their numbers becomes a warning event. `now` is in ms."""
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
