"""The state that is kept gives the same trade as all inputs; one that cannot be read changes nothing."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from hypertui.exchange.protocol import OrderState
from hypertui.execution.playback import take_up
from hypertui.execution.trade import Trade
from hypertui.execution.trade_history import KeptState, TradeHistory
from hypertui.execution.trade_snapshot import dump, load
from tests.execution.desk import Desk
from tests.support.whole_state import difference

COURSE = ("99", "98", "97.5", "99", "100", "99", "98", "97", "96", "95", "97", "103", "101")


def traded(desk: Desk, prices: tuple[str, ...] = COURSE) -> None:
    """Walk along prices; some fills come in two parts, some stops are lost."""
    for number, price in enumerate(prices):
        desk.mark(price)
        for order in [order for order in desk.tracker.alive if order.due]:
            if number % 3 == 0:
                desk.fill(order, Decimal(1))
            desk.fill(order)
        if number % 4 == 1 and (working := [o for o in desk.tracker.alive if o.acknowledged]):
            desk.tell(working[0], OrderState.CANCELLED, working[0].remaining)
        desk.settle()


def kept(trade: Trade) -> str:
    return dump(trade)


def test_a_state_and_the_inputs_after_it_give_what_all_inputs_give() -> None:
    desk = Desk()
    traded(desk)
    state, seq = kept(desk.trade), len(desk.journalled)
    again = desk.opened()
    load(again, state)
    assert not difference(again, desk.trade)
    traded(desk)
    history = TradeHistory((), KeptState(seq, state), desk.journalled[seq:])
    assert not difference(asyncio.run(take_up(desk.opened, history)), desk.trade)
    assert not difference(desk.played_back(), desk.trade)


@pytest.mark.parametrize("broken", ["", "{}", '{"trade": {}}', "[]"])
def test_a_state_that_cannot_be_read_is_left_and_all_inputs_are_replayed(broken: str) -> None:
    desk = Desk()
    traded(desk)
    history = TradeHistory((), KeptState(9, broken), (), lambda: desk.journalled)
    assert not difference(asyncio.run(take_up(desk.opened, history)), desk.trade)


def test_what_is_kept_hardly_grows_with_the_length_of_a_trade() -> None:
    desk = Desk()
    traded(desk, COURSE * 20)
    desk.wait(1_000_000)
    desk.compared()
    before, fills = len(dump(desk.trade)), desk.tracker.fills_booked
    traded(desk, COURSE * 20)
    desk.wait(1_000_000)
    desk.compared()
    grown = len(dump(desk.trade)) - before
    assert grown < 0.1 * before + 32 * (desk.tracker.fills_booked - fills)
    assert not difference(desk.played_back(), desk.trade)
