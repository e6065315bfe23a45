"""The same ledger, kept up to date while fills come in: in whatever order, and however often each."""

from __future__ import annotations

from collections.abc import Sequence

from hypertui.journal.fill_order import Key, check_same, key_of
from hypertui.journal.records import FillRecord
from hypertui.journal.rows import BookedFill
from hypertui.ledger.derivation import MarketBook, derive


class LiveLedger:
    """The fills of one market. What comes after all that is settled is booked on top of it; anything else,
    and whatever shares its millisecond with what is settled, has the whole worked out anew."""

    def __init__(self) -> None:
        self._fills: dict[Key, FillRecord] = {}
        self._new: list[FillRecord] = []
        self._book = MarketBook()
        self._booked: list[BookedFill] = []

    def add(self, fill: FillRecord) -> bool:
        """Take a fill; False if it was known. Raises LedgerError for another one under the same key."""
        known = self._fills.setdefault(key_of(fill), fill)
        if known is not fill:
            check_same(known, fill)
            return False
        self._new.append(fill)
        return True

    @property
    def book(self) -> MarketBook:
        """Inventory and totals, with all fills taken."""
        self._settle()
        return self._book

    @property
    def booked(self) -> Sequence[BookedFill]:
        """All fills in order, with what they came to."""
        self._settle()
        return self._booked

    def _settle(self) -> None:
        if not self._new:
            return
        new = sorted(self._new, key=key_of)
        self._new = []
        if self._booked and new[0].time <= self._booked[-1].fill.time:
            self._book, self._booked = MarketBook(), []
            new = sorted(self._fills.values(), key=key_of)
        self._booked += derive(new, self._book)
