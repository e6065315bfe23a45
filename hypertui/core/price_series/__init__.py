"""Price files: what a backtest walks and the local venue replays. README lists what is understood.

A file goes through these hands: `packing` (bytes), `encoding` (text), `table` or `json_table` (rows),
`columns` (which cells are times and prices), `symbols` (whose rows), `times` and `amounts` (figures), `walk`.
What can be read in one way is read, and what is not self-evident is said in the series' notes; anything else
is refused in one line.
"""

from hypertui.core.price_series.columns import PriceKind
from hypertui.core.price_series.errors import OutOfOrder, SeriesError
from hypertui.core.price_series.reader import load_series
from hypertui.core.price_series.walk import Series

__all__ = ["OutOfOrder", "PriceKind", "Series", "SeriesError", "load_series"]
