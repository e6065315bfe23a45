"""What the core tells its listeners: everything that one entry into it changed, as one batch.

Shapes are those of the wire, made at the moment of the change, so that later changes do not reach back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from hypertui.venue.model.orders import Json, StatusEvent


@dataclass(slots=True)
class Batch:
    """Changes at `time` (ms). Keys are account addresses or symbols; lists are in the order of events."""

    time: int
    orders: dict[str, list[Json]] = field(default_factory=dict)
    history: dict[str, list[StatusEvent]] = field(default_factory=dict)
    fills: dict[str, list[Json]] = field(default_factory=dict)
    cancels: dict[str, list[Json]] = field(default_factory=dict)  # by the venue itself
    funding: dict[str, list[Json]] = field(default_factory=dict)
    ledger: dict[str, list[Json]] = field(default_factory=dict)
    liquidations: dict[str, list[Json]] = field(default_factory=dict)
    trades: dict[str, list[Json]] = field(default_factory=dict)
    moved: set[str] = field(default_factory=set)  # symbols whose mark or book changed

    @property
    def empty(self) -> bool:
        """Whether nothing changed."""
        return not (
            self.orders
            or self.fills
            or self.cancels
            or self.funding
            or self.ledger
            or self.liquidations
            or self.trades
            or self.moved
        )


Listener = Callable[[Batch], None]


class Events:
    """Makes batches and hands them out. `clock` gives ms since the Unix epoch; `revision` grows with every
    event that may have changed anything."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self.listeners: list[Listener] = []
        self.revision = 0
        self._clock = clock
        self._now = clock()
        self._batch: Batch | None = None

    @property
    def now(self) -> int:
        """The time in ms, which never goes back."""
        self._now = max(self._now, self._clock())
        return self._now

    def not_before(self, time: int) -> None:
        """Let the time (ms) be at least this."""
        self._now = max(self._now, time)

    @contextmanager
    def open(self) -> Iterator[Batch]:
        """One event. A batch already open is joined, so that an action of many parts is still one event."""
        if self._batch is not None:
            yield self._batch
            return
        self._batch = batch = Batch(self.now)
        try:
            yield batch
        finally:
            self._batch = None
            if not batch.empty:
                self.revision += 1
                for listener in tuple(self.listeners):
                    listener(batch)
