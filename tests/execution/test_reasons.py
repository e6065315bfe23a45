"""Every order says why it was made, and no later word changes it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from hypertui.core.market import Reason, Side
from hypertui.exchange.protocol import OrderState, Refusal
from hypertui.execution.orders import OwnOrder, Role
from hypertui.execution.trade_inputs import OrderAltered
from hypertui.execution.trading_state import Posture
from tests.execution.desk import Desk


def one(orders: list[OwnOrder]) -> OwnOrder:
    assert len(orders) == 1, orders
    return orders[0]


def test_the_first_stops_are_the_ladders_own() -> None:
    for order in Desk().tracker.alive:
        assert order.decision.reason is Reason.LADDER_STOP
        assert order.decision.target == order.order.trigger
        assert order.decision.text == "the first stop of 10 coins"
        assert order.decision.replaces is None
        assert order.decision.step == 0


def test_a_stop_that_follows_the_price_names_the_one_it_follows() -> None:
    desk = Desk()
    lowest = desk.stop(-4)
    desk.mark(101)
    moved = one(desk.places()).decision
    assert (moved.reason, moved.replaces, moved.step) == (Reason.LADDER_STOP, lowest.client_id, 1)
    assert moved.text == "the stop at unit -4 follows the price to unit +0"


def test_a_stop_for_more_coins_says_how_many_there_were() -> None:
    desk = Desk()
    desk.mark(99)
    desk.fill(desk.stop(-1))
    desk.settle()
    desk.mark(100)
    buy = desk.buy(0)
    desk.fill(buy, 4)
    first = one(desk.places())
    assert first.decision.text == "the first stop of 4 coins", "those sold before had stops of their own"
    desk.acknowledge(first)
    desk.fill(buy)
    whole = one(desk.places()).decision
    assert whole.reason is Reason.LADDER_STOP
    assert whole.text == "the stop at unit -1 covers 4, 10 are held"


@pytest.mark.parametrize("how", ["lost", "refused", "not placed", "altered"])
def test_a_stop_in_the_place_of_one_that_came_to_nothing_is_a_repair(how: str) -> None:
    desk = Desk()
    desk.mark("99.9")
    stop = desk.stop(-2)
    match how:
        case "lost":
            desk.tell(stop, OrderState.CANCELLED, stop.remaining)
        case "refused":
            desk.tell(stop, OrderState.REJECTED, stop.remaining)
            desk.mark("99.8")
        case "not placed":
            stop.acknowledged = False
            desk.answer(stop, None, asked_at=stop.expires_at + 1)
            assert stop.dead
        case "altered":
            desk.take(OrderAltered(desk.now, stop.client_id))
    again = one(desk.places())
    assert (again.role, again.level) == (Role.STOP, -2)
    assert (again.decision.reason, again.decision.replaces) == (Reason.REPAIR, stop.client_id)
    words = {
        "lost": "the stop at unit -2 was lost: the exchange cancelled it",
        "refused": "the stop at unit -2 was refused",
        "not placed": "the stop at unit -2 never reached the exchange",
        "altered": "the stop at unit -2 is live otherwise than it was sent",
    }
    assert again.decision.text.startswith(words[how])


def test_a_move_that_was_refused_is_tried_again_as_a_repair() -> None:
    desk = Desk()
    desk.mark(101)
    refused = one(desk.places())
    desk.refuse(refused)
    desk.wait(desk.tracker.timing.confirm_after)
    again = one(desk.places()).decision
    assert (again.reason, again.replaces) == (Reason.REPAIR, refused.client_id)
    assert again.text == "the stop at unit +0 was refused: no"


def test_stops_after_a_cancel_of_our_own_are_no_repair() -> None:
    desk = Desk()
    desk.pose(Posture.HANDS_OFF)
    desk.granting.cancel(desk.tracker.alive, desk.now)
    for order in list(desk.tracker.alive):
        desk.tell(order, OrderState.CANCELLED, order.remaining)
    desk.pose(Posture.TRADE)
    placed = desk.places()
    assert len(placed) == 4
    for order in placed:
        assert order.decision.reason is Reason.LADDER_STOP
        assert order.decision.text.endswith("was cancelled here")


def test_a_sale_of_coins_below_their_stop_is_meant_to_fill_at_that_stop() -> None:
    desk = Desk()
    stop = desk.stop(-1)
    desk.mark("98.5")
    desk.tell(stop, OrderState.REJECTED, stop.remaining)
    sale = next(order for order in desk.places() if order.role is Role.SALE).decision
    assert (sale.reason, sale.target, sale.replaces) == (Reason.LADDER_STOP, 99, stop.client_id)
    assert sale.text == "the price 98.5 has passed the stop at 99, and none is live"


def test_a_buy_says_what_became_of_the_one_before() -> None:
    desk = Desk()
    desk.mark(99)
    buy = one(desk.places())
    assert (buy.decision.reason, buy.decision.target) == (Reason.LADDER_BUY, 100)
    assert buy.decision.text == "unit +0 is armed: 4 slots are long"
    desk.refuse(buy, Refusal.MARGIN)
    desk.wait(desk.tracker.timing.confirm_after)
    again = one(desk.places()).decision
    assert (again.reason, again.replaces) == (Reason.LADDER_BUY, buy.client_id)
    assert again.text.endswith("; the buy before it is rejected")


def test_a_close_is_the_operators_and_meant_for_the_price_at_that_moment() -> None:
    desk = Desk()
    desk.mark("99.5")
    close = desk.close(Decimal(40), Decimal("99.5"), "flatten by the operator").decision
    assert (close.reason, close.target, close.text) == (
        Reason.MANUAL,
        Decimal("99.5"),
        "flatten by the operator",
    )


def test_a_restart_keeps_every_decision_as_it_was() -> None:
    desk = Desk()
    desk.tell(desk.stop(-4), OrderState.CANCELLED, 10)
    desk.settle()
    desk.mark(99)
    desk.fill(desk.stop(-1))
    desk.settle()
    desk.mark(102)
    desk.fill(desk.buy(0))
    desk.settle()
    again = desk.played_back().tracker
    sent = [kept.data["order"]["client_id"] for kept in desk.journalled if kept.kind == "sent"]
    reasons = set()
    for client_id in sent:
        before, after = desk.tracker.find(client_id), again.find(client_id)
        assert before is not None
        assert after is not None
        assert before.decision == after.decision
        reasons.add(before.decision.reason)
    assert reasons == {Reason.LADDER_STOP, Reason.LADDER_BUY, Reason.REPAIR}
    assert again.target() == desk.tracker.target(), "which stop was the last one for whose coins, too"


def test_a_fill_changes_nothing_about_why() -> None:
    desk = Desk()
    stop = desk.stop(-1)
    before = stop.decision
    desk.mark(99)
    desk.fill(stop)
    assert stop.dead
    assert stop.decision is before
    assert stop.order.side is Side.SELL
