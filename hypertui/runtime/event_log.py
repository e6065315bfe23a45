"""The event log: a bounded ring of events that any thread may read."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence

from hypertui.core.redaction import harmless, without_secrets
from hypertui.port.engine import Event, EventKind
from hypertui.port.snapshot import Severity


class EventLog:
    """The newest `limit` events, numbered from 1 without gaps."""

    def __init__(self, clock: Callable[[], int], limit: int = 5_000) -> None:
        self._clock = clock
        self._events: deque[Event] = deque(maxlen=limit)
        self._lock = threading.Lock()
        self._seq = 0
        self._listeners: tuple[Callable[[Event], None], ...] = ()

    def listen(self, listener: Callable[[Event], None]) -> None:
        """Hand every further event to `listener` too, in the thread that adds it."""
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
        with self._lock:
            self._seq += 1
            event = Event(self._seq, self._clock(), kind, severity, text, said)
            self._events.append(event)
        for listener in self._listeners:
            listener(event)
        return event

    def after(self, seq: int) -> Sequence[Event]:
        """Events after `seq` that are still kept, oldest first."""
        with self._lock:
            if not self._events or self._events[-1].seq <= seq:
                return ()
            first = self._events[0].seq
            return tuple(self._events)[max(0, seq + 1 - first) :]


def _safe(value: object) -> object:
    return without_secrets(harmless(value)) if isinstance(value, str) else value
