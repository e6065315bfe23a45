"""Price files: what a backtest walks and the local venue replays.

Understood, plain or gzipped: CSV with the columns `time,price`, or `price` alone, or candles
`timestamp,open,high,low,close` (further columns are ignored), and Hyperliquid's `candleSnapshot` JSON. Times
are milliseconds since the Unix epoch, seconds when below 10^11, or ISO 8601 (UTC unless it says otherwise).
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from pathlib import Path

from hypertui.market import LARGEST_POWER, SMALLEST_POWER

_GZIP_MAGIC = b"\x1f\x8b"
_SECONDS_BELOW = 10**11
_LAST_TIME = 253_402_300_799_999  # the end of the year 9999
_CANDLE_COLUMNS = ("open", "high", "low", "close")
_STEP_WITHOUT_TIMES = 1000
_QUOTED = 60  # characters of a cell that a message repeats


class SeriesError(ValueError):
    """A price file that cannot be used; the text is one line that names the file, the row and the figure."""


@dataclass(frozen=True, slots=True)
class Series:
    """Prices to walk, oldest first, and the time of each in ms. A candle is four prices."""

    prices: tuple[Decimal, ...]
    times: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    place: str  # "line 7" or "candle 7"
    time: int | None
    prices: tuple[Decimal, ...]


def load_series(path: Path) -> Series:
    """Read a price file. Raises SeriesError for one that is missing, empty, malformed, not in order of time,
    or has fewer than two rows."""
    text = _read(path)
    try:
        is_json = text.lstrip()[:1] in ("[", "{")
        return _walk(list(_json_rows(text) if is_json else _csv_rows(text)))
    except SeriesError as error:
        raise SeriesError(f"{path}: {error}") from None


def _read(path: Path) -> str:
    try:
        data = path.read_bytes()
        if data.startswith(_GZIP_MAGIC):
            data = gzip.decompress(data)
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise SeriesError(f"{path}: the gzip data is damaged") from None
    except OSError as error:
        raise SeriesError(f"{path}: cannot be read: {error.strerror or error}") from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SeriesError(f"{path}: is not a text file") from None
    if not text.strip():
        raise SeriesError(f"{path}: is empty")
    return text


def _csv_rows(text: str) -> Iterator[_Row]:
    reader = csv.reader(io.StringIO(text, newline=None))
    lines = enumerate(reader, start=1)
    try:
        yield from _table_rows(lines)
    except csv.Error as error:
        raise SeriesError(f"line {reader.line_num}: is not CSV: {error}") from None


def _table_rows(lines: Iterator[tuple[int, list[str]]]) -> Iterator[_Row]:
    header = [name.strip().lower() for name in next(lines)[1]]
    if all(name in header for name in _CANDLE_COLUMNS):
        columns = [header.index(name) for name in _CANDLE_COLUMNS]
    elif "price" in header:
        columns = [header.index("price")]
    else:
        raise SeriesError(
            f"line 1: no column 'price' and no open, high, low, close, but {_quoted(','.join(header))}"
        )
    time_column = next((header.index(name) for name in ("time", "timestamp") if name in header), None)
    for line, cells in lines:
        if not cells:
            continue
        place = f"line {line}"
        if len(cells) != len(header):
            raise SeriesError(f"{place}: {len(cells)} cells, the header has {len(header)}")
        time = None if time_column is None else _time(cells[time_column], place)
        yield _row(place, time, [cells[column] for column in columns])


def _json_rows(text: str) -> Iterator[_Row]:
    try:
        candles = json.loads(text, parse_float=str, parse_int=str)
    except (ValueError, RecursionError) as error:
        raise SeriesError(f"is not JSON: {error}") from None
    if not isinstance(candles, list):
        raise SeriesError("is JSON, but not a list of candles")
    for number, candle in enumerate(candles, start=1):
        place = f"candle {number}"
        if not isinstance(candle, dict) or any(key not in candle for key in "tohlc"):
            raise SeriesError(f"{place}: needs the keys t, o, h, l, c")
        yield _row(place, _time(str(candle["t"]), place), [str(candle[key]) for key in "ohlc"])


def _row(place: str, time: int | None, cells: Sequence[str]) -> _Row:
    prices = tuple(_price(cell, place) for cell in cells)
    if len(prices) == 1:
        return _Row(place, time, prices)
    opened, high, low, close = prices
    if not (low <= opened <= high and low <= close <= high):
        raise SeriesError(f"{place}: open {opened} or close {close} lies outside low {low} to high {high}")
    # The order in which a candle's prices were touched is not known; the nearer extreme first is customary.
    return _Row(place, time, (opened, low, high, close) if close >= opened else (opened, high, low, close))


def _price(cell: str, place: str) -> Decimal:
    try:
        price = Decimal(cell.strip())
    except InvalidOperation:
        raise SeriesError(f"{place}: price {_quoted(cell)} is not a number") from None
    if not price.is_finite() or price <= 0:
        raise SeriesError(f"{place}: price {_quoted(cell)} is not above 0")
    if not SMALLEST_POWER <= price.adjusted() <= LARGEST_POWER:
        raise SeriesError(f"{place}: price {_quoted(cell)} is beyond reason")
    return price


def _time(cell: str, place: str) -> int:
    try:
        stamp = Decimal(cell.strip())
        if stamp.is_finite() and stamp < _SECONDS_BELOW:
            stamp *= 1000
    except InvalidOperation:
        stamp = _iso_time(cell, place)
    if not stamp.is_finite() or not 0 <= stamp <= _LAST_TIME:
        raise SeriesError(f"{place}: time {_quoted(cell)} is not a time")
    return int(stamp)


def _iso_time(cell: str, place: str) -> Decimal:
    try:
        moment = datetime.fromisoformat(cell.strip())
    except ValueError:
        raise SeriesError(f"{place}: time {_quoted(cell)} is not a time") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return Decimal(round(moment.timestamp() * 1000))


def _quoted(cell: str) -> str:
    return repr(cell.strip() if len(cell) <= _QUOTED else f"{cell[:_QUOTED]}…")


def _walk(rows: Sequence[_Row]) -> Series:
    if len(rows) < 2:
        found = "1 row" if len(rows) == 1 else f"{len(rows)} rows"
        raise SeriesError(f"has {found} of prices, at least 2 are needed")
    times = [index * _STEP_WITHOUT_TIMES if row.time is None else row.time for index, row in enumerate(rows)]
    for row, (before, time) in zip(rows[1:], pairwise(times), strict=True):
        if time < before:
            raise SeriesError(f"{row.place}: time {time} is before that of the row above, {before}")
    per_row = len(rows[0].prices)
    interval = min((time - before for before, time in pairwise(times) if time > before), default=per_row)
    spans = [interval if after > time else 0 for time, after in pairwise(times)] + [interval]
    return Series(
        prices=tuple(price for row in rows for price in row.prices),
        times=tuple(
            time + span * part // per_row
            for time, span in zip(times, spans, strict=True)
            for part in range(per_row)
        ),
    )
