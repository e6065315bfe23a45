"""A stop that trails: armed by a gain, it follows the peak by its own rule, and what is not written down of
the price changes nothing."""

from __future__ import annotations

from bisect import bisect_left
from copy import deepcopy
from dataclasses import dataclass, replace
from decimal import Decimal as D
from itertools import pairwise
from random import Random
from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as some

from hypertui.core.market import Side
from hypertui.strategy.exits.rules import ExitRule, ExitRules
from hypertui.strategy.exits.trailing import FREEZES_AFTER, TrailingTerms
from hypertui.strategy.exits.watch import ExitWatch
from tests.strategy.test_exits import (
    BEGAN,
    COINS,
    ENTRY,
    HOUR,
    SOL,
    TRAILING,
    bought,
    fill,
    net,
    tell,
    verdict,
    watch,
)

TICKS = [D(cents) / 100 for cents in range(15_000, 18_000)]
ARMS = D("155.41")  # the first price at which what was bought has gained 3.5 %, net


@dataclass(frozen=True)
class Atr:
    """Measured of candles that end so long before (ms)."""

    atr: D
    age: int = 0


Event: TypeAlias = D | Atr


def walks() -> some.SearchStrategy[list[tuple[Event, int]]]:
    """Prices about the gain that arms, now and then an ATR, and the ms until each."""
    prices = some.integers(15_000, 17_500).map(lambda cents: D(cents) / 100)
    marks = some.integers(1_500_000, 1_750_000).map(lambda figures: D(figures) / 10_000)  # finer than a tick
    atrs = some.builds(Atr, some.integers(0, 400).map(lambda cents: D(cents) / 100), some.integers(0, HOUR))
    events = some.one_of(prices, marks, atrs)
    return some.lists(some.tuples(events, some.integers(0, 2 * HOUR)), max_size=60)


TERMS = some.builds(
    lambda arm, multiple, step, least, wider: TrailingTerms(
        D(arm) / 1000, D(multiple) / 2, D(step) / 10, D(least) / 1000, D(least + wider) / 1000
    ),
    some.integers(5, 60),
    some.integers(1, 6),
    some.integers(1, 12),
    some.integers(1, 15),
    some.integers(0, 15),
)


def trail(rule: ExitWatch, events: list[tuple[Event, int]]) -> tuple[list[D], list[tuple[Event, int]]]:
    """Tell a trade all of it, as an engine does; returns where its stop was after each, and what was an input
    at which time."""
    book, at, stops, inputs = bought(), BEGAN, [], []
    for event, later in events:
        at += later
        if isinstance(event, Atr):
            rule.on_volatility(event.atr, at - event.age, at, SOL)
            inputs.append((event, at))
        elif rule.matters(event, at, book, SOL):
            rule.on_price(event, at, book, SOL)
            inputs.append((event, at))
        stops.append(rule.trailing.stop)
    return stops, inputs


def exact(terms: TrailingTerms, events: list[tuple[Event, int]]) -> list[D]:
    """The same by the rule as it is written, of all prices."""
    book, at, stops = bought(), BEGAN, []
    is_armed, peak, stop, atr, until = False, D(0), D(0), None, None
    gains = bisect_left(TICKS, terms.arm, key=lambda price: net(book, price))
    for event, later in events:
        at += later
        is_new = False
        if isinstance(event, Atr):
            atr, until = event.atr, at - event.age
        elif not is_armed and event >= TICKS[gains]:
            is_armed, is_new, peak = True, True, event
        elif is_armed:
            peak = max(peak, event)
        if is_armed:
            is_old = terms.least < terms.most and until is not None and at - until > 3 * HOUR
            known = None if is_old else atr
            d = terms.most * peak
            if known is not None:
                d = min(max(terms.multiple * known, terms.least * peak), d)
            step = terms.step * d / terms.multiple
            raw = peak - d
            rounded = raw if raw == (whole := raw.quantize(D("0.01"), "ROUND_FLOOR")) else whole + D("0.01")
            if is_new or (not is_old and raw >= stop + step and rounded > stop):
                assert rounded - raw < D("0.01"), "at most one tick early"
                stop = rounded
        stops.append(stop)
    return stops


