"""The guards as they would stand once the entry has filled: what would trip at once is refused before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from hypertui.core.findings import Finding, Level
from hypertui.core.market import ZERO, plain
from hypertui.execution.preflight.margin import Ground
from hypertui.risk.facts import ExposureFacts, Facts, MarginFacts
from hypertui.risk.guards import Guard, GuardState, GuardVerdict
from hypertui.risk.judging import judge

_LEVELS = {GuardState.TRIPPED: Level.RED, GuardState.WARN: Level.AMBER}


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
    facts = Facts(ground.equity, margin, exposure)
    for verdict in judge(facts, ground.memory, rules, ground.now).verdicts:
        if verdict.figure is not None and verdict.guard not in _OF_A_COURSE:
            yield _finding(verdict)


# Of these there is nothing to say before the first cycle.
_OF_A_COURSE = (Guard.LOSING_CYCLES, Guard.WHIPSAW)


def _finding(verdict: GuardVerdict) -> Finding:
    figure = "" if verdict.figure is None else plain(verdict.figure.normalize())
    text = f"after the entry: {verdict.text}"
    if verdict.is_tripped:
        guard = verdict.guard
        text = f"guard {guard.words} would hold the trade: {verdict.text}; it resets {guard.resets}"
    level = _LEVELS.get(verdict.state, Level.GREEN)
    return Finding(verdict.guard.words, level, text, figure, plain(verdict.limit.normalize()))
