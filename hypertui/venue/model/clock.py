"""Market time: how far the prices have come, at a speed that can be changed, stopped or skipped ahead."""

from __future__ import annotations


class MarketClock:
    """Counts ms of market time from `began`; `speed` is market seconds per second. Readings of the wall clock
    are in seconds from any point and never go back."""

    def __init__(self, speed: float, began: int, wall: float) -> None:
        self._speed = speed
        self._time = float(began)
        self._wall = wall
        self._paused = False

    @property
    def speed(self) -> float:
        """Market seconds per second, while it is not paused."""
        return self._speed

    @property
    def paused(self) -> bool:
        """Whether market time stands still."""
        return self._paused

    def begin(self, wall: float) -> None:
        """Count from now on: what has passed until now has not."""
        self._wall = wall

    def read(self, wall: float) -> int:
        """The market time in ms."""
        if not self._paused:
            self._time += (wall - self._wall) * 1000 * self._speed
        self._wall = wall
        return int(self._time)

    def pause(self, wall: float) -> None:
        """Stand still; to do so twice is no error."""
        self.read(wall)
        self._paused = True

    def resume(self, wall: float) -> None:
        """Go on; to do so twice is no error."""
        self.read(wall)
        self._paused = False

    def set_speed(self, speed: float, wall: float) -> None:
        """Go on at another speed, once it is not paused."""
        self.read(wall)
        self._speed = speed

    def skip(self, seconds: float) -> None:
        """Be so many market seconds further, paused or not."""
        self._time += seconds * 1000
