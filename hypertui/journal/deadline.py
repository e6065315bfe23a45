"""The deadline of the current unit of work on a database."""

from __future__ import annotations

import math
import time

_LONGEST = 3600.0  # seconds; drivers take no infinity


class Deadline:
    """Set anew for each unit of work, and read by whatever waits for the database. There is none until it is
    first set."""

    def __init__(self) -> None:
        self.seconds = _LONGEST
        self._at = math.inf

    def set(self, seconds: float) -> None:
        """Work may take `seconds` from now on."""
        self.seconds = seconds
        self._at = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds left, never below 0."""
        return min(_LONGEST, max(0.0, self._at - time.monotonic()))
