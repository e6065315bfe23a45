"""The synthetic liquidity around the path: rebuilt with every price; what takers have eaten stays eaten until
then."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import islice

from hypertui.core.market import ONE, Side
from hypertui.venue.model.markets import Market
from hypertui.venue.model.options import VenueOptions


@dataclass(slots=True)
class LiquidityLevel:
    """Synthetic liquidity at one price, in coins; takers eat from its size."""

    price: Decimal
    size: Decimal


class LiquidityLadder:
    """Synthetic liquidity of one side, best first. Made only as far as it is looked at: most prices of the
    path pass without anybody looking beyond the top."""

    def __init__(self, quotes: Iterator[LiquidityLevel]) -> None:
        self._made: deque[LiquidityLevel] = deque()
        self._rest = quotes

    def top(self) -> LiquidityLevel | None:
        """The best price at which anything is left."""
        while self._made and not self._made[0].size:
            self._made.popleft()
        if not self._made:
            self._made.extend(islice(self._rest, 1))
        return self._made[0] if self._made else None

    def all(self) -> list[LiquidityLevel]:
        """Every price at which anything is left."""
        self._made.extend(self._rest)
        return [quote for quote in self._made if quote.size]


def fresh_quotes(
    options: VenueOptions, market: Market, side: Side, mark: Decimal, share: Decimal = ONE
) -> Iterator[LiquidityLevel]:
    """What stands on a side of the book after a new price, best first: equal values at equal distances, a
    `share` of the usual ones."""
    instrument = market.instrument
    step = (options.depth_range - options.half_spread) / options.levels
    rounding = ROUND_FLOOR if side is Side.BUY else ROUND_CEILING
    value = options.depth * share / options.levels
    if not value:
        return
    merged: LiquidityLevel | None = None
    for index in range(options.levels):
        away = options.half_spread + step * index
        price = instrument.round_price(mark * (ONE - side.sign * away), rounding)
        if price <= 0:
            break
        size = max(instrument.floor_size(value / price), instrument.lot)
        if merged is not None and merged.price == price:
            merged.size += size
            continue
        if merged is not None:
            yield merged
        merged = LiquidityLevel(price, size)
    if merged is not None:
        yield merged
