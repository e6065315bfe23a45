"""Dates other than ISO 8601: 31/01/2025 - 15:30:00, 2025/01/31, 31.01.2025, Jan 31, 2025, with AM and PM.

Whether the day or the month comes first is found from all dates of a file together, never from one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_CLOCK = (
    r"(?:[\s,TtDd-]+(?P<hour>\d{1,2})(?::(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?)?"
    r"(?:[\s-]*(?P<half>[AaPp])[Mm])?)?\s*(?P<zone>Z|(?:UTC|GMT)?(?:[+-]\d{2}:?\d{2})?)"
)
_NUMBERS = re.compile(
    r"(?P<first>\d{1,4})(?P<mark>[-/.])(?P<middle>\d{1,2})(?P=mark)(?P<last>\d{1,4})" + _CLOCK
)
_NAME = r"(?P<name>[A-Za-z]{3,9})\.?"
_NAMED = (
    re.compile(r"(?P<day>\d{1,2})[-\s]+" + _NAME + r"[-\s,]+(?P<year>\d{4})" + _CLOCK),
    re.compile(_NAME + r"\s+(?P<day>\d{1,2}),?\s+(?P<year>\d{4})" + _CLOCK),
)
_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class Undecided(ValueError):
    """Dates that may begin with the day or with the month."""


@dataclass(frozen=True, slots=True)
class _Date:
    year: int
    one: int  # the month, or of two numbers the first
    two: int  # the day, or of two numbers the second
    is_open: bool  # whether the two may be the other way round
    clock: timedelta  # since midnight UTC

    def time(self, *, day_first: bool) -> int | None:
        month, day = (self.two, self.one) if self.is_open and day_first else (self.one, self.two)
        try:
            midnight = datetime(self.year, month, day, tzinfo=UTC)
        except ValueError:
            return None
        return (midnight - _EPOCH + self.clock) // _MILLISECOND


def dates(cells: Sequence[str], notes: list[str]) -> list[int | None]:
    """Milliseconds since the Unix epoch, None for what is not a date. Raises Undecided."""
    read = [_read(cell) for cell in cells]
    month_first, day_first = (
        [None if date is None else date.time(day_first=which) for date in read] for which in (False, True)
    )
    if month_first == day_first:
        return month_first
    sound = [times for times in (month_first, day_first) if None not in times]
    if len(sound) != 1:
        in_order = [times for times in sound if _is_in_order(times)]
        sound = in_order or sound
    if len(sound) == 2 and _steps(sound[0]) != _steps(sound[1]):
        raise Undecided(f"time {cells[0]!r} may begin with the day or with the month")
    if not sound:
        return month_first if None not in month_first[:1] else day_first
    which = "month" if sound[0] is month_first else "day"
    notes.append(f"dates such as {cells[0]!r} begin with the {which}")
    return sound[0]


def _is_in_order(times: Sequence[int | None]) -> bool:
    known = [time for time in times if time is not None]
    return known in (sorted(known), sorted(known, reverse=True))


def _steps(times: Sequence[int | None]) -> list[int]:
    known = [time for time in times if time is not None]
    return [time - known[0] for time in known]


def _read(cell: str) -> _Date | None:
    if match := _NUMBERS.fullmatch(cell):
        clock = _clock(match)
        first, middle, last = match["first"], int(match["middle"]), match["last"]
        if clock is None:
            return None
        if len(first) == 4:
            return _Date(int(first), middle, int(last), False, clock) if len(last) <= 2 else None
        if len(last) != 4 or len(first) > 2:
            return None
        if match["mark"] == ".":  # so are only dates that begin with the day
            return _Date(int(last), middle, int(first), False, clock)
        return _Date(int(last), int(first), middle, True, clock)
    for form in _NAMED:
        if match := form.fullmatch(cell):
            clock = _clock(match)
            name = match["name"].lower()
            month = next((number for number, full in enumerate(_MONTHS, 1) if full.startswith(name)), None)
            if clock is None or month is None:
                return None
            return _Date(int(match["year"]), month, int(match["day"]), False, clock)
    return None


def _clock(match: re.Match[str]) -> timedelta | None:
    hour, minute, second = (int(match[part] or 0) for part in ("hour", "minute", "second"))
    if match["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if match["half"] in "Pp" else 0)
    elif match["hour"] and not match["minute"]:
        return None
    if hour > 23 or minute > 59 or second > 59:
        return None
    zone = re.sub(r"[^0-9+-]", "", match["zone"])
    ahead = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:])) if zone else timedelta()
    fraction = timedelta(microseconds=int((match["fraction"] or "0").ljust(6, "0")[:6]))
    clock = timedelta(hours=hour, minutes=minute, seconds=second) + fraction
    return clock + ahead if zone.startswith("-") else clock - ahead
