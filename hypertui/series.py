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

_GZIP_MAGIC = b"\x1f\x8b"
_SECONDS_BELOW = 10**11
_CANDLE_COLUMNS = ("open", "high", "low", "close")
_STEP_WITHOUT_TIMES = 1000


class SeriesError(ValueError):
    """A price file that cannot be used; the text is one line that names the file, the row and the figure."""


@dataclass(frozen=True, slots=True)
class Series:
    """Prices to walk, oldest first, and the time of each in ms. A candle is four prices."""

    prices: tuple[Decimal, ...]
    times: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
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
    except OSError as error:
        raise SeriesError(f"{path}: cannot be read: {error.strerror or error}") from None
    except (EOFError, zlib.error):
        raise SeriesError(f"{path}: the gzip data is damaged") from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SeriesError(f"{path}: is not a text file") from None
    if not text.strip():
        raise SeriesError(f"{path}: is empty")
    return text


def _csv_rows(text: str) -> Iterator[_Row]:
    reader = csv.reader(io.StringIO(text))
    header = [name.strip().lower() for name in next(reader)]
    if all(name in header for name in _CANDLE_COLUMNS):
        columns = [header.index(name) for name in _CANDLE_COLUMNS]
    elif "price" in header:
        columns = [header.index("price")]
    else:
        raise SeriesError(
            f"line 1: no column 'price' and no open, high, low, close, but {','.join(header)!r}"
        )
    time_column = next((header.index(name) for name in ("time", "timestamp") if name in header), None)
    for line, cells in enumerate(reader, start=2):
        if not cells:
            continue
        if len(cells) != len(header):
            raise SeriesError(f"line {line}: {len(cells)} cells, the header has {len(header)}")
        time = None if time_column is None else _time(cells[time_column], line)
        yield _row(line, time, [cells[column] for column in columns])


def _json_rows(text: str) -> Iterator[_Row]:
    try:
        candles = json.loads(text, parse_float=str, parse_int=str)
    except ValueError as error:
        raise SeriesError(f"is not JSON: {error}") from None
    if not isinstance(candles, list):
        raise SeriesError("is JSON, but not a list of candles")
    for number, candle in enumerate(candles, start=1):
        if not isinstance(candle, dict) or any(key not in candle for key in "tohlc"):
            raise SeriesError(f"candle {number}: needs the keys t, o, h, l, c")
        yield _row(number, _time(str(candle["t"]), number), [str(candle[key]) for key in "ohlc"])


def _row(line: int, time: int | None, cells: Sequence[str]) -> _Row:
    prices = tuple(_price(cell, line) for cell in cells)
    if len(prices) == 1:
        return _Row(line, time, prices)
    opened, high, low, close = prices
    if not (low <= opened <= high and low <= close <= high):
        raise SeriesError(
            f"line {line}: open {opened} or close {close} lies outside low {low} to high {high}"
        )
    # The order in which a candle's prices were touched is not known; the nearer extreme first is customary.
    return _Row(line, time, (opened, low, high, close) if close >= opened else (opened, high, low, close))


def _price(cell: str, line: int) -> Decimal:
    try:
        price = Decimal(cell.strip())
    except InvalidOperation:
        raise SeriesError(f"line {line}: price {cell!r} is not a number") from None
    if not price.is_finite() or price <= 0:
        raise SeriesError(f"line {line}: price {cell.strip()} is not above 0")
    return price


def _time(cell: str, line: int) -> int:
    try:
        stamp = Decimal(cell.strip())
    except InvalidOperation:
        return _iso_time(cell, line)
    if not stamp.is_finite() or stamp < 0:
        raise SeriesError(f"line {line}: time {cell!r} is not a time")
    return int(stamp * 1000 if stamp < _SECONDS_BELOW else stamp)


def _iso_time(cell: str, line: int) -> int:
    try:
        moment = datetime.fromisoformat(cell.strip())
    except ValueError:
        raise SeriesError(f"line {line}: time {cell!r} is not a time") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)


def _walk(rows: Sequence[_Row]) -> Series:
    if len(rows) < 2:
        found = "1 row" if len(rows) == 1 else f"{len(rows)} rows"
        raise SeriesError(f"has {found} of prices, at least 2 are needed")
    times = [index * _STEP_WITHOUT_TIMES if row.time is None else row.time for index, row in enumerate(rows)]
    for row, (before, time) in zip(rows[1:], pairwise(times), strict=True):
        if time < before:
            raise SeriesError(f"line {row.line}: time {time} is before that of the row above, {before}")
    per_row = len(rows[0].prices)
    interval = min((time - before for before, time in pairwise(times) if time > before), default=per_row)
    return Series(
        prices=tuple(price for row in rows for price in row.prices),
        times=tuple(time + interval * part // per_row for time in times for part in range(per_row)),
    )
