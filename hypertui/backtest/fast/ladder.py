"""The steps of a compiled ladder: what fires, what is armed, and what the phase is then. The rules are those
of `hypertui.strategy.ladder`; orders fill at once, so that only their units and sizes are left of them."""

from __future__ import annotations

from typing import Any

from hypertui.backtest.fast.compiled import borrowing, inlined
from hypertui.backtest.fast.double_double import minus
from hypertui.backtest.fast.grid import unit_price
from hypertui.backtest.fast.money import (
    add,
    buy,
    fragments,
    is_enough,
    keep,
    net_at,
    pair,
    reinvest,
    sell,
    size_at,
)
from hypertui.backtest.fast.state import SLOTS, PhaseCode, ReinvestCode


@inlined
def step_up(terms: Any, state: Any, lots: Any, price: int) -> None:
    """One unit up at a price (D decimals): the nearest buy fires, or the lowest stop moves up."""
    trigger = state.above
    _move(terms, state, 1)
    if state.long == SLOTS:
        lowest = state.coins[0]
        _shift_down(state.coins)
        state.coins[SLOTS - 1] = lowest
        return
    size = state.buys[0]
    at = buy(terms, state, lots, size, trigger, price)
    state.coins[state.long] = size
    state.long += 1
    state.round_trips += 1
    dearer = at - state.sold_at[0]
    if dearer > 0:
        sale, purchase = float(state.sold[0]) * float(state.sold_at[0]), float(size) * float(at)
        state.whipsaw += float(size) * float(dearer) * terms.fee_one + (sale + purchase) * terms.fee
    _shift_down(state.buys)
    _shift_down(state.sold_at)
    _shift_down(state.sold)
    _change_phase(terms, state)


@inlined
def step_down(terms: Any, state: Any, lots: Any, price: int) -> None:
    """One unit down at a price (D decimals): the nearest stop fires and arms a buy where the price was, or
    the highest buy moves there."""
    trigger = state.below
    _move(terms, state, -1)
    last_at, last = state.sold_at[SLOTS - 1], state.sold[SLOTS - 1]
    _shift_up(state.buys)
    _shift_up(state.sold_at)
    _shift_up(state.sold)
    resized = False
    if state.long:
        state.long -= 1
        size = state.coins[state.long]
        state.sold_at[0] = sell(terms, state, lots, size, trigger, price)
        state.sold[0] = size
        _change_phase(terms, state)
        resized = state.long == 0 and terms.reinvest != ReinvestCode.OFF
    else:  # the sale that waited for the highest buy waits for the new one
        state.sold_at[0], state.sold[0] = last_at, last
    _arm(terms, state, lots, SLOTS if resized else 1)


@borrowing
def leave(terms: Any, state: Any, lots: Any, price: int) -> None:
    """Sell everything at a price (D decimals)."""
    if state.position:
        sell(terms, state, lots, state.position, price, price)
        state.long = 0
        _change_phase(terms, state)


@inlined
def note_step(state: Any, price: int) -> None:
    """A step at a price of the series is over: what was made up to it, its fills included, was made in the
    phase before it."""
    state.phase_steps[state.phase] += 1
    if state.phase == state.noted_phase:
        return  # it goes on
    net = net_at(state, price)
    add(state.phase_pnl[state.noted_phase], minus(net, pair(state.noted)))
    keep(state.noted, net)
    state.noted_phase = state.phase


@inlined
def _shift_down(four: Any) -> None:
    """Each of the SLOTS places takes what the next one has."""
    four[0], four[1], four[2] = four[1], four[2], four[3]


@inlined
def _shift_up(four: Any) -> None:
    """And the other way round."""
    four[3], four[2], four[1] = four[2], four[1], four[0]


@inlined
def _move(terms: Any, state: Any, way: int) -> None:
    """To the next unit. Where prices of units fall together, the exact engine says what that comes to."""
    state.unit += way
    state.steps += 1
    if way > 0:
        state.below, state.here = state.here, state.above
        state.above = unit_price(terms, state, state.unit + 1)
    else:
        state.above, state.here = state.here, state.below
        state.below = unit_price(terms, state, state.unit - 1)
    if not state.below < state.here < state.above:
        state.undecided = True


@inlined
def _arm(terms: Any, state: Any, lots: Any, many: int) -> None:
    """Give so many of the buys, the nearest first, the size of now; halt where the stop of one would be too
    small."""
    stop, price = state.here, state.above
    for ahead in range(many):
        if ahead:
            stop, price = price, unit_price(terms, state, state.unit + 1 + ahead)
        size = size_at(terms, state, lots, price)
        if not is_enough(terms, size, stop):
            state.halted = True
            state.halted_unit, state.halted_size = state.unit + 1 + ahead, size
            keep(state.halted_fragments, fragments(terms, state, lots))
            return
        state.buys[ahead] = size


@inlined
def _change_phase(terms: Any, state: Any) -> None:
    """After a fill."""
    before = state.phase
    if state.long == SLOTS:
        state.phase = PhaseCode.ADVANCE.value
        state.declined = False
    elif state.long == 0:
        state.phase = PhaseCode.DECLINE.value
        state.declined = True
        if before != PhaseCode.DECLINE:
            reinvest(terms, state)
    elif state.declined:
        state.phase = PhaseCode.RECOVERY.value
    else:
        state.phase = PhaseCode.RETRACEMENT.value
