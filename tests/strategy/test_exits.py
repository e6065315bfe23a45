"""Exits: each rule acts at its own limit, and none keeps another from being seen."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from decimal import Decimal as D
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from hypertui.core.market import KNOWN_INSTRUMENTS, Fill, Side
from hypertui.core.trade_book import TradeBook
from hypertui.strategy.exits.rules import TAKER_FEE, ExitRule, ExitRules, ExitTerms
from hypertui.strategy.exits.trailing import TrailingTerms
from hypertui.strategy.exits.watch import ExitVerdict, ExitWatch

SOL = KNOWN_INSTRUMENTS["SOL"]
ENTRY, COINS, BEGAN = D("150.02"), D("13.33"), 1_000_000
STAKE = ENTRY * COINS
HOUR = 3_600_000
TRAILING = TrailingTerms(D("0.035"), D(2), D("0.5"), D("0.01"), D("0.02"))
PEAK = D(165)


def fill(side: Side, size: D, price: D, number: int = 1) -> Fill:
    return Fill("SOL", side, size, price, size * price * TAKER_FEE, BEGAN, number, number)


def bought(coins: D = COINS, price: D = ENTRY) -> TradeBook:
    book = TradeBook()
    book.book(fill(Side.BUY, coins, price))
    return book


def watch(**rules: object) -> ExitWatch:
    watch = ExitWatch()
    watch.set(ExitTerms(ExitRules(**rules), STAKE, BEGAN))  # type: ignore[arg-type]
    return watch


def net(book: TradeBook, price: D) -> D:
    """By the ledger's own figures: what is left once all is sold, as a fraction of the stake."""
    return (book.net_pnl(price) - book.position * price * TAKER_FEE) / STAKE


def tell(watch: ExitWatch, price: D, at: int, book: TradeBook) -> ExitRule | None:
    """As a trade does: a price that does not matter is not told."""
    if watch.matters(price, at, book, SOL):
        watch.on_price(price, at, book, SOL)
    return watch.due


def verdict(watch: ExitWatch, rule: ExitRule, price: D, at: int, book: TradeBook) -> ExitVerdict:
    return next(each for each in watch.verdicts(price, at, book, SOL) if each.rule is rule)


PRICES = some.integers(10_000, 30_000).map(lambda cents: D(cents) / 100)
FRACTIONS = some.integers(1, 200).map(lambda tenths: D(tenths) / 1000)


@given(PRICES, FRACTIONS, some.integers(0, 1_000).map(lambda cents: D(cents) / 100))
def test_a_hard_stop_acts_at_its_loss_and_at_most_a_tick_before(price: D, loss: D, sold: D) -> None:
    book = bought()
    if sold:
        book.book(fill(Side.SELL, sold, D("151.5"), 2))
    due = tell(watch(hard_stop=loss), price, BEGAN, book)
    if net(book, price) <= -loss:
        assert due is ExitRule.HARD_STOP
    elif due is not None:
        assert net(book, price - SOL.tick(price)) < -loss, "a tick lower it would have been due by right"


@given(PRICES, FRACTIONS)
def test_a_profit_is_taken_only_when_it_is_there(price: D, gain: D) -> None:
    book = bought()
    due = tell(watch(take_profit=gain), price, BEGAN, book)
    if due is not None:
        assert net(book, price) >= gain
    else:
        assert net(book, price - SOL.tick(price)) < gain, "at most a tick late"


def test_with_nothing_held_the_hard_stop_goes_by_what_was_lost() -> None:
    book = bought()
    book.book(fill(Side.SELL, COINS, D("140"), 2))
    assert tell(watch(hard_stop=D("0.07")), D("200"), BEGAN, book) is None
    assert tell(watch(hard_stop=D("0.05")), D("200"), BEGAN, book) is ExitRule.HARD_STOP
    assert tell(watch(take_profit=D("0.01"), soft_stop=D("0.01")), D("200"), BEGAN, book) is None
    book = bought()
    book.book(fill(Side.SELL, COINS, D("160"), 2))
    assert tell(watch(take_profit=D("0.05")), D("100"), BEGAN, book) is ExitRule.TAKE_PROFIT, "it is made"


LOW, LOWER, HIGH = D("146"), D("145.9"), D("149")


