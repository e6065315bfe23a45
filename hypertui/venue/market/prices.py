"""Where prices come from: what every source of them can do, and the simplest one.

A path knows only market time, in ms since its start. What it yields depends on nothing but that, however the
asking is cut into pieces.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

from hypertui.venue.model.listing import MARKETS
from hypertui.venue.model.markets import Market
from hypertui.venue.model.messages import text
from hypertui.venue.model.orders import Json


class OtherPathError(ValueError):
    """Prices cannot go on from where another path stood; the text says what the other one was."""


@dataclass(frozen=True, slots=True, order=True)
class PriceStep:
    """A new price of a market, in USD, at `time` ms of market time."""

    time: int
    symbol: str
    price: Decimal = field(compare=False)


class PricePath(Protocol):
    """Prices of several markets over market time."""

    def initial(self) -> Mapping[str, Decimal]:
        """The price of every market at time 0."""

    def advance(self, until: int) -> Iterator[PriceStep]:
        """All further steps up to and including `until`, in the order of time."""

    def put(self, symbol: str, price: Decimal) -> None:
        """A market was set to a price (USD) by hand: go on from there, where that is possible."""

    def dump(self) -> Json:
        """Where the prices stand and which they are, for JSON."""

    def restore(self, state: Json) -> None:
        """Go on from where `dump` made `state`. Raises OtherPathError, or MalformedError."""


class ManualPrices:
    """Prices that stay where they are until somebody sets them on the core."""

    def __init__(
        self, prices: Mapping[str, Decimal] | None = None, markets: Sequence[Market] = MARKETS
    ) -> None:
        self._prices = {market.symbol: market.start for market in markets} | dict(prices or {})

    def initial(self) -> Mapping[str, Decimal]:
        return self._prices

    def advance(self, until: int) -> Iterator[PriceStep]:
        return iter(())

    def put(self, symbol: str, price: Decimal) -> None:
        """Nothing: the price stays on the core."""

    def dump(self) -> Json:
        return {"kind": "manual"}

    def restore(self, state: Json) -> None:
        same_kind(state, "manual")


_KINDS = {
    "manual": "prices set by hand",
    "synthetic": "the seeded path",
    "series": "a price file",
    "follow": "the prices of another venue",
}


def same_kind(state: Json, kind: str) -> None:
    """Raises OtherPathError unless `state` is of a source of this kind."""
    before = text(state, "kind")
    if before != kind:
        raise OtherPathError(f"is of {_KINDS.get(before, 'other prices')}, not of {_KINDS[kind]}")
