"""Recorded prices: a price file for one market, at the pace at which it was recorded."""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cached_property

from hypertui.venue.market.prices import OtherPathError, PricePath, PriceStep, same_kind
from hypertui.venue.model.messages import integer, mapping, text
from hypertui.venue.model.orders import Json


class SeriesPrices:
    """A recorded series for one market, which at its end holds its last price or, with `loop`, begins again;
    another source for the rest.

    `times` are in ms, ascending, and as many as `prices` (USD); raises ValueError otherwise.
    """

    def __init__(
        self,
        symbol: str,
        prices: Sequence[Decimal],
        times: Sequence[int],
        others: PricePath,
        *,
        loop: bool = False,
    ) -> None:
        if not prices or len(prices) != len(times):
            raise ValueError("a series needs as many times as prices, and at least one")
        self._symbol = symbol
        self._prices = tuple(prices)
        self._times = tuple(times)
        self._others = others
        self._loop = loop
        # From the beginning of one round to that of the next: the last price stands for the usual interval.
        length = self._times[-1] - self._times[0]
        self._round = max(length + length // max(len(times) - 1, 1), 1)
        # Counts on from round to round.
        self._next = 1

    def initial(self) -> Mapping[str, Decimal]:
        return {**self._others.initial(), self._symbol: self._prices[0]}

    def advance(self, until: int) -> Iterator[PriceStep]:
        rest = (step for step in self._others.advance(until) if step.symbol != self._symbol)
        return heapq.merge(self._series(until), rest)

    def _series(self, until: int) -> Iterator[PriceStep]:
        while self._loop or self._next < len(self._prices):
            rounds, index = divmod(self._next, len(self._prices))
            time = rounds * self._round + self._times[index] - self._times[0]
            if time > until:
                return
            self._next += 1
            yield PriceStep(time, self._symbol, self._prices[index])

    def put(self, symbol: str, price: Decimal) -> None:
        """The series itself goes on with its own next price."""
        if symbol != self._symbol:
            self._others.put(symbol, price)

    def dump(self) -> Json:
        return {
            "kind": "series",
            "symbol": self._symbol,
            "digest": self._digest,
            "next": self._next,
            "others": self._others.dump(),
        }

    def restore(self, state: Json) -> None:
        same_kind(state, "series")
        if text(state, "symbol") != self._symbol:
            raise OtherPathError(f"is of a price file for {state['symbol']}, not {self._symbol}")
        if text(state, "digest") != self._digest:
            raise OtherPathError("is of a price file with other prices")
        self._others.restore(mapping(state, "others"))
        self._next = integer(state, "next")

    @cached_property
    def _digest(self) -> str:
        """What tells one series from another, wherever its file lies."""
        digest = hashlib.sha256()
        for time, price in zip(self._times, self._prices, strict=True):
            digest.update(f"{time - self._times[0]} {price:f}\n".encode())
        return digest.hexdigest()
