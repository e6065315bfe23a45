"""The price as it went: what is known of it in each of a chart's columns, drawn in dots of Braille."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from hypertui.port.prices import PriceSeries

_LEFT, _RIGHT = (0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80)
_BRAILLE = 0x2800
DOTS_DOWN = 4  # in a cell
_BRIDGED = 30_000  # ms without a price that are no gap yet


class Sample(NamedTuple):
    """The price in the `every` ms before `at`; a chart needs no exact numbers."""

    at: int
    every: int
    low: float
    high: float
    close: float


def samples(prices: Sequence[tuple[int, Decimal]], coarser: Sequence[PriceSeries]) -> list[Sample]:
    """All that is known of the price, oldest first, of single prices (at, price) and of series; where finer
    prices are known, these."""
    plain = ((at, float(price)) for at, price in prices)
    finest = [Sample(at, 0, price, price, price) for at, price in plain]
    parts, first = [finest], finest[0].at if finest else None
    for series in coarser:
        every = series.every
        older = [
            Sample(each.at + every, every, float(each.low), float(each.high), float(each.close))
            for each in series.candles
            if first is None or each.at + every <= first
        ]
        if older:
            parts.append(older)
            first = older[0].at - every
    return [sample for part in reversed(parts) for sample in part]


class Extent(NamedTuple):
    """The lowest and the highest price of a column, and the last one."""

    low: float
    high: float
    close: float


def columns(known: Sequence[Sample], since: float, until: float, count: int) -> list[Extent | None]:
    """The price in each of `count` columns between two moments (ms); None where nothing is known of it.
    Between two prices of which nothing is missing the line goes straight."""
    found: list[Extent | None] = [None] * count
    width = (until - since) / count
    before: Sample | None = None
    for sample in known:
        at = int((sample.at - since) // width)
        if before is not None and at >= 0:
            gap = sample.at - before.at
            if gap <= max(3 * sample.every, _BRIDGED):
                _bridge(found, before, sample, since, width)
        if 0 <= at < count:
            _add(found, at, sample.low, sample.high, sample.close)
        before = sample
        if sample.at > until:
            break
    return found


def _bridge(found: list[Extent | None], one: Sample, other: Sample, since: float, width: float) -> None:
    first, last = int((one.at - since) // width) + 1, int((other.at - since) // width)
    for column in range(max(first, 0), min(last, len(found))):
        at = since + (column + 0.5) * width
        price = one.close + (other.close - one.close) * (at - one.at) / (other.at - one.at)
        _add(found, column, price, price, price)


def _add(found: list[Extent | None], column: int, low: float, high: float, close: float) -> None:
    known = found[column]
    found[column] = (
        Extent(low, high, close)
        if known is None
        else Extent(min(known.low, low), max(known.high, high), close)
    )


def drawn(course: Sequence[Extent | None], height: int, down: Callable[[float], float]) -> list[str]:
    """The course as `height` rows of Braille, two columns to a cell, blank where there is nothing; `down`
    says how many rows a price lies below the top."""
    cells = [[0] * (len(course) // 2) for _ in range(height)]
    for column, first, last in _strokes(course, height, down):
        bits = (_LEFT, _RIGHT)[column % 2]
        for dot in range(first, last + 1):
            cells[dot // DOTS_DOWN][column // 2] |= bits[dot % DOTS_DOWN]
    return ["".join(chr(_BRAILLE + cell) if cell else " " for cell in row) for row in cells]


def _strokes(
    course: Sequence[Extent | None], height: int, down: Callable[[float], float]
) -> Iterator[tuple[int, int, int]]:
    """Each column with its topmost and lowest dot, joined to the one before; none outside of the picture."""
    lowest = height * DOTS_DOWN - 1
    before: int | None = None  # the last dot of the column before
    for column, extent in enumerate(course):
        if extent is None:
            before = None
            continue
        low, high, close = extent
        top = bottom = last = int(down(high) * DOTS_DOWN // 1)
        if low != high:  # in most columns the price is a single one
            bottom, last = int(down(low) * DOTS_DOWN // 1), int(down(close) * DOTS_DOWN // 1)
        if before is not None:
            top, bottom = min(top, before + 1), max(bottom, before - 1)
        before = last
        if bottom >= 0 and top <= lowest:
            yield column, max(top, 0), min(bottom, lowest)
