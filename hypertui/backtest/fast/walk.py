"""The compiled walk: from one price that matters to the next, over a window of a series."""

from __future__ import annotations

from typing import Any

from hypertui.backtest.fast import exits
from hypertui.backtest.fast.compiled import compiled, inlined
from hypertui.backtest.fast.ladder import leave, note_step, step_down, step_up
from hypertui.backtest.fast.money import fragments, fund, keep, net_at, realized
from hypertui.backtest.fast.source import between, price_at, touch
from hypertui.backtest.fast.state import Status

HOUR = 3_600_000  # ms


@compiled
def walk(
    source: Any,
    times: Any,
    ends: Any,
    terms_of_one: Any,
    state_of_one: Any,
    lots: Any,
    blocks: Any,
    steps: Any,
    start: int,
    stop: int,
) -> int:
    """Walk the prices from index `start` up to but without `stop`. `times` are empty where the series has
    none; `ends` are the last indices of the blocks, whose net PnL (grains) goes into `blocks`. `steps` are
    written down as far as there is room. Returns a Status."""
    terms, state = terms_of_one[0], state_of_one[0]
    exits.aim(terms, state)
    timed, hourly = len(times) > 0, terms.funding[0] != 0
    next_hour = _first(times, start, stop, (state.hour + 1) * HOUR) if hourly else stop
    over = _first(times, start, stop, terms.until) if terms.exits and timed else stop
    i = start
    while i < stop:
        limit = min(next_hour, over)
        if terms.exits and exits.is_counting(state):
            limit = i
        elif state.block < len(ends):
            limit = min(limit, ends[state.block] + 1)
        found = touch(source, i, limit, state.low, state.high) if limit > i else i
        if found > i:
            _pass(state, source, i, found)
            _end_blocks(state, ends, blocks, found - 1)
            i = found
            if i == stop:
                break
            if i == limit and i != next_hour and i != over:
                continue  # a block has ended, and nothing else
        at = times[i] if timed else 0
        if hourly and at >= (state.hour + 1) * HOUR:
            hour = at // HOUR
            fund(terms, state, hour - state.hour)
            state.hour = hour
            next_hour = _first(times, i, stop, (hour + 1) * HOUR)
            exits.aim(terms, state)
        price = price_at(source, i)
        state.price = price
        _take(terms, state, lots, steps, i, price, at)
        _see(state, price)
        _end_blocks(state, ends, blocks, i)
        i += 1
        if state.undecided:
            return Status.UNDECIDED.value
        if state.halted or state.due:
            state.walked = i
            return Status.ENDED.value
    state.walked = i
    return Status.UNDECIDED.value if state.undecided else Status.GOES_ON.value


@inlined
def _take(terms: Any, state: Any, lots: Any, steps: Any, tick: int, price: int, at: int) -> None:
    """Do all that a price of the series leads to, step by step."""
    scaled = price * terms.scale
    while True:
        up = scaled >= state.above
        down = not up and scaled <= state.below
        if not (up or down or _changes(terms, state, scaled, at)):
            break
        if terms.exits:
            exits.count(state, scaled, at)
        if up:
            step_up(terms, state, lots, scaled)
        elif down:
            step_down(terms, state, lots, scaled)
        exits.aim(terms, state)
        if terms.exits:
            state.due = exits.first_due(terms, state, scaled, at)
        if not (up or down):
            break
        note_step(state, price)
        if state.steps <= len(steps):
            _write(terms, state, lots, steps[state.steps - 1], tick, price, up)
        if state.halted or state.undecided:
            break
    if state.due:
        leave(terms, state, lots, scaled)


@inlined
def _changes(terms: Any, state: Any, scaled: int, at: int) -> bool:
    """Whether a price changes what the exits say."""
    if not terms.exits:
        return False
    if exits.counts(state, scaled, at):
        return True
    return bool(exits.first_due(terms, state, scaled, at) != state.due)


@inlined
def _pass(state: Any, source: Any, begin: int, end: int) -> None:
    """Prices between which nothing has happened: the net PnL was a straight line in them. They are looked at
    only where their limits do not say that it can have been neither a new high nor a deeper fall."""
    state.price = price_at(source, end - 1)
    slope = state.slope[0]
    if slope == 0.0:
        return
    room = state.deepest
    if (
        state.cash[0] + slope * state.high <= state.peak
        and state.peak - (state.cash[0] + slope * state.low) <= room
    ):
        return  # no fall between them is deeper either: it is from below the peak
    low, high, fall = between(source, begin, end, int(room / slope))
    if state.peak - (state.cash[0] + slope * low) > room:
        state.deepest = state.peak - net_at(state, low)[0]
    state.deepest = max(state.deepest, slope * fall)
    if state.cash[0] + slope * high > state.peak:
        state.peak = net_at(state, high)[0]


@inlined
def _see(state: Any, price: int) -> None:
    """Take a price of the series into peak and deepest fall, precisely where it is one of them."""
    about = state.cash[0] + state.slope[0] * price
    if about > state.peak:
        state.peak = net_at(state, price)[0]
    elif state.peak - about > state.deepest:
        state.deepest = state.peak - net_at(state, price)[0]


@inlined
def _end_blocks(state: Any, ends: Any, blocks: Any, tick: int) -> None:
    """Write down the net PnL of the blocks that end with the price of this index, which is the last one."""
    while state.block < len(ends) and ends[state.block] <= tick:
        blocks[state.block] = net_at(state, state.price)[0]
        state.block += 1


@compiled
def _first(times: Any, start: int, stop: int, at: int) -> int:
    """The first index from `start` on whose time is not before `at`; `stop` where there is none before."""
    low, high, width = start, start, 1
    while high < stop and times[high] < at:
        low = high + 1
        high += width
        width *= 2
    high = min(high, stop)
    while low < high:
        middle = (low + high) >> 1
        if times[middle] < at:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def _write(terms: Any, state: Any, lots: Any, step: Any, tick: int, price: int, up: bool) -> None:
    step.tick, step.price, step.up = tick, price, up
    step.unit, step.phase, step.long = state.unit, state.phase, state.long
    step.halted, step.position = state.halted, state.position
    keep(step.fragments, fragments(terms, state, lots))
    keep(step.realized, realized(terms, state, lots))
