"""Triggers that the price has passed when they arrive, and stops that find nothing to reduce: whether the
exchange fires, keeps or refuses them, nothing is placed twice and no stop outlives its coins."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from itertools import permutations

import pytest

from hypertui.core.market import Fill, Side
from hypertui.exchange.protocol import Filled, OrderState, Refusal
from hypertui.execution.orders import OwnOrder, Role
from hypertui.execution.trade_inputs import OrderAnswered
from tests.execution.desk import Desk

NEWS: dict[str, Callable[[Desk, OwnOrder], object]] = {
    "answer": lambda desk, order: desk.acknowledge(order),
    "open": lambda desk, order: desk.tell(order, OrderState.OPEN, order.order.size),
    "triggered": lambda desk, order: desk.tell(order, OrderState.TRIGGERED, order.order.size),
    "filled": lambda desk, order: desk.tell(order, OrderState.FILLED),
    "fill": lambda desk, order: desk.fill(order),
}


def _stop_of_what_was_bought(desk: Desk) -> OwnOrder:
    """A stop at -1 for coins just bought at 0, which the price has passed on its way there."""
    desk.mark(99)
    desk.fill(desk.stop(-1))
    desk.settle()
    desk.mark(100)
    desk.fill(desk.buy(0))
    (stop,) = desk.places()
    return stop


@pytest.mark.parametrize("last", NEWS)
def test_a_stop_that_fires_at_once_sells_its_coins_once_in_whatever_order_that_is_told(last: str) -> None:
    for first in permutations(NEWS.keys() - {last}):
        desk = Desk()
        stop = _stop_of_what_was_bought(desk)
        for name in (*first, last):
            NEWS[name](desk, stop)
            again = [
                order for order in desk.places() if order.key == stop.key and order.order.side is Side.SELL
            ]
            assert not again, f"sold again after {name} of {(*first, last)}"
        assert stop.dead and desk.ladder.slots[stop.key.number].coins == 0
        assert desk.ladder.book.position == 30, (*first, last)


def test_a_stop_whose_answer_is_that_it_has_filled_is_not_placed_again() -> None:
    desk = Desk()
    stop = _stop_of_what_was_bought(desk)
    desk.take(OrderAnswered(desk.now, stop.client_id, Filled(9, stop.order.size, Decimal(99))))
    assert [order.role for order in desk.places() if order.key == stop.key] == []
    desk.fill(stop)
    assert stop.dead and desk.ladder.book.position == 30


def test_a_stop_that_fired_beyond_its_limit_is_followed_by_a_sale() -> None:
    desk = Desk()
    stop = _stop_of_what_was_bought(desk)
    desk.acknowledge(stop)
    desk.tell(stop, OrderState.TRIGGERED, stop.order.size)
    desk.tell(stop, OrderState.REJECTED, stop.order.size)
    (sale,) = [order for order in desk.places() if order.key == stop.key]
    assert (sale.role, sale.order.size) == (Role.SALE, stop.order.size)


@pytest.mark.parametrize("trust_slots", [0, 1, 2])
def test_buys_that_all_fire_at_once_stay_within_the_bound(trust_slots: int) -> None:
    desk = Desk(trust_slots=trust_slots)
    for _ in range(6):
        # Everything that buys fires as it is placed; no price and no sale becomes known.
        for order in desk.acts()[0]:
            desk.acknowledge(order)
            if order.role is Role.BUY:
                desk.fill(order, from_feed=False)
        held = [slot for slot in desk.ladder.slots if slot.coins > 0]
        assert len(held) + len(desk.tracker.buys()) <= 4 + trust_slots
        desk.mark(100 - len(held) % 3)


@pytest.mark.parametrize("fate", ["kept", "kept, and the answer lost", "refused"])
def test_a_stop_whose_coins_are_gone_does_not_stay_and_its_slot_buys_only_after_it(fate: str) -> None:
    desk = Desk()
    lost = desk.stop(-1)
    desk.tell(lost, OrderState.CANCELLED, lost.remaining)
    (stop,) = desk.places()
    sold = Fill("SOL", Side.SELL, Decimal(40), Decimal(100), Decimal(0), desk.now, 9, 99)
    desk.adopt(sold)  # somebody else has sold everything while it was on its way
    placed, others = desk.acts()
    assert all(order.key != stop.key for order in placed)
    assert sorted(order.level for order in others) == [-4, -3, -2]
    for order in others:
        desk.tell(order, OrderState.CANCELLED, order.order.size)
    desk.acknowledge(*placed)
    if fate == "refused":
        desk.refuse(stop, Refusal.FLAT)
    else:
        if fate == "kept":
            desk.acknowledge(stop)
        else:
            desk.wait(desk.tracker.timing.confirm_after)
            assert stop in desk.asks()
            desk.answer(stop, OrderState.OPEN)
        placed, cancelled = desk.acts()
        assert stop in cancelled
        assert all(order.key != stop.key for order in placed)
        desk.tell(stop, OrderState.CANCELLED, stop.order.size)
    assert stop.dead
    desk.wait(desk.tracker.timing.confirm_after)
    desk.settle()
    assert desk.units(Side.SELL) == []
    assert desk.units(Side.BUY) == [1, 2, 3, 4]
