"""Delimited text in columns, by polars: what is plain, many times quicker than the exact reader reads it.

Plain is text in ASCII without quotes, whose first lines say what its columns are, with as many cells in each
row, prices in digits with a point at most, and times in digits. Whatever is not is left to the exact reader,
which also says what is wrong with it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from hypertui.core.extras import require
from hypertui.core.price_series import PriceKind, SeriesError
from hypertui.core.price_series.columns import Layout
from hypertui.core.price_series.symbols import of_symbol
from hypertui.core.price_series.table import SeriesTable, TextHead, opening
from hypertui.series.scaling import MOST_DECIMALS, milliseconds_of, shortened, usual
from hypertui.series.ticks import Ticks
from hypertui.series.walking import Column, Unusual, walked

_HEAD = 64 * 1024  # bytes of the beginning that say what follows
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}([ T])\d{2}:\d{2}:\d{2}(Z?)")


def text_ticks(data: bytes, symbol: str | None, kind: PriceKind | None) -> Ticks:
    """The prices in a text, those of one `symbol` and `kind` where these are given. Raises Unusual for what
    is not plain, and SeriesError for a symbol that is not there or not told."""
    if not data.isascii() or b'"' in data or data[:1] in (b"[", b"{"):
        raise Unusual("not plain text")
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n")
        if b"\r" in data:
            raise Unusual("lines that end otherwise")
    try:
        begins = opening(data[:_HEAD].rpartition(b"\n")[0].decode(), kind)
    except SeriesError as error:
        raise Unusual(str(error)) from None
    layout = begins.layout
    if layout.clock is not None or (layout.time is None and (layout.nameless or layout.unknown)):
        raise Unusual("a time in an unusual place")
    notes = [f"no header: read as {layout.shape}"] if layout.shape else []
    start = _start(data, begins)
    frame = _of_symbol(_frame(data, start, begins), layout, symbol, notes)
    times = None if layout.time is None else _times(frame[f"c{layout.time}"])
    figures = [frame[f"c{index}"] for index in layout.prices]
    columns, decimals = text_prices(
        figures, exponents=max(data.find(b"e", start), data.find(b"E", start)) >= 0
    )
    return walked(columns, times, decimals, notes)


def _start(data: bytes, begins: TextHead) -> int:
    """Where the first row begins."""
    start = 0
    for _ in range(begins.skipped):
        start = data.index(b"\n", start) + 1
    return start


def _frame(data: bytes, start: int, begins: TextHead) -> Any:
    """The columns that matter, as text but for whole times. Every row is as wide as the first."""
    polars = require("polars", "data", "a long price file")
    layout = begins.layout
    schema = dict.fromkeys((f"c{index}" for index in range(begins.width)), polars.String)
    first = data[start : data.find(b"\n", start)].decode().split(begins.delimiter)
    if layout.time is not None and len(first) == begins.width and first[layout.time].isdigit():
        schema[f"c{layout.time}"] = polars.Int64
    try:
        frame = polars.read_csv(
            data,
            skip_lines=begins.skipped,
            has_header=False,
            schema=schema,
            columns=sorted(set(layout.columns)),
            separator=begins.delimiter,
            quote_char=None,
        )
    except polars.exceptions.PolarsError as error:
        raise Unusual(str(error).partition("\n")[0]) from None
    if data.count(begins.delimiter.encode(), start) != frame.height * (begins.width - 1):
        raise Unusual("rows of several widths")
    return frame


def _of_symbol(frame: Any, layout: Layout, symbol: str | None, notes: list[str]) -> Any:
    """The rows of one market, chosen as the exact reader chooses, by a table of its names alone."""
    if layout.symbol is None or not frame.height:
        return frame
    names = frame[f"c{layout.symbol}"]
    if names.null_count():
        raise Unusual("rows without a symbol")
    found = names.unique(maintain_order=True).to_list()
    table = SeriesTable(Layout((0,), symbol=0), [[name] for name in found], range(len(found)))
    chosen = [row[0] for row in of_symbol(table, symbol, notes).rows]
    return frame if len(chosen) == len(found) else frame.filter(names.is_in(chosen))


def _times(cells: Any) -> Column:
    """Counts since 1970, or ISO 8601 in UTC to the second, to milliseconds."""
    polars = require("polars", "data", "a long price file")
    if cells.null_count() or not len(cells):
        raise Unusual("rows without a time")
    if cells.dtype == polars.Int64:
        return milliseconds_of(np.asarray(cells.to_numpy()))
    shape = _ISO.fullmatch(cells[0])
    if shape is None or (cells.str.len_bytes() != len(cells[0])).any():
        raise Unusual("times in words")
    try:
        moments = cells.str.to_datetime(f"%Y-%m-%d{shape[1]}%H:%M:%S{shape[2]}", time_unit="ms")
    except polars.exceptions.PolarsError as error:
        raise Unusual(str(error).partition("\n")[0]) from None
    if cells.str.contains(":60", literal=True).any():  # which is no time elsewhere
        raise Unusual("a minute of 61 seconds")
    return usual(np.asarray(moments.to_physical().to_numpy()))


def text_prices(columns: Sequence[Any], *, exponents: bool = True) -> tuple[list[Column], int]:
    """Text to whole numbers of one step, exactly, with as few decimals as keep every digit. `exponents` says
    that there may be some, such as 1e-5. Raises Unusual for what is not plain digits with a point at most."""
    polars = require("polars", "data", "a long price file")
    if any(cells.null_count() for cells in columns) or (
        exponents and any(cells.str.contains("[eE]").any() for cells in columns)
    ):
        raise Unusual("prices that are not plain digits")
    # As many decimals as the longest has: the cast, which would round, never does.
    scale = max(int(decimals_of(cells).max() or 0) for cells in columns)
    if scale > MOST_DECIMALS:
        raise Unusual("prices of many digits")
    try:
        figures = [
            cells.cast(polars.Decimal(38, scale)).to_physical().cast(polars.Int64) for cells in columns
        ]
    except polars.exceptions.PolarsError as error:
        raise Unusual(str(error).partition("\n")[0]) from None
    return shortened([np.asarray(column.to_numpy()) for column in figures], scale)


def decimals_of(cells: Any) -> Any:
    """How many characters each cell has behind its point; null where it has none."""
    return cells.str.len_bytes().cast(int) - cells.str.find(".", literal=True).cast(int) - 1
