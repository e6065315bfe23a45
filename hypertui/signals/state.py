"""The state of a signal, and the one step that changes it: NEUTRAL, ARMED, FIRED, COOLDOWN.

It fires for the side whose score reaches the target, unless something suppresses that; then it is armed, and
fires as soon as nothing does. It stays fired until the score falls below the exit. The cooldown after that
ends at a time, whether or not there are candles. While it is fired for one side, the other one needs a
tenth more than the target to turn it round.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from hypertui.core.market import Side
from hypertui.signals.names import SignalPhase, Suppression
from hypertui.signals.rules import SignalRules


@dataclass(frozen=True, slots=True)
class SideScore:
    """A score from 0 to 1, how many indicators are on, and what of the context blocks that side."""

    score: Decimal
    on: int
    blocked: Suppression | None = None


Scores = Mapping[Side, SideScore]


@dataclass(frozen=True, slots=True)
class SignalState:
    """After the candle that ended `at` a time (ms; 0 before the first). `since` (ms) it is in its phase, for
    a `side` where it is armed, fired or cooling down; a cooldown ends at `until` (ms)."""

    at: int = 0
    phase: SignalPhase = SignalPhase.NEUTRAL
    since: int = 0
    side: Side | None = None
    until: int | None = None

    def by(self, now: int) -> SignalState:
        """The same at a time (ms): a cooldown ends without a candle too."""
        if self.until is None or now < self.until:
            return self
        return SignalState(self.at, SignalPhase.NEUTRAL, self.until)


BEGINNING = SignalState()


@dataclass(frozen=True, slots=True)
class SignalStep:
    """What one candle did: the state after it, the side for which it fired, and why it did not where the
    score would have had it."""

    state: SignalState
    fired: Side | None = None
    suppressed: Suppression | None = None


def step(before: SignalState, at: int, scores: Scores | None, rules: SignalRules) -> SignalStep:
    """What a candle that ended `at` a time (ms) does; `scores` are None where an indicator lacks candles."""
    state = replace(before.by(at), at=at)
    if scores is None:
        return SignalStep(_lost(state, rules), None, Suppression.NOT_WHOLE)
    wanted, suppressed = _wanted(scores, rules)
    match state.phase:
        case SignalPhase.COOLDOWN:
            waits = suppressed is not None or wanted is not None
            return SignalStep(state, None, Suppression.COOLDOWN if waits else None)
        case SignalPhase.FIRED:
            assert state.side is not None, "it fired for a side"
            if wanted is not None and wanted is not state.side:
                suppressed = _suppressed(scores[wanted], rules)
                if scores[wanted].score < rules.turns_at:
                    suppressed = Suppression.HYSTERESIS
                if suppressed is None:
                    return SignalStep(SignalState(at, SignalPhase.FIRED, at, wanted), wanted)
            else:
                suppressed = None
            left = scores[state.side].score < rules.leaves_below
            return SignalStep(_cooled(state, rules) if left else state, None, suppressed)
        case _:
            if wanted is not None:
                suppressed = _suppressed(scores[wanted], rules)
                if suppressed is None:
                    return SignalStep(SignalState(at, SignalPhase.FIRED, at, wanted), wanted)
                return SignalStep(_armed(state, wanted), None, suppressed)
            return SignalStep(_still_armed(state, scores, rules), None, suppressed)


def _wanted(scores: Scores, rules: SignalRules) -> tuple[Side | None, Suppression | None]:
    """The side whose score has reached the target; that of the higher score, and none where they are the
    same."""
    there = [side for side in Side if scores[side].score >= rules.target]
    if len(there) == len(Side):
        if scores[Side.BUY].score == scores[Side.SELL].score:
            return None, Suppression.BOTH_SIDES
        return max(there, key=lambda side: scores[side].score), None
    return (there[0] if there else None), None


def _suppressed(of: SideScore, rules: SignalRules) -> Suppression | None:
    return Suppression.MIN_INDICATORS if of.on < rules.min_indicators else of.blocked


def _armed(state: SignalState, side: Side) -> SignalState:
    if state.phase is SignalPhase.ARMED and state.side is side:
        return state
    return SignalState(state.at, SignalPhase.ARMED, state.at, side)


def _still_armed(state: SignalState, scores: Scores, rules: SignalRules) -> SignalState:
    """Armed until the score falls below the exit, as it stays fired."""
    if state.side is None or scores[state.side].score >= rules.leaves_below:
        return state
    return SignalState(state.at, SignalPhase.NEUTRAL, state.at)


def _lost(state: SignalState, rules: SignalRules) -> SignalState:
    """Nobody knows the scores: what was fired has ended, for all that is known."""
    match state.phase:
        case SignalPhase.FIRED:
            return _cooled(state, rules)
        case SignalPhase.ARMED:
            return SignalState(state.at, SignalPhase.NEUTRAL, state.at)
        case _:
            return state


def _cooled(state: SignalState, rules: SignalRules) -> SignalState:
    return SignalState(state.at, SignalPhase.COOLDOWN, state.at, state.side, state.at + rules.cooldown)
