"""Prices that are kept in columns already: NumPy arrays, Parquet, and Feather (Arrow IPC files)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hypertui.core.extras import require
from hypertui.core.price_series import OutOfOrder, PriceKind, SeriesError
from hypertui.core.price_series.columns import Layout, UnknownColumn, layout_of
from hypertui.core.price_series.errors import quoted
from hypertui.core.price_series.symbols import of_symbol
from hypertui.core.price_series.table import SeriesTable
from hypertui.core.price_series.times import milliseconds
from hypertui.series.files import FileKind
from hypertui.series.scaling import from_floats, milliseconds_of, shortened, usual
from hypertui.series.text_columns import text_prices
from hypertui.series.ticks import Ticks
from hypertui.series.walking import Column, Unordered, Unusual, walked

# The field of an array says of whole numbers what one of them is worth.
_STEP = re.compile(r"price in 1e-(\d{1,2}) USD")
_PARQUET = "a Parquet or Feather file"


def stepped(decimals: int) -> np.dtype[Any]:
    """How an array of whole prices says what one of them is worth: by the name of its only field."""
    return np.dtype([(f"price in 1e-{decimals} USD", "<i8")])


def columnar_ticks(path: Path, which: FileKind, symbol: str | None, kind: PriceKind | None) -> Ticks:
    """The prices of one market in an array or a table. Raises SeriesError, in one line that names the file,
    and ValueError where polars is missing."""
    try:
        return _array(path) if which is FileKind.ARRAY else _table(path, which, symbol, kind)
    except Unordered as error:
        raise OutOfOrder(f"{path}: {error}") from None
    except (SeriesError, Unusual) as error:
        raise SeriesError(f"{path}: {error}") from None


def _array(path: Path) -> Ticks:
    """A one-dimensional `.npy` of prices, int64 ones as they lie in the file, without a copy. Raises
    SeriesError for another array, and Unusual."""
    try:
        found = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise SeriesError(f"is no array that can be read: {error}") from None
    notes: list[str] = []
    decimals = 0
    if found.dtype.names is not None:
        step = _STEP.fullmatch(found.dtype.names[0])
        if len(found.dtype.names) != 1 or step is None:
            fields = ", ".join(map(quoted, found.dtype.names))
            raise SeriesError(f"is an array of {fields}; one of prices is wanted")
        decimals, found = int(step[1]), found[found.dtype.names[0]]
    elif found.dtype.kind in "iu":
        notes.append("whole numbers: taken for prices in USD")
    if found.ndim != 1:
        raise SeriesError(f"is an array of {found.ndim} dimensions, one is wanted")
    if len(found) < 2:
        raise SeriesError(f"has {len(found)} prices, at least 2 are needed")
    if found.dtype.kind == "f":
        columns, decimals, note = from_floats([found])
        return walked(columns, None, decimals, [*notes, note])
    if found.dtype.kind not in "iu":
        raise SeriesError(f"is an array of {found.dtype}, prices are wanted")
    return walked([found.astype(np.int64, copy=False)], None, decimals, notes)


def _table(path: Path, which: FileKind, symbol: str | None, kind: PriceKind | None) -> Ticks:
    """A table whose columns are named as those of a price file are. Raises SeriesError for one of others, and
    Unusual; ValueError where polars is missing."""
    polars = require("polars", "data", _PARQUET)
    is_parquet = which is FileKind.PARQUET
    read = polars.read_parquet if is_parquet else polars.read_ipc
    try:
        schema = (polars.read_parquet_schema if is_parquet else polars.read_ipc_schema)(path)
        layout = _layout(schema, kind)
        names = list(schema)
        frame = read(path, columns=[names[index] for index in layout.columns])
    except (OSError, polars.exceptions.PolarsError) as error:
        raise SeriesError(f"cannot be read: {_first_line(error)}") from None
    notes: list[str] = []
    if layout.symbol is not None:
        frame = _of_symbol(frame, names[layout.symbol], symbol, notes)
    if frame.height < 2:
        raise SeriesError(f"has {frame.height} rows of prices, at least 2 are needed")
    times = None if layout.time is None else _times(frame[names[layout.time]], notes)
    columns, decimals = _prices([frame[names[index]] for index in layout.prices], notes)
    return walked(columns, times, decimals, notes)


def _layout(schema: Any, kind: PriceKind | None) -> Layout:
    names = list(schema)
    found = layout_of(names, kind)
    if isinstance(found, UnknownColumn):
        raise SeriesError(f"{found.text}, but {quoted(','.join(names))}")
    if found.time is None:  # as a data frame keeps its index
        moments = [index for index, each in enumerate(schema.values()) if each.is_temporal()]
        if len(moments) == 1:
            return Layout(found.prices, moments[0], symbol=found.symbol)
    if found.clock is not None:
        raise SeriesError("has a column of dates and one of times; one of both is wanted")
    return Layout(found.prices, found.time, symbol=found.symbol)


def _of_symbol(frame: Any, column: str, symbol: str | None, notes: list[str]) -> Any:
    polars = require("polars", "data", _PARQUET)
    found = [str(name) for name in frame[column].unique(maintain_order=True).to_list()]
    table = SeriesTable(Layout((0,), symbol=0), [[name] for name in found], range(len(found)))
    chosen = [row[0] for row in of_symbol(table, symbol, notes).rows]
    return frame if chosen == found else frame.filter(polars.col(column).cast(polars.String).is_in(chosen))


def _times(cells: Any, notes: list[str]) -> Column:
    polars = require("polars", "data", _PARQUET)
    if cells.null_count():
        raise Unusual(f"row {int(cells.is_null().arg_max()) + 1}: no time")
    if isinstance(cells.dtype, polars.Datetime) or cells.dtype == polars.Date:
        return usual(np.asarray(cells.dt.epoch("ms").to_numpy()))
    if cells.dtype.is_integer():
        return milliseconds_of(np.asarray(cells.cast(polars.Int64).to_numpy()))
    if cells.dtype == polars.String:
        return np.array(
            milliseconds(cells.to_list(), lambda index: f"row {index + 1}", notes), dtype=np.int64
        )
    raise Unusual(f"times of type {cells.dtype}")


def _prices(columns: Sequence[Any], notes: list[str]) -> tuple[list[Column], int]:
    polars = require("polars", "data", _PARQUET)
    for cells in columns:
        if cells.null_count():
            raise Unusual(f"row {int(cells.is_null().arg_max()) + 1}: no price")
    if all(cells.dtype.is_float() for cells in columns):
        found, decimals, note = from_floats([cells.to_numpy() for cells in columns])
        notes.append(note)
        return found, decimals
    if all(cells.dtype.is_integer() for cells in columns):
        return [np.asarray(cells.cast(polars.Int64).to_numpy()) for cells in columns], 0
    if all(cells.dtype.is_decimal() for cells in columns):
        scale = max(cells.dtype.scale for cells in columns)
        try:
            physical = [
                cells.cast(polars.Decimal(38, scale)).to_physical().cast(polars.Int64) for cells in columns
            ]
        except polars.exceptions.PolarsError as error:
            raise Unusual(f"prices with more digits than fit in 64 bits: {_first_line(error)}") from None
        return shortened([np.asarray(cells.to_numpy()) for cells in physical], scale)
    if all(cells.dtype == polars.String for cells in columns):
        return text_prices(columns)
    raise Unusual(f"prices of type {', '.join(dict.fromkeys(str(cells.dtype) for cells in columns))}")


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
