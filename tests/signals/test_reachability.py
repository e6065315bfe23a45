"""Whether a signal can fire at all, and what the price did after it had."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import Decimal as D

import pytest

from hypertui.core.candles import Interval
from hypertui.core.market import Side
from hypertui.signals.hindsight import Firing, firings, outcome
from hypertui.signals.names import Family, Indicator
from hypertui.signals.reachability import Rates, tells_nothing, unreachable
from hypertui.signals.rules import SignalRules
from hypertui.signals.watch import walk
from tests.signals.markets import FIVE, walked

RULES = SignalRules.usual(Family.TREND, FIVE)
COUNT = 9_007


def table(highest: str = "0.94", count: int = COUNT, **on: int) -> Rates:
    """So many candles in which each indicator was on, for both sides."""
    return Rates(
        candles=count,
        scored=count,
        known=Counter({each: count for each, _ in RULES.weights}),
        on=Counter({(Indicator(name), side): count for name, count in on.items() for side in Side}),
        highest={side: D(highest) for side in Side},
    )


def named(rates: Rates) -> set[tuple[Indicator | None, Side]]:
    return {(each.indicator, each.side) for each in unreachable(rates, RULES)}


def test_one_that_is_always_on_and_three_that_never_are() -> None:
    """As a table of another program had them, whose highest score was 5.2 against a target of 5.5."""
    bad = table(highest="0.5", ema=8_989, macd=0, roc=0, donchian=0)
    assert named(bad) == {(each, side) for each in (*Family.TREND.indicators, None) for side in Side}
    texts = [each.text for each in unreachable(bad, RULES) if each.side is Side.BUY]
    assert texts == [
        "on in 8,989 of 9,007 candles (99.80 %), above 30 %",
        *["on in 0 of 9,007 candles (0.00 %), below 0.1 %"] * 3,
        "has reached 0.50 of its target 0.60",
    ]


@pytest.mark.parametrize(
    ("on", "is_named"), [(0, True), (9, True), (10, False), (3_000, False), (3_001, True), (10_000, True)]
)
def test_the_limits(on: int, is_named: bool) -> None:
    rates = table(count=10_000, ema=on, macd=300, roc=300, donchian=300)
    assert named(rates) == ({(Indicator.EMA, side) for side in Side} if is_named else set())


def test_one_side_is_named_alone() -> None:
    rates = table(ema=300, macd=300, roc=300, donchian=300)
    rates.on[Indicator.MACD, Side.SELL] = 0
    rates.highest[Side.BUY] = D("0.59")
    assert named(rates) == {(Indicator.MACD, Side.SELL), (None, Side.BUY)}
    assert named(replace(rates, highest={Side.BUY: D("0.6"), Side.SELL: D(1)})) == {
        (Indicator.MACD, Side.SELL)
    }


def test_what_was_never_known_is_named() -> None:
    rates = Rates.of(walk(RULES, walked(1, 200)))
    texts = {(each.indicator, each.side): each.text for each in unreachable(rates, RULES)}
    assert texts[Indicator.EMA, Side.BUY] == "known in none of 200 candles"
    assert texts[None, Side.SELL] == "no score was known"
    assert (rates.candles, rates.scored, rates.known[Indicator.DONCHIAN]) == (200, 0, 180)


@pytest.mark.parametrize("family", [Family.TREND, Family.REVERSION])
def test_what_is_set_by_itself_can_be_reached(family: Family) -> None:
    rules = SignalRules.usual(family, FIVE)
    found = list(walk(rules, walked(1, 1_500)))
    rates = Rates.of(found)
    assert list(unreachable(rates, rules)) == []
    assert rates.fired.total() == sum(row.fired is not None for row in found) > 10
    for indicator, _ in rules.weights:
        for side in Side:
            known = [row.readings[indicator] for row in found]
            on = sum(each is not None and each.of(side).is_on for each in known)
            assert rates.rate(indicator, side) == D(on) / sum(each is not None for each in known)


def test_a_price_that_only_rises_leaves_a_reversion_without_a_signal() -> None:
    rules = SignalRules.usual(Family.REVERSION, FIVE)
    rising = [
        replace(each, low=D(100 + n), high=D(101 + n), close=D(101 + n))
        for n, each in enumerate(walked(1, 600))
    ]
    found = {(each.indicator, each.side) for each in unreachable(Rates.of(walk(rules, rising)), rules)}
    assert {(Indicator.RSI, side) for side in Side} <= found
    assert (Indicator.W_BOTTOM, Side.BUY) in found and (None, Side.BUY) in found


def test_what_the_price_did_afterwards() -> None:
    rules = SignalRules.usual(Family.TREND, FIVE)
    candles = walked(3, 2_000)
    closes = {each.at + FIVE: each.close for each in candles}
    found = list(firings(walk(rules, candles), closes, D("0.0009")))
    assert found
    for each in found:
        assert each.score >= rules.target and len(each.on) >= 2
        for horizon, after in each.after.items():
            then = closes.get(each.at + horizon)
            up = None if then is None else then / each.price - 1
            assert after == (None if up is None else (up if each.side is Side.BUY else -up) - D("0.0009"))


def fired(at: int, side: Side, after: str | None) -> Firing:
    return Firing(at, side, D(100), D(1), (), {Interval.HOUR: None if after is None else D(after)})


def test_an_outcome_counts_what_is_known_of_one_side() -> None:
    hour = Interval.HOUR
    closes = {0: D(100), hour.value: D(110), 2 * hour: D(99)}
    found = [fired(0, Side.BUY, "0.1"), fired(1, Side.BUY, "-0.2"), fired(2, Side.BUY, None)]
    of_buys = outcome([*found, fired(3, Side.SELL, "0.5")], Side.BUY, hour, closes, D("0.01"))
    assert of_buys is not None
    assert (of_buys.count, of_buys.mean, of_buys.median, of_buys.gained) == (
        2,
        D("-0.05"),
        D("-0.05"),
        D("0.5"),
    )
    assert of_buys.anytime == (D("0.1") + D("-0.1") - D("0.02")) / 2
    assert outcome(found, Side.SELL, hour, closes, D(0)) is None


@pytest.mark.parametrize(
    ("rate", "known", "odd"),
    [
        ("0.301", 500, True),
        ("0.301", 499, False),
        ("0.30", 9_000, False),
        ("0.001", 9_000, False),
        ("0.0009", 1_000, True),
        ("0", 999, False),  # so few candles do not tell that it never is
    ],
)
def test_a_rate_that_tells_nothing_is_known_of_enough_candles(rate: str, known: int, odd: bool) -> None:
    assert tells_nothing(D(rate), known) is odd
