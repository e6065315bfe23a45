"""How fast long series are loaded, beside polars alone, which reads the same columns as floats."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import polars

from hypertui.series.generators.generate import generated
from hypertui.series.loading import load_ticks
from hypertui.series.saving import save

ROWS = 5_000_000
ROUNDS = 3


def parquet() -> dict[str, object]:
    """Times and exact decimals from Parquet."""
    return _loaded(".parquet", polars.read_parquet)


def csv() -> dict[str, object]:
    """The same from plain text."""
    return _loaded(".csv", polars.read_csv)


def _loaded(ending: str, read: Callable[[Path], polars.DataFrame]) -> dict[str, object]:
    ticks, _ = generated(ROWS, 1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"prices{ending}")
        save(ticks, path)
        measured, spent, bare = [], [], []
        for _ in range(ROUNDS):
            began, processor = time.perf_counter(), time.process_time()
            found = load_ticks(path)
            spent.append(time.process_time() - processor)
            measured.append(time.perf_counter() - began)
            assert found.digest == ticks.digest
            began = time.perf_counter()
            read(path).cast(polars.Float64)
            bare.append(time.perf_counter() - began)
    return {
        "rows": ROWS,
        "rows_per_s": round(ROWS / min(measured)),
        "rows_per_processor_s": round(ROWS / min(spent)),
        "ratio": round(min(measured) / min(bare), 2),
    }
