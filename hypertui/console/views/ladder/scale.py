"""The chart's vertical axis, which is the ladder: which rows the units have, and where a price lies."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, floor

_MOST_ROWS = 3  # for one unit
_REACH = 10  # units: as many as four slots and their neighbours take
_COARSER = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)  # units to a row


@dataclass(frozen=True, slots=True)
class Scale:
    """Rows of equal height, from the top. Each unit has `rows_each` of them, its price in the middle of the
    first; or, where `units_each` is more than 1, so many units share a row. Prices (USD) are rounded as a
    picture may."""

    entry: float
    unit: float
    top: int  # the number of the first row, counted upwards from that of unit 0
    height: int
    rows_each: int = 1
    units_each: int = 1

    @property
    def row(self) -> float:
        """The height of a row in USD."""
        return self.unit * self.units_each / self.rows_each

    def down(self, price: float) -> float:
        """How many rows a price lies below the top edge."""
        return self.top + 0.5 - (price - self.entry) / self.row

    def row_at(self, price: float) -> int | None:
        """The row in which a price lies, from 0; None outside of the picture."""
        row = floor(self.down(price))
        return row if 0 <= row < self.height else None

    def unit_at(self, row: int) -> int | None:
        """The unit whose row it is; None between two units."""
        number = self.top - row
        return None if number % self.rows_each else number // self.rows_each * self.units_each


def scale(
    entry: float, unit: float, height: int, current: int, inside: Iterable[float], cursor: int | None = None
) -> Scale:
    """The finest scale of `height` rows that shows all prices `inside` (USD), with the `current` unit in the
    middle if that may be; the unit under a `cursor` is seen too."""
    levels = [(price - entry) / unit for price in inside] + [current - 1.0, current + 1.0]
    most = max(1, min(_MOST_ROWS, height // _REACH))
    finer = [(rows, 1) for rows in range(most, 1, -1)]
    for rows_each, units_each in (*finer, *((1, units) for units in _COARSER)):
        per = rows_each / units_each
        lowest, highest = floor(min(levels) * per), ceil(max(levels) * per)
        if highest - lowest < height:
            break
    top = min(max(floor(current * per) + height // 2, highest), lowest + height - 1)
    if cursor is not None:
        at = floor(cursor * per + 0.5)
        top = min(max(top, at), at + height - 1)
    return Scale(entry, unit, top, height, rows_each, units_each)
