"""Candles: what a price did in stretches of time of one length. Prices are in USD, times in ms."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum

SETTLES = 5_000  # ms after its end in which the exchange may still make a candle


class Interval(IntEnum):
    """How long a candle is, in ms. The first one began with Unix time."""

    MINUTE = 60_000
    FIVE_MINUTES = 5 * 60_000
    QUARTER = 15 * 60_000
    HOUR = 60 * 60_000
    FOUR_HOURS = 4 * 60 * 60_000
    DAY = 24 * 60 * 60_000

    def beginning(self, at: int) -> int:
        """When the candle begins to which a time belongs."""
        return at - at % self

    def ended(self, at: int) -> int:
        """When the newest candle ended that does not change any more at a time."""
        return self.beginning(at - SETTLES)


@dataclass(frozen=True, slots=True)
class Candle:
    """One stretch of time: `at` its beginning (ms); lowest, highest and last price in it (USD)."""

    at: int
    low: Decimal
    high: Decimal
    close: Decimal


@dataclass(frozen=True, slots=True)
class ClosedCandles:
    """Candles of one interval that are over, oldest first, one for each stretch of time. Those of the times
    `flat` (ms) are made up for want of trades. They reach `until` (ms), None where there are none."""

    candles: tuple[Candle, ...] = ()
    flat: tuple[int, ...] = ()
    until: int | None = None


def closed(told: Iterable[Candle], interval: Interval, now: int) -> ClosedCandles:
    """What is over at `now` (ms, by the clock of whoever told) of candles that were told, oldest first.

    A stretch without trades has no candle. Where a later one was told it counts as one without range, at the
    close before. After the last one nothing is made up: what is missing there may be on its way.
    """
    run: list[Candle] = []
    flat = []
    for candle in told:
        while run and (at := run[-1].at + interval) < candle.at and at + interval <= now:
            run.append(Candle(at, run[-1].close, run[-1].close, run[-1].close))
            flat.append(at)
        if candle.at + interval <= now:
            run.append(candle)
    return ClosedCandles(tuple(run), tuple(flat), run[-1].at + interval if run else None)
