"""Sums and products of pairs of floats, a value and what it is short of: about 31 digits, and whole numbers
below 2^100 without any error, as the low halves are then whole and small. What is compared, floored or summed
up over a whole series is kept so.

The algorithms are Dekker's and Knuth's, as in Hida, Li and Bailey, Library for Double-Double and Quad-Double
Arithmetic (2007).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias, cast

from numba import types
from numba.extending import intrinsic

from hypertui.backtest.fast.compiled import inlined

Pair: TypeAlias = tuple[float, float]


@intrinsic
def _fused_multiply_add(typing: Any, a: Any, b: Any, c: Any) -> Any:
    """a · b + c, rounded once."""
    del typing
    if (a, b, c) != (types.float64,) * 3:
        return None

    def instruction(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.fma(*arguments)

    return types.float64(a, b, c), instruction


_rounded_once = cast(Callable[[float, float, float], float], _fused_multiply_add)


@inlined
def two_sum(a: float, b: float) -> Pair:
    """a + b without error."""
    total = a + b
    other = total - a
    return total, (a - (total - other)) + (b - other)


@inlined
def two_product(a: float, b: float) -> Pair:
    """a · b without error."""
    product = a * b
    return product, _rounded_once(a, b, -product)


@inlined
def plus(a: Pair, b: Pair) -> Pair:
    """a + b."""
    high, error = two_sum(a[0], b[0])
    error += a[1] + b[1]
    total = high + error
    return total, error - (total - high)


@inlined
def minus(a: Pair, b: Pair) -> Pair:
    """a - b."""
    return plus(a, (-b[0], -b[1]))


@inlined
def times(a: Pair, b: float) -> Pair:
    """a · b."""
    high, error = two_product(a[0], b)
    error += a[1] * b
    total = high + error
    return total, error - (total - high)


@inlined
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
