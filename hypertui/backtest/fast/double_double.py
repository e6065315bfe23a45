"""Sums and products of pairs of floats, a value and what it is short of: about 32 digits, and whole numbers
below 2^100 without any error. What is compared, floored or summed up over a whole series is kept so.

The algorithms are Dekker's and Knuth's, as in Hida, Li and Bailey, Library for Double-Double and Quad-Double
Arithmetic (2007).
"""

from __future__ import annotations

from typing import TypeAlias

from hypertui.backtest.fast.compiled import compiled

Pair: TypeAlias = tuple[float, float]

_SPLIT = 134217729.0  # 2^27 + 1


@compiled
def two_sum(a: float, b: float) -> Pair:
    """a + b without error."""
    total = a + b
    other = total - a
    return total, (a - (total - other)) + (b - other)


@compiled
def two_product(a: float, b: float) -> Pair:
    """a · b without error."""
    product = a * b
    wide = _SPLIT * a
    a_high = wide - (wide - a)
    a_low = a - a_high
    wide = _SPLIT * b
    b_high = wide - (wide - b)
    b_low = b - b_high
    return product, ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low


@compiled
def plus(a: Pair, b: Pair) -> Pair:
    """a + b."""
    high, error = two_sum(a[0], b[0])
    low, rest = two_sum(a[1], b[1])
    error += low
    total = high + error
    error = (error - (total - high)) + rest
    high = total + error
    return high, error - (high - total)


@compiled
def minus(a: Pair, b: Pair) -> Pair:
    """a - b."""
    return plus(a, (-b[0], -b[1]))


@compiled
def times(a: Pair, b: float) -> Pair:
    """a · b."""
    high, error = two_product(a[0], b)
    error += a[1] * b
    total = high + error
    return total, error - (total - high)


@compiled
def floored(a: Pair, b: Pair) -> tuple[float, float, float]:
    """How many whole b, which is above 0, there are in a, which is not below 0; and how far a is above so
    many of them, and below one more."""
    count = float(int(a[0] / b[0])) if a[0] > 0 else 0.0
    rest = minus(a, times(b, count))
    while rest[0] < 0:
        count -= 1.0
        rest = plus(rest, b)
    above = minus(rest, b)
    while above[0] >= 0:
        count += 1.0
        rest = above
        above = minus(rest, b)
    return count, rest[0], -above[0]