def test_a_soft_stop_waits_for_three_prices_and_three_seconds() -> None:
    book, soft = bought(), watch(soft_stop=D("0.02"))
    assert tell(soft, LOW, BEGAN, book) is None
    assert tell(soft, LOW, BEGAN, book) is None, "told twice it is one price"
    assert tell(soft, LOWER, BEGAN + 1_000, book) is None
    assert tell(soft, LOW, BEGAN + 2_999, book) is None, "three, in less than three seconds"
    assert tell(soft, LOWER, BEGAN + 3_000, book) is ExitRule.SOFT_STOP
    assert tell(soft, HIGH, BEGAN + 4_000, book) is None
    assert tell(soft, LOW, BEGAN + 5_000, book) is None, "it begins anew"
    assert tell(soft, LOWER, BEGAN + 25_000, book) is None, "two prices, however far apart"
    assert tell(soft, LOW, BEGAN + 25_001, book) is ExitRule.SOFT_STOP


def test_a_price_that_stands_below_a_soft_stop_counts_again_after_two_seconds() -> None:
    book, soft = bought(), watch(soft_stop=D("0.02"))
    due = [tell(soft, LOW, BEGAN + 250 * quarter, book) for quarter in range(17)]
    assert due == [None] * 16 + [ExitRule.SOFT_STOP]


@pytest.mark.parametrize("later", [31_000, -3_600_000])
def test_a_soft_stop_counts_anew_after_a_gap_and_when_the_clock_was_set(later: int) -> None:
    book, soft = bought(), watch(soft_stop=D("0.02"))
    tell(soft, LOW, BEGAN, book)
    tell(soft, LOWER, BEGAN + 2_000, book)
    again = BEGAN + 2_000 + later
    assert tell(soft, LOW, again, book) is None
    assert tell(soft, LOWER, again + 1_000, book) is None
    assert tell(soft, LOW, again + 3_000, book) is ExitRule.SOFT_STOP


@given(some.lists(some.tuples(some.sampled_from([LOW, LOWER, HIGH]), some.integers(0, 5_000)), max_size=40))
def test_what_does_not_matter_would_change_nothing(walk: list[tuple[D, int]]) -> None:
    book, soft, at = bought(), watch(soft_stop=D("0.02"), time_stop=60_000), BEGAN
    for price, later in walk:
        at += later
        if not soft.matters(price, at, book, SOL):
            before = deepcopy(soft)
            soft.on_price(price, at, book, SOL)
            assert soft == before
        soft.on_price(price, at, book, SOL)


def test_a_signal_closes_at_no_loss_only() -> None:
    book, rule = bought(), watch(signal_exit=True)
    assert tell(rule, D("160"), BEGAN, book) is None, "nobody has asked"
    rule.signal = "ann@pts/3"
    even = verdict(rule, ExitRule.SIGNAL_EXIT, ENTRY, BEGAN, book)
    assert not even.due and even.price is not None and "ann@pts/3" in even.text and "net -0.09 %" in even.text
    assert tell(rule, even.price - SOL.tick(even.price), BEGAN, book) is None
    assert tell(rule, even.price, BEGAN, book) is ExitRule.SIGNAL_EXIT


def test_a_trade_may_be_too_old() -> None:
    book, rule = bought(), watch(time_stop=HOUR)
    assert verdict(rule, ExitRule.TIME_STOP, ENTRY, BEGAN, book).text == "1 h 0 min left"
    assert tell(rule, ENTRY, BEGAN + HOUR - 1, book) is None
    assert tell(rule, ENTRY, BEGAN + HOUR, book) is ExitRule.TIME_STOP


def test_what_has_begun_gives_way_to_nothing() -> None:
    book, rules = bought(), watch(hard_stop=D("0.05"), take_profit=D("0.01"))
    rules.begin(ExitRule.TAKE_PROFIT)
    assert not rules.matters(D("100"), BEGAN, book, SOL)
    rules.on_price(D("100"), BEGAN, book, SOL)
    assert rules.acted is ExitRule.TAKE_PROFIT


BY_BOOKS = [rule for rule in ExitRule if rule is not ExitRule.LIQUIDATION_GUARD]


