"""One reader of price files for the backtest, `hypertui venue --prices` and `paper.prices`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hypertui.core.price_series.amounts import prices
from hypertui.core.price_series.columns import PriceKind
from hypertui.core.price_series.encoding import decoded
from hypertui.core.price_series.errors import SeriesError
from hypertui.core.price_series.json_table import json_table
from hypertui.core.price_series.packing import unpacked
from hypertui.core.price_series.symbols import of_symbol
from hypertui.core.price_series.table import SeriesTable, delimited
from hypertui.core.price_series.times import looks_like_times, milliseconds, together
from hypertui.core.price_series.walk import Series, walk


def load_series(path: Path, symbol: str | None = None, kind: PriceKind | None = None) -> Series:
    """Read a price file; `symbol` chooses from a file of several, `kind` where it has several prices. Raises
    SeriesError, in one line, for a file that is missing, empty, malformed, ambiguous, not in order of time,
    or has fewer than two rows."""
    notes: list[str] = []
    try:
        text = decoded(unpacked(path), notes)
        table = json_table(text, kind) if text.lstrip()[:1] in ("[", "{") else delimited(text, notes, kind)
        if table.layout.shape:
            notes.append(f"no header: read as {table.layout.shape}")
        table = of_symbol(table, symbol, notes)
        if len(table.rows) < 2:
            raise SeriesError(_too_few(len(table.rows)))
        columns = [table.column(index) for index in table.layout.prices]
        figures = prices(columns, table.place, comma_is_free=table.comma_is_free)
        return walk(figures, _times(table, notes), table.place, notes)
    except SeriesError as error:
        raise type(error)(f"{path}: {error}") from None


def _too_few(rows: int) -> str:
    return f"has {'1 row' if rows == 1 else f'{rows} rows'} of prices, at least 2 are needed"


def _times(table: SeriesTable, notes: list[str]) -> list[int] | None:
    layout = table.layout
    if layout.time is not None:
        cells: Sequence[str] = table.column(layout.time)
        if layout.clock is not None:
            cells = together(cells, table.column(layout.clock))
        return milliseconds(cells, table.place, notes)
    for index in layout.nameless:
        cells = table.column(index)
        if looks_like_times(cells):
            return milliseconds(cells, table.place, notes)
    for index in layout.unknown:
        if looks_like_times(table.column(index)):
            raise SeriesError(
                f"column {index + 1} seems to be the time, but has no name that is known; call it time"
            )
    return None
