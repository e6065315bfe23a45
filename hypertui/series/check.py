"""What is wrong with a series, in words: gaps, duplicates, outliers, flat stretches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hypertui.core.market import plain
from hypertui.core.price_series.walk import LEFT_OUT
from hypertui.series.check_words import moment, span
from hypertui.series.ticks import Ticks

_MINUTE = 60_000  # ms
_LONG_GAP = 100  # intervals between two single prices that are a gap
_FAR = 20  # a move so many times the usual one, there and back at once, is an outlier
_FAR_AT_LEAST = 0.005  # relative
_MEDIAN_OF_NORMAL = 0.6745  # of the size of a standard normal
_FLAT_ROWS = 60  # candles without a range, one after the other
_FLAT_PRICES = 1_000  # single prices that are the same, one after the other …
_FLAT_TIME = 10 * _MINUTE  # … for so long


@dataclass(frozen=True, slots=True)
class SeriesFault:
    """One kind of fault: `gaps`, `duplicates`, `order`, `outliers` or `flat`; how often, and a line that says
    where and how bad."""

    kind: str
    count: int
    text: str


def faults(ticks: Ticks) -> tuple[SeriesFault, ...]:
    """The faults of a series. Its order is in order: the loader refuses another one."""
    closes = ticks.prices[ticks.per_row - 1 :: ticks.per_row].astype(np.float64)
    times = None if ticks.times is None else ticks.times[:: ticks.per_row]
    found = [
        _gaps(ticks, times),
        *_duplicates(ticks, times),
        _outliers(ticks, closes, times),
        _flat(ticks, closes, times),
    ]
    return tuple(fault for fault in found if fault is not None)


def _gaps(ticks: Ticks, times: NDArray[np.int64] | None) -> SeriesFault | None:
    if times is None:
        return None
    spans = np.diff(times)
    usual = spans[spans > 0]
    if not len(usual):
        return None
    if ticks.per_row > 1:
        values, counts = np.unique(usual, return_counts=True)
        interval = int(values[np.argmax(counts)])
        gaps = np.flatnonzero(spans > interval)
        missing = int((spans[gaps] // interval - 1).sum())
        what = f"{missing:,} candles of {span(interval)} are missing in {_counted(len(gaps), 'gap')}"
    else:
        interval = int(np.median(usual))
        gaps = np.flatnonzero(spans > max(_LONG_GAP * interval, _MINUTE))
        what = f"{_counted(len(gaps), 'gap')} of more than {span(max(_LONG_GAP * interval, _MINUTE))}"
    if not len(gaps):
        return None
    longest = gaps[np.argmax(spans[gaps])]
    return SeriesFault(
        "gaps",
        len(gaps),
        f"{what}; the longest, {span(int(spans[longest]))}, from {moment(int(times[longest]))}",
    )


def _duplicates(ticks: Ticks, times: NDArray[np.int64] | None) -> list[SeriesFault]:
    twice = [note for note in ticks.notes if note.endswith(LEFT_OUT)]
    found = [SeriesFault("duplicates", int(note.split()[0].replace(",", "")), note) for note in twice]
    if times is None:
        return found
    same = np.diff(times) == 0
    if ticks.per_row == 1:  # of one time there may be several trades, but hardly one a second time
        same &= np.diff(ticks.prices) == 0
        what = "with time and price of the row before"
    else:
        what = "with the time of the row before and other prices"
    if count := int(same.sum()):
        first = moment(int(times[int(np.argmax(same)) + 1]))
        found.append(
            SeriesFault("duplicates", count, f"{_counted(count, 'row')} {what}; the first at {first}")
        )
    return found


def _outliers(
    ticks: Ticks, closes: NDArray[np.float64], times: NDArray[np.int64] | None
) -> SeriesFault | None:
    """Prices that are far from both neighbours, on one side, while these are near each other; and of candles
    the wicks that are as far from open and close."""
    moves = np.diff(np.log(closes))
    limit = max(_FAR * _usual(moves), _FAR_AT_LEAST)
    there, back = moves[:-1], moves[1:]
    far = np.minimum(np.abs(there), np.abs(back))
    is_spike = (far > limit) & (there * back < 0) & (np.abs(there + back) < far / 2)
    rows, sizes = np.flatnonzero(is_spike) + 1, far[is_spike]
    if ticks.per_row > 1:
        candles = np.log(ticks.prices.reshape(-1, ticks.per_row).astype(np.float64))
        body_high, body_low = (
            np.maximum(candles[:, 0], candles[:, -1]),
            np.minimum(candles[:, 0], candles[:, -1]),
        )
        wicks = np.maximum(candles.max(axis=1) - body_high, body_low - candles.min(axis=1))
        is_long = wicks > limit
        rows, sizes = np.append(rows, np.flatnonzero(is_long)), np.append(sizes, wicks[is_long])
    if not len(rows):
        return None
    worst = int(rows[np.argmax(sizes)])
    where = f"row {worst + 1:,}" if times is None else moment(int(times[worst]))
    price = plain(ticks.price(worst * ticks.per_row + (ticks.per_row - 1)))
    what = f"{_counted(len(rows), 'price')} more than {limit:.2%} from both sides of it"
    return SeriesFault(
        "outliers", len(rows), f"{what}; the worst, {sizes.max():.2%} at {where} (closes at {price})"
    )


def _usual(moves: NDArray[np.float64]) -> float:
    """The size of a usual move, whatever the largest are."""
    sizes = np.abs(moves[moves != 0])
    return (
        float(np.median(sizes)) / 0.6745 if len(sizes) else 0.0
    )  # of a normal, the median and its deviation


def _flat(ticks: Ticks, closes: NDArray[np.float64], times: NDArray[np.int64] | None) -> SeriesFault | None:
    rests = np.diff(closes) == 0
    if ticks.per_row > 1:
        rows = ticks.prices.reshape(-1, ticks.per_row)
        rests &= rows[1:].max(axis=1) == rows[1:].min(axis=1)
    edges = np.diff(np.concatenate(([0], rests.astype(np.int8), [0])))
    begins, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    is_long = ends - begins >= (_FLAT_ROWS if ticks.per_row > 1 else _FLAT_PRICES)
    if ticks.per_row == 1 and times is not None:
        is_long &= times[ends] - times[begins] >= _FLAT_TIME
    begins, ends = begins[is_long], ends[is_long]
    if not len(begins):
        return None
    at = int(np.argmax(ends - begins))
    begin, end = int(begins[at]), int(ends[at])
    where = f"row {begin + 1:,}" if times is None else moment(int(times[begin]))
    how_long = f"{end - begin:,} rows" if times is None else span(int(times[end] - times[begin]))
    price = plain(ticks.price((begin + 1) * ticks.per_row - 1))
    what = f"{_counted(len(begins), 'stretch', 'stretches')} of one price"
    return SeriesFault("flat", len(begins), f"{what}; the longest, {how_long} at {price} from {where}")


def _counted(count: int, one: str, many: str = "") -> str:
    return f"1 {one}" if count == 1 else f"{count:,} {many or one + 's'}"
