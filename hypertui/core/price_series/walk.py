"""From rows to a walk: oldest first, each candle once, and within a candle the nearer extreme first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice, pairwise
from operator import eq, ge, le
from typing import TypeAlias

from hypertui.core.price_series.errors import OutOfOrder, SeriesError

_STEP_WITHOUT_TIMES = 1000
_ROWS_TO_TELL = 3  # two rows the wrong way round may be a slip
_FAR = 3  # a price so many times the one before is worth a word

LEFT_OUT = "there twice: left out"
"""How the note ends that tells of candles which are there twice."""

Place: TypeAlias = Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Series:
    """Prices to walk, oldest first, and the time of each in ms. A candle is four prices, `per_row`. `notes`
    say, a sentence each, what was not self-evident in the file. Without `timed` the file has no times, and
    they only count."""

    prices: tuple[Decimal, ...]
    times: tuple[int, ...]
    notes: tuple[str, ...] = field(default=(), compare=False)
    per_row: int = field(default=1, compare=False)
    timed: bool = field(default=True, compare=False)

    @property
    def rows(self) -> int:
        """How many candles or single prices there are."""
        return len(self.prices) // self.per_row


def walk(
    columns: Sequence[Sequence[Decimal]], times: Sequence[int] | None, place: Place, notes: list[str]
) -> Series:
    """The walk over rows whose prices are one column, or open, high, low, close; `place` names a row. Raises
    SeriesError for a candle that is none, and for times that go forth and back."""
    if len(columns) > 1:
        _check_candles(columns, place)
    timed = times is not None
    if times is None:
        times = range(0, len(columns[0]) * _STEP_WITHOUT_TIMES, _STEP_WITHOUT_TIMES)
        notes.append("no column of time: walked from top to bottom, a row a second")
    else:
        columns, times = _in_order(columns, times, place, notes)
    prices = tuple(columns[0] if len(columns) == 1 else _touched(columns))
    _tell_a_jump(columns, prices, notes)
    return Series(prices, _spread(times, len(columns)), tuple(notes), len(columns), timed)


def _check_candles(columns: Sequence[Sequence[Decimal]], place: Place) -> None:
    for index, (opened, high, low, close) in enumerate(zip(*columns, strict=True)):
        if not (low <= opened <= high and low <= close <= high):
            raise SeriesError(
                f"{place(index)}: open {opened} or close {close} lies outside low {low} to high {high}"
            )


def _touched(columns: Sequence[Sequence[Decimal]]) -> list[Decimal]:
    """Each candle's prices in the order in which they are walked. That in which they were touched is not
    known; the nearer extreme first is customary."""
    touched: list[Decimal] = []
    for opened, high, low, close in zip(*columns, strict=True):
        touched += (opened, low, high, close) if close >= opened else (opened, high, low, close)
    return touched


def _in_order(
    columns: Sequence[Sequence[Decimal]], times: Sequence[int], place: Place, notes: list[str]
) -> tuple[Sequence[Sequence[Decimal]], Sequence[int]]:
    if not all(map(le, times, islice(times, 1, None))):
        if len(times) < _ROWS_TO_TELL or not all(map(ge, times, islice(times, 1, None))):
            raise _out_of_order(times, place)
        notes.append("newest first: turned round")
        columns, times = [column[::-1] for column in columns], times[::-1]
    same = sum(map(eq, times, islice(times, 1, None)))
    if same and len(columns) > 1:
        rows = list(zip(times, *columns, strict=True))
        kept = [0, *(index for index in range(1, len(rows)) if rows[index] != rows[index - 1])]
        if twice := len(rows) - len(kept):
            notes.append(f"{_rows(twice)} {LEFT_OUT}")
            columns = [[column[index] for index in kept] for column in columns]
            times = [times[index] for index in kept]
            same -= twice
    if same:
        notes.append(f"{_rows(same)} of the same time as the row before: walked as they come")
    return columns, times


def _rows(count: int) -> str:
    return "1 row is" if count == 1 else f"{count:,} rows are"


def _out_of_order(times: Sequence[int], place: Place) -> SeriesError:
    newest_first = len(times) >= _ROWS_TO_TELL and times[-1] < times[0]
    for index, (before, time) in enumerate(pairwise(times), start=1):
        if newest_first and time > before:
            return OutOfOrder(f"{place(index)}: time {time} is after that of the row above, {before}")
        if not newest_first and time < before:
            return OutOfOrder(f"{place(index)}: time {time} is before that of the row above, {before}")
    raise AssertionError("the times are in order")


def _tell_a_jump(columns: Sequence[Sequence[Decimal]], prices: Sequence[Decimal], notes: list[str]) -> None:
    highs, lows = (columns[0], columns[0]) if len(columns) == 1 else (columns[1], columns[2])
    if max(highs) <= _FAR * min(lows):
        return
    far = [
        (before, price)
        for before, price in pairwise(prices)
        if price > _FAR * before or before > _FAR * price
    ]
    if far:
        before, price = far[0]
        more = "" if len(far) == 1 else f", and {len(far) - 1:,} more such jumps"
        notes.append(f"the price goes from {before:f} to {price:f} at once{more}")


def _spread(times: Sequence[int], per_row: int) -> tuple[int, ...]:
    """The times of all prices, those of a row over the usual interval."""
    if per_row == 1:
        return tuple(times)
    interval = min((time - before for before, time in pairwise(times) if time > before), default=per_row)
    spans = [interval if after > time else 0 for time, after in pairwise(times)]
    spans.append(interval)
    return tuple(
        time + span * part // per_row
        for time, span in zip(times, spans, strict=True)
        for part in range(per_row)
    )
