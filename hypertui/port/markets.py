"""What those beside the trades may ask an engine of the markets at its exchange.

Times are milliseconds since the Unix epoch, prices in USD.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from hypertui.core.candles import ClosedCandles, Interval


class NotAnswered(Exception):
    """A question has no answer now; the text says why, in one line."""


@dataclass(frozen=True, slots=True)
class MarketFacts:
    """How a market is now, as fractions: the price against that of 24 hours ago, the spread between bid and
    ask, the funding of an hour (positive where longs pay). None of what was not asked for, or is not
    known."""

    change_24h: Decimal | None = None
    spread: Decimal | None = None
    funding: Decimal | None = None


class MarketSource(Protocol):
    """Whom to ask, from any thread and on any loop. What is left of the requests goes to the trades first."""

    async def candles(self, symbol: str, interval: Interval, since: int, now: int) -> ClosedCandles:
        """The candles of a market that begin from `since` on and are closed at `now`, by the clock of whoever
        asks. Of very many there are only the newest. Raises NotAnswered."""

    async def facts(self, symbol: str, *, conditions: bool, spread: bool) -> MarketFacts:
        """How a market is: `conditions` are its change and its funding. Raises nothing."""
