"""The event log: a bounded ring of events that any thread may read."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from copy import copy

from hypertui.core.redaction import harmless, without_secrets
from hypertui.port.engine import Event, EventKind
from hypertui.port.snapshot import Severity


class EventRing:
    """The newest `limit` events of all trades of an engine, numbered from 1 without gaps."""

    def __init__(self, clock: Callable[[], int], limit: int) -> None:
        self._clock = clock
        self._events: deque[Event] = deque(maxlen=limit)
        self._lock = threading.Lock()
        self._seq = 0

    def add(
        self, kind: EventKind, severity: Severity, text: str, data: Mapping[str, object], trade: str
    ) -> Event:
        """Number an event, and keep it."""
        with self._lock:
            self._seq += 1
            event = Event(self._seq, self._clock(), kind, severity, text, data, trade)
            self._events.append(event)
        return event

    def after(self, seq: int) -> Sequence[Event]:
        """Events after `seq` that are still kept, oldest first."""
        with self._lock:
            if not self._events or self._events[-1].seq <= seq:
                return ()
            first = self._events[0].seq
            return tuple(self._events)[max(0, seq + 1 - first) :]


class EventLog:
    """Where events are written down: those of an engine as a whole, or, by `of`, those of one trade."""

    def __init__(self, clock: Callable[[], int], limit: int = 5_000) -> None:
        self._ring = EventRing(clock, limit)
        self._trade = ""
        self._whole = self
        self._listeners: tuple[Callable[[Event], None], ...] = ()

    def of(self, trade: str) -> EventLog:
        """The log of one trade: what is written there has the trade's name, and is among all events too."""
        log = copy(self)
        log._trade, log._listeners = trade, ()
        return log

    def listen(self, listener: Callable[[Event], None]) -> None:
        """Hand every further event to `listener` too, in the thread that adds it; a trade's own ones, or all
        of the engine's."""
        self._listeners = (*self._listeners, listener)

    def add(
        self,
        kind: EventKind,
        text: str,
        data: Mapping[str, object] | None = None,
        severity: Severity = Severity.INFO,
    ) -> Event:
        """Write an event down; `data` must be fit for JSON. Words may come from anywhere, an exception's too:
        what looks like a secret, and what a terminal would obey, is taken out of them."""
        text = without_secrets(harmless(text))
        said = {name: _safe(value) for name, value in (data or {}).items()}
        event = self._ring.add(kind, severity, text, said, self._trade)
        for log in (self,) if self._whole is self else (self, self._whole):
            for listener in log._listeners:
                listener(event)
        return event

    def after(self, seq: int) -> Sequence[Event]:
        """Events after `seq` that are still kept, of all trades, oldest first."""
        return self._ring.after(seq)


def _safe(value: object) -> object:
    return without_secrets(harmless(value)) if isinstance(value, str) else value
