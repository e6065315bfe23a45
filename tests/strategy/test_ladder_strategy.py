"""The ladder as a strategy: which keys its orders get, what is kept, what is swept, and where fills go."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hypertui.core.market import Fill, Order, OrderType, Reason, Side
from hypertui.core.order_key import CLOSE, KeyKind, OrderKey
from hypertui.core.purpose import Purpose
from hypertui.strategy.base import (
    CoinsCorrected,
    CoinsSwept,
    CoinsTraded,
    HaltTold,
    OrderBegun,
    OrderOver,
    PriceSeen,
    SellOutTold,
    Target,
)
from hypertui.strategy.ladder.plan import Reinvest
from hypertui.strategy.ladder.strategy import LadderStrategy
from tests.strategy.driver import Walk, fill_of, plan_of

D = Decimal


@dataclass(frozen=True)
class Alive:
    """An order that is not proven dead."""

    client_id: str
    key: OrderKey
    level: int | None
    order: Order
    due: bool = False


def stop(slot: int, level: int, due: bool = False, name: str = "") -> Alive:
    key = OrderKey(KeyKind.STOP, slot)
    return _alive(key, level, Side.SELL, due, name or f"{key} at {level}")


def entry(slot: int, level: int, due: bool = False, name: str = "") -> Alive:
    key = OrderKey(KeyKind.ENTRY, slot)
    return _alive(key, level, Side.BUY, due, name or f"{key} at {level}")


def close(due: bool = False) -> Alive:
    return _alive(CLOSE, None, Side.SELL, due, "close")


def _alive(key: OrderKey, level: int | None, side: Side, due: bool, name: str) -> Alive:
    trigger = None if level is None else D(100 + level)
    order = Order(name, "COIN", side, D(5), OrderType.STOP_MARKET, D(50), trigger, reduce_only=True)
    return Alive(name, key, level, order, due)


def after(*prices: int | str, **changes: object) -> LadderStrategy:
    """The strategy after these prices, at which everything was filled at once; no order of it is alive."""
    return LadderStrategy(Walk.start(plan_of(**changes)).path(*prices).ladder)


def entries(target: Target) -> dict[str, int | None]:
    return {str(want.key): want.level for want in target.orders if want.purpose is Purpose.OPEN}


def stops(target: Target) -> dict[str, int | None]:
    return {str(want.key): want.level for want in target.orders if want.purpose is Purpose.PROTECT}


def trade(
    strategy: LadderStrategy, fill: Fill, key: OrderKey | None, level: int | None, *alive: Alive
) -> None:
    """Book a fill and tell of it, as a trade does."""
    gain = strategy.book.book(fill, level)
    strategy.apply(CoinsTraded(fill, gain, fill.time, key, level), alive)


def coins(strategy: LadderStrategy) -> list[Decimal]:
    return [slot.coins for slot in strategy.ladder.slots]


# Keys


def test_after_its_entry_it_wants_a_stop_of_each_slot_and_nothing_else() -> None:
    target = after().target(())
    assert stops(target) == {"stop/0": -4, "stop/1": -3, "stop/2": -2, "stop/3": -1}
    assert len(target.orders) == 4
    assert (target.kept, target.swept, target.loose, target.halted) == (frozenset(), (), 0, "")
    first = target.orders[0]
    assert (first.side, first.size, first.trigger, first.limit) == (Side.SELL, 5, 96, D("86.4"))
    assert (first.reason, first.replaces) == (Reason.LADDER_STOP, None)
    assert first.passed is not None
    assert (first.passed.price, first.passed.level) == (96, -4)


def test_an_entry_gets_the_key_of_a_free_slot() -> None:
    strategy = after(98)  # slots 3 and 2 are sold
    assert entries(strategy.target(())) == {"entry/2": -1, "entry/3": 0}
    assert set(stops(strategy.target(()))) == {"stop/0", "stop/1"}


def test_a_slot_of_which_anything_is_alive_is_not_free() -> None:
    strategy = after(98, trust_slots=2)
    assert entries(strategy.target([stop(2, -2)])) == {"entry/3": -1, "entry/4": 0}
    assert entries(strategy.target([stop(2, -2), entry(3, 7)])) == {"entry/4": -1, "entry/5": 0}
    assert entries(strategy.target([stop(2, -2), entry(3, 7), entry(4, 8)])) == {"entry/5": -1}
    assert entries(strategy.target([stop(2, -2), entry(3, 7), entry(4, 8), entry(5, 9)])) == {}


def test_an_entry_that_is_alive_keeps_its_key() -> None:
    strategy = after(98)
    assert entries(strategy.target([entry(4, 0)])) == {"entry/2": -1, "entry/4": 0}
    assert entries(strategy.target([entry(2, 0), entry(3, -1)])) == {"entry/3": -1, "entry/2": 0}


def test_the_slot_of_a_close_is_not_free_while_that_is_alive() -> None:
    strategy = after(98)
    closing = Order("close", "COIN", Side.SELL, D(10), OrderType.IOC, D(90), reduce_only=True)
    strategy.apply(OrderBegun(1, CLOSE, None, closing, "sent"), ())
    assert strategy.closing == 0  # the first of those with the most coins
    trade(strategy, fill_of(Side.SELL, 5, 98, client_id="close"), CLOSE, None, close())
    assert coins(strategy) == [0, 5, 0, 0, 0]
    assert entries(strategy.target([close()])) == {"entry/2": -1, "entry/3": 0, "entry/4": 1}
    assert entries(strategy.target(())) == {"entry/0": -1, "entry/2": 0, "entry/3": 1}


def test_where_no_slot_is_free_a_buy_waits() -> None:
    strategy = after(98, trust_slots=0)
    alive = [stop(2, -2, due=True), entry(3, 0)]
    assert entries(strategy.target(alive)) == {"entry/3": 0}


# Orders that are due


def test_the_stop_key_of_a_due_sale_is_kept() -> None:
    strategy = after()
    strategy.apply(PriceSeen(D(99)), ())
    target = strategy.target([stop(3, -1, due=True)])
    assert target.kept == {OrderKey(KeyKind.STOP, 3)}
    assert stops(target) == {"stop/0": -4, "stop/1": -3, "stop/2": -2}
    assert entries(target) == {"entry/4": 0}  # the slot is not free until the sale is proven
    assert strategy.target([stop(3, -1)]).kept == frozenset()


def test_a_due_sale_of_coins_that_are_gone_keeps_nothing() -> None:
    strategy = after(99)
    assert strategy.target([stop(3, -1, due=True)]).kept == frozenset()


def test_a_due_purchase_keeps_no_stop_key_and_wants_no_stop_yet() -> None:
    strategy = after(96)
    strategy.apply(PriceSeen(D(97)), ())
    target = strategy.target([entry(0, -3, due=True)])
    assert (target.kept, stops(target)) == (frozenset(), {})
    assert list(entries(target).values()) == [-2, -1, 0]
    assert "entry/0" not in entries(target)


def test_while_a_close_is_due_its_slot_counts_as_sold() -> None:
    strategy = after()
    strategy.closing = 2
    target = strategy.target([close(due=True)])
    assert target.kept == {OrderKey(KeyKind.STOP, 2)}
    assert set(stops(target)) == {"stop/0", "stop/1", "stop/3"}


# Dust


def with_dust(sold: str = "4.95") -> LadderStrategy:
    """Slot 3 has sold all but a few cents' worth of its coins."""
    strategy = after()
    strategy.apply(PriceSeen(D(99)), ())
    trade(strategy, fill_of(Side.SELL, sold, 99, client_id="s"), OrderKey(KeyKind.STOP, 3), -1)
    return strategy


