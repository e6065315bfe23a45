"""JSON as a table: a list of candles or trades, each an object or a list, or one object a line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from hypertui.core.price_series.columns import Layout, PriceKind, layout_of
from hypertui.core.price_series.errors import SeriesError
from hypertui.core.price_series.table import Row, SeriesTable

_NEEDED = "the keys t, o, h, l, c"


def json_table(text: str, kind: PriceKind | None = None) -> SeriesTable:
    """The table in a JSON text, with prices of one `kind` where that is given; figures are kept as they are
    written. Raises SeriesError."""
    rows = _rows(text)
    if not rows:
        raise SeriesError("has 0 rows of prices, at least 2 are needed")
    first = rows[0]
    if isinstance(first, dict):
        layout = layout_of(list(first), kind)
        if not isinstance(layout, Layout):
            raise SeriesError(f"candle 1: needs {_NEEDED}, or {layout.text}")
        return _of_objects(rows, list(first), layout)
    if isinstance(first, list) and first:
        layout = layout_of([_text(value) for value in first], kind, comma_is_free=True)
        if isinstance(layout, Layout) and not layout.is_header:
            return _of_lists(rows, layout, len(first))
    raise SeriesError(f"candle 1: needs {_NEEDED}, or a list of time, open, high, low, close")


def _rows(text: str) -> list[object]:
    try:
        found = json.loads(text, parse_float=str, parse_int=str)
    except (ValueError, RecursionError) as error:
        lines = text.strip().splitlines()
        if len(lines) < 2 or not lines[0].rstrip().endswith("}"):
            raise SeriesError(f"is not JSON: {error}") from None
        return _by_line(text.splitlines())
    if isinstance(found, dict):
        lists = [value for value in found.values() if isinstance(value, list)]
        inner = [value for value in found.values() if isinstance(value, dict)]
        if len(lists) != 1 and len(inner) == 1:
            lists = [value for value in inner[0].values() if isinstance(value, list)]
        if len(lists) != 1:
            raise SeriesError("is JSON, but not a list of candles")
        found = lists[0]
    if not isinstance(found, list):
        raise SeriesError("is JSON, but not a list of candles")
    return found


def _by_line(lines: Sequence[str]) -> list[object]:
    rows = []
    for number, line in enumerate(lines, start=1):
        try:
            if line.strip():
                rows.append(json.loads(line, parse_float=str, parse_int=str))
        except (ValueError, RecursionError) as error:
            raise SeriesError(f"line {number}: is not JSON: {error}") from None
    return rows


def _of_objects(rows: Sequence[object], keys: Sequence[str], layout: Layout) -> SeriesTable:
    needed = [keys[index] for index in layout.columns]
    cells: list[Row] = []
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict) or any(key not in row for key in needed):
            raise SeriesError(f"candle {number}: needs the keys {', '.join(needed)}")
        cells.append([_text(row[key]) for key in needed])
    at = {index: place for place, index in enumerate(layout.columns)}
    return SeriesTable(_moved(layout, at), cells, range(1, len(cells) + 1), "candle", comma_is_free=True)


def _moved(layout: Layout, at: dict[int, int]) -> Layout:
    return replace(
        layout,
        prices=tuple(at[index] for index in layout.prices),
        time=None if layout.time is None else at[layout.time],
        clock=None if layout.clock is None else at[layout.clock],
        symbol=None if layout.symbol is None else at[layout.symbol],
        nameless=tuple(at[index] for index in layout.nameless),
        unknown=tuple(at[index] for index in layout.unknown),
    )


def _of_lists(rows: Sequence[object], layout: Layout, width: int) -> SeriesTable:
    cells: list[Row] = []
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, list) or len(row) != width:
            raise SeriesError(f"candle {number}: is no list of {width}, as the first is")
        cells.append([_text(value) for value in row])
    return SeriesTable(layout, cells, range(1, len(cells) + 1), "candle", comma_is_free=True)


def _text(value: object) -> str:
    return value if isinstance(value, str) else str(value)
