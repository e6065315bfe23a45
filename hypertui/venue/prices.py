"""Where prices come from: a synthetic path, a recorded series, or by hand.

A path knows only market time, in ms since its start. What it yields depends on nothing but that, however the
asking is cut into pieces.
"""

from __future__ import annotations

import hashlib
import heapq
import math
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from random import Random
from typing import Protocol

from hypertui.venue.markets import MARKETS, Market
from hypertui.venue.orders import Json
from hypertui.venue.wire import integer, mapping, real, text


class OtherPathError(ValueError):
    """Prices cannot go on from where another path stood; the text says what the other one was."""


@dataclass(frozen=True, slots=True, order=True)
class Step:
    """A new price of a market, in USD, at `time` ms of market time."""

    time: int
    symbol: str
    price: Decimal = field(compare=False)


class PriceSource(Protocol):
    """Prices of several markets over market time."""

    def initial(self) -> Mapping[str, Decimal]:
        """The price of every market at time 0."""

    def advance(self, until: int) -> Iterator[Step]:
        """All further steps up to and including `until`, in the order of time."""

    def dump(self) -> Json:
        """Where the prices stand and which they are, for JSON."""

    def restore(self, state: Json) -> None:
        """Go on from where `dump` made `state`. Raises OtherPathError, or MalformedError."""


class ManualPrices:
    """Prices that stay where they are until somebody sets them on the core."""

    def __init__(self, prices: Mapping[str, Decimal] | None = None) -> None:
        self._prices = {market.symbol: market.start for market in MARKETS} | dict(prices or {})

    def initial(self) -> Mapping[str, Decimal]:
        return self._prices

    def advance(self, until: int) -> Iterator[Step]:
        return iter(())

    def dump(self) -> Json:
        return {"kind": "manual"}

    def restore(self, state: Json) -> None:
        _same_kind(state, "manual")


STEP_MS = 3_000
MINUTE_DEVIATION = 0.0008
# The share of the variance that jumps bring, how often they come, and how slowly volatility forgets.
JUMP_SHARE = 0.2
JUMP_EVERY_MS = 2 * 3_600_000
CLUSTER_MS = 30 * 60_000
CLUSTER_DEVIATION = 0.35


class SyntheticPath:
    """One market's geometric walk: log volatility wanders around its mean, and now and then the price jumps.

    The parts are scaled so that a minute's return has a standard deviation of 0.08 % in the long run.
    """

    def __init__(self, market: Market, seed: int) -> None:
        self._market = market
        # Seeding by text gives each market its own path, the same on every machine.
        self._random = Random(f"{seed}:{market.symbol}")
        self._log_price = math.log(float(market.start))
        self._cluster = self._random.gauss(0.0, CLUSTER_DEVIATION)
        self._time = 0
        variance = MINUTE_DEVIATION**2 * STEP_MS / 60_000
        self._jump_chance = STEP_MS / JUMP_EVERY_MS
        self._jump_deviation = math.sqrt(variance * JUMP_SHARE / self._jump_chance)
        # The mean of exp(2x) for a normal x is exp(2 var x), which would widen the walk.
        self._diffusion = math.sqrt(variance * (1 - JUMP_SHARE)) * math.exp(-(CLUSTER_DEVIATION**2))
        self._persistence = math.exp(-STEP_MS / CLUSTER_MS)
        self._cluster_noise = CLUSTER_DEVIATION * math.sqrt(1 - self._persistence**2)

    def advance(self, until: int) -> Iterator[Step]:
        while self._time + STEP_MS <= until:
            self._time += STEP_MS
            self._cluster = self._persistence * self._cluster + self._random.gauss(0.0, self._cluster_noise)
            deviation = self._diffusion * math.exp(self._cluster)
            change = self._random.gauss(-(deviation**2) / 2, deviation)
            if self._random.random() < self._jump_chance:
                change += self._random.gauss(0.0, self._jump_deviation)
            self._log_price += change
            price = self._market.round_mark(Decimal(math.exp(self._log_price)))
            yield Step(self._time, self._market.symbol, price)

    def dump(self) -> Json:
        """Where the path stands, for JSON."""
        _, words, gauss_next = self._random.getstate()
        return {
            "time": self._time,
            "log_price": self._log_price,
            "cluster": self._cluster,
            "random": struct.pack(f">{len(words)}I", *words).hex(),
            "gauss_next": gauss_next,
        }

    def restore(self, state: Json) -> None:
        """Go on from where `dump` made `state`. Raises MalformedError, or ValueError for no random state."""
        packed = bytes.fromhex(text(state, "random"))
        words = struct.unpack(f">{len(packed) // 4}I", packed)
        gauss_next = None if state.get("gauss_next") is None else real(state, "gauss_next")
        self._random.setstate((Random.VERSION, words, gauss_next))
        self._time = integer(state, "time")
        self._log_price = real(state, "log_price")
        self._cluster = real(state, "cluster")


class SyntheticPrices:
    """A synthetic path for every market."""

    def __init__(self, seed: int, markets: Sequence[Market] = MARKETS) -> None:
        self._seed = seed
        self._markets = tuple(markets)
        self._paths = {market.symbol: SyntheticPath(market, seed) for market in markets}

    def initial(self) -> Mapping[str, Decimal]:
        return {market.symbol: market.start for market in self._markets}

    def advance(self, until: int) -> Iterator[Step]:
        return heapq.merge(*(path.advance(until) for path in self._paths.values()))

    def dump(self) -> Json:
        paths = {symbol: path.dump() for symbol, path in self._paths.items()}
        return {"kind": "synthetic", "seed": self._seed, "paths": paths}

    def restore(self, state: Json) -> None:
        _same_kind(state, "synthetic")
        if integer(state, "seed") != self._seed:
            raise OtherPathError(f"is of seed {state['seed']}, not {self._seed}")
        for symbol, path in self._paths.items():
            path.restore(mapping(mapping(state, "paths"), symbol))


class SeriesPrices:
    """A recorded series for one market, which holds its last price at its end; another source for the rest.

    `times` are in ms, ascending, and as many as `prices` (USD); raises ValueError otherwise.
    """

    def __init__(
        self, symbol: str, prices: Sequence[Decimal], times: Sequence[int], others: PriceSource
    ) -> None:
        if not prices or len(prices) != len(times):
            raise ValueError("a series needs as many times as prices, and at least one")
        self._symbol = symbol
        self._prices = tuple(prices)
        self._times = tuple(times)
        self._others = others
        self._next = 1

    def initial(self) -> Mapping[str, Decimal]:
        return {**self._others.initial(), self._symbol: self._prices[0]}

    def advance(self, until: int) -> Iterator[Step]:
        rest = (step for step in self._others.advance(until) if step.symbol != self._symbol)
        return heapq.merge(self._series(until), rest)

    def _series(self, until: int) -> Iterator[Step]:
        while self._next < len(self._prices) and self._times[self._next] - self._times[0] <= until:
            index = self._next
            self._next += 1
            yield Step(self._times[index] - self._times[0], self._symbol, self._prices[index])

    def dump(self) -> Json:
        return {
            "kind": "series",
            "symbol": self._symbol,
            "digest": self._digest,
            "next": self._next,
            "others": self._others.dump(),
        }

    def restore(self, state: Json) -> None:
        _same_kind(state, "series")
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


_KINDS = {"manual": "prices set by hand", "synthetic": "the seeded path", "series": "a price file"}


def _same_kind(state: Json, kind: str) -> None:
    before = text(state, "kind")
    if before != kind:
        raise OtherPathError(f"is of {_KINDS.get(before, 'other prices')}, not of {_KINDS[kind]}")
