"""What every guard says of the facts. Nothing changes by asking, and there is no clock: `now` is given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from hypertui.core.market import ONE, plain
from hypertui.core.phrases import usd
from hypertui.risk import account, course, exposure, market
from hypertui.risk.facts import Facts
from hypertui.risk.guards import WARNS_AT, Guard, GuardState, GuardVerdict
from hypertui.risk.measure import Measure, share, usd_down
from hypertui.risk.memory import DAY, GuardMemory, Rearm, Trip, with_rearm
from hypertui.risk.rules import GuardRules, percent

# A warning goes on until its figure is below so much of the line at which it began: one that flickers about
# that line warns once.
_LASTS = Decimal("0.95")
_FIGURES = {
    Guard.DAILY_LOSS: account.daily_loss,
    Guard.DRAWDOWN: account.drawdown,
    Guard.MAX_POSITION: exposure.max_position,
    Guard.MAX_LEVERAGE: exposure.max_leverage,
    Guard.MARGIN_USED: exposure.margin_used,
    Guard.LIQUIDATION: exposure.liquidation,
    Guard.BALANCE: exposure.balance,
    Guard.PRICE_JUMP: market.price_jump,
    Guard.FROZEN_PRICE: market.frozen_price,
    Guard.MARK_GAP: market.mark_gap,
    Guard.FUNDING: course.funding,
    Guard.FEE_DRAG: course.fee_drag,
    Guard.WHIPSAW: course.whipsaw,
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """What each guard says, in their order, and what is to be remembered. `asks_transfers`: a limit that is
    reached counts once it is known what was paid in and out."""

    verdicts: tuple[GuardVerdict, ...]
    memory: GuardMemory
    asks_transfers: bool = False


def judge(
    facts: Facts, memory: GuardMemory, rules: GuardRules, now: int, before: Sequence[GuardVerdict] = ()
) -> Judgement:
    """What the guards that are wanted say at `now` (ms), with what was remembered, and what they said
    `before`: a warning lasts a little longer than what it began by."""
    warned = {each.guard for each in before if each.state is GuardState.WARN}
    memory = _released(_with_account(memory, facts), facts)
    verdicts, asks = [], False
    for measure in _measures(facts, memory, rules, now):
        action = rules.action(measure.guard)
        if measure.guard.is_latched and action.holds and measure.reached and not measure.doubt:
            memory = _tripped(memory, measure)
        asks |= measure.doubt == account.ASKED
        verdicts.append(_verdict(measure, rules, memory, now, warned=measure.guard in warned))
    if facts.price is not None:
        memory = replace(memory, jumped_at=facts.price.jumped_at, jump=facts.price.jump)
    return Judgement(tuple(verdicts), memory, asks)


def _measures(facts: Facts, memory: GuardMemory, rules: GuardRules, now: int) -> Iterator[Measure]:
    for guard in rules.wanted:
        if guard is Guard.LOSING_CYCLES:
            yield course.losing_cycles(facts, rules, memory, now)
        else:
            yield _FIGURES[guard](facts, rules, now)


def _verdict(
    measure: Measure, rules: GuardRules, memory: GuardMemory, now: int, *, warned: bool
) -> GuardVerdict:
    guard, action, text = measure.guard, rules.action(measure.guard), measure.text
    if rules.only_warns_here(guard):
        text = f"{text}; only warns here"
    trip = memory.trip(guard) if guard.is_latched else None
    tripped = trip is not None if guard.is_latched else measure.reached
    said = GuardVerdict(guard, GuardState.OK, measure.figure, measure.limit, action, text)
    if tripped and action.holds:
        figure, holds = measure.figure, f"guard {guard.words}: {text}"
        if trip is not None:
            at = f"tripped at {_said(trip, rules)}"
            holds = f"guard {guard.words} {at}"
            text = text if figure == trip.figure else f"{at}; now {text}"
            figure = trip.figure if figure is None else figure
        return replace(said, state=GuardState.TRIPPED, figure=figure, text=text, holds=holds)
    doubt = f"guard {guard.words}: {measure.doubt}" if measure.doubt and action.holds else ""
    if measure.figure is None:
        return replace(said, state=GuardState.UNKNOWN, holds=doubt)
    used, near = said.used, measure.near
    if near is None:
        near = used is not None and used >= WARNS_AT and action.holds
    lasts = warned and used is not None and used >= _line(measure, rules) * _LASTS
    if measure.reached or near or lasts:
        return replace(said, state=GuardState.WARN, holds=doubt)
    rearm = memory.rearm(guard)
    if rearm is not None and rearm.at // DAY == now // DAY:
        return replace(said, state=GuardState.REARMED, holds=doubt)
    return replace(said, holds=doubt)


def _line(measure: Measure, rules: GuardRules) -> Decimal:
    """Where a warning begins, as a fraction of the limit."""
    if measure.guard is Guard.DRAWDOWN and rules.drawdown_warn is not None:
        return rules.drawdown_warn / measure.limit
    return WARNS_AT if measure.near is None and rules.action(measure.guard).holds else ONE


def _said(trip: Trip, rules: GuardRules) -> str:
    """The figure and the limit of a trip, in words."""
    if trip.guard is Guard.LOSING_CYCLES:
        return f"{plain(trip.figure)} of {plain(trip.limit)} lost in a row"
    if trip.limit < 1 and trip.limit != rules.daily_loss_usd:
        return f"{share(trip.figure)} of {percent(trip.limit)}"
    return f"{usd_down(trip.figure)} of {usd(trip.limit)} USD"


# What is remembered


def due_rearms(
    asked: Sequence[Rearm], facts: Facts, memory: GuardMemory, rules: GuardRules, now: int
) -> tuple[Rearm, ...]:
    """Of the resets of the account's guards that were asked for those whose guard holds at its limit now,
    dated by the newest reading of the equity. The others would but move where counting began."""
    watch = facts.equity
    if watch is None or watch.newest is None or not asked:
        return ()
    verdicts = judge(facts, memory, rules, now).verdicts
    held = {each.guard for each in verdicts if each.holds_at_limit}
    return tuple(replace(rearm, at=watch.newest.at) for rearm in asked if rearm.guard in held)


def rearmed(memory: GuardMemory, rearm: Rearm, cycles: int) -> GuardMemory:
    """What is remembered once a guard was reset, when so many cycles had ended. The account's own figures
    come from its `EquityWatch`."""
    trips = tuple(trip for trip in memory.trips if trip.guard is not rearm.guard)
    since = cycles if rearm.guard is Guard.LOSING_CYCLES else memory.cycles_from
    return replace(memory, trips=trips, rearms=with_rearm(memory.rearms, rearm), cycles_from=since)


def _with_account(memory: GuardMemory, facts: Facts) -> GuardMemory:
    """The account's own, which any of its trades may have changed."""
    watch = facts.equity
    if watch is None:
        return memory
    rearms = memory.rearms
    for rearm in watch.rearms:
        rearms = with_rearm(rearms, rearm)
    return replace(memory, day=watch.day or memory.day, peak=watch.peak or memory.peak, rearms=rearms)


def _released(memory: GuardMemory, facts: Facts) -> GuardMemory:
    """What has tripped and was reset since: by hand, or the loss of a day that is over. A limit that was
    changed resets nothing."""
    kept = tuple(trip for trip in memory.trips if not _is_reset(trip, memory, facts))
    return memory if kept == memory.trips else replace(memory, trips=kept)


def _is_reset(trip: Trip, memory: GuardMemory, facts: Facts) -> bool:
    rearm = memory.rearm(trip.guard)
    if rearm is not None and rearm.at >= trip.at:
        return True
    watch = facts.equity
    if trip.guard is not Guard.DAILY_LOSS or watch is None or watch.day is None:
        return False
    return watch.day.day > trip.at // DAY


def _tripped(memory: GuardMemory, measure: Measure) -> GuardMemory:
    if memory.trip(measure.guard) is not None:
        return memory
    assert measure.figure is not None, "its limit is reached"
    trip = Trip(measure.guard, measure.at, measure.figure, measure.limit)
    return replace(memory, trips=(*memory.trips, trip))
