"""What an indicator says of a candle, and the candle as indicators take it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from hypertui.core.candles import Candle
from hypertui.core.market import Side
from hypertui.signals.context import SignalFacts


@dataclass(frozen=True, slots=True)
class Bar:
    """A closed candle in floating-point numbers (USD): indicators are statistics, and no money is booked by
    them."""

    high: float
    low: float
    close: float

    @classmethod
    def of(cls, candle: Candle) -> Bar:
        """The same candle."""
        return cls(float(candle.high), float(candle.low), float(candle.close))


@dataclass(frozen=True, slots=True)
class SideReading:
    """An indicator for one side: its `value` against what that side `needs`, and whether it is on."""

    value: float
    needs: float
    is_on: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """An indicator at the end of a candle."""

    buy: SideReading
    sell: SideReading

    def of(self, side: Side) -> SideReading:
        """What it says of one side."""
        return self.buy if side is Side.BUY else self.sell


class Gauge(Protocol):
    """Works one indicator out, candle by candle."""

    def add(self, bar: Bar, facts: SignalFacts) -> Reading | None:
        """Take the next closed candle; returns what is said at its end, None while there are too few."""


def above(value: float, needs: float) -> Reading:
    """On for a buy above `needs`, and for a sale below its negative."""
    return Reading(SideReading(value, needs, value > needs), SideReading(value, -needs, value < -needs))
