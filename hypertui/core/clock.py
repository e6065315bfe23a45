"""The time of a process: shown as the wall clock had it at the start, and passing as no hand can set it."""

from __future__ import annotations

import time
from collections.abc import Callable


def wall_ms() -> int:
    """Milliseconds since the Unix epoch, as somebody has set them."""
    return time.time_ns() // 1_000_000


def steady_ms() -> int:
    """Milliseconds of a clock that nobody sets and that goes on while the machine sleeps; the same for all
    processes of this machine."""
    return time.clock_gettime_ns(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)) // 1_000_000


class SteadyClock:
    """Milliseconds since the Unix epoch that never jump: whatever becomes of the wall clock, an age is an
    age, a period a period, and how far the exchange's clock is away stays as it was measured."""

    def __init__(self, wall: Callable[[], int] = wall_ms, steady: Callable[[], int] = steady_ms) -> None:
        self._wall = wall
        self._steady = steady
        self._anchor = wall() - steady()

    def __call__(self) -> int:
        """The time now."""
        return self._anchor + self._steady()

    def set_by(self) -> int:
        """How far the wall clock has been set since the start (ms), negative for back."""
        return self._wall() - self()


CLOCK = SteadyClock()  # of this process, whose parts tell each other times
