"""A replay as the screens know it: where it is, and what moves it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class ReplayOrder(StrEnum):
    """What moves a replay."""

    PAUSE = "pause"  # or go on
    FASTER = "faster"
    SLOWER = "slower"
    NEXT = "next"  # move or fill
    PREVIOUS = "previous"
    END = "end"


@dataclass(frozen=True, slots=True)
class ReplayState:
    """Where it is: `at` (ms) between `begin` and `end`, `speed` seconds of then to one of now. `turns` counts
    how often it has gone back: events that were shown are to come again then. `problem` says what keeps it
    from going on."""

    at: int
    begin: int
    end: int
    speed: float
    runs: bool
    turns: int = 0
    problem: str = ""

    @property
    def over(self) -> bool:
        """Whether it has come to the end."""
        return self.at >= self.end


class ReplayPort(Protocol):
    """The controls of a replay; to be used from any thread. What is ordered is done soon."""

    @property
    def replay(self) -> ReplayState:
        """Where it is now."""

    def order(self, order: ReplayOrder) -> None:
        """Move it."""

    def seek(self, at: int) -> None:
        """Go to a time (ms)."""
