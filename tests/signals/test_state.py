"""The state of a signal: each step, what suppresses it, and that a restart goes on from what was kept."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as some

from hypertui.core.market import Side
from hypertui.signals.codec import NoSignalState, decode, encode
from hypertui.signals.context import ContextLimits, SignalFacts
from hypertui.signals.names import Family, SignalPhase, Suppression
from hypertui.signals.rules import SignalRules
from hypertui.signals.state import BEGINNING, Scores, SideScore, SignalState, SignalStep, step
from tests.signals.markets import FIVE

BUY, SELL = Side.BUY, Side.SELL
RULES = SignalRules.usual(Family.TREND, FIVE)  # 0.60, out below 0.54, turned round at 0.66, two at least
NEUTRAL, ARMED, FIRED, COOLDOWN = SignalPhase


def scores(buy: str = "0", sell: str = "0", on: int = 2, blocked: Suppression | None = None) -> Scores:
    return {
        BUY: SideScore(D(buy), on if D(buy) else 0, blocked),
        SELL: SideScore(D(sell), on if D(sell) else 0),
    }


def after(
    *given: Scores | None, rules: SignalRules = RULES, state: SignalState = BEGINNING
) -> list[SignalStep]:
    """A step for each candle, five minutes apart."""
    done = []
    for told in given:
        done.append(step(state, state.at + FIVE, told, rules))
        state = done[-1].state
    return done


def phases(done: list[SignalStep]) -> list[SignalPhase]:
    return [each.state.phase for each in done]


def test_it_fires_once_and_stays_until_the_score_is_below_the_exit() -> None:
    done = after(scores("0.59"), scores("0.6"), scores("1"), scores("0.54"), scores("0.53"))
    assert phases(done) == [NEUTRAL, FIRED, FIRED, FIRED, COOLDOWN]
    assert [each.fired for each in done] == [None, BUY, None, None, None]
    assert done[3].state.since == 2 * FIVE
    assert done[4].state.until == 5 * FIVE + 7 * FIVE


def test_a_cooldown_suppresses_seven_candles_of_either_side() -> None:
    done = after(scores("1"), scores(), *[scores("1")] * 3, *[scores(sell="1")] * 3, scores(sell="1"))
    assert phases(done) == [FIRED, *[COOLDOWN] * 7, FIRED]
    assert [each.suppressed for each in done] == [None, None, *[Suppression.COOLDOWN] * 6, None]
    assert done[-1].fired is SELL


def test_a_cooldown_ends_in_time_whether_or_not_there_are_candles() -> None:
    (*_, cooled) = after(scores("1"), scores())
    assert cooled.state.until == 9 * FIVE
    late = step(cooled.state, 100 * FIVE, scores("1"), RULES)
    assert late.fired is BUY, "of the candles in between none was heard"
    assert step(cooled.state, 9 * FIVE, scores("1"), RULES).fired is BUY
    assert step(cooled.state, 9 * FIVE - 1, scores("1"), RULES).fired is None
    assert cooled.state.by(9 * FIVE - 1) == cooled.state
    assert cooled.state.by(9 * FIVE) == SignalState(2 * FIVE, NEUTRAL, 9 * FIVE)


def test_what_blocks_it_leaves_it_armed_until_it_is_gone() -> None:
    red = scores("0.8", blocked=Suppression.RED_DAY)
    done = after(red, scores("0.55"), red, scores("0.8"))
    assert phases(done) == [ARMED, ARMED, ARMED, FIRED]
    assert [each.suppressed for each in done] == [Suppression.RED_DAY, None, Suppression.RED_DAY, None]
    assert done[2].state.since == FIVE
    assert phases(after(red, scores("0.53"))) == [ARMED, NEUTRAL]
    assert [each.suppressed for each in after(scores("1", on=1))] == [Suppression.MIN_INDICATORS]


def test_an_armed_side_gives_way_to_the_other() -> None:
    done = after(scores("0.8", on=1), scores("0.3", "0.6"))
    assert (done[1].fired, done[1].state.side) == (SELL, SELL)
    done = after(scores("0.8", on=1), scores("0.3", "0.6", on=1))
    assert (done[1].state.phase, done[1].state.side, done[1].state.since) == (ARMED, SELL, 2 * FIVE)


def test_to_turn_round_takes_a_tenth_more() -> None:
    done = after(scores("0.6"), scores("0.54", "0.65"), scores("0.54", "0.66"))
    assert [each.suppressed for each in done] == [None, Suppression.HYSTERESIS, None]
    assert [each.fired for each in done] == [BUY, None, SELL]
    assert done[2].state == SignalState(3 * FIVE, FIRED, 3 * FIVE, SELL)
    assert after(scores("0.6"), scores("0.5", "0.65"))[1].state.phase is COOLDOWN
    weak = after(scores("0.6"), scores("0.54", "0.7", on=1))[1]
    assert (weak.fired, weak.suppressed) == (None, Suppression.MIN_INDICATORS)
    highest = replace(RULES, target=D("0.95"))
    assert highest.turns_at == 1, "no score is above 1"


def test_of_both_sides_the_higher_score_counts() -> None:
    assert after(scores("0.7", "0.8"))[0].fired is SELL
    (tied,) = after(scores("0.7", "0.7"))
    assert (tied.fired, tied.suppressed, tied.state.phase) == (None, Suppression.BOTH_SIDES, NEUTRAL)


def test_without_scores_nothing_stays_fired_or_armed() -> None:
    done = after(scores("1"), None, None)
    assert phases(done) == [FIRED, COOLDOWN, COOLDOWN]
    assert {each.suppressed for each in done[1:]} == {Suppression.NOT_WHOLE}
    assert done[2].state.until == done[1].state.until
    assert phases(after(scores("1", on=1), None)) == [ARMED, NEUTRAL]


@pytest.mark.parametrize(
    ("limits", "facts", "buy", "sell"),
    [
        ({}, {}, Suppression.NO_CHANGE, None),
        ({}, {"change_24h": D("-0.0001")}, Suppression.RED_DAY, None),
        ({}, {"change_24h": D(0)}, None, None),
        ({"max_spread": D("0.001")}, {"change_24h": D(1)}, Suppression.NO_SPREAD, Suppression.NO_SPREAD),
        ({"max_spread": D("0.001")}, {"change_24h": D(1), "spread": D("0.001")}, None, None),
        (
            {"max_spread": D("0.001"), "block_red_day": False},
            {"spread": D("0.0011")},
            Suppression.SPREAD,
            Suppression.SPREAD,
        ),
        (
            {"max_funding": D("0.0005"), "block_red_day": False},
            {"funding": D("0.0006")},
            Suppression.FUNDING,
            None,
        ),
        (
            {"max_funding": D("0.0005"), "block_red_day": False},
            {"funding": D("-0.0006")},
            None,
            Suppression.FUNDING,
        ),
        ({"max_funding": D("0.0005"), "block_red_day": False}, {}, *[Suppression.NO_FUNDING] * 2),
    ],
)
def test_what_the_context_blocks(
    limits: dict[str, D], facts: dict[str, D], buy: Suppression | None, sell: Suppression | None
) -> None:
    context = ContextLimits(**limits)  # type: ignore[arg-type]
    found = [context.blocks(side, SignalFacts(**facts), None) for side in (BUY, SELL)]
    assert found == [buy, sell]


@pytest.mark.parametrize(
    ("atr", "why"),
    [
        (None, Suppression.NO_ATR),
        (0.001, Suppression.ATR),
        (0.002, None),
        (0.01, None),
        (0.02, Suppression.ATR),
    ],
)
def test_a_market_may_be_too_quiet_and_too_wild(atr: float | None, why: Suppression | None) -> None:
    context = ContextLimits(block_red_day=False, min_atr=D("0.002"), max_atr=D("0.01"))
    assert context.blocks(BUY, SignalFacts(), atr) is why
    assert ContextLimits(block_red_day=False, max_atr=D("0.01")).blocks(BUY, SignalFacts(), 0.0) is None


GRID = some.sampled_from(("0", "0.5", "0.54", "0.6", "0.65", "0.66", "1"))
TOLD = some.one_of(some.none(), some.builds(scores, GRID, GRID, some.integers(1, 3)))


@given(some.lists(TOLD, max_size=40))
def test_every_state_survives_its_codec_and_makes_sense(told: list[Scores | None]) -> None:
    last_fired, done = None, after(*told)
    for each in done:
        state = each.state
        assert decode(json.loads(json.dumps(encode(state)))) == state
        assert (state.side is None) == (state.phase is NEUTRAL)
        if each.fired is not None:
            assert state.phase is FIRED and state.since == state.at
            last_fired = each.fired
        if state.phase in (FIRED, COOLDOWN):
            assert state.side is last_fired


@given(some.lists(TOLD, min_size=1, max_size=30), some.integers(0, 29))
def test_a_restart_goes_on_from_the_state_that_was_kept(told: list[Scores | None], cut: int) -> None:
    whole, first = after(*told), after(*told[:cut])
    kept = decode(encode(first[-1].state if first else BEGINNING))
    assert first + after(*told[cut:], state=kept) == whole


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"version": 2}, "version 2 of a signal's state is not 1"),
        ({"phase": "ASLEEP"}, "'ASLEEP' is not a valid SignalPhase"),
        ({"side": "both"}, "'both' is not a valid Side"),
        ({"side": None}, "FIRED with side None until None"),
        ({"until": 5}, "FIRED with side buy until 5"),
        ({"at": -1}, "at -1 is no time"),
        ({"since": "3"}, "since '3' is no time"),
        ({"more": 1}, "its fields are others"),
    ],
)
def test_what_is_no_state_is_refused(change: dict[str, object], words: str) -> None:
    good = encode(SignalState(10, FIRED, 5, BUY))
    assert decode(good) == SignalState(10, FIRED, 5, BUY)
    with pytest.raises(NoSignalState, match=words):
        decode(good | change)
    for none in (None, [], "state"):
        with pytest.raises(NoSignalState):
            decode(none)