def _due(rule: ExitRule) -> tuple[dict[str, object], D, TradeBook]:
    """Settings, a price and a book by which this rule is due, after a price at the peak."""
    lost, won = D("140"), D("160")
    match rule:
        case ExitRule.LIQUIDATION_GUARD:
            raise AssertionError("no book decides it")
        case ExitRule.HARD_STOP:
            return {"hard_stop": D("0.05")}, lost, bought()
        case ExitRule.SOFT_STOP:
            return {"soft_stop": D("0.025")}, lost, bought()
        case ExitRule.TRAILING_STOP:
            return {"trailing_stop": TRAILING}, won, bought()
        case ExitRule.TAKE_PROFIT:
            return {"take_profit": D("0.05")}, won, bought()
        case ExitRule.SIGNAL_EXIT:
            return {"signal_exit": True}, won, bought()
        case ExitRule.TIME_STOP:
            return {"time_stop": HOUR}, ENTRY, bought()


def _compatible(pair: tuple[ExitRule, ExitRule]) -> bool:
    """A price is not above one rule's limit and below another's; the time is over at any price, and all are
    below a stop that trails, while which no signal closes."""
    if pair == (ExitRule.TRAILING_STOP, ExitRule.SIGNAL_EXIT):
        return False
    anywhere = (ExitRule.TIME_STOP, ExitRule.TRAILING_STOP)
    prices = {_due(rule)[1] for rule in pair if rule not in anywhere}
    return len(prices) <= 1


@pytest.mark.parametrize(("first", "second"), filter(_compatible, combinations(BY_BOOKS, 2)))
def test_of_two_that_are_due_at_once_the_first_acts_and_both_are_said(
    first: ExitRule, second: ExitRule
) -> None:
    (one, price, book), (other, _, _) = _due(first), _due(second)
    rules = watch(**one, **other)
    rules.signal = "ann"
    at = BEGAN + HOUR
    tell(rules, PEAK, at - 1, book)
    for passed in range(4):
        tell(rules, price, at + 2_000 * passed, book)
    assert rules.due is first
    said = rules.verdicts(price, at + 3_000, book, SOL)
    assert [each.rule for each in said] == [first, second]
    assert all(each.due for each in said)


def test_the_order_of_priority() -> None:
    assert [rule.words for rule in ExitRule] == [
        "liquidation guard",
        "hard stop",
        "soft stop",
        "trailing stop",
        "take profit",
        "signal exit",
        "time stop",
    ]


def test_rules_that_contradict_each_other() -> None:
    hard = "hard_stop 0.09% is not above 0.09%, the fees of buying and selling"
    assert list(ExitRules(hard_stop=D("0.0009")).contradictions()) == [hard]
    assert list(ExitRules(hard_stop=D("0.05"), soft_stop=D("0.025")).contradictions()) == []
    assert list(ExitRules(hard_stop=D("0.05"), soft_stop=D("0.05")).contradictions()) == [
        "soft_stop 5% is not below hard_stop 5%: the hard stop would always act first"
    ]
    assert list(ExitRules(trailing_stop=TRAILING, take_profit=D("0.04")).contradictions()) == []
    trailing = replace(TRAILING, arm=D("0.05"), most=D("0.0099"))
    rules = ExitRules(
        hard_stop=D("0.0009"), soft_stop=D("0.02"), trailing_stop=trailing, take_profit=D("0.04")
    )
    assert list(rules.contradictions()) == [
        hard,
        "soft_stop 2% is not below hard_stop 0.09%: the hard stop would always act first",
        "trailing_max 0.99% is below trailing_min 1%",
        "trailing_arm 5% is not below take_profit 4%: the profit would always be taken first",
    ]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"most": D("0.0099")}, "trailing_max 0.99% is below trailing_min 1%"),
        ({"most": D("0.0009")}, "trailing_max 0.09% is not above 0.09%, the fees of buying and selling"),
        (
            {"arm": D("0.04")},
            "trailing_arm 4% is not below take_profit 4%: the profit would always be taken first",
        ),
    ],
)
def test_trailing_stops_that_contradict_themselves(changed: dict[str, D], words: str) -> None:
    rules = ExitRules(trailing_stop=replace(TRAILING, **changed), take_profit=D("0.04"))
    assert list(rules.contradictions()) == [words]


def test_without_rules_no_price_matters() -> None:
    assert not ExitWatch().matters(D("1"), BEGAN, bought(), SOL)
    assert ExitWatch().verdicts(D("1"), BEGAN, bought(), SOL) == ()
