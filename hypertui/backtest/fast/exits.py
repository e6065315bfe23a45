"""The exits of a compiled ladder: hard and soft stop, profit and time. They act at the same prices as in
`hypertui.strategy.exits.watch`, which says why; the one that trails is not here."""

from __future__ import annotations

from typing import Any

from hypertui.backtest.fast.compiled import compiled, inlined
from hypertui.backtest.fast.double_double import Pair, floored, minus, times, two_product
from hypertui.backtest.fast.grid import digits_of, quantum
from hypertui.backtest.fast.money import pair
from hypertui.backtest.fast.state import NEVER, Ending
from hypertui.strategy.exits.watch import SOFT_AGAIN, SOFT_FOR, SOFT_GAP, SOFT_PRICES

_FAR = 1e18  # prices that no series has


@compiled
def _short_of(terms: Any, state: Any, fraction: float) -> Pair:
    """What the cash lacks for a net gain of so many parts of the stake, in grains times `part_one`."""
    return minus(times(pair(state.at_entry), fraction), times(pair(state.cash), terms.part_one))


@compiled
def _close_to(terms: Any, state: Any) -> float:
    """Within how much (in the same) nothing is decided: nothing is rounded before the first sale."""
    is_whole = state.fills == 1 and state.funding[0] == 0.0
    return 0.0 if is_whole else float(terms.close_to * terms.part_one)


@compiled
def _acts_at(terms: Any, state: Any, fraction: float) -> int:
    """The price at which the coins held make a net gain of so many parts, rounded up to a tick; 0 where that
    would be at 0 or below."""
    short = _short_of(terms, state, fraction)
    if short[0] <= 0:
        return 0
    each = two_product(float(state.position) * float(terms.slip_one), terms.fee_one - terms.fee)
    each = times(each, terms.part_one)
    about = short[0] / each[0]
    if about > _FAR:
        return NEVER
    tick = quantum(digits_of(int(about), 1), terms.decimals, terms.sz_decimals)
    count, above, below = floored(short, times(each, float(tick)))
    close = _close_to(terms, state)
    if above < close or below < close:
        state.undecided = True
    return int(count) * tick if above == 0 else (int(count) + 1) * tick


@compiled
def _is_reached(terms: Any, state: Any, fraction: float) -> bool:
    """Whether the cash alone is a net gain of so many parts."""
    short = _short_of(terms, state, fraction)
    if abs(short[0]) < _close_to(terms, state):
        state.undecided = True
    return short[0] <= 0


@inlined
def _down(terms: Any, price: int) -> int:
    """The highest price of the series that is not above one of D decimals."""
    return price if terms.scale == 1 else int(price // terms.scale)


@inlined
def _up(terms: Any, price: int) -> int:
    """The lowest one that is not below it."""
    return price if terms.scale == 1 else int(-(-price // terms.scale))


@inlined
def aim(terms: Any, state: Any) -> None:
    """Work out where the exits act, and between which prices of the series nothing can happen."""
    low, high = _down(terms, state.below), _up(terms, state.above)
    if terms.exits:
        state.hard_at = state.soft_at = 0
        state.target_at = NEVER
        state.hard_now = state.target_now = False
        if state.position > 0:
            if terms.hard > 0:
                state.hard_at = _acts_at(terms, state, -terms.hard)
            if terms.soft > 0:
                state.soft_at = _acts_at(terms, state, -terms.soft)
            if terms.target > 0:
                state.target_at = _acts_at(terms, state, terms.target)
                state.target_now = state.target_at == 0
        else:
            if terms.hard > 0:
                # at -hard or below: the cash is not above it
                lost = _short_of(terms, state, -terms.hard)
                if abs(lost[0]) < _close_to(terms, state):
                    state.undecided = True
                state.hard_now = lost[0] >= 0
            if terms.target > 0:
                state.target_now = _is_reached(terms, state, terms.target)
        low = max(low, _down(terms, max(state.hard_at, state.soft_at)))
        high = min(high, _up(terms, state.target_at))
    state.low, state.high = low, high


@inlined
def is_counting(state: Any) -> bool:
    """Whether the soft stop counts prices, so that each of them matters."""
    return bool(state.soft_since != -NEVER)


@compiled
def _begins(state: Any, at: int) -> bool:
    return not is_counting(state) or not 0 <= at - state.soft_last <= SOFT_GAP


@compiled
def counts(state: Any, price: int, at: int) -> bool:
    """Whether a price changes the soft stop's count."""
    if price > state.soft_at:
        return is_counting(state)
    if _begins(state, at):
        return True
    return bool(at != state.soft_last and (price != state.soft_price or at - state.soft_last >= SOFT_AGAIN))


@compiled
def count(state: Any, price: int, at: int) -> None:
    """Take a price (D decimals) at `at` (ms) into the soft stop's count."""
    if not counts(state, price, at):
        return
    if price > state.soft_at:
        state.soft_since, state.soft_prices = -NEVER, 0
        return
    if _begins(state, at):
        state.soft_since, state.soft_prices = at, 0
    state.soft_prices += 1
    state.soft_price, state.soft_last = price, at


@compiled
def first_due(terms: Any, state: Any, price: int, at: int) -> int:
    """The exit that is due at a price (D decimals) and `at` a time (ms)."""
    if terms.hard > 0 and (price <= state.hard_at or state.hard_now):
        return Ending.HARD_STOP.value
    lasted = state.soft_last - state.soft_since if is_counting(state) else 0
    if terms.soft > 0 and state.soft_prices >= SOFT_PRICES and lasted >= SOFT_FOR:
        return Ending.SOFT_STOP.value
    if terms.target > 0 and (price >= state.target_at or state.target_now):
        return Ending.TAKE_PROFIT.value
    return Ending.TIME_STOP.value if at >= terms.until else Ending.NOTHING.value
