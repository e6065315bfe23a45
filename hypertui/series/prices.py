"""One reader of whatever holds prices: price files of every kind, archives and recordings, as a `Series`.

Nothing but what a file needs is loaded: NumPy and polars for arrays and tables alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hypertui.core.extras import require
from hypertui.core.price_series import PriceKind, Series, SeriesError, load_series
from hypertui.core.price_series.encoding import decoded
from hypertui.core.price_series.packing import unpacked
from hypertui.series.files import FileKind, kind_of
from hypertui.series.frames import are_frames, framed_series
from hypertui.series.recording.reader import lines_of


def load_prices(path: Path, symbol: str | None = None, kind: PriceKind | None = None) -> Series:
    """Read prices of one market, exactly; `symbol` chooses where there are several, `kind` where a source has
    mark, mid and last. Raises SeriesError, in one line that names the file, for what cannot be used, and
    ValueError where a library is missing that the file needs."""
    which = kind_of(path)
    if which in (FileKind.ARRAY, FileKind.PARQUET, FileKind.FEATHER):
        require("numpy", "data", which.said)
        from hypertui.series.columnar import columnar_ticks
        from hypertui.series.ticks import series_of

        return series_of(columnar_ticks(path, which, symbol, kind))
    framed = framed_prices(path, which, symbol, kind)
    return load_series(path, symbol, kind) if framed is None else framed


def framed_prices(
    path: Path, which: FileKind, symbol: str | None, kind: PriceKind | None, data: bytes | None = None
) -> Series | None:
    """The prices of a recording or an archive; None for another text. `data` is what the file holds, where
    that is known. Raises SeriesError."""
    notes: list[str] = []
    try:
        if which is FileKind.RECORDING:
            return framed_series(lines_of(path, notes), symbol, kind, notes)
        data = unpacked(path) if data is None else data
        if data[:1] not in (b"{", b"["):
            return None
        text = decoded(data, [])
        if not are_frames(text):
            return None
        return framed_series(_numbered(text), symbol, kind, notes)
    except SeriesError as error:
        raise SeriesError(f"{path}: {error}") from None


def _numbered(text: str) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield f"line {number}", line
