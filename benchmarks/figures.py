"""Times as the benchmarks print them."""

from collections.abc import Sequence
from statistics import quantiles
from typing import NamedTuple


class Spread(NamedTuple):
    """The middle and the slow end of many measurements, in ms."""

    p50: float
    p99: float


def milliseconds(nanoseconds: Sequence[int]) -> Spread:
    """The spread of at least two times in ns."""
    cuts = quantiles(nanoseconds, n=100, method="inclusive")
    return Spread(round(cuts[49] / 1e6, 3), round(cuts[98] / 1e6, 3))


def ratio(measured: float, reference: float) -> float:
    """How many times as long."""
    return round(measured / reference, 2)
