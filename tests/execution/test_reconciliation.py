"""The three-way comparison: what should work, what was sent, and what the venue lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from hypertui.core.market import Fill, IngestVia, Reason, Side
from hypertui.core.order_key import KeyKind, OrderKey
from hypertui.exchange.protocol import OpenOrder, OrderState
from hypertui.execution.orders import ClientIds, Decision, OwnOrder, Role, key_of
from hypertui.execution.recovery.reconciliation import Differences, Findings, compare, covers_bare
from hypertui.strategy.ladder.strategy import LADDER
from tests.execution.desk import Desk

IDS = ClientIds(7)


def listed(order: OwnOrder) -> OpenOrder:
    wanted = order.order
    return OpenOrder(
        "SOL", 9, order.client_id, wanted.side, order.remaining, wanted.limit, wanted.trigger, True, 0
    )


def listing(desk: Desk) -> dict[int, OpenOrder]:
    """What the venue lists, by unit, when all is well."""
    return {order.level: listed(order) for order in desk.tracker.alive}


def differences(desk: Desk, orders: Sequence[OpenOrder], asked_at: int | None = None) -> Differences:
    """What a comparison finds in the answer to a question of just now."""
    desk.wait(1)
    there = {order.client_id for order in orders}
    asked = desk.now - 1 if asked_at is None else asked_at
    gone = {
        order.client_id: (asked, desk.report(order, OrderState.CANCELLED))
        for order in desk.tracker.alive
        if order.client_id not in there
    }
    return compare(Findings(asked, tuple(orders), gone, ()), desk.tracker, IDS)


def test_what_agrees_needs_nothing() -> None:
    desk = Desk()
    found = differences(desk, list(listing(desk).values()))
    assert found == Differences()
    assert found.done == "all orders as they should be"


def test_an_order_that_is_not_listed_is_missing() -> None:
    desk = Desk()
    orders = listing(desk)
    lost = orders.pop(-2)
    assert differences(desk, list(orders.values())).missing == (lost.client_id,)


def test_another_size_or_price_is_found_whichever_way_it_differs() -> None:
    for change in (
        {"remaining": Decimal(9)},
        {"remaining": Decimal(11)},
        {"trigger": Decimal("98.5")},
    ):
        desk = Desk()
        desk.wait(1)
        orders = listing(desk)
        orders[-2] = replace(orders[-2], **change)
        assert differences(desk, list(orders.values())).altered == (orders[-2].client_id,), change


def test_a_fill_since_the_question_is_no_difference_and_one_before_it_is() -> None:
    desk = Desk()
    orders = list(listing(desk).values())
    asked_at = desk.now
    desk.mark(99)
    desk.fill(desk.stop(-1), 4)
    assert differences(desk, orders, asked_at) == Differences()
    assert differences(desk, orders, desk.now + 1).altered == (desk.stop(-1).client_id,)


def test_an_own_order_that_nobody_knows_is_an_orphan_and_a_duplicate_at_a_known_unit() -> None:
    desk = Desk()
    orders = list(listing(desk).values())
    elsewhere = replace(
        orders[0], client_id=ClientIds(7).next(OrderKey(KeyKind.STOP, 6)), trigger=Decimal(80)
    )
    again = replace(orders[0], client_id=ClientIds(7).next(OrderKey(KeyKind.STOP, 5)))
    found = differences(desk, [*orders, elsewhere, again])
    assert found.orphans == (elsewhere, again)
    assert found.duplicates == (again.client_id,)
    assert found.done == "2 unknown orders"


def test_an_orphan_stop_covers_coins_for_as_long_as_no_known_one_does() -> None:
    desk = Desk()
    orders = listing(desk)
    key = key_of(orders[-1].client_id)
    assert key is not None
    orphan = replace(orders[-1], client_id=ClientIds(7).next(key))
    assert not covers_bare(orphan, desk.tracker)
    desk.tell(desk.stop(-1), OrderState.CANCELLED, desk.stop(-1).remaining)
    assert covers_bare(orphan, desk.tracker)
    beyond = replace(orphan, client_id=ClientIds(7).next(OrderKey(KeyKind.STOP, 99)))
    assert covers_bare(beyond, desk.tracker), "whatever coins it was sent for"
    assert not covers_bare(replace(orphan, trigger=None), desk.tracker)
    (again,) = desk.places()
    assert covers_bare(orphan, desk.tracker)  # it has been sent, and is not known to work
    desk.acknowledge(again)
    assert not covers_bare(orphan, desk.tracker)


def test_a_fill_of_a_stop_that_nobody_remembers_is_booked_to_the_slot_that_its_id_names() -> None:
    desk = Desk()
    lowest = min(desk.ladder.slots[:4], key=lambda slot: slot.stop_unit or 0)
    fill = Fill(
        "SOL", Side.SELL, lowest.coins, Decimal(96), Decimal(0), desk.now, 77, 78,
        ClientIds(7, start=3).next(OrderKey(KeyKind.STOP, lowest.index)),
    )  # fmt: skip
    others = [slot.coins for slot in desk.ladder.slots if slot is not lowest]
    desk.tracker.adopt(fill, Role.STOP, Decision(Reason.LADDER_STOP, LADDER), IngestVia.COMPARISON)
    assert lowest.coins == 0
    assert [slot.coins for slot in desk.ladder.slots if slot is not lowest] == others


def test_an_order_that_ended_before_the_question_and_is_listed_is_an_orphan() -> None:
    desk = Desk()
    orders = list(listing(desk).values())
    asked_at = desk.now
    ended = desk.stop(-1)
    desk.tell(ended, OrderState.CANCELLED, ended.remaining)
    assert differences(desk, orders, asked_at).orphans == ()
    (orphan,) = differences(desk, orders, desk.now + 1).orphans
    assert orphan.client_id == ended.client_id


def test_what_others_have_placed_is_foreign_and_left_alone() -> None:
    desk = Desk()
    orders = list(listing(desk).values())
    by_hand = replace(orders[0], client_id=None, side=Side.BUY)
    another = replace(orders[0], client_id=ClientIds(8).next(OrderKey(KeyKind.STOP)))
    found = differences(desk, [*orders, by_hand, another])
    assert found.foreign == (by_hand, another)
    assert found.record()["foreign"] == [9, 9]
    assert found.done == "2 orders by others"
