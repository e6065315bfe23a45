"""What is recorded gives the same state again, and what changes nothing is not recorded."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from hypertui.core.market import Fill, Side
from hypertui.exchange.protocol import OrderState
from hypertui.execution.order_tracker import OrderTracker, Timing
from hypertui.execution.orders import ClientIds, OwnOrder
from hypertui.execution.recording import play_back
from hypertui.strategy.ladder.ladder import Ladder
from hypertui.strategy.ladder.plan import BuyOrder
from tests.execution.desk import Deaf, Desk


class Recording:
    """The inputs of a desk, as a journal would keep them."""

    def __init__(self) -> None:
        self.inputs: list[tuple[str, int, str]] = []

    def __call__(self, kind: str, at: int, data: Mapping[str, object]) -> None:
        self.inputs.append((kind, at, json.dumps(data)))

    def played_back(self, desk: Desk) -> OrderTracker:
        """What a restart would have."""
        ladder = Ladder.open(desk.ladder.plan, [desk.entry])
        tracker = OrderTracker(ladder, Timing(), Deaf())
        ids = ClientIds(7)
        for kind, at, data in self.inputs:
            play_back(tracker, ids, kind, at, json.loads(data))
        return tracker


def state(tracker: OrderTracker) -> object:
    slots = [(slot.coins, slot.stop_unit, slot.due) for slot in tracker.ladder.slots]
    return slots, tracker.ladder.unit, sorted(map(_order, tracker.alive))


def _order(order: OwnOrder) -> object:
    return order.client_id, order.due, order.missed, order.touched_at, order.cancelling, order.filled


def test_an_answer_is_played_back_at_the_price_at_which_it_came() -> None:
    recording = Recording()
    desk = Desk(record=recording)
    stop = desk.stop(-1)
    desk.mark(99)
    assert stop.due
    desk.mark("99.5")  # touches nothing
    desk.answer(stop, OrderState.OPEN)
    assert not stop.due
    assert state(recording.played_back(desk)) == state(desk.tracker)


def test_prices_beyond_a_buy_that_was_missed_are_not_recorded() -> None:
    recording = Recording()
    desk = Desk(buy_order=BuyOrder.STOP_LIMIT, record=recording)
    desk.mark(99)
    desk.fill(desk.stop(-1))
    (buy,) = desk.places()
    desk.acknowledge(buy)
    desk.mark(101)
    desk.answer(buy, OrderState.TRIGGERED)
    assert buy.missed
    before = len(recording.inputs)
    for cents in range(10, 90):
        desk.mark(f"101.{cents}")
    assert len(recording.inputs) == before
    desk.settle()
    assert state(recording.played_back(desk)) == state(desk.tracker)


def test_what_others_trade_is_not_recorded() -> None:
    recording = Recording()
    desk = Desk(record=recording)
    theirs = Fill("SOL", Side.BUY, Decimal(1), Decimal(100), Decimal(0), desk.now, 1, 1, "0x" + "9" * 32)
    stop = desk.stop(-4)
    report = replace(desk.report(stop, OrderState.OPEN, 10), client_id=theirs.client_id)
    before = len(recording.inputs)
    for _ in range(3):
        assert desk.tracker.on_fill(theirs, desk.now, from_feed=False) is None
        desk.tracker.on_report(report, desk.now, from_feed=True)
    assert len(recording.inputs) == before


def test_how_far_the_fills_are_known_is_known_after_a_restart() -> None:
    recording = Recording()
    desk = Desk(record=recording)
    desk.tracker.on_compared(desk.now, desk.now)
    desk.tracker.on_compared(desk.now - 5, desk.now)
    assert recording.played_back(desk).compared_until == desk.tracker.compared_until == desk.now
