"""How long the present piece of work on a database may take."""

from __future__ import annotations

import math
import time

_LONGEST = 3600.0  # seconds; drivers take no infinity


class Deadline:
    """A moment that moves: set anew for each piece of work, read by whatever waits for the database. Until it
    is first set there is none."""

    def __init__(self) -> None:
        self.seconds = _LONGEST
        self._at = math.inf

    def set(self, seconds: float) -> None:
        """From now on work may take `seconds`."""
        self.seconds = seconds
        self._at = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds that remain, never below 0."""
        return min(_LONGEST, max(0.0, self._at - time.monotonic()))
