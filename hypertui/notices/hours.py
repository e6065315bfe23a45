"""Hours of the day (UTC): those in which no warning goes out, and the one of the daily report."""

from __future__ import annotations

import re
from dataclasses import dataclass

DAY = 86_400_000  # ms
_MINUTE = 60_000
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


def time_of_day(text: str) -> int:
    """ms since midnight of a time such as 22:00. Raises ValueError for anything else."""
    found = _TIME.fullmatch(text.strip())
    if found is None:
        raise ValueError("is not a time of the day such as 22:00")
    return (int(found[1]) * 60 + int(found[2])) * _MINUTE


def latest(now: int, of_day: int) -> int:
    """When it last was this time of the day (ms since midnight), up to `now` (ms)."""
    return now - (now - of_day) % DAY


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `first` to `last` (ms since midnight, the end not included), over midnight where that is less."""

    first: int
    last: int

    @classmethod
    def parse(cls, text: str) -> QuietHours:
        """Hours such as 22:00-07:00. Raises ValueError for anything else, and for those that are empty."""
        first, _, last = text.partition("-")
        try:
            hours = cls(time_of_day(first), time_of_day(last))
        except ValueError:
            raise ValueError("is not a span of the day such as 22:00-07:00") from None
        if hours.first == hours.last:
            raise ValueError("begins when it ends: leave it out for none")
        return hours

    def hold(self, now: int) -> bool:
        """Whether it is one of them at `now` (ms)."""
        return (now - self.first) % DAY < (self.last - self.first) % DAY
