"""A price series in two columns."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hypertui.core.price_series import Series


@dataclass(frozen=True, eq=False)
class Ticks:
    """Prices to walk, oldest first: int64, in steps of 10^-`decimals` USD, above 0. `times` are int64, ms
    since the Unix epoch, never descending; None where the source has none. A candle is four prices,
    `per_row`, in the order in which it is walked. `notes` say, a sentence each, what was not self-evident.

    Both columns may be views of a file (`numpy.memmap`): who walks them goes from front to back, in chunks.
    """

    prices: NDArray[np.int64]
    times: NDArray[np.int64] | None
    decimals: int
    per_row: int = 1
    notes: tuple[str, ...] = field(default=())

    def __len__(self) -> int:
        return len(self.prices)

    @property
    def timed(self) -> bool:
        """Whether the source has times."""
        return self.times is not None

    @property
    def rows(self) -> int:
        """How many candles or single prices there are."""
        return len(self.prices) // self.per_row

    @property
    def caveat(self) -> str:
        """What every result of these prices has to say beside it, a sentence; empty for single prices."""
        if self.per_row == 1:
            return ""
        return f"{self.rows:,} candles hide crossings, and which of their extremes came first"

    def other_way(self) -> Ticks:
        """The same candles walked the other way, the farther extreme first: how far a result of them is from
        one of these says what the order within a candle is worth. Single prices have one way alone, and are
        returned as they are."""
        if self.per_row == 1:
            return self
        candles = self.prices.reshape(-1, self.per_row)[:, [0, 2, 1, 3]]
        notes = (*self.notes, "walked the other way: the farther extreme first")
        return Ticks(candles.reshape(-1), self.times, self.decimals, self.per_row, notes)

    @property
    def price_step(self) -> Decimal:
        """What one step of `prices` is worth, USD."""
        return Decimal(1).scaleb(-self.decimals)

    def price(self, index: int) -> Decimal:
        """One of them, in USD."""
        return Decimal(int(self.prices[index])).scaleb(-self.decimals)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of what is walked, in hex: the same for the same prices and times, whatever the file."""
        found = hashlib.sha256(f"{self.decimals} {self.per_row} {self.timed}".encode())
        for column in (self.prices, self.times):
            if column is not None:
                found.update(np.ascontiguousarray(column, dtype="<i8").data)
        return found.hexdigest()


def ticks_of(series: Series) -> Ticks:
    """The same prices in columns. Raises ValueError where they have more digits than fit."""
    decimals = max((-_exponent(price) for price in set(series.prices)), default=0)
    try:
        prices = np.array([int(price.scaleb(decimals)) for price in series.prices], dtype=np.int64)
    except OverflowError:
        raise ValueError(f"prices with {decimals} decimals have more digits than fit in 64 bits") from None
    times = np.array(series.times, dtype=np.int64) if series.timed else None
    return Ticks(prices, times, decimals, series.per_row, series.notes)


def _exponent(price: Decimal) -> int:
    """The power of ten of the last digit that counts, 0 for a whole number."""
    exponent = price.normalize().as_tuple().exponent
    assert isinstance(exponent, int), "a price is finite"
    return min(exponent, 0)


def series_of(ticks: Ticks) -> Series:
    """The same prices as decimals; without times they are counted, one a second."""
    prices = tuple(price * ticks.price_step for price in map(Decimal, ticks.prices.tolist()))
    if ticks.times is not None:
        times = tuple(ticks.times.tolist())
    else:
        rows = len(prices) // ticks.per_row
        times = tuple(
            row * 1000 + 1000 * part // ticks.per_row for row in range(rows) for part in range(ticks.per_row)
        )
    return Series(prices, times, ticks.notes, ticks.per_row, ticks.timed)
