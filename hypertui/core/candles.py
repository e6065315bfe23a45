"""Candles: what a price did in stretches of time of one length. Prices are in USD, times in ms."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum


class Interval(IntEnum):
    """How long a candle is, in ms. The first one began with Unix time."""

    MINUTE = 60_000
    QUARTER = 15 * 60_000
    HOUR = 60 * 60_000
    FOUR_HOURS = 4 * 60 * 60_000
    DAY = 24 * 60 * 60_000

    def beginning(self, at: int) -> int:
        """When the candle begins to which a time belongs."""
        return at - at % self


@dataclass(frozen=True, slots=True)
class Candle:
    """One stretch of time: `at` its beginning (ms); lowest, highest and last price in it (USD)."""

    at: int
    low: Decimal
    high: Decimal
    close: Decimal
