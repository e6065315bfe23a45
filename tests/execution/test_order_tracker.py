"""What prices, fills, notices and answers prove about own orders."""

from __future__ import annotations

from decimal import Decimal

import pytest

from hypertui.core.market import Fill, IngestVia, Side
from hypertui.exchange.protocol import CancelOutcome, Filled, OrderState, Refusal
from hypertui.execution.orders import Role
from hypertui.execution.own_orders import SeenPrice
from hypertui.execution.trade_inputs import CancelAnswered, FillReceived, OrderAnswered, QuestionFailed
from hypertui.strategy.ladder.plan import BuyOrder
from tests.execution.desk import Desk, units


@pytest.mark.parametrize("acknowledged", [True, False])
def test_a_mark_at_the_trigger_makes_an_order_due(acknowledged: bool) -> None:
    desk = Desk()
    stop = desk.stop(-1)
    stop.acknowledged = acknowledged
    desk.mark("99.01")
    assert not stop.due
    desk.mark(99)
    assert stop.due
    assert desk.ladder.slots[stop.slot].due is Side.SELL
    assert desk.ladder.unit == -1


def test_an_order_whose_cancel_is_sent_is_not_made_due() -> None:
    desk = Desk()
    stop = desk.stop(-1)
    desk.tracker.cancel_sent([stop], desk.now)
    desk.mark(99)
    assert not stop.due


def test_a_due_order_is_undue_only_by_a_question_after_the_last_touch_with_the_mark_not_through() -> None:
    desk = Desk()
    stop = desk.stop(-1)
    desk.mark(99)
    touched = desk.now
    desk.answer(stop, OrderState.OPEN)
    assert stop.due  # the mark is through
    desk.mark("99.5")
    desk.answer(stop, OrderState.OPEN, asked_at=touched)
    assert stop.due  # asked before the touch was over
    desk.answer(stop, OrderState.OPEN)
    assert not stop.due
    assert desk.ladder.unit == -1  # price decides the unit, whatever became of the order
    assert desk.ladder.slots[stop.slot].due is None


def test_unknown_proves_nothing_before_the_order_has_expired() -> None:
    desk = Desk()
    desk.mark(99)
    (buy,) = desk.places()
    desk.answer(buy, None, asked_at=buy.expires_at)
    assert not buy.dead
    desk.answer(buy, None, asked_at=buy.expires_at + 1)
    assert buy.dead


def test_a_refused_cancel_proves_nothing_but_is_asked_about_at_once() -> None:
    desk = Desk()
    stop = desk.stop(-4)
    desk.tracker.cancel_sent([stop], desk.now)
    assert stop not in desk.asks()
    desk.take(CancelAnswered(desk.now, stop.client_id, CancelOutcome.NOT_WORKING))
    assert not stop.dead
    assert desk.asks() == [stop]


def test_a_cancel_that_expired_without_effect_is_sent_again() -> None:
    desk = Desk()
    desk.mark(99)
    desk.fill(desk.stop(-1))
    (buy,) = desk.places()
    desk.acknowledge(buy)
    desk.mark(95)  # the target is far below
    for unit in (-2, -3, -4):
        desk.fill(desk.stop(unit))
    placed, cancelled = desk.acts()
    assert units(placed) == [-4, -3, -2, -1]
    assert cancelled == [buy]
    desk.answer(buy, OrderState.OPEN, asked_at=buy.cancel_expires_at)
    assert buy.cancelling
    desk.answer(buy, OrderState.OPEN, asked_at=buy.cancel_expires_at + 1)
    assert buy in desk.cancels()


def test_fills_are_booked_once_however_they_come() -> None:
    desk = Desk()
    stop = desk.stop(-1)
    fill = desk.fill(stop)
    desk.take(FillReceived(desk.now, fill, desk.now, IngestVia.ANSWER))
    assert desk.ladder.position == 30
    assert stop.dead


def test_a_fill_by_the_feed_is_a_touch_unless_a_mark_was_first() -> None:
    desk = Desk()
    desk.fill(desk.stop(-1))
    assert desk.ladder.unit == -1
    desk.mark(98)
    desk.mark("99.9")
    desk.mark(101)
    assert desk.ladder.unit == 1
    desk.fill(desk.stop(-2))  # the mark had touched it; its fill is old news
    assert desk.ladder.unit == 1


def test_a_fill_found_by_asking_is_no_touch() -> None:
    desk = Desk()
    desk.fill(desk.stop(-1), from_feed=False)
    assert desk.ladder.unit == 0


def test_the_fill_of_an_order_being_cancelled_counts() -> None:
    desk = Desk()
    stop = desk.stop(-1)
    desk.tracker.cancel_sent([stop], desk.now)
    desk.fill(stop)
    assert stop.dead
    assert desk.ladder.position == 30


def test_a_late_fill_of_a_cancelled_buy_goes_to_a_slot_that_is_free() -> None:
    desk = Desk()
    desk.mark(99)
    (buy,) = desk.places()
    desk.acknowledge(buy)
    desk.tell(buy, OrderState.CANCELLED, buy.remaining)
    (again,) = desk.places()
    assert again.slot == buy.slot
    desk.fill(desk.stop(-1))
    desk.fill(buy, from_feed=False)
    assert desk.ladder.slots[again.slot].coins == 0
    assert desk.ladder.position == 40


