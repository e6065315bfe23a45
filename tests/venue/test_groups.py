"""Take-profit and stop-loss orders that belong to a parent or to a position."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from hypertui.core.market import Grouping, Side
from hypertui.venue.model.order_results import Outcome, RestingResult, WaitingResult
from hypertui.venue.model.orders import OrderTerms, Tif, VenueOrder, frontend
from tests.venue.helpers import BOB, Venue, filled, resting


def bracket(
    venue: Venue,
    limit: str = "98",
    stop: str = "95",
    profit: str = "105",
    size: str = "4",
    tif: Tif = Tif.GTC,
    side: Side = Side.BUY,
) -> list[OrderTerms]:
    other = Side.SELL if side is Side.BUY else Side.BUY
    worst = "80" if side is Side.BUY else "120"
    return [
        venue.request(side, size, limit, tif),
        venue.request(other, size, worst, trigger=stop, reduce_only=True),
        venue.request(other, size, worst, trigger=profit, tpsl="tp", reduce_only=True),
    ]


def place(venue: Venue, requests: list[OrderTerms], grouping: Grouping = Grouping.NORMAL) -> list[Outcome]:
    outcomes = venue.core.place(venue.account(), requests, grouping)
    assert not isinstance(outcomes, str), outcomes
    return outcomes


def orders(outcomes: list[Outcome]) -> list[VenueOrder]:
    return [outcome.order for outcome in outcomes]


def position_tpsl(venue: Venue, size: str = "0") -> list[OrderTerms]:
    requests = [
        venue.request(Side.SELL, size, "80", trigger="95", reduce_only=True),
        venue.request(Side.SELL, size, "80", trigger="105", tpsl="tp", reduce_only=True),
    ]
    return [replace(request, position_tpsl=True) for request in requests]


def test_children_wait_for_their_parent_and_are_listed_twice() -> None:
    venue = Venue()
    first, *others = place(venue, bracket(venue))
    assert isinstance(first, RestingResult)
    assert [each.text for each in others if isinstance(each, WaitingResult)] == ["waitingForFill"] * 2
    shown = [frontend(order) for order in venue.account().open_orders.values()]
    assert len(shown) == 3
    assert [child["oid"] for child in shown[0]["children"]] == [shown[1]["oid"], shown[2]["oid"]]
    venue.price("98.5")
    assert all(order.live for order in orders([first, *others]))


def test_children_do_not_fire_before_their_parent_has_filled() -> None:
    venue = Venue()
    venue.buy("2", "105", Tif.IOC)
    parent, _, profit = orders(place(venue, bracket(venue)))
    venue.price("106")
    assert profit.status == "open" and parent.live
    assert venue.account().size("SOL") == 2


def test_one_child_fills_and_the_other_goes() -> None:
    venue = Venue()
    parent, stop, profit = orders(place(venue, bracket(venue)))
    venue.price("98")
    assert parent.status == "filled" and stop.armed and profit.armed
    venue.price("105")
    assert (profit.status, stop.status) == ("filled", "siblingFilledCanceled")
    assert not venue.account().positions
    last = [(oid, status) for oid, status in venue.statuses() if oid in (stop.oid, profit.oid)]
    assert last[-2:] == [(profit.oid, "filled"), (stop.oid, "siblingFilledCanceled")]
    assert not venue.batches[-1].cancels, "a sibling's end is no cancel by the venue"


def test_a_parent_that_fills_at_once_arms_its_children_at_once() -> None:
    venue = Venue()
    parent, *children = place(venue, bracket(venue, limit="101", tif=Tif.IOC))
    assert filled(parent).size == 4
    assert {each.text for each in children if isinstance(each, WaitingResult)} == {"waitingForTrigger"}
    venue.price("94")
    assert [order.status for order in orders(children)] == ["filled", "siblingFilledCanceled"]


def test_a_child_that_the_price_has_passed_fires_as_soon_as_its_parent_fills() -> None:
    venue = Venue()
    parent, stop, profit = orders(place(venue, bracket(venue, limit="101", stop="100.5", tif=Tif.IOC)))
    assert [order.status for order in (parent, stop, profit)] == ["filled", "filled", "siblingFilledCanceled"]
    assert not venue.account().positions


def test_a_gap_through_parent_and_stop_fills_both() -> None:
    venue = Venue()
    parent, stop, _ = orders(place(venue, bracket(venue)))
    venue.price("94")
    assert (parent.status, stop.status) == ("filled", "filled")
    assert not venue.account().positions


def test_cancelling_a_parent_cancels_its_children_at_the_same_time() -> None:
    venue = Venue()
    parent, stop, profit = orders(place(venue, bracket(venue)))
    market = venue.core.by_symbol["SOL"]
    assert venue.core.cancel(venue.account(), market, parent.oid)
    assert {order.status for order in (parent, stop, profit)} == {"canceled"}
    assert len({order.status_time for order in (parent, stop, profit)}) == 1
    assert not venue.core.cancel(venue.account(), market, stop.oid)


def test_a_parent_filled_in_part_and_cancelled_takes_its_children_along() -> None:
    venue = Venue()
    parent, stop, profit = orders(place(venue, bracket(venue, limit="99.995")))
    venue.sell("1", "99", Tif.IOC, who=BOB)
    assert parent.filled == 1 and stop.waiting and not stop.armed
    venue.core.cancel(venue.account(), venue.core.by_symbol["SOL"], parent.oid)
    assert stop.status == profit.status == "canceled"
    assert venue.account().size("SOL") == 1


def test_a_parent_filled_in_part_that_ends_for_want_of_margin_arms_its_children() -> None:
    venue = Venue(faucet=Decimal(100))
    parent, stop, profit = orders(place(venue, bracket(venue, limit="99.995", size="19")))
    venue.sell("1", "99", Tif.IOC, who=BOB)
    venue.buy("0.6", "3001", Tif.IOC, symbol="ETH")
    venue.price("99.99")
    assert parent.status == "marginCanceled"
    assert stop.live and profit.live
    venue.price("95")
    assert stop.status == "filled" and profit.status == "siblingFilledCanceled"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda r: r[:1], "Unexpected number of trigger orders asset=2"),
        (lambda r: [*r, r[1]], "Unexpected number of trigger orders asset=2"),
        (lambda r: [r[0], r[1], r[1]], "Unexpected number of trigger orders asset=2"),
        (lambda r: [r[1], r[2]], "Unexpected number of trigger orders asset=2"),
    ],
)
def test_a_group_of_the_wrong_parts_is_refused_in_one_text(change: Any, words: str) -> None:
    venue = Venue()
    assert venue.core.place(venue.account(), change(bracket(venue)), Grouping.NORMAL) == words
    assert not venue.account().orders


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"stop": "98"}, "Invalid TP/SL price. asset=2"),
        ({"profit": "98"}, "Invalid TP/SL price. asset=2"),
        ({"limit": "104", "profit": "101"}, None),
        ({"limit": "104", "stop": "101"}, "Invalid TP/SL price. asset=2"),
        ({"size": "0.1"}, "Order must have minimum value of $10. asset=2"),
        ({"size": "4000"}, "Insufficient margin to place order. asset=2"),
    ],
)
def test_a_group_is_placed_whole_or_not_at_all(terms: dict[str, str], words: str | None) -> None:
    venue = Venue(passed_trigger="reject")
    outcome = venue.core.place(venue.account(), bracket(venue, **terms), Grouping.NORMAL)  # type: ignore[arg-type]
    assert (outcome if isinstance(outcome, str) else None) == words
    assert words is None or not venue.account().open_orders


@pytest.mark.parametrize(
    ("limit", "tif", "words"),
    [
        ("98", Tif.IOC, "Order could not immediately match against any resting orders. asset=2"),
        (
            "101",
            Tif.ALO,
            "Post only order would have immediately matched, bbo was 99.99@100.01. asset=2",
        ),
    ],
)
def test_a_parent_that_fails_at_once_refuses_its_group(limit: str, tif: Tif, words: str) -> None:
    venue = Venue()
    requests = bracket(venue, limit=limit, tif=tif)
    assert venue.core.place(venue.account(), requests, Grouping.NORMAL) == words
    assert not venue.account().open_orders
    assert {order.status for order in venue.account().orders.values()} <= {
        "badAloPxRejected",
        "iocCancelRejected",
        "canceled",
    }
    venue.price("94")
    assert not venue.account().fills


def test_a_post_only_parent_fills_as_a_maker_and_arms_its_children() -> None:
    venue = Venue()
    parent, stop, profit = orders(place(venue, bracket(venue, limit="99.995", tif=Tif.ALO)))
    venue.sell("4", "99", Tif.IOC, who=BOB)
    assert parent.status == "filled" and venue.account().fills[-1]["crossed"] is False
    assert stop.armed and profit.armed


def test_a_take_profit_filled_in_part_leaves_its_stop_until_it_is_done() -> None:
    venue = Venue()
    requests = bracket(venue, limit="101", tif=Tif.IOC)
    requests[2] = venue.request(
        Side.SELL, "4", "105", trigger="104", tpsl="tp", is_market=False, reduce_only=True
    )
    _, stop, profit = orders(place(venue, requests))
    venue.price("104")
    assert profit.status == "triggered" and profit.resting
    venue.buy("1", "105", Tif.IOC, who=BOB)
    assert (profit.filled, stop.status) == (0, "open"), "the book's own offers are better"
    venue.core.books["SOL"].offer(Decimal(0))
    venue.buy("1", "105", Tif.IOC, who=BOB)
    assert (profit.filled, stop.status) == (1, "open")
    venue.price("105")
    assert (profit.status, stop.status) == ("filled", "siblingFilledCanceled")
    assert not venue.account().positions


def test_a_stop_closes_what_its_take_profit_has_left() -> None:
    venue = Venue()
    requests = bracket(venue, limit="101", tif=Tif.IOC)
    requests[2] = venue.request(
        Side.SELL, "4", "105", trigger="104", tpsl="tp", is_market=False, reduce_only=True
    )
    _, stop, profit = orders(place(venue, requests))
    venue.price("104")
    venue.core.books["SOL"].offer(Decimal(0))
    venue.buy("1", "105", Tif.IOC, who=BOB)
    venue.core.books["SOL"].offer(Decimal(1))
    venue.price("95")
    assert (stop.status, stop.filled) == ("filled", 3)
    assert (profit.status, profit.filled) == ("reduceOnlyCanceled", 1)
    assert not venue.account().positions


def test_a_stop_that_fills_in_part_ends_its_take_profit() -> None:
    venue = Venue()
    _, stop, profit = orders(place(venue, bracket(venue, limit="101", tif=Tif.IOC)))
    venue.core.books["SOL"].offer(Decimal("0.00005"))
    venue.price("95")
    assert stop.status == "canceled" and 0 < stop.filled < 4
    assert profit.status == "siblingFilledCanceled"
    assert venue.account().size("SOL") == 4 - stop.filled


def test_a_stop_that_finds_nobody_leaves_its_take_profit() -> None:
    venue = Venue()
    _, stop, profit = orders(place(venue, bracket(venue, limit="101", tif=Tif.IOC)))
    venue.core.books["SOL"].offer(Decimal(0))
    venue.price("95")
    assert (stop.status, profit.status) == ("marketOrderNoLiquidityRejected", "open")
    venue.core.books["SOL"].offer(Decimal(1))
    venue.price("105")
    assert profit.status == "filled" and not venue.account().positions


def test_children_must_reduce() -> None:
    venue = Venue()
    parent, stop, _ = bracket(venue)
    entry = venue.request(Side.SELL, "4", "80", trigger="95")
    assert "must reduce" in str(venue.core.place(venue.account(), [parent, entry], Grouping.NORMAL))
    same = venue.request(Side.BUY, "4", "120", trigger="105", reduce_only=True)
    assert "must reduce" in str(venue.core.place(venue.account(), [parent, same], Grouping.NORMAL))
    assert not isinstance(venue.core.place(venue.account(), [parent, stop], Grouping.NORMAL), str)


def test_position_tpsl_closes_whatever_the_position_is() -> None:
    venue = Venue()
    venue.buy("4", "105", Tif.IOC)
    outcomes = place(venue, position_tpsl(venue), grouping=Grouping.POSITION)
    assert {each.text for each in outcomes if isinstance(each, WaitingResult)} == {"waitingForTrigger"}
    stop, profit = orders(outcomes)
    shown = frontend(stop)
    assert (shown["isPositionTpsl"], shown["sz"], shown["origSz"]) == (True, "0.0", "0.0")
    venue.buy("3", "105", Tif.IOC)
    venue.price("105")
    assert (profit.status, stop.status) == ("filled", "siblingFilledCanceled")
    assert profit.filled == 7 and not venue.account().positions


def test_position_tpsl_of_a_size_closes_that_much() -> None:
    venue = Venue()
    venue.buy("4", "105", Tif.IOC)
    stop, _ = orders(place(venue, position_tpsl(venue, "3"), grouping=Grouping.POSITION))
    venue.price("95")
    assert stop.status == "filled" and venue.account().size("SOL") == 1


def test_position_tpsl_goes_with_its_position() -> None:
    venue = Venue()
    venue.buy("4", "105", Tif.IOC)
    stop, profit = orders(place(venue, position_tpsl(venue), grouping=Grouping.POSITION))
    venue.sell("4", "95", Tif.IOC)
    assert stop.status == profit.status == "reduceOnlyCanceled"


def test_position_tpsl_may_need_a_position() -> None:
    venue = Venue(flat_reduce_only_trigger="reject")
    outcomes = place(venue, position_tpsl(venue), grouping=Grouping.POSITION)
    assert [outcome.order.status for outcome in outcomes] == ["reduceOnlyRejected"] * 2
    venue = Venue()
    stop, _ = orders(place(venue, position_tpsl(venue), grouping=Grouping.POSITION))
    venue.buy("4", "105", Tif.IOC)
    venue.price("94")
    assert stop.status == "filled" and not venue.account().positions


def test_a_child_cancelled_by_its_owner_leaves_its_sibling() -> None:
    venue = Venue()
    _, stop, profit = orders(place(venue, bracket(venue, limit="101", tif=Tif.IOC)))
    venue.core.cancel(venue.account(), venue.core.by_symbol["SOL"], stop.oid)
    assert stop.status == "canceled" and profit.live
    resting(venue.buy("1", "90"))


def test_what_ends_all_orders_ends_children_by_the_same_status() -> None:
    venue = Venue()
    parent, *children = orders(place(venue, bracket(venue)))
    venue.core.schedule_cancel(venue.account(), venue.now + 5_000)
    venue.now += 5_000
    venue.core.tick()
    assert [order.status for order in (parent, *children)] == ["scheduledCancel"] * 3
