"""What purchases, sales and funding do to the money of a compiled ladder, first in, first out."""

from __future__ import annotations

from typing import Any

from hypertui.backtest.fast.compiled import compiled, inlined
from hypertui.backtest.fast.double_double import Pair, floored, minus, plus, times, two_product
from hypertui.backtest.fast.grid import limit_of
from hypertui.backtest.fast.state import LOTS, ReinvestCode

WHOLE = 2**53  # up to here floats are exact


@inlined
def pair(kept: Any) -> Pair:
    """One that is kept in a record."""
    return kept[0], kept[1]


@inlined
def keep(kept: Any, value: Pair) -> None:
    """Write it there."""
    kept[0] = value[0]
    kept[1] = value[1]


@inlined
def add(kept: Any, value: Pair) -> None:
    """Add to one that is kept."""
    keep(kept, plus(pair(kept), value))


@inlined
def net_at(state: Any, price: int) -> Pair:
    """The net PnL (grains) at a price of the series."""
    return plus(pair(state.cash), times(pair(state.slope), float(price)))


@inlined
def _hold(terms: Any, state: Any, position: int) -> None:
    state.position = position
    keep(state.slope, two_product(float(position), terms.per_price))


@inlined
def _account(terms: Any, state: Any, size: int, at: int) -> None:
    state.fills += 1
    state.fees += float(size) * float(at) * terms.fee
    if at > WHOLE:
        state.undecided = True


@inlined
def buy(terms: Any, state: Any, lots: Any, size: int, trigger: int, price: int) -> int:
    """Buy so many lots at the worse of trigger and price; returns the price that this filled at."""
    at: int = max(trigger, price) * (terms.slip_one + terms.slip)
    _account(terms, state, size, at)
    state.slipped += float(size) * float(at - trigger * terms.slip_one)
    paid = two_product(float(at), terms.fee_one + terms.fee)
    add(state.cash, times(paid, -float(size)))
    if state.after_lots == LOTS:
        _to_the_front(state, lots)
    lots[state.after_lots, 0] = size
    lots[state.after_lots, 1] = at
    state.after_lots += 1
    _hold(terms, state, state.position + size)
    return at


@compiled
def _to_the_front(state: Any, lots: Any) -> None:
    """Make room for more purchases behind those that are held."""
    held = state.after_lots - state.first_lot
    for lot in range(held):
        lots[lot, 0], lots[lot, 1] = lots[state.first_lot + lot, 0], lots[state.first_lot + lot, 1]
    state.first_lot, state.after_lots = 0, held
    if held == LOTS:
        state.undecided = True
        state.after_lots -= 1


@inlined
def sell(terms: Any, state: Any, lots: Any, size: int, trigger: int, price: int) -> int:
    """Sell so many lots of those held at the worse of trigger and price; returns the price that this filled
    at."""
    at: int = min(trigger, price) * (terms.slip_one - terms.slip)
    _account(terms, state, size, at)
    state.slipped += float(size) * float(trigger * terms.slip_one - at)
    got = two_product(float(at), terms.fee_one - terms.fee)
    add(state.cash, times(got, float(size)))
    left = size
    while left > 0:
        first = state.first_lot
        taken = min(left, lots[first, 0])
        left -= taken
        lots[first, 0] -= taken
        if lots[first, 0] == 0:
            state.first_lot += 1
    _hold(terms, state, state.position - size)
    return at


@compiled
def fund(terms: Any, state: Any, hours: int) -> None:
    """Charge so many hours on what is held, at the last price."""
    size, price = float(state.position), float(state.price * terms.scale)
    paid = times(times(times(pair(terms.funding), size), price), -float(hours))
    add(state.cash, paid)
    add(state.funding, paid)


@compiled
def realized(terms: Any, state: Any, lots: Any) -> Pair:
    """The realised PnL: the cash, and what the coins held have cost with the fees of their purchase."""
    total = pair(state.cash)
    for lot in range(state.first_lot, state.after_lots):
        each = two_product(float(lots[lot, 1]), terms.fee_one + terms.fee)
        total = plus(total, times(each, float(lots[lot, 0])))
    return total


@inlined
def fragments(terms: Any, state: Any, lots: Any) -> Pair:
    """Four times what one cash slot buys with now, in grains."""
    if terms.reinvest == ReinvestCode.CONTINUOUS:
        return plus(pair(state.at_entry), realized(terms, state, lots))
    return pair(state.fragments)


@compiled
def reinvest(terms: Any, state: Any) -> None:
    """What was made since the last time goes into the fragments, when no coins are held."""
    if terms.reinvest != ReinvestCode.OFF:
        made = pair(state.cash)
        add(state.fragments, minus(made, pair(state.reinvested)))
        keep(state.reinvested, made)


@inlined
def size_at(terms: Any, state: Any, lots: Any, price: int) -> int:
    """The lots that a fragment buys at a unit's price. What is as near to one lot more or less as the exact
    engine's own rounding is not decided; before anything was reinvested there is none."""
    four = fragments(terms, state, lots)
    if four[0] <= 0:
        return 0
    count, above, below = floored(four, times(pair(terms.size_one), float(price)))
    if (above < terms.close_to or below < terms.close_to) and not (
        four[0] == state.at_entry[0] and four[1] == state.at_entry[1]
    ):
        state.undecided = True
    return int(count)


@inlined
def is_enough(terms: Any, size: int, price: int) -> bool:
    """Whether the market takes a stop of so many lots with its trigger at a price. Rounding takes less than
    half of a limit price that is at least one tick, and no tick is more than one USD."""
    raw = price * terms.limit
    if raw >= terms.limit_usd and float(raw) * float(size) >= 2.0 * terms.least[0]:
        return True
    value = two_product(float(size), float(limit_of(terms, price)))
    return minus(value, pair(terms.least))[0] >= 0
