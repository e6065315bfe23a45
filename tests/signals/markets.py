"""Candles for the tests of signals: walks by a seed, with what makes indicators stumble."""

from __future__ import annotations

import math
import random
from collections.abc import Collection
from decimal import Decimal as D

import numpy
from hypothesis import strategies as some

from hypertui.core.candles import Candle, Interval
from hypertui.signals.readings import Bar

FIVE = Interval.FIVE_MINUTES
BEGAN = 5_800_000 * FIVE  # of no number that a memory divides


def walked(
    seed: int, count: int, *, holes: Collection[int] = (), still: range = range(0), began: int = BEGAN
) -> list[Candle]:
    """So many candles of five minutes, without those whose numbers are `holes`; in `still` nothing moves."""
    chance, price, made = random.Random(seed), 100.0, []
    for number in range(count):
        path = [price]
        for _ in range(0 if number in still else 6):
            path.append(path[-1] * math.exp(chance.gauss(0, 0.001)))
        price = round(path[-1], 3)
        low, high = round(min(*path, price, math.inf), 3), round(max(*path, price, 0.0), 3)
        at = began + number * FIVE
        made.append(Candle(at, D(str(low)), D(str(high)), D(str(price))))
    return [candle for number, candle in enumerate(made) if number not in holes]


def closes_of(candles: Collection[Candle]) -> numpy.ndarray:
    """Their closes, as TA-Lib takes them."""
    return numpy.array([float(candle.close) for candle in candles])


def extremes_of(candles: Collection[Candle]) -> tuple[numpy.ndarray, numpy.ndarray]:
    """Their highs and lows."""
    return (
        numpy.array([float(candle.high) for candle in candles]),
        numpy.array([float(candle.low) for candle in candles]),
    )


def bars_of(candles: Collection[Candle]) -> list[Bar]:
    """The same as indicators take them."""
    return [Bar.of(candle) for candle in candles]


@some.composite
def markets(draw: some.DrawFn, least: int, most: int) -> list[Candle]:
    """Any walk, now and then with candles missing and a stretch that stands still."""
    count = draw(some.integers(least, most))
    places = some.integers(0, count - 1)
    holes = draw(some.sets(places, max_size=3))
    begins = draw(places)
    still = range(begins, begins + draw(some.sampled_from((0, 0, 30))))
    return walked(draw(some.integers(0, 10**6)), count, holes=holes, still=still)
