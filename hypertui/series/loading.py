"""One loader of long price series: arrays and tables as they lie, plain text by polars, all else exactly."""

from __future__ import annotations

from pathlib import Path

from hypertui.core.extras import has
from hypertui.core.price_series import PriceKind, SeriesError, load_series
from hypertui.core.price_series.packing import unpacked
from hypertui.series.columnar import columnar_ticks
from hypertui.series.files import FileKind, kind_of
from hypertui.series.prices import framed_prices
from hypertui.series.text_columns import text_ticks
from hypertui.series.ticks import Ticks, ticks_of
from hypertui.series.walking import Unusual

_LARGEST_TEXT = 16 * 2**30  # bytes; the exact reader takes less


def load_ticks(path: Path, symbol: str | None = None, kind: PriceKind | None = None) -> Ticks:
    """Read prices of one market; `symbol` chooses where there are several, `kind` where a source has mark,
    mid and last. The prices are exactly those of `load_prices`. Raises SeriesError, in one line that names
    the file, for what cannot be used, and ValueError where a library is missing that the file needs."""
    which = kind_of(path)
    if which in (FileKind.ARRAY, FileKind.PARQUET, FileKind.FEATHER):
        return columnar_ticks(path, which, symbol, kind)
    data = None
    if which is FileKind.TEXT:
        try:
            data = unpacked(path, _LARGEST_TEXT)
            if has("polars"):
                return text_ticks(data, symbol, kind)
        except Unusual:
            pass
        except SeriesError as error:
            raise SeriesError(f"{path}: {error}") from None
    framed = framed_prices(path, which, symbol, kind, data)
    return ticks_of(load_series(path, symbol, kind) if framed is None else framed)
