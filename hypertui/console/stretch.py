"""How much of the past a chart shows."""

from __future__ import annotations

from enum import Enum

from hypertui.console import format as fmt
from hypertui.port.snapshot import Snapshot


class Stretch(Enum):
    """How much of the past a chart shows: its name and length in ms; all of a trade has none of its own."""

    MINUTE = ("1 min", fmt.MINUTE)
    MINUTES = ("5 min", 5 * fmt.MINUTE)
    QUARTER = ("15 min", 15 * fmt.MINUTE)
    HOUR = ("1 h", fmt.HOUR)
    HOURS = ("4 h", 4 * fmt.HOUR)
    DAY = ("1 day", fmt.DAY)
    WEEK = ("1 week", 7 * fmt.DAY)
    TRADE = ("whole trade", 0)

    def __init__(self, words: str, ms: int) -> None:
        self.words = words
        self._ms = ms

    def length(self, snapshot: Snapshot, now: int) -> int:
        """Its length in ms; that of a trade since its first fill that is still told of."""
        if self is not Stretch.TRADE:
            return self._ms
        known = snapshot.fills[-1].at if snapshot.fills else snapshot.started_at
        return max(now - known, fmt.MINUTE)

    def stepped(self, by: int) -> Stretch:
        """The next longer or shorter one, if there is one."""
        all_ = list(Stretch)
        return all_[max(0, min(all_.index(self) + by, len(all_) - 1))]
