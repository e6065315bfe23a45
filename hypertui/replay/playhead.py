"""Where a replay is: it takes rows one after the other, and goes back by states that it kept on the way."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace

from hypertui.journal.records import TradeRecord
from hypertui.port.engine import Event
from hypertui.port.snapshot import Snapshot
from hypertui.replay.replayed_trade import Moment, ReplayedTrade, ReplayRefused
from hypertui.replay.timeline import RowPlace, Timeline, Told
from hypertui.runtime.event_log import EventLog

_KEEP_EVERY = 500  # rows
_MOST_KEPT = 256  # states; of more every other one is let go of, and half as many are kept from then on


@dataclass(frozen=True, slots=True)
class _KeptMoment:
    """The state after so many rows, and how many events had been told."""

    rows: int
    place: RowPlace
    state: bytes
    events: int


class Playhead:
    """Stands behind the last row that it has taken, or later, before the next one. `events` are all that were
    told up to there; going back makes another list. Times are ms. Whatever reads rows raises JournalError.
    Raises ReplayRefused for a trade that was never opened."""

    def __init__(self, timeline: Timeline, keep_every: int = _KEEP_EVERY) -> None:
        trade, rules = timeline.trade, timeline.first_rules()
        if rules is None:
            raise ReplayRefused(f"trade {trade.id} was never opened: there is nothing to replay")
        if not timeline.has_inputs():
            raise ReplayRefused(
                f"trade {trade.id} has no inputs: it never began, or they were let go of (ledger prune)"
            )
        self.turns = 0  # how often it went back
        self.events: list[Event] = []
        self._timeline = timeline
        self._keep_every = keep_every
        self._moment = Moment(trade.started_at)
        log = EventLog(self._moment, limit=1)
        log.listen(self._tell)
        self._trade = ReplayedTrade(trade, rules, log, self._moment)
        self._place = RowPlace(at=trade.started_at)
        self._rows = 0
        self._happened: list[int] = []  # the rows that moved the strategy or booked a fill, by number
        self._known = 0  # how many rows have been taken at least once
        self._kept = [_KeptMoment(0, self._place, self._trade.keep(), 0)]
        self._coming: Iterator[tuple[RowPlace, Told]] = timeline.after(self._place)
        self._next: tuple[RowPlace, Told] | None = next(self._coming, None)
        self._seq = 0

    @property
    def trade(self) -> TradeRecord:
        """What is replayed."""
        return self._timeline.trade

    @property
    def at(self) -> int:
        """The time that it has come to."""
        return self._moment.at

    @property
    def end(self) -> int:
        """When the trade ended, or its newest row was written."""
        return max(self._timeline.end(), self._place.at)

    def snapshot(self) -> Snapshot:
        """The snapshot of this moment."""
        self._seq += 1
        return self._trade.snapshot(self._seq)

    # Going on

    def go_to(self, at: int) -> None:
        """Go to a time, forward or back: all rows up to it are taken, and none after it."""
        if at < self._moment.at:
            self._go_back(self._last_kept(at))
        while self._next is not None and self._next[0].at <= at:
            self._take()
        self._moment.at = max(at, self._moment.at)

    def go_to_next(self) -> bool:
        """Go behind the next row that moves the strategy or books a fill; to the end where none does, which
        is False."""
        while self._next is not None:
            if self._take():
                return True
        return False

    def go_to_previous(self) -> bool:
        """Go behind the row before this place that moved the strategy or booked a fill; to the beginning
        where none did, which is False."""
        number = self._rows if self._moment.at == self._place.at else self._rows + 1
        found = bisect_left(self._happened, number) - 1
        target = self._happened[found] if found >= 0 else 0
        self._go_back(next(kept for kept in reversed(self._kept) if kept.rows <= target))
        while self._rows < target:
            self._take()
        return found >= 0

    def go_to_end(self) -> None:
        """Go behind the last row."""
        while self._next is not None:
            self._take()

    def look_again(self) -> None:
        """Behind the last row: see whether more have been written since."""
        if self._next is None:
            self._coming = self._timeline.after(self._place)
            self._next = next(self._coming, None)

    def _tell(self, event: Event) -> None:
        self.events.append(replace(event, seq=len(self.events) + 1))

    def _take(self) -> bool:
        assert self._next is not None, "whoever asks has looked"
        place, told = self._next
        self._next = next(self._coming, None)
        self._moment.at = max(place.at, self._moment.at)
        happened = self._trade.take(told)
        self._place = place
        self._rows += 1
        if self._rows > self._known:
            self._known = self._rows
            if happened:
                self._happened.append(self._rows)
            if self._rows - self._kept[-1].rows >= self._keep_every:
                self._keep()
        return happened

    def _keep(self) -> None:
        self._kept.append(_KeptMoment(self._rows, self._place, self._trade.keep(), len(self.events)))
        if len(self._kept) > _MOST_KEPT:
            self._kept = self._kept[::2]
            self._keep_every *= 2

    # Going back

    def _last_kept(self, at: int) -> _KeptMoment:
        """The last state before the first row after `at`."""
        number = bisect_right(self._kept, at, key=lambda kept: kept.place.at)
        return self._kept[max(number - 1, 0)]

    def _go_back(self, kept: _KeptMoment) -> None:
        self.turns += 1
        self._trade.go_back(kept.state)
        self.events = self.events[: kept.events]
        self._place, self._rows = kept.place, kept.rows
        self._moment.at = kept.place.at
        self._coming = self._timeline.after(kept.place)
        self._next = next(self._coming, None)
