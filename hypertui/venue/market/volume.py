"""What a market has traded within a day."""

from __future__ import annotations

from collections import deque
from decimal import Decimal

from hypertui.core.market import ZERO
from hypertui.venue.model.messages import exact, integer
from hypertui.venue.model.orders import Json

HOUR_MS = 3_600_000


class Volume:
    """Traded value (USD) and coins of the last 24 hours, by hour."""

    def __init__(self) -> None:
        self._hours: deque[tuple[int, Decimal, Decimal]] = deque()

    def add(self, now: int, size: Decimal, price: Decimal) -> None:
        """Count a trade at `now` (ms)."""
        hour = now // HOUR_MS
        if self._hours and self._hours[-1][0] == hour:
            _, value, coins = self._hours.pop()
            self._hours.append((hour, value + size * price, coins + size))
        else:
            self._hours.append((hour, size * price, size))

    def day(self, now: int) -> tuple[Decimal, Decimal]:
        """Value in USD and coins traded in the last 24 hours, to the hour."""
        while self._hours and self._hours[0][0] <= now // HOUR_MS - 24:
            self._hours.popleft()
        value = sum((value for _, value, _ in self._hours), ZERO)
        return value, sum((coins for _, _, coins in self._hours), ZERO)

    def dump(self) -> list[Json]:
        """The hours, oldest first, for JSON."""
        return [
            {"hour": hour, "value": f"{value:f}", "coins": f"{coins:f}"} for hour, value, coins in self._hours
        ]

    def restore(self, hours: list[Json]) -> None:
        """Count on from what `dump` made; raises MalformedError."""
        self._hours.extend(
            (integer(item, "hour"), exact(item, "value"), exact(item, "coins")) for item in hours
        )
