"""The prices of units, by the market's rule: five significant figures, at most 6 - `sz_decimals` decimals,
never coarser than 1, rounded half to even once. The same in whole numbers as in
`hypertui.core.market.Instrument`."""

from __future__ import annotations

from typing import Any

import numpy as np

from hypertui.backtest.fast.compiled import compiled, inlined
from hypertui.core.market import MAX_PRICE_DECIMALS, MAX_SIGNIFICANT_FIGURES

POWERS = np.array([10**power for power in range(19)], dtype=np.int64)
MOST = 4 * 10**18  # what a whole number of a price may be


@inlined
def digits_of(value: int, guess: int) -> int:
    """How many digits a whole number above 0 has; at least one. A good guess is quick."""
    digits = max(guess, 1)
    while digits > 1 and value < POWERS[digits - 1]:
        digits -= 1
    while digits < 19 and value >= POWERS[digits]:
        digits += 1
    return digits


@inlined
def quantum(digits: int, decimals: int, sz_decimals: int) -> int:
    """The tick of a price of so many digits, in its last decimal; 1 where that is coarser."""
    by_figures = digits - 1 - decimals - (MAX_SIGNIFICANT_FIGURES - 1)
    exponent = min(0, max(by_figures, sz_decimals - MAX_PRICE_DECIMALS)) + decimals
    return POWERS[exponent] if exponent > 0 else 1


@inlined
def half_even(value: int, step: int) -> int:
    """A whole number, not below 0, rounded to a multiple of a step."""
    count = value // step
    rest = 2 * (value - count * step)
    if rest > step or (rest == step and count & 1):
        count += 1
    return count * step


@inlined
def unit_price(terms: Any, state: Any, unit: int) -> int:
    """The price of a unit, with D decimals; 0 where that is not above it."""
    raw: int = terms.entry + terms.unit * unit
    if raw <= 0:
        return 0
    if raw > MOST:
        state.undecided = True
        return 0
    digits = digits_of(raw, state.digits)
    state.digits = digits
    price = half_even(raw, quantum(digits, terms.raw, terms.sz_decimals))
    if terms.raw >= terms.decimals:
        price //= POWERS[terms.raw - terms.decimals]
    else:
        price = int(price * POWERS[terms.decimals - terms.raw])
    if price > terms.most:
        state.undecided = True
    return price


@compiled
def limit_of(terms: Any, price: int) -> int:
    """The worst price at which a stop-sell with this trigger may fill, with `limit_raw` decimals."""
    raw = price * terms.limit
    return half_even(raw, quantum(digits_of(raw, 1), terms.limit_raw, terms.sz_decimals))
