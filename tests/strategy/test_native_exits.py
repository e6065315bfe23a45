"""Where the exits stand that rest at the exchange, as properties."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal as D

from hypothesis import assume, given
from hypothesis import strategies as st

from hypertui.core.market import Fill, Grouping, Instrument, Order, OrderType, Side
from hypertui.core.order_key import OrderKey
from hypertui.core.trade_book import TradeBook
from hypertui.strategy.base import Target
from hypertui.strategy.exits.native import PROFIT, STOP, is_covered, rule_of, with_exits
from hypertui.strategy.exits.rules import ExitRule, ExitRules, ExitTerms
from hypertui.strategy.exits.trailing import TrailingTerms
from hypertui.strategy.exits.watch import ExitWatch
from tests.support.triple import Triple, TriplePlan

SOL = Instrument("SOL", 2, 20)
TICK = D("0.01")
PRICES = st.decimals("20", "400", places=2)
FRACTIONS = st.decimals("0.002", "0.3", places=4)


@dataclass(frozen=True)
class Alive:
    """An exit that is at the exchange."""

    client_id: str
    key: OrderKey
    order: Order
    level: int | None = None
    due: bool = False


def alive(key: OrderKey, price: D, number: int = 1) -> Alive:
    kind = OrderType.STOP_MARKET if key == STOP else OrderType.TAKE_PROFIT
    client_id = f"0x{number:032x}"
    return Alive(
        client_id, key, Order(client_id, "SOL", Side.SELL, D(0), kind, price, price, reduce_only=True)
    )


def holding(size: D, price: D, stop: D, made: D) -> Triple:
    """So many coins bought at a price, with one stop, after as much was made before (USD)."""
    plan = TriplePlan(SOL, 5, size, price, stop, price * 2)
    triple = Triple(plan, TradeBook(), bought_at=1)
    triple.book.book(Fill("SOL", Side.BUY, size, price, D(0), 1, 1, 1, None), None, None, "ENTRY")
    triple.book.funding = made
    return triple


def watch(rules: ExitRules, stake: D) -> ExitWatch:
    watched = ExitWatch()
    watched.set(ExitTerms(rules, stake, 0))
    return watched


def wanted(triple: Triple, watched: ExitWatch, *orders: Alive) -> dict[OrderKey, D]:
    target = with_exits(triple.target(()), watched, orders, triple)
    exits = [want for want in target.orders if want.key in (STOP, PROFIT)]
    for want in exits:
        assert (want.size, want.grouping, want.side) == (0, Grouping.POSITION, Side.SELL)
        assert want.trigger is not None
        assert SOL.is_price(want.trigger) and SOL.is_price(want.limit) and want.limit <= want.trigger
    return {want.key: want.stands_at for want in exits}


@given(PRICES, FRACTIONS, st.decimals("0.01", "50", places=2), st.decimals("-0.2", "0.2", places=3))
def test_an_order_stands_where_its_rule_acts(price: D, fraction: D, size: D, made: D) -> None:
    triple, stake = holding(size, price, D("0.5"), D(0)), size * price
    triple.book.funding = made * stake
    watched = watch(ExitRules(hard_stop=fraction, take_profit=fraction), stake)
    found = wanted(triple, watched)
    for key, rule in ((STOP, ExitRule.HARD_STOP), (PROFIT, ExitRule.TAKE_PROFIT)):
        acts_at = watched.price_of(rule, triple.book, SOL)
        stops_first = key == STOP and acts_at is not None and is_covered(acts_at, triple.target(()), triple)
        too_far = acts_at is not None and abs(acts_at - price) > price * D("0.8")
        assert found.get(key) == (None if stops_first or too_far else acts_at)


@given(PRICES, FRACTIONS, st.decimals("0.98", "1.02", places=5))
def test_a_stop_is_lowered_at_once_and_raised_when_it_matters(price: D, fraction: D, off: D) -> None:
    size = D(3)
    triple = holding(size, price, D("0.5"), D(0))
    watched = watch(ExitRules(hard_stop=fraction), size * price)
    acts_at = watched.price_of(ExitRule.HARD_STOP, triple.book, SOL)
    assert acts_at is not None
    assume(acts_at > 1)
    stands = SOL.round_price(acts_at * off)
    found = wanted(triple, watched, alive(STOP, stands))[STOP]
    assert found <= acts_at, "it never fires early"
    late = acts_at - stands
    assert found == (stands if 0 <= late <= max(acts_at / 1000, SOL.tick(acts_at)) else acts_at)


@given(PRICES, FRACTIONS, st.decimals("0.98", "1.02", places=5))
def test_a_profit_never_stands_short_of_what_was_asked(price: D, fraction: D, off: D) -> None:
    size = D(3)
    triple = holding(size, price, D("0.5"), D(0))
    watched = watch(ExitRules(take_profit=fraction), size * price)
    acts_at = watched.price_of(ExitRule.TAKE_PROFIT, triple.book, SOL)
    assert acts_at is not None
    found = wanted(triple, watched, alive(PROFIT, SOL.round_price(acts_at * off)))[PROFIT]
    assert acts_at <= found <= acts_at + max(acts_at / 1000, SOL.tick(acts_at))


def test_the_newest_says_where_it_stands() -> None:
    triple = holding(D(3), D(100), D("0.5"), D(0))
    watched = watch(ExitRules(hard_stop=D("0.05")), D(300))
    acts_at = watched.price_of(ExitRule.HARD_STOP, triple.book, SOL)
    assert acts_at is not None
    older, newer = alive(STOP, acts_at - 1, 1), alive(STOP, acts_at - TICK, 2)
    assert wanted(triple, watched, older, newer)[STOP] == acts_at - TICK


def test_where_the_stops_are_nearer_there_is_none() -> None:
    triple = holding(D(3), D(100), D(99), D(0))
    watched = watch(ExitRules(hard_stop=D("0.05")), D(300))
    assert wanted(triple, watched) == {}
    triple.plan = replace(triple.plan, stop=D(90))
    assert set(wanted(triple, watched)) == {STOP}


def test_for_coins_that_no_order_takes_there_is_none() -> None:
    triple = holding(D(3), D(100), D(1), D(0))
    watched = watch(ExitRules(hard_stop=D("0.05"), take_profit=D("0.05")), D(300))

    class Dust(Triple):
        protectable = D(0)

    assert wanted(Dust(triple.plan, triple.book), watched) == {}


def test_with_nothing_held_or_without_the_setting_there_is_none() -> None:
    rules = ExitRules(hard_stop=D("0.05"), take_profit=D("0.05"))
    flat = Triple(TriplePlan(SOL, 5, D(3), D(100), D(1), D(200)))
    assert wanted(flat, watch(rules, D(300))) == {}
    held = holding(D(3), D(100), D(1), D(0))
    assert set(wanted(held, watch(rules, D(300)))) == {STOP, PROFIT}
    assert wanted(held, watch(replace(rules, native=False), D(300))) == {}


def test_from_the_first_fill_on_they_stay_as_they_are() -> None:
    triple = holding(D(3), D(100), D(1), D(0))
    watched = watch(ExitRules(hard_stop=D("0.05"), take_profit=D("0.05")), D(300))
    watched.on_native(ExitRule.HARD_STOP)
    target = with_exits(triple.target(()), watched, (), triple)
    assert {STOP, PROFIT} <= target.kept
    assert {want.key for want in target.orders}.isdisjoint({STOP, PROFIT})
    assert watched.due is ExitRule.HARD_STOP
    watched.on_price(D(500), 1, triple.book, SOL)
    assert watched.due is ExitRule.HARD_STOP, "whatever the price has done since"
    assert with_exits(Target(()), ExitWatch(), (), triple) == Target(())


def test_what_an_order_rested_for_is_told_by_what_is_wanted() -> None:
    triple = holding(D(10), D(100), D("0.5"), D(0))
    trailing = TrailingTerms(D("0.01"), D(1), D("0.5"), D("0.01"), D("0.02"))
    both = watch(ExitRules(hard_stop=D("0.05"), trailing_stop=trailing), D(1000))
    assert rule_of(STOP, both, triple) is ExitRule.HARD_STOP, "none is armed"
    both.on_price(D(103), 1, triple.book, SOL)
    assert both.trailing.is_armed
    assert rule_of(STOP, both, triple) is ExitRule.TRAILING_STOP, "it is the nearer"
    both.on_native(ExitRule.HARD_STOP)
    assert rule_of(STOP, both, triple) is ExitRule.HARD_STOP, "it has fired"
    assert rule_of(PROFIT, both, triple) is None
    alone = watch(ExitRules(trailing_stop=trailing, take_profit=D("0.1")), D(1000))
    assert rule_of(STOP, alone, triple) is ExitRule.TRAILING_STOP
    assert rule_of(PROFIT, alone, triple) is ExitRule.TAKE_PROFIT
    assert rule_of(STOP, ExitWatch(), triple) is None