@given(TERMS, walks())
def test_it_goes_by_the_rule_whatever_of_the_price_is_an_input(
    terms: TrailingTerms, events: list[tuple[Event, int]]
) -> None:
    stops, _ = trail(watch(trailing_stop=terms), events)
    assert stops == exact(terms, events)


@given(TERMS, walks())
def test_what_was_an_input_gives_the_same_state_again(
    terms: TrailingTerms, events: list[tuple[Event, int]]
) -> None:
    live, again, book = watch(trailing_stop=terms), watch(trailing_stop=terms), bought()
    _, inputs = trail(live, events)
    for event, at in inputs:
        if isinstance(event, Atr):
            again.on_volatility(event.atr, at - event.age, at, SOL)
        else:
            again.on_price(event, at, book, SOL)
    assert again == live


@given(TERMS, walks())
def test_it_never_comes_down_and_moves_by_its_step(
    terms: TrailingTerms, events: list[tuple[Event, int]]
) -> None:
    rule, known = watch(trailing_stop=terms), None
    for number in range(len(events)):
        before = rule.trailing.stop
        event, at = events[number][0], BEGAN + sum(later for _, later in events[: number + 1])
        if isinstance(event, Atr):
            known = event.atr
            rule.on_volatility(event.atr, at - event.age, at, SOL)
        else:
            tell(rule, event, at, bought())
        after = rule.trailing.stop
        assert after >= before
        if before and after > before:
            d = rule.trailing.peak * terms.most
            if known is not None:
                d = min(max(terms.multiple * known, rule.trailing.peak * terms.least), d)
            assert after - before >= terms.step * d / terms.multiple


@given(TERMS, walks(), some.integers(0, 60))
def test_what_comes_later_changes_nothing_of_before(
    terms: TrailingTerms, events: list[tuple[Event, int]], first: int
) -> None:
    stops, _ = trail(watch(trailing_stop=terms), events)
    assert trail(watch(trailing_stop=terms), events[:first])[0] == stops[:first]


@given(walks())
def test_what_does_not_matter_would_change_nothing(events: list[tuple[Event, int]]) -> None:
    rule, book, at = watch(trailing_stop=TRAILING), bought(), BEGAN
    for event, later in events:
        at += later
        if isinstance(event, Atr):
            rule.on_volatility(event.atr, at - event.age, at, SOL)
            continue
        if not rule.matters(event, at, book, SOL):
            before = deepcopy(rule)
            rule.on_price(event, at, book, SOL)
            assert rule == before
        rule.on_price(event, at, book, SOL)


def test_few_prices_are_inputs() -> None:
    """Those that are a new peak: of twenty thousand of a random walk a few hundred."""
    rule, book, random, price, inputs = watch(trailing_stop=TRAILING), bought(), Random(5), D(156), 0
    rule.on_price(price, BEGAN, book, SOL)
    for number in range(20_000):
        price = max(price + D(random.choice((-1, 1))) / 100, rule.trailing.stop + D("0.01"))
        if rule.matters(price, BEGAN + number, book, SOL):
            inputs += 1
            rule.on_price(price, BEGAN + number, book, SOL)
    assert inputs < 1_000


