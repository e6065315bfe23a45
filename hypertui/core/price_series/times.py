"""Times as files write them, in milliseconds since the Unix epoch.

Numbers are seconds, milliseconds, microseconds or nanoseconds by their magnitude, or 20250131, 202501311530
and the like when all of a column are; text is ISO 8601 or one of the forms of `dates`. A time without a zone
is UTC.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from itertools import pairwise

from hypertui.core.price_series.dates import Undecided, dates
from hypertui.core.price_series.errors import SeriesError, quoted

EARLIEST_USUAL = 946_684_800_000  # the year 2000: who has older prices has them in days of the calendar
_LATEST = 7_258_118_400_000  # the year 2200
# Below, a number is one of seconds, milliseconds, microseconds, nanoseconds, from the year 1973 on.
_SECONDS, _MILLIS, _MICROS, _NANOS = 10**11, 10**14, 10**17, 10**20
# How many digits a number has that may be a date.
_CALENDAR_DIGITS = frozenset({8, 10, 12, 14, 17})
_CLOCK_DIGITS = 6
_TIME_OF_DAY = re.compile(r"\d{1,2}:\d{2}\b.*")
_CALENDAR_YEARS = range(1970, 2101)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
# With a zone in words; names of other zones mean several.
_ZONES = (" UTC", " GMT", "UTC")

Place = Callable[[int], str]


def milliseconds(cells: Sequence[str], place: Place, notes: list[str]) -> list[int]:
    """The time of each row; `place` names a row. Raises SeriesError for the first that is not a time, and for
    dates of which it cannot be told whether the day comes first."""
    try:
        if "_" in "".join(cells):
            raise ValueError  # Python would read it
        stamps = list(map(int, cells))
    except ValueError:
        times = _mixed(cells, place, notes)
    else:
        times = _calendar(cells, stamps) or _scaled(cells, stamps, place)
    if min(times) < EARLIEST_USUAL:
        first = next(index for index, time in enumerate(times) if time < EARLIEST_USUAL)
        when = (_EPOCH + times[first] * _MILLISECOND).strftime("%Y-%m-%d %H:%M:%S")
        notes.append(f"{place(first)}: time {quoted(cells[first])} is taken for {when} UTC")
    return times


def looks_like_times(cells: Sequence[str]) -> bool:
    """Whether these can hardly be anything else: dates, or counts of as many digits as today's times have,
    that rise or fall throughout."""
    if cells[0].strip().isdecimal() and len(cells[0].strip()) not in (10, 13, 16, 19):
        return False
    try:
        times = milliseconds(cells, str, [])
    except SeriesError:
        return False
    steps = {(after > before) - (after < before) for before, after in pairwise(times)}
    return min(times) >= EARLIEST_USUAL and 0 not in steps and len(steps) == 1


def is_time(cell: str) -> bool:
    """Whether a cell alone can be a time of this century."""
    try:
        return milliseconds([cell], str, [])[0] >= EARLIEST_USUAL
    except SeriesError:
        return False


def together(days: Sequence[str], clocks: Sequence[str]) -> Sequence[str]:
    """Dates with the times of day beside them (9:30, 093000 or 0930); where these are no times of day, they
    are taken for the whole."""
    bare = [clock.strip() for clock in clocks]
    bare = [f"0{clock}" if clock[1:2] == ":" else clock for clock in bare]
    if _TIME_OF_DAY.fullmatch(bare[0]) is None:
        digits = max(map(len, bare))
        if digits > _CLOCK_DIGITS or not all(map(str.isdecimal, bare)):
            return clocks
        width = 4 if digits <= 4 else _CLOCK_DIGITS
        bare = [":".join(re.findall("..", clock.zfill(width))) for clock in bare]
    return [f"{day.strip()} {clock}" for day, clock in zip(days, bare, strict=True)]


def _scaled(cells: Sequence[str], stamps: Sequence[int], place: Place) -> list[int]:
    low, high = min(stamps), max(stamps)
    if low >= 0 and high < _SECONDS:
        return _checked(cells, [stamp * 1000 for stamp in stamps], place)
    if low >= _SECONDS and high < _LATEST:
        return list(stamps)
    if low >= _MILLIS and high < _MICROS:
        return _checked(cells, [stamp // 1000 for stamp in stamps], place)
    return _checked(cells, [_by_magnitude(Decimal(stamp)) for stamp in stamps], place)


def _checked(cells: Sequence[str], times: Sequence[int | None], place: Place) -> list[int]:
    checked = []
    for index, time in enumerate(times):
        if time is None or not 0 <= time < _LATEST:
            raise _not_a_time(cells[index], place(index))
        checked.append(time)
    return checked


def _by_magnitude(stamp: Decimal) -> int | None:
    if not stamp.is_finite() or not 0 <= stamp < _NANOS:
        return None
    if stamp < _SECONDS:
        return int(stamp * 1000)
    if stamp < _MILLIS:
        return int(stamp)
    return int(stamp) // (1000 if stamp < _MICROS else 1_000_000)


def _calendar(cells: Sequence[str], stamps: Sequence[int]) -> list[int] | None:
    """Numbers such as 20250131 or 20250131153000, when all of them are days of the calendar: as counts since
    1970 they would be in the year that it began, or centuries away."""
    digits = len(str(max(stamps)))
    if min(stamps) <= 0 or digits not in _CALENDAR_DIGITS or len(str(min(stamps))) != digits:
        return None
    if not all(int(str(stamp)[:4]) in _CALENDAR_YEARS for stamp in (min(stamps), max(stamps))):
        return None
    times = []
    for stamp in stamps:
        text = str(stamp).ljust(17, "0")
        year, month, day = int(text[:4]), int(text[4:6]), int(text[6:8])
        hour, minute, second, millis = int(text[8:10]), int(text[10:12]), int(text[12:14]), int(text[14:])
        try:
            moment = datetime(year, month, day, hour, minute, second, millis * 1000, UTC)
        except ValueError:
            return None
        times.append((moment - _EPOCH) // _MILLISECOND)
    return times


def _mixed(cells: Sequence[str], place: Place, notes: list[str]) -> list[int]:
    times: list[int | None] = []
    other: list[int] = []  # where neither a number nor ISO 8601 is
    for index, cell in enumerate(cells):
        text = cell.strip()
        time = _iso(text)
        if time is None:
            time = _number(text, place(index))
        if time is None:
            other.append(index)
        times.append(time)
    if other:
        try:
            read = dates([cells[index].strip() for index in other], notes)
        except Undecided as error:
            raise SeriesError(f"{place(other[0])}: {error}") from None
        for index, time in zip(other, read, strict=True):
            times[index] = time
    return _checked(cells, times, place)


def _iso(text: str) -> int | None:
    for zone in _ZONES:
        if text.endswith(zone):
            text = text.removesuffix(zone).rstrip()
            text = text if text.endswith("+0000") else f"{text}Z"
            break
    if text.isdecimal():
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // _MILLISECOND


def _number(text: str, place: str) -> int | None:
    try:
        stamp = Decimal(text)
    except InvalidOperation:
        return None
    time = None if "_" in text else _by_magnitude(stamp)
    if time is None:
        raise _not_a_time(text, place)
    return time


def _not_a_time(cell: str, place: str) -> SeriesError:
    return SeriesError(f"{place}: time {quoted(cell)} is not a time")
