"""A share of each day's profit that is put aside: how far that has come, and which day is due when."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum

DAY = 86_400_000  # ms
DUE = 5 * 60_000  # ms after midnight, UTC, from which on the day before is due


class AccumulationState(StrEnum):
    """What has become of a day's share."""

    SENDING = "SENDING"  # written down, and perhaps sent: whether it has moved is asked for
    MOVED = "MOVED"
    SKIPPED = "SKIPPED"  # nothing was sent
    FAILED = "FAILED"  # it was to move, and has not

    @property
    def is_final(self) -> bool:
        """Whether nothing comes after it."""
        return self is not AccumulationState.SENDING


def due_day(now: int) -> int | None:
    """The beginning (ms) of the UTC day whose share is due at `now` (ms); None in the first minutes of a day,
    in which the one before is not settled yet."""
    midnight = now // DAY * DAY
    return midnight - DAY if now - midnight >= DUE else None


def day_name(at: int) -> str:
    """The UTC day of a time (ms), such as 2026-01-31."""
    return datetime.fromtimestamp(at // 1_000, UTC).date().isoformat()