def test_coins_that_no_order_is_taken_for_are_swept() -> None:
    target = with_dust().target(())
    assert target.swept == (OrderKey(KeyKind.STOP, 3),)


@pytest.mark.parametrize(
    "alive",
    [stop(3, -1), stop(3, -1, due=True), entry(3, 5), entry(3, -1, due=True)],
    ids=lambda a: a.client_id,
)
def test_dust_is_not_swept_while_anything_of_its_slot_is_alive(alive: Alive) -> None:
    assert with_dust().target([alive]).swept == ()


def test_an_order_of_another_slot_does_not_keep_dust() -> None:
    assert with_dust().target([stop(2, -2), entry(4, 0)]).swept == (OrderKey(KeyKind.STOP, 3),)


def test_what_is_swept_joins_what_is_loose_until_it_is_enough_for_an_order() -> None:
    strategy = with_dust()
    strategy.apply(CoinsSwept(OrderKey(KeyKind.STOP, 3)), ())
    assert coins(strategy) == [5, 5, 5, 0, 0]
    target = strategy.target(())
    assert (target.swept, target.loose) == ((), D("0.05"))
    # 0.05 at 98 are no order, with 0.10 more they are: 0.15 * 88.2 = 13.23.
    trade(strategy, fill_of(Side.SELL, "4.95", 98, client_id="s"), OrderKey(KeyKind.STOP, 2), -2)
    assert strategy.target(()).swept == (OrderKey(KeyKind.STOP, 2),)
    strategy.apply(CoinsCorrected(D("0.10"), 0), ())
    target = strategy.target(())
    assert (target.swept, target.loose) == ((), D("0.15"))


