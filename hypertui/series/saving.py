"""Long series to files that the loader reads back to the same digits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from hypertui.core.extras import require
from hypertui.series.columnar import stepped
from hypertui.series.ticks import Ticks

ENDINGS = (".npy", ".parquet", ".feather", ".csv")
_DIGITS = 18  # up to which a column of Parquet is one of 64 bits


def save(ticks: Ticks, path: Path) -> str:
    """Write a series by the ending of its name; returns what such a file cannot hold, in words. An array
    holds prices alone, in the order in which they are walked. Raises OSError, and ValueError for another
    ending or where polars is missing."""
    if path.suffix == ".npy":
        with path.open("wb") as file:
            np.save(file, ticks.prices.astype("<i8").view(stepped(ticks.decimals)))
        lost = ["times"] if ticks.timed else []
        lost += ["which prices make a candle"] if ticks.per_row > 1 else []
        return " and ".join(lost)
    if path.suffix not in ENDINGS:
        raise ValueError(f"{path}: ends in none of {', '.join(ENDINGS)}")
    frame = _frame(ticks)
    {".parquet": frame.write_parquet, ".feather": frame.write_ipc, ".csv": frame.write_csv}[path.suffix](path)
    return ""


def _frame(ticks: Ticks) -> Any:
    """A column of times, if there are any, and exact prices."""
    polars = require("polars", "data", "a file of columns")
    step = polars.lit(f"{ticks.price_step:f}").cast(polars.Decimal(38, ticks.decimals))
    figures = polars.Decimal(_DIGITS if ticks.prices.max() < 10**_DIGITS else 38, ticks.decimals)
    exact = (polars.all().cast(polars.Decimal(38, 0)) * step).cast(figures)
    frame = polars.DataFrame(_columns(ticks)).select(exact)
    if ticks.times is None:
        return frame
    return frame.insert_column(0, polars.Series("time", np.ascontiguousarray(ticks.times[:: ticks.per_row])))


def _columns(ticks: Ticks) -> dict[str, Any]:
    if ticks.per_row == 1:
        return {"price": np.asarray(ticks.prices)}
    rows = ticks.prices.reshape(-1, ticks.per_row)
    found = {"open": rows[:, 0], "high": rows.max(axis=1), "low": rows.min(axis=1), "close": rows[:, -1]}
    return {name: np.ascontiguousarray(column) for name, column in found.items()}