def test_it_is_armed_by_a_gain_and_due_at_its_stop() -> None:
    rule, book = watch(trailing_stop=TRAILING), bought()
    rule.on_volatility(D("1.2"), BEGAN, BEGAN, SOL)
    said = verdict(rule, ExitRule.TRAILING_STOP, ENTRY, BEGAN, book)
    assert (said.due, said.price, said.text) == (False, None, f"arms at {ARMS} (+3.59 %)")
    assert net(book, ARMS) >= D("0.035") > net(book, ARMS - D("0.01"))
    assert tell(rule, ARMS - D("0.01"), BEGAN, book) is None
    assert not rule.trailing.is_armed
    assert tell(rule, ARMS, BEGAN + 1, book) is None
    assert rule.trailing.stop == ARMS - D("2.4")
    assert tell(rule, D("153.02"), BEGAN + HOUR, book) is None
    said = verdict(rule, ExitRule.TRAILING_STOP, D("153.02"), BEGAN + HOUR, book)
    assert (said.due, said.price) == (False, D("153.01"))
    assert said.text == "armed 1 h 0 min ago, peak 155.41, stop 153.01"
    assert tell(rule, D("153.01"), BEGAN + HOUR, book) is ExitRule.TRAILING_STOP


def test_it_stands_still_until_a_whole_step_is_there() -> None:
    rule, book = watch(trailing_stop=TRAILING), bought()
    rule.on_volatility(D("1.2"), BEGAN, BEGAN, SOL)
    tell(rule, ARMS, BEGAN, book)
    tell(rule, ARMS + D("0.59"), BEGAN + 1, book)
    assert rule.trailing.stop == ARMS - D("2.4")
    tell(rule, ARMS + D("0.60"), BEGAN + 2, book)
    assert rule.trailing.stop == ARMS - D("1.8")


@pytest.mark.parametrize(("atr", "distance"), [("0.1", "0.01"), ("9", "0.02")])
def test_kept_within_the_limits_it_moves_in_proportion(atr: str, distance: str) -> None:
    """A quarter of the distance, as with an ATR that is half of it."""
    rule, book, peaks = watch(trailing_stop=TRAILING), bought(), []
    rule.on_volatility(D(atr), BEGAN, BEGAN, SOL)
    for cents in range(16_000, 17_000):
        before = rule.trailing.stop
        tell(rule, D(cents) / 100, BEGAN, book)
        if rule.trailing.stop > before:
            peaks.append(rule.trailing.peak)
    moves = [(after - before) / after for before, after in pairwise(peaks)]
    assert len(moves) > 5
    assert all(D(distance) / 4 <= move < D(distance) / 4 * D("1.1") for move in moves)


def test_its_distance_stays_within_the_limits() -> None:
    for atr, away in ((D("0.5"), D("0.01")), (D("9"), D("0.02"))):
        rule = watch(trailing_stop=TRAILING)
        rule.on_volatility(atr, BEGAN, BEGAN, SOL)
        tell(rule, D(160), BEGAN, bought())
        assert rule.trailing.stop == 160 - 160 * away


def test_without_an_atr_it_is_at_its_widest() -> None:
    rule, book = watch(trailing_stop=TRAILING), bought()
    tell(rule, D(160), BEGAN, book)
    assert rule.trailing.stop == D("156.8")
    said = verdict(rule, ExitRule.TRAILING_STOP, D(160), BEGAN, book).text
    assert said == "armed 0 s ago, peak 160, stop 156.8, at its widest until there is an ATR"
    tell(rule, D("160.82"), BEGAN, book)
    assert rule.trailing.stop == D("156.8"), "half an ATR of half the distance is 0.5 % of the price"
    tell(rule, D("160.83"), BEGAN, book)
    assert rule.trailing.stop == D("157.62"), "up to the next tick"
    rule.on_volatility(D(1), BEGAN, BEGAN, SOL)
    assert rule.trailing.stop == D("158.83"), "by the peak that there was"


def test_a_stop_that_an_atr_moves_above_the_price_is_due_with_the_next_one() -> None:
    rule, book = watch(trailing_stop=TRAILING), bought()
    tell(rule, D(160), BEGAN, book)
    assert tell(rule, D("157.5"), BEGAN, book) is None
    rule.on_volatility(D("0.1"), BEGAN, BEGAN, SOL)
    assert rule.trailing.stop == D("158.4") and rule.due is None
    assert tell(rule, D("157.5"), BEGAN + 1, book) is ExitRule.TRAILING_STOP


