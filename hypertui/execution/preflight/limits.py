"""The guards as they would stand once the entry has filled: what would trip at once is refused before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from hypertui.core.findings import Finding, Level
from hypertui.core.intents import because_of_guard
from hypertui.core.market import ZERO, plain
from hypertui.execution.preflight.margin import Ground
from hypertui.risk.equity import EquityReading
from hypertui.risk.facts import ExposureFacts, Facts, MarginFacts
from hypertui.risk.guards import Guard, GuardState, GuardVerdict
from hypertui.risk.judging import due_rearms, judge, rearmed
from hypertui.risk.memory import Rearm

_LEVELS = {GuardState.WARN: Level.AMBER}


def limits(ground: Ground) -> Iterator[Finding]:
    """One for each guard whose figure is known before there is a trade."""
    value = ground.coins * ground.price
    held, buys = (value, ZERO) if ground.adopting else (ZERO, value)
    # The plan's own rules have a word about liquidation, which they know better before the stops are there.
    rules = replace(ground.guards, liquidation=None)
    fee, distance = ground.standing.taker_fee, ground.plan.stop_distance
    exposure = ExposureFacts(held, buys, ground.plan.leverage, fee, None, distance)
    account = ground.account
    free = ground.free + (account.position_margin if ground.adopting else ZERO)
    used = account.margin_used + (ZERO if ground.adopting else value / ground.plan.leverage)
    margin = MarginFacts(used, free, None)
    equity, memory = ground.equity, ground.memory
    due = due_rearms(ground.rearms, Facts(equity), memory, rules, ground.now)
    if equity is not None and due:
        equity = equity.apart()  # nothing is reset before the trade begins
        for rearm in due:
            equity.rearm(rearm)
            memory = rearmed(memory, rearm, 0)
    yield from _rearms(ground.rearms, due)
    if equity is not None and (now := equity.newest) is not None and not ground.adopting:
        equity = equity.apart()
        equity.read(EquityReading(now.at + 1, now.equity - _entry_costs(ground), now.heard_at))
    for verdict in judge(Facts(equity, margin, exposure), memory, rules, ground.now).verdicts:
        if verdict.figure is not None and verdict.guard not in _OF_A_COURSE:
            yield _finding(verdict)


# Of these there is nothing to say before the first cycle.
_OF_A_COURSE = (Guard.LOSING_CYCLES, Guard.WHIPSAW)


def _entry_costs(ground: Ground) -> Decimal:
    """What the entry takes of the equity (USD): its fee, and what the coins cost above the mark at which they
    count from then on. The spread is not told."""
    return ground.fee + ground.coins * max(ground.price - ground.quote.mark, ZERO)


def _rearms(asked: Sequence[Rearm], due: Sequence[Rearm]) -> Iterator[Finding]:
    guards = [rearm.guard for rearm in due]
    for rearm in asked:
        name = f"guard {rearm.guard.words}"
        if rearm.guard in guards:
            text = f"{name} is re-armed by {rearm.by} as the trade begins: {rearm.reason}"
            yield Finding("re-arm", Level.GREEN, text)
        else:
            yield Finding("re-arm", Level.AMBER, f"{name} does not hold the trade: nothing is re-armed")


def _finding(verdict: GuardVerdict) -> Finding:
    figure = "" if verdict.figure is None else plain(verdict.figure.normalize())
    level, text = _LEVELS.get(verdict.state, Level.GREEN), f"after the entry: {verdict.text}"
    if verdict.holds_at_limit:
        guard = verdict.guard
        # What is in doubt yet would hold it, or sell it again, a few seconds after the entry.
        level, text = Level.RED, f"guard {guard.words} would hold the trade: {verdict.text}"
        if guard.is_latched:
            text = f"{text}; it resets {guard.resets}: start with --rearm {guard.value}=REASON"
        else:
            text = f"{text}; it resets {guard.resets}"
    because = because_of_guard(verdict.guard.value)
    return Finding(verdict.guard.words, level, text, figure, plain(verdict.limit.normalize()), because)
