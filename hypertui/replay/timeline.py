"""What a journal tells of one trade, in the order in which it happened, from any place on."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass

from hypertui.journal.history import History
from hypertui.journal.records import (
    AccountRecord,
    AlarmRecord,
    CommandRecord,
    InputRecord,
    MarkRecord,
    ReconciliationRecord,
    RulesRecord,
    TradeRecord,
)

# What was only seen is written down a little later than it was seen: it is put in its place by its time.
_STORY = (RulesRecord, InputRecord, CommandRecord, AlarmRecord, ReconciliationRecord)
_SEEN = (MarkRecord, AccountRecord)

Told = (
    RulesRecord
    | InputRecord
    | CommandRecord
    | AlarmRecord
    | ReconciliationRecord
    | MarkRecord
    | AccountRecord
)


@dataclass(frozen=True, slots=True)
class RowPlace:
    """A place between two rows: the numbers of the last rows before it, and its time (ms)."""

    story: int = 0
    seen: int = 0
    at: int = 0


class Timeline:
    """The rows of one trade."""

    def __init__(self, journal: History, trade: TradeRecord) -> None:
        self.trade = trade
        self._journal = journal

    def first_rules(self) -> RulesRecord | None:
        """What its first start went by; None where none took it up."""
        return next(self._journal.rules(self.trade.id), None)

    def has_inputs(self) -> bool:
        """Whether there is anything to replay."""
        return next(self._journal.inputs(self.trade.id), None) is not None

    def end(self) -> int:
        """When the trade ended, or the newest row was written (ms). Raises JournalError."""
        end = self.trade.ended_at or self.trade.started_at
        for kind in (*_STORY, *_SEEN):
            for record in self._journal.newest(self.trade.id, [kind], 1):
                assert isinstance(record, kind), "it was asked for"
                end = max(end, record.at)
        return end

    def after(self, place: RowPlace) -> Iterator[tuple[RowPlace, Told]]:
        """The rows after a place, each with the place just behind it. Time never goes back, whatever the
        clock of then did. Raises JournalError."""
        streams = (self._story(place), self._seen(place))
        at, story, seen = place.at, place.story, place.seen
        for row_at, number, record in heapq.merge(*streams, key=lambda row: row[0]):
            at = max(at, row_at)
            if isinstance(record, MarkRecord | AccountRecord):
                seen = number
            else:
                story = number
            yield RowPlace(story, seen, at), record

    def _story(self, place: RowPlace) -> Iterator[tuple[int, int, Told]]:
        at = place.at
        for number, record in self._journal.told(self.trade.id, _STORY, place.story):
            assert isinstance(record, _STORY), "they were asked for"
            at = max(at, record.at)  # what was written later came later
            yield at, number, record

    def _seen(self, place: RowPlace) -> Iterator[tuple[int, int, Told]]:
        at = place.at
        for number, record in self._journal.told(self.trade.id, _SEEN, place.seen):
            assert isinstance(record, _SEEN), "they were asked for"
            at = max(at, record.at)
            yield at, number, record
