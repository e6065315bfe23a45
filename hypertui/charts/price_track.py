"""What a chart of a market's price is drawn from: prices, fills and the lines of the ladder's units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from hypertui.core.market import Side

_FILLS = 1_000  # that are drawn


@dataclass(frozen=True, slots=True)
class TrackedFill:
    """A fill of a trade at `at` (ms). `made` is what it realised (USD, net of fees), None where it closed
    nothing."""

    trade_id: str
    at: int
    price: Decimal
    side: Side
    size: Decimal
    reason: str
    level: int | None
    made: Decimal | None


@dataclass(frozen=True, slots=True)
class TrackedTrade:
    """A trade's line through (ms, USD) and its units' prices; `recorded` says whether the prices that were
    seen are still there."""

    line: Sequence[tuple[int, Decimal]]
    units: dict[int, Decimal]
    recorded: bool


@dataclass(slots=True)
class PriceTrack:
    """One market by its `symbol`: its trades, oldest first, and its fills, evenly thinned out to every `nth`
    where they are many; `count` is how many there were."""

    symbol: str
    trades: list[TrackedTrade] = field(default_factory=list)
    fills: list[TrackedFill] = field(default_factory=list)
    nth: int = 1
    count: int = 0

    def add(self, fill: TrackedFill) -> None:
        """The next fill."""
        self.count += 1
        if self.count % self.nth == 0:
            self.fills.append(fill)
        if len(self.fills) >= 2 * _FILLS:
            self.fills = self.fills[1::2]
            self.nth *= 2