def test_a_stop_that_is_greater_than_its_slot_takes_the_loose_coins_along() -> None:
    strategy = with_dust()
    strategy.apply(CoinsSwept(OrderKey(KeyKind.STOP, 3)), ())
    order = Order("x", "COIN", Side.SELL, D("5.05"), OrderType.STOP_MARKET, D(80), D(98), reduce_only=True)
    strategy.apply(OrderBegun(1, OrderKey(KeyKind.STOP, 2), -2, order, "sent"), ())
    assert coins(strategy) == [5, 5, D("5.05"), 0, 0]
    target = strategy.target(())
    assert target.loose == 0
    assert [want.replaces for want in target.orders if str(want.key) == "stop/2"] == ["x"]


# Fills


def test_a_fill_goes_to_the_slot_of_its_order() -> None:
    strategy = after(96)
    alive = entry(2, -3)
    trade(strategy, fill_of(Side.BUY, 3, 97, client_id=alive.client_id), alive.key, -3, alive)
    trade(strategy, fill_of(Side.BUY, 2, 97, client_id=alive.client_id), alive.key, -3, alive)
    assert coins(strategy) == [0, 0, 5, 0, 0]
    assert strategy.ladder.slots[2].stop_unit == -4


def test_a_late_fill_goes_to_its_slot_where_that_is_free_still() -> None:
    strategy = after(96)
    trade(strategy, fill_of(Side.BUY, 5, 97, client_id="late"), OrderKey(KeyKind.ENTRY, 1), -3, entry(2, -2))
    assert coins(strategy) == [0, 5, 0, 0, 0]


@pytest.mark.parametrize("successor", [entry(1, -2), stop(1, -3)], ids=lambda each: each.client_id)
def test_a_late_fill_of_an_order_whose_slot_was_given_away_goes_to_a_free_slot(successor: Alive) -> None:
    strategy = after(96)
    alive = [entry(0, -1), successor, stop(2, -3)]
    trade(strategy, fill_of(Side.BUY, 5, 97, client_id="late"), OrderKey(KeyKind.ENTRY, 1), -3, *alive)
    assert coins(strategy) == [0, 0, 0, 5, 0]
    assert strategy.ladder.slots[3].stop_unit == -4


def test_a_late_fill_of_an_order_whose_slot_holds_coins_by_now_goes_to_a_free_slot() -> None:
    strategy = after(98)
    trade(strategy, fill_of(Side.BUY, 4, 99, client_id="late"), OrderKey(KeyKind.ENTRY, 0), -1, entry(2, 0))
    assert coins(strategy) == [5, 5, 0, 4, 0]


def test_a_late_fill_goes_to_its_own_slot_where_none_is_free() -> None:
    strategy = after(trust_slots=0)
    trade(strategy, fill_of(Side.BUY, 4, 99, client_id="late"), OrderKey(KeyKind.ENTRY, 1), -1)
    assert coins(strategy) == [5, 9, 5, 5]


def test_coins_that_no_own_order_traded_come_from_the_highest_stop_and_go_to_a_free_slot() -> None:
    strategy = after()
    trade(strategy, fill_of(Side.SELL, 5, 100), None, None)
    assert coins(strategy) == [5, 5, 5, 0, 0]
    trade(strategy, fill_of(Side.BUY, 2, 100), None, None, entry(3, 1))
    assert coins(strategy) == [5, 5, 5, 0, 2]
    trade(strategy, fill_of(Side.BUY, 1, 100), None, None)
    assert coins(strategy) == [6, 5, 5, 0, 2]  # four are long: to the one with the lowest stop