def test_an_order_named_as_ended_lives_until_its_fills_are_booked() -> None:
    desk = Desk()
    stop = desk.stop(-1)
    desk.mark(99)
    desk.tell(stop, OrderState.CANCELLED, remaining=4)
    assert not stop.dead
    desk.fill(stop, 6)
    assert stop.dead
    assert desk.ladder.slots[stop.slot].coins == 4


def test_fills_fetched_after_an_order_ended_are_all_that_there_are() -> None:
    desk = Desk()
    stop = desk.stop(-1)
    desk.mark(99)
    desk.tell(stop, OrderState.CANCELLED, remaining=0)  # as for a reduce-only order that was cut to nothing
    assert not stop.dead
    desk.answer(stop, OrderState.CANCELLED)
    assert stop.dead
    assert desk.ladder.slots[stop.slot].coins == 10


def test_a_sale_filled_in_part_is_over_with_the_part_that_the_answer_names() -> None:
    desk = Desk()
    stop = desk.stop(-1)
    desk.mark(99)
    desk.tell(stop, OrderState.REJECTED, stop.remaining)
    (sale,) = [order for order in desk.places() if order.role is Role.SALE]
    desk.take(OrderAnswered(desk.now, sale.client_id, Filled(5, Decimal(7), Decimal(99))))
    assert not sale.dead
    desk.fill(sale, 7)
    assert sale.dead
    assert desk.ladder.slots[sale.slot].coins == 3


def test_coins_sold_beyond_a_slot_come_from_the_highest_stop() -> None:
    desk = Desk()
    ghost = desk.stop(-4)
    desk.ladder.slots[ghost.slot].coins = Decimal(0)
    desk.ladder.dust = Decimal(10)
    desk.fill(ghost)
    assert desk.ladder.slots[desk.stop(-1).slot].coins == 0


def test_coins_sold_that_nobody_held_come_from_the_next_purchase() -> None:
    desk = Desk()
    for unit in (-1, -2, -3):
        desk.fill(desk.stop(unit))
    last = desk.stop(-4)
    desk.ladder.slots[last.slot].coins = Decimal(4)  # six of its coins are bought by a fill yet to come
    desk.fill(last)
    assert desk.ladder.oversold == 6
    buy = desk.places()[0]
    desk.acknowledge(buy)
    desk.fill(buy)
    assert desk.ladder.oversold == 0
    assert desk.ladder.slots[buy.slot].coins == buy.order.size - 6


def test_a_limit_buy_found_resting_after_it_fired_was_missed_and_is_cancelled() -> None:
    desk = Desk(buy_order=BuyOrder.STOP_LIMIT)
    desk.mark(99)
    desk.fill(desk.stop(-1))
    (buy,) = desk.places()
    desk.acknowledge(buy)
    desk.mark(101)
    assert buy.due
    desk.answer(buy, OrderState.TRIGGERED)
    assert buy.missed
    assert not buy.due
    desk.mark(101)
    assert not buy.due
    desk.settle()
    assert buy.dead
    assert desk.units(Side.SELL) == [-2, -1, 0]
    assert desk.units(Side.BUY) == [2]


def test_a_slot_whose_order_was_refused_waits_for_the_next_price_or_a_while() -> None:
    desk = Desk()
    desk.mark(101)
    (stop,) = desk.places()
    desk.refuse(stop, Refusal.PASSED)
    assert desk.places() == []
    desk.mark("101.2")
    (stop,) = desk.places()
    desk.refuse(stop, Refusal.MARGIN)
    desk.mark("101.1")
    assert desk.places() == []
    desk.wait(desk.tracker.timing.confirm_after)
    assert units(desk.places()) == [0]


def test_what_is_not_answered_is_asked_for_again_and_again_until_it_is_proven() -> None:
    desk = Desk()
    desk.mark(99)
    stop, after = desk.stop(-1), desk.tracker.timing.confirm_after
    desk.settle()
    assert stop.due
    for _ in range(3):
        desk.wait(after)
        assert stop in desk.asks()
        assert desk.asks() == []  # one question at a time
        desk.take(QuestionFailed(desk.now, stop.client_id))


@pytest.mark.parametrize("ahead", [0, 20_000, -20_000])
def test_a_purchase_is_compared_with_marks_by_one_clock(ahead: int) -> None:
    desk = Desk()
    slot = desk.ladder.slots[4]
    desk.mark(99)
    desk.fill(desk.stop(-1))
    (buy,) = desk.places()
    desk.acknowledge(buy)
    bought = Fill(
        "SOL", Side.BUY, Decimal(10), Decimal(100), Decimal(0), desk.now + 10 + ahead, 9, 99, buy.client_id
    )
    desk.wait(20)
    made_at = min(desk.now, bought.time - ahead)
    desk.take(FillReceived(desk.now, bought, made_at, IngestVia.ANSWER))
    slot = desk.ladder.slots[buy.slot]
    assert not desk.tracker.is_news_to(slot, seen(desk))
    desk.mark("98.9")
    assert desk.tracker.is_news_to(slot, seen(desk))


def seen(desk: Desk) -> SeenPrice:
    assert desk.recorder.seen is not None
    return desk.recorder.seen
