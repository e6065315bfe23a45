"""What is recorded gives the same state again, and what changes nothing is not recorded."""

from __future__ import annotations

from decimal import Decimal

from hypertui.exchange.protocol import OrderState, Refusal
from hypertui.execution.orders import Role
from hypertui.execution.own_orders import SeenPrice
from hypertui.execution.trade_inputs import FillsCompared
from hypertui.strategy.ladder.plan import BuyOrder
from tests.execution.desk import Desk
from tests.support.whole_state import difference


def test_an_answer_is_played_back_at_the_price_at_which_it_came() -> None:
    desk = Desk()
    stop = desk.stop(-1)
    desk.mark(99)
    assert stop.due
    desk.mark("99.5")  # touches nothing
    desk.answer(stop, OrderState.OPEN)
    assert not stop.due
    assert not difference(desk.played_back(), desk.trade)


def test_prices_beyond_a_buy_that_was_missed_are_not_recorded() -> None:
    desk = Desk(buy_order=BuyOrder.STOP_LIMIT)
    desk.mark(99)
    desk.fill(desk.stop(-1))
    (buy,) = desk.places()
    desk.acknowledge(buy)
    desk.mark(101)
    desk.answer(buy, OrderState.TRIGGERED)
    assert buy.missed
    before = len(desk.journalled)
    for cents in range(10, 90):
        desk.mark(f"101.{cents}")
    assert len(desk.journalled) == before
    desk.settle()
    assert not difference(desk.played_back(), desk.trade)


def test_how_far_the_fills_are_known_is_known_after_a_restart() -> None:
    desk = Desk()
    desk.take(FillsCompared(desk.now, desk.now))
    desk.take(FillsCompared(desk.now, desk.now - 5))
    assert desk.played_back().tracker.compared_until == desk.tracker.compared_until == desk.now


def test_a_price_between_refusals_is_an_input_although_it_touches_nothing() -> None:
    """After two refusals of a passed stop its coins are sold; a newer price says more than both."""
    desk = Desk()
    slot = desk.ladder.slots[desk.stop(-1).slot]
    desk.tell(desk.stop(-1), OrderState.CANCELLED, 10)
    for _ in range(2):
        desk.wait(2 * desk.tracker.timing.confirm_after)
        (stop,) = desk.places()
        desk.refuse(stop, Refusal.PASSED)
    assert desk.tracker.said_passed(slot)
    desk.mark("99.8")  # touches nothing
    again = desk.played_back()
    assert not difference(again, desk.trade)
    assert not again.tracker.said_passed(slot)
    seen = SeenPrice(Decimal("99.8"), desk.now)
    live, resumed = desk.trade.decide(seen, desk.now), again.decide(seen, desk.now)
    assert live == resumed
    assert [sent.role for sent in live.places] == [Role.STOP]