def test_it_stands_still_while_its_candles_are_too_old() -> None:
    rule, book, at = watch(trailing_stop=TRAILING), bought(), BEGAN + FREEZES_AFTER
    rule.on_volatility(D("1.2"), BEGAN, BEGAN, SOL)
    tell(rule, D(160), BEGAN, book)
    tell(rule, D(162), at, book)
    assert rule.trailing.stop == D("159.6")
    tell(rule, D(165), at + 1, book)
    assert (rule.trailing.stop, rule.trailing.peak) == (D("159.6"), D(165))
    said = verdict(rule, ExitRule.TRAILING_STOP, D(165), at + 1, book).text
    assert said == ("stands still, its candles are 3 h 1 min old; armed 3 h 1 min ago, peak 165, stop 159.6")
    assert tell(rule, D("159.6"), at + 2, book) is ExitRule.TRAILING_STOP, "it acts all the same"
    rule.on_volatility(D("1.2"), at, at + 3, SOL)
    assert rule.trailing.stop == D("162.6")
    old = watch(trailing_stop=TRAILING)
    old.on_volatility(D("1.2"), BEGAN, BEGAN, SOL)
    tell(old, D(160), at + 1, book)
    assert old.trailing.stop == D("156.8"), "armed by an ATR that is too old it is at its widest"


def test_nothing_held_arms_nothing_and_nothing_sold_disarms_it() -> None:
    book, rule = bought(), watch(trailing_stop=TRAILING)
    book.book(fill(Side.SELL, COINS, D(160), 2))
    assert tell(rule, D(170), BEGAN, book) is None and not rule.trailing.is_armed
    said = verdict(rule, ExitRule.TRAILING_STOP, D(170), BEGAN, book).text
    assert said == "net +6.56 %; nothing is held"
    book, rule = bought(), watch(trailing_stop=TRAILING)
    tell(rule, D(160), BEGAN, book)
    book.book(fill(Side.SELL, D("3.33"), D(158), 2))
    rule.on_fill(D(158), BEGAN, book, SOL)
    assert rule.trailing.stop == D("156.8")
    book.book(fill(Side.SELL, D(10), D(157), 3))
    assert tell(rule, D("156.8"), BEGAN, book) is ExitRule.TRAILING_STOP


def test_while_it_is_armed_no_signal_closes() -> None:
    book, rule = bought(), watch(trailing_stop=TRAILING, signal_exit=True)
    rule.signal = "ann"
    tell(rule, D(160), BEGAN, book)
    said = verdict(rule, ExitRule.SIGNAL_EXIT, D(160), BEGAN, book)
    assert (said.due, said.price) == (False, None)
    assert said.text == "ann has asked to close; no signal acts while a stop trails"
    assert tell(rule, D(157), BEGAN, book) is None


def test_it_outlives_a_start_and_its_trade_and_not_its_rule() -> None:
    book, rule = bought(), watch(trailing_stop=TRAILING)
    tell(rule, D(160), BEGAN, book)
    assert rule.terms is not None
    rule.set(replace(rule.terms, rules=ExitRules(trailing_stop=replace(TRAILING, most=D("0.03")))))
    assert rule.trailing.stop == D("156.8"), "other terms let it not come down"
    tell(rule, D(156), BEGAN, book)
    rule.begin(ExitRule.TRAILING_STOP)
    rule.on_price(D(170), BEGAN, book, SOL)
    rule.on_volatility(D(1), BEGAN, BEGAN, SOL)
    assert rule.trailing.stop == D("156.8")
    rule.set(replace(rule.terms, rules=ExitRules(hard_stop=D("0.05"))))
    assert not rule.trailing.is_armed