# What else it is told


def test_a_buy_keeps_its_size_until_its_order_is_over() -> None:
    strategy = after(99, reinvest=Reinvest.CONTINUOUS)
    key = OrderKey(KeyKind.ENTRY, 3)
    (before,) = [want for want in strategy.target(()).orders if want.key == key]
    strategy.apply(OrderBegun(1, key, 0, before.order("b", "COIN", before.size), "sent"), ())
    strategy.book.funding -= 400
    assert [want.size for want in strategy.target(()).orders if want.key == key] == [before.size]
    strategy.apply(OrderOver(key, 0), ())
    assert [want.size for want in strategy.target(()).orders if want.key == key] == [D("3.98")]


@pytest.mark.parametrize(("event", "halted"), [(HaltTold("why"), "why"), (SellOutTold(), "")])
def test_told_to_end_it_wants_its_stops_alone(event: HaltTold | SellOutTold, halted: str) -> None:
    strategy = after(98)
    strategy.apply(event, ())
    target = strategy.target(())
    assert (stops(target), entries(target)) == ({"stop/0": -4, "stop/1": -3}, {})
    assert (target.halted, strategy.halted, strategy.selling_out) == (halted, halted, not halted)


def test_a_price_moves_it_by_one_level_and_is_told_again() -> None:
    strategy = after()
    assert not strategy.matters(D("100.99"))
    levels = []
    while strategy.matters(D("102.5")):
        move = strategy.apply(PriceSeen(D("102.5")), ())
        assert move is not None
        levels.append((move.number, move.level, move.touched, move.upwards))
    assert levels == [(1, 1, D(101), True), (2, 2, D(102), True)]
    assert (strategy.level, strategy.moves) == (2, 2)
    assert strategy.apply(PriceSeen(D("102.5")), ()) is None


# Asking

alive_orders = st.lists(
    st.one_of(
        st.builds(stop, st.integers(0, 4), st.integers(-8, 8), st.booleans(), st.uuids().map(str)),
        st.builds(entry, st.integers(0, 4), st.integers(-8, 8), st.booleans(), st.uuids().map(str)),
        st.builds(close, st.booleans()),
    ),
    max_size=8,
    # An entry is placed only where nothing of its key is alive.
    unique_by=lambda each: str(each.key) if each.key.kind is KeyKind.ENTRY else each.client_id,
)
paths = st.lists(st.integers(93, 107), max_size=6)


@given(paths, alive_orders, st.sampled_from(Reinvest), st.decimals(0, 5, places=2))
def test_whatever_is_alive_the_target_gives_free_slots_alone_and_changes_nothing(
    path: list[int], alive: list[Alive], reinvest: Reinvest, sold: Decimal
) -> None:
    strategy = after(*path, reinvest=reinvest)
    holder = max(strategy.ladder.slots, key=lambda slot: slot.coins)
    if holder.coins and sold:
        fill = fill_of(Side.SELL, min(sold, holder.coins), 100, client_id="part")
        trade(strategy, fill, OrderKey(KeyKind.STOP, holder.index), holder.stop_unit)
    before = copy.deepcopy(strategy)
    target = strategy.target(alive)
    assert strategy == before
    assert strategy.target(alive) == target
    assert strategy == before

    slots = strategy.ladder.slots
    taken = {strategy.closing if each.key == CLOSE else each.key.number for each in alive}
    keys = [want.key for want in target.orders]
    assert len(keys) == len(set(keys))
    for want in target.orders:
        slot = slots[want.key.number]
        if want.key.kind is KeyKind.STOP:
            assert want.size == slot.coins > 0
        elif not any((each.key, each.level) == (want.key, want.level) for each in alive):
            assert slot.coins == 0
            assert slot.index not in taken
    due = {
        strategy.closing if each.key == CLOSE else each.key.number: each.order.side
        for each in alive
        if each.due
    }
    selling = {slot.index for slot in slots if slot.coins and due.get(slot.index) is Side.SELL}
    assert target.kept == {OrderKey(KeyKind.STOP, index) for index in selling}
    assert not selling & {want.key.number for want in target.orders if want.key.kind is KeyKind.STOP}
    for key in target.swept:
        assert key.kind is KeyKind.STOP
        assert slots[key.number].coins > 0
        assert key.number not in taken
