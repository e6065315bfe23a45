"""A signal over candles: nothing looks ahead, live is as in a backtest, and a gap is not believed."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal as D

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from hypertui.core.candles import SETTLES, Candle, Interval, closed
from hypertui.core.market import Side
from hypertui.signals.codec import decode, encode
from hypertui.signals.context import ContextLimits, DayChange, SignalFacts
from hypertui.signals.indicators import memory_of
from hypertui.signals.names import Family, Indicator, SignalPhase, Suppression
from hypertui.signals.rules import SignalRules
from hypertui.signals.watch import SignalRow, SignalWatch, walk
from tests.signals.markets import BEGAN, FIVE, markets, walked

OPEN = ContextLimits(block_red_day=False)
FAMILIES = some.sampled_from((Family.TREND, Family.REVERSION))


def rules(family: Family, **changes: object) -> SignalRules:
    """Those that fire now and then in a few hundred candles."""
    usual = replace(SignalRules.usual(family, FIVE), target=D("0.4"), leaves_below=D("0.36"), context=OPEN)
    if family is Family.TREND:  # without the average of 200, which takes 400 candles
        usual = replace(usual, weights=usual.weights[1:])
    return replace(usual, **changes)  # type: ignore[arg-type]


def rows(of: SignalRules, candles: list[Candle]) -> list[SignalRow]:
    return list(walk(of, candles))


@given(FAMILIES, markets(200, 300), some.data())
@settings(max_examples=12)
def test_the_signals_of_a_prefix_are_the_prefix_of_the_signals(
    family: Family, candles: list[Candle], data: some.DataObject
) -> None:
    cut = data.draw(some.integers(0, len(candles)))
    whole = rows(rules(family), candles)
    assert rows(rules(family), candles[:cut]) == whole[:cut]


@pytest.mark.parametrize("family", [Family.TREND, Family.REVERSION])
def test_there_is_something_to_compare(family: Family) -> None:
    found = rows(rules(family), walked(4, 300))
    assert {row.fired for row in found} == {None, *Side}
    assert {row.state.phase for row in found} >= {
        SignalPhase.NEUTRAL,
        SignalPhase.FIRED,
        SignalPhase.COOLDOWN,
    }


class Live:
    """A process that asks for the newest candles now and then, the growing one among them."""

    def __init__(self, of: SignalRules, every: list[Candle], kept: object = None) -> None:
        self.watch = SignalWatch(of) if kept is None else SignalWatch(of, decode(kept))
        self._day = DayChange(of.interval)
        self._every = every
        self._next = 0

    def ask(self, now: int) -> list[SignalRow]:
        told = [each for each in self._every if each.at <= now]
        if told:  # what still grows says nothing of how it will be
            told[-1] = replace(told[-1], close=told[-1].low, high=told[-1].high * 3)
        found = closed(told, FIVE, FIVE.ended(now)).candles
        new = [each for each in found if each.at >= self._next]
        if new:
            self._next = new[-1].at + FIVE
        return [self.watch.take(each, SignalFacts(change_24h=self._day.add(each))) for each in new]


@given(FAMILIES, some.integers(0, 10**6), some.lists(some.integers(1, 40), min_size=12, max_size=20))
@settings(max_examples=8)
def test_live_is_as_in_a_backtest(family: Family, seed: int, waits: list[int]) -> None:
    candles, of = walked(seed, 260), rules(family)
    live, now, found = Live(of, candles), BEGAN, []
    for wait in waits:
        now += wait * FIVE // 2
        found += live.ask(now)
    assert found == rows(of, candles)[: len(found)]
    assert found or now < BEGAN + FIVE + SETTLES


@given(FAMILIES, some.integers(0, 10**6), some.integers(310, 400))
@settings(max_examples=8)
def test_a_restart_goes_on_as_if_nothing_had_been(family: Family, seed: int, restart: int) -> None:
    """By the state that was kept, and by so many candles as the indicators remember twice."""
    candles, of = walked(seed, 420), rules(family)
    whole = rows(of, candles)
    memory = max(memory_of(each) for each, _ in of.weights)
    kept = json.loads(json.dumps(encode(whole[restart - 1].state)))
    reborn = SignalWatch(of, decode(kept))
    again = [reborn.take(each, SignalFacts()) for each in candles[restart - 2 * memory :]]
    before, since = again[: 2 * memory], again[2 * memory :]
    assert [row.fired for row in before] == [None] * len(before), "it fires for nothing twice"
    assert [(row.readings, row.scores, row.step) for row in since] == [
        (row.readings, row.scores, row.step) for row in whole[restart:]
    ]


def test_what_an_indicator_says_does_not_depend_on_when_somebody_began_to_look() -> None:
    """To the last bit, that of the average of 200 too."""
    of = SignalRules.usual(Family.TREND, FIVE)
    candles = walked(11, 1_000)
    whole, late = rows(of, candles), rows(of, candles[137:])
    assert [row.readings for row in late[800:]] == [row.readings for row in whole[937:]]
    assert late[399].readings[Indicator.EMA] is not None
    assert late[399].readings[Indicator.EMA] != whole[536].readings[Indicator.EMA], "less settled before"


def test_an_indicator_over_a_gap_is_not_believed() -> None:
    of = rules(Family.REVERSION)
    candles = walked(7, 400, holes={250})
    found = rows(of, candles)
    assert [row.missing for row in found[:102]] == [*range(99, 0, -1), 0, 0, 0]
    assert (found[249].gap, found[250].gap) == (False, True)
    after = found[250:]
    assert [row.missing for row in after[:101]] == [*range(99, 0, -1), 0, 0]
    for row in after[:99]:
        assert row.scores is None and row.suppressed is Suppression.NOT_WHOLE and row.fired is None
        assert row.readings[Indicator.RSI] is None
    assert after[19].readings[Indicator.BOLLINGER] is not None, "it needs no more than twenty"
    assert after[18].readings[Indicator.BOLLINGER] is None
    assert after[99].scores is not None


def test_a_gap_ends_what_has_fired_and_the_cooldown_ends_in_time() -> None:
    of = rules(Family.TREND, cooldown=7 * FIVE)
    candles = walked(7, 400)
    fired = next(n for n, row in enumerate(rows(of, candles)) if n > 200 and row.fired is not None)
    found = rows(of, [*candles[: fired + 1], *candles[fired + 2 :]])
    assert found[fired].state.phase is SignalPhase.FIRED
    lost = found[fired + 1]
    assert (lost.state.phase, lost.state.until) == (SignalPhase.COOLDOWN, lost.at + 7 * FIVE)
    assert [row.state.phase for row in found[fired + 2 : fired + 9]] == [
        *[SignalPhase.COOLDOWN] * 6,
        SignalPhase.NEUTRAL,
    ]
    much_later = [*candles[: fired + 1], *candles[fired + 2 : fired + 3], *candles[fired + 60 :]]
    assert rows(of, much_later)[fired + 2].state.phase is SignalPhase.NEUTRAL


def test_the_red_day_is_known_by_the_candles_of_a_day() -> None:
    of = rules(Family.REVERSION, context=ContextLimits())
    candles = walked(21, 700, holes={300})
    found = {row.at: row for row in rows(of, candles)}
    closes = {each.at + FIVE: each.close for each in candles}
    for at, row in found.items():
        then = closes.get(at - Interval.DAY)
        assert row.facts.change_24h == (None if then is None else row.close / then - 1)
    unknown = {row.suppressed for row in found.values() if row.facts.change_24h is None}
    assert Suppression.NO_CHANGE in unknown
    assert Suppression.RED_DAY in {row.suppressed for row in found.values()}
    bought = [row.facts.change_24h for row in found.values() if row.fired is Side.BUY]
    assert all(change is not None and change >= 0 for change in bought)


def test_a_market_that_is_too_quiet_blocks_it() -> None:
    quiet = rules(Family.TREND, context=replace(OPEN, min_atr=D("0.5")))
    found = rows(quiet, walked(4, 300))
    assert {row.fired for row in found} == {None}
    assert {row.suppressed for row in found} >= {Suppression.ATR}
    lively = rules(Family.TREND, context=replace(OPEN, min_atr=D("0.0001")))
    assert [row.fired for row in rows(lively, walked(4, 300))] == [
        row.fired for row in rows(rules(Family.TREND), walked(4, 300))
    ]


def test_the_score_is_the_weight_of_what_is_on() -> None:
    of = rules(Family.TREND)
    weights, total = dict(of.weights), of.weight
    assert total == D("4.5")
    seen = set()
    for row in rows(of, walked(4, 300)):
        for side, score in (row.scores or {}).items():
            assert score.score == sum(weights[each] for each in row.on(side)) / total
            assert score.on == len(row.on(side))
            seen.add(score.score)
    assert len(seen) >= 4


def test_a_candle_that_cannot_be_the_next_is_refused() -> None:
    watch, (first, second) = SignalWatch(rules(Family.TREND)), walked(1, 2)
    watch.take(second, SignalFacts())
    for wrong in (first, second, replace(second, at=second.at + FIVE + 1)):
        with pytest.raises(ValueError, match="cannot be the next one"):
            watch.take(wrong, SignalFacts())
