"""The newest engine events, pulled by sequence number and kept up to a limit."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from hypertui.port.engine import Event, EventKind
from hypertui.port.snapshot import Severity

_MOST_KEPT = 500


class EventBuffer:
    """Keeps the last 500 events of each trade, those of the engine as a whole among them."""

    def __init__(self) -> None:
        self._seq = 0
        self._whole: deque[Event] = deque(maxlen=_MOST_KEPT)
        self._of: dict[str, deque[Event]] = {}
        self._shown: dict[str, tuple[Event, ...]] = {}

    def of(self, trade: str) -> tuple[Event, ...]:
        """The events of a trade, oldest first: the same tuple until new ones arrive."""
        if trade not in self._shown:
            self._shown[trade] = tuple(self._of.get(trade, self._whole))
        return self._shown[trade]

    def pull(self, events_after: Callable[[int], Sequence[Event]], now: int) -> None:
        """Append the new events; a gap in their numbers becomes a warning event. `now` is in ms."""
        fresh = events_after(self._seq)
        if not fresh:
            return
        lost = fresh[0].seq - self._seq - 1
        if self._seq and lost > 0:
            text = f"{lost} events are not kept any more and are missing here"
            fresh = (Event(fresh[0].seq - 1, now, EventKind.STATE, Severity.WARNING, text), *fresh)
        for event in fresh:
            self._keep(event)
        self._seq = fresh[-1].seq

    def _keep(self, event: Event) -> None:
        if event.trade:
            kept = self._of.setdefault(event.trade, self._whole.copy())
            kept.append(event)
            self._shown.pop(event.trade, None)
            return
        for each in (self._whole, *self._of.values()):
            each.append(event)
        self._shown.clear()
