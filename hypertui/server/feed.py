"""What is sent to subscribed consoles: the engine's view and its events, encoded once for all of them."""

from __future__ import annotations

from collections import deque

from pydantic_core import to_json

from hypertui.port.engine import EnginePort
from hypertui.server.view_codec import ViewEncoder

_MOST_EVENTS = 500  # that a console is told at once, and that are kept for it


class ConsoleFeed:
    """Of one engine; looks at it when it is asked to, and never makes it wait."""

    def __init__(self, engine: EnginePort) -> None:
        self._engine = engine
        self._views = ViewEncoder()
        self._events: deque[tuple[int, bytes]] = deque(maxlen=_MOST_EVENTS)
        self._seq = 0

    def refresh(self) -> None:
        """Look whether there is anything new."""
        self._views.update(self._engine.view)
        fresh = self._engine.events_after(self._seq)
        if fresh:
            self._seq = fresh[-1].seq
            self._events.extend(
                (event.seq, to_json(event, serialize_unknown=True)) for event in fresh[-_MOST_EVENTS:]
            )

    def view(self) -> bytes:
        """The newest view as one object."""
        self._views.update(self._engine.view)
        return self._views.whole()

    def since(self, version: int, seq: int) -> tuple[bytes, int, int] | None:
        """What a console lacks that has this version of the view and the events up to `seq`, as members of an
        object, and the version and number that it has then; None where it lacks nothing."""
        if version == self._views.version and seq >= self._seq:
            return None
        parts = [self._views.since(version)]
        if seq < self._seq:
            kept = [(number, said) for number, said in self._events if number > seq]
            lost = kept[0][0] - seq - 1 if seq else 0
            parts.append(b'"lost":%d,"events":[%b]' % (lost, b",".join(said for _, said in kept)))
        return b",".join(parts), self._views.version, max(seq, self._seq)
