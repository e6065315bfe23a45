"""Synthetic prices: a seeded path for every market, as lively as its preset."""

from __future__ import annotations

import heapq
import math
import struct
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from random import Random

from hypertui.venue.market.prices import OtherPathError, PriceStep, same_kind
from hypertui.venue.model.listing import MARKETS
from hypertui.venue.model.markets import Market
from hypertui.venue.model.messages import integer, mapping, real, text
from hypertui.venue.model.orders import Json
from hypertui.venue.model.presets import PRESETS, USUAL, Preset

STEP_MS = 3_000
# How often jumps come, and how slowly volatility forgets.
JUMP_EVERY_MS = 2 * 3_600_000
CLUSTER_MS = 30 * 60_000
MINUTE_MS = 60_000


class SyntheticPath:
    """One market's geometric walk: log volatility wanders around its mean, and now and then the price jumps.

    The parts are scaled so that a minute's return has the preset's standard deviation in the long run.
    """

    def __init__(self, market: Market, seed: int, preset: Preset = USUAL) -> None:
        self._market = market
        self._preset = preset
        # Seeding by text gives each market its own path, the same on every machine.
        self._random = Random(f"{seed}:{market.symbol}")
        self._log_price = math.log(float(market.start))
        self._cluster = self._random.gauss(0.0, preset.cluster)
        self._time = 0
        variance = preset.deviation**2 * STEP_MS / MINUTE_MS
        self._jump_chance = STEP_MS / JUMP_EVERY_MS
        self._jump_deviation = math.sqrt(variance * preset.jump_share / self._jump_chance)
        # The mean of exp(2x) for a normal x is exp(2 var x), which would widen the walk.
        self._diffusion = math.sqrt(variance * (1 - preset.jump_share)) * math.exp(-(preset.cluster**2))
        self._persistence = math.exp(-STEP_MS / CLUSTER_MS)
        self._cluster_noise = preset.cluster * math.sqrt(1 - self._persistence**2)

    def advance(self, until: int) -> Iterator[PriceStep]:
        """All further steps up to and including `until`."""
        while self._time + STEP_MS <= until:
            phase = self._preset.phase(self._time)
            self._time += STEP_MS
            self._cluster = self._persistence * self._cluster + self._random.gauss(0.0, self._cluster_noise)
            deviation = self._diffusion * math.exp(self._cluster) * phase.liveliness
            drift = phase.drift * STEP_MS / MINUTE_MS
            change = self._random.gauss(drift - deviation**2 / 2, deviation)
            if self._random.random() < self._jump_chance:
                change += self._random.gauss(0.0, self._jump_deviation)
            self._log_price += change
            price = self._market.round_mark(Decimal(math.exp(self._log_price)))
            yield PriceStep(self._time, self._market.symbol, price)

    def put(self, price: Decimal) -> None:
        """Go on from a price in USD."""
        self._log_price = math.log(float(price))

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
    """A synthetic path for every market. Raises ValueError for a preset that there is not."""

    def __init__(self, seed: int, preset: str = "usual", markets: Sequence[Market] = MARKETS) -> None:
        if preset not in PRESETS:
            raise ValueError(f"preset {preset} is none of {', '.join(PRESETS)}")
        self._seed = seed
        self._preset = preset
        self._markets = tuple(markets)
        self._paths = {market.symbol: SyntheticPath(market, seed, PRESETS[preset]) for market in markets}

    def initial(self) -> Mapping[str, Decimal]:
        return {market.symbol: market.start for market in self._markets}

    def advance(self, until: int) -> Iterator[PriceStep]:
        return heapq.merge(*(path.advance(until) for path in self._paths.values()))

    def put(self, symbol: str, price: Decimal) -> None:
        self._paths[symbol].put(price)

    def dump(self) -> Json:
        paths = {symbol: path.dump() for symbol, path in self._paths.items()}
        return {"kind": "synthetic", "seed": self._seed, "preset": self._preset, "paths": paths}

    def restore(self, state: Json) -> None:
        same_kind(state, "synthetic")
        if integer(state, "seed") != self._seed:
            raise OtherPathError(f"is of seed {state['seed']}, not {self._seed}")
        if text(state, "preset") != self._preset:
            raise OtherPathError(f"is of preset {state['preset']}, not {self._preset}")
        for symbol, path in self._paths.items():
            path.restore(mapping(mapping(state, "paths"), symbol))
