"""Triggers: when they fire, what becomes of them, and what they leave alone."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import pytest

from hypertui.core.market import Side
from hypertui.venue.model.orders import Tif, frontend
from tests.venue.helpers import ALICE, BOB, Venue, refused, resting


@pytest.mark.parametrize(
    ("side", "tpsl", "trigger", "before", "at", "condition"),
    [
        (Side.BUY, "sl", "105", "104.99", "105", "Price above 105.0"),
        (Side.SELL, "sl", "95", "95.01", "95", "Price below 95.0"),
        (Side.BUY, "tp", "95", "95.01", "95", "Price below 95.0"),
        (Side.SELL, "tp", "105", "104.99", "105", "Price above 105.0"),
    ],
)
def test_fires_when_the_mark_touches(
    side: Side, tpsl: Literal["tp", "sl"], trigger: str, before: str, at: str, condition: str
) -> None:
    venue = Venue()
    limit = "120" if side is Side.BUY else "80"
    order = resting(venue.place(side, "1", limit, trigger=trigger, tpsl=tpsl)).order
    shown = frontend(order)
    assert shown["triggerCondition"] == condition and shown["isTrigger"] and shown["tif"] is None
    assert shown["orderType"] == ("Stop Market" if tpsl == "sl" else "Take Profit Market")
    venue.price(before)
    assert order.status == "open"
    venue.price(at)
    assert order.status == "filled"
    assert venue.statuses() == [(order.oid, "open"), (order.oid, "triggered"), (order.oid, "filled")]
    assert venue.account().fills[-1]["oid"] == order.oid


def test_several_fire_nearest_first_in_one_fall() -> None:
    venue = Venue()
    venue.buy("4", "105", Tif.IOC)
    orders = [
        resting(venue.sell("1", "80", trigger=t, reduce_only=True)).order for t in ("96", "98", "97", "99")
    ]
    venue.price("96.5")
    assert [fill["oid"] for fill in venue.account().fills][1:] == [orders[i].oid for i in (3, 1, 2)]
    assert orders[0].waiting and venue.account().size("SOL") == 1


def test_a_gap_beyond_the_limit_leaves_the_order_unfilled() -> None:
    venue = Venue()
    venue.buy("1", "105", Tif.IOC)
    order = resting(venue.sell("1", "90", trigger="95", reduce_only=True)).order
    venue.price("80")
    assert order.status == "iocCancelRejected"
    assert venue.account().size("SOL") == 1


def test_a_gap_within_the_limit_fills_where_the_market_is() -> None:
    venue = Venue()
    venue.buy("1", "105", Tif.IOC)
    resting(venue.sell("1", "85", trigger="95", reduce_only=True))
    venue.price("90")
    assert venue.account().fills[-1]["px"] == "89.991"


def test_a_stop_limit_rests_and_fills_as_maker() -> None:
    venue = Venue()
    order = resting(venue.buy("1", "104", trigger="105", is_market=False)).order
    venue.price("106")
    assert order.status == "triggered" and order.oid in venue.account().open_orders
    venue.price("104")
    assert order.status == "filled"
    assert venue.account().fills[-1]["crossed"] is False


def test_a_stop_buy_without_reduce_only_rests_above_the_market() -> None:
    venue = Venue()
    assert resting(venue.buy("1", "110", trigger="101"))
    assert not venue.account().positions


def test_a_trigger_reserves_no_margin_and_asks_for_it_when_it_fires() -> None:
    venue = Venue(faucet=Decimal(100))
    order = resting(venue.buy("100", "120", trigger="105")).order
    venue.price("105")
    assert order.status == "perpMarginRejected"
    assert not venue.account().fills


def test_a_stop_is_cut_to_what_is_left_of_the_position() -> None:
    venue = Venue()
    venue.buy("3", "105", Tif.IOC)
    order = resting(venue.sell("3", "80", trigger="95", reduce_only=True)).order
    venue.sell("2", "95", Tif.IOC)
    assert order.remaining == 3, "a waiting trigger is left alone"
    venue.price("95")
    assert order.status == "filled"
    assert venue.account().fills[-1]["sz"] == "1.0"
    assert not venue.account().positions


def test_a_stop_that_fires_while_flat_or_short_is_cancelled() -> None:
    for sold in ("3", "5"):
        venue = Venue()
        venue.buy("3", "105", Tif.IOC)
        order = resting(venue.sell("3", "80", trigger="95", reduce_only=True)).order
        venue.sell(sold, "95", Tif.IOC)
        assert order.waiting
        venue.price("95")
        assert order.status == "reduceOnlyCanceled"
        assert venue.account().size("SOL") == 3 - Decimal(sold)


PASSED = [
    (Side.BUY, "sl", "99", "105"),
    (Side.SELL, "sl", "101", "80"),
    (Side.BUY, "tp", "101", "105"),
    (Side.SELL, "tp", "99", "80"),
    (Side.BUY, "sl", "100", "105"),  # touching counts
]


@pytest.mark.parametrize(("side", "tpsl", "trigger", "limit"), PASSED)
@pytest.mark.parametrize("reference", ["mark", "mid"])
def test_a_trigger_that_the_price_has_passed_fires_at_once(
    side: Side, tpsl: Literal["tp", "sl"], trigger: str, limit: str, reference: str
) -> None:
    venue = Venue(trigger_reference=reference)
    order = resting(venue.place(side, "1", limit, trigger=trigger, tpsl=tpsl)).order
    assert venue.statuses() == [(order.oid, "open"), (order.oid, "triggered"), (order.oid, "filled")]
    assert venue.account().size("SOL") == side.sign, "once"
    venue.price("100")
    assert venue.account().size("SOL") == side.sign


@pytest.mark.parametrize(("side", "tpsl", "trigger", "limit"), PASSED)
def test_or_it_is_refused(side: Side, tpsl: Literal["tp", "sl"], trigger: str, limit: str) -> None:
    venue = Venue(passed_trigger="reject")
    outcome = refused(venue.place(side, "1", limit, trigger=trigger, tpsl=tpsl))
    assert outcome.text == "Invalid TP/SL price. asset=2"
    assert outcome.order.status == "badTriggerPxRejected" and not venue.account().open_orders


def test_a_passed_stop_limit_rests_at_its_limit() -> None:
    venue = Venue()
    order = resting(venue.buy("1", "99", trigger="99", is_market=False)).order
    assert order.status == "triggered" and order.resting


def test_a_passed_stop_of_a_batch_has_sold_before_the_next_order_is_placed() -> None:
    venue = Venue()
    venue.buy("1", "105", Tif.IOC)
    stop = venue.request(Side.SELL, "1", "80", trigger="101", reduce_only=True)
    outcomes = venue.core.place(
        venue.account(), [stop, venue.request(Side.SELL, "1", "80", Tif.IOC, reduce_only=True)]
    )
    assert not isinstance(outcomes, str)
    assert resting(outcomes[0]).order.status == "filled"
    assert "would increase" in refused(outcomes[1]).text and not venue.account().positions


def test_a_passed_stop_that_has_nothing_to_reduce_ends_at_once() -> None:
    venue = Venue()
    assert (
        resting(venue.sell("1", "80", trigger="101", reduce_only=True)).order.status == "reduceOnlyCanceled"
    )


def test_a_reduce_only_trigger_may_be_kept_while_flat() -> None:
    order = resting(Venue().sell("1", "80", trigger="95", reduce_only=True)).order
    assert order.waiting
    rejecting = Venue(flat_reduce_only_trigger="reject")
    assert "would increase" in refused(rejecting.sell("1", "80", trigger="95", reduce_only=True)).text


@pytest.mark.parametrize(
    ("side", "trigger", "near", "far"), [(Side.SELL, "105", "106", "100"), (Side.BUY, "95", "94", "100")]
)
def test_on_which_side_of_its_trigger_a_limit_may_be(side: Side, trigger: str, near: str, far: str) -> None:
    either = Venue()
    assert resting(either.place(side, "1", near, trigger=trigger, tpsl="tp"))
    assert resting(either.place(side, "1", far, trigger=trigger, tpsl="tp"))
    only_far = Venue(tp_limit_side="far")
    assert "Invalid TP/SL" in refused(only_far.place(side, "1", near, trigger=trigger, tpsl="tp")).text
    assert resting(only_far.place(side, "1", far, trigger=trigger, tpsl="tp"))
    assert resting(only_far.place(side, "1", near, trigger=trigger, tpsl="tp", is_market=False))


def test_a_market_take_profit_with_its_limit_on_the_near_side_may_miss() -> None:
    venue = Venue()
    order = resting(venue.sell("1", "106", trigger="105", tpsl="tp")).order
    venue.price("105")
    assert order.status == "iocCancelRejected"


def test_triggers_may_follow_their_position() -> None:
    following = Venue(triggers_follow_position=True)
    following.buy("3", "105", Tif.IOC)
    older = resting(following.sell("2", "80", trigger="95", reduce_only=True)).order
    newer = resting(following.sell("2", "80", trigger="96", reduce_only=True)).order
    assert older.status == "reduceOnlyCanceled" and newer.waiting
    following.sell("2", "95", Tif.IOC)
    assert newer.waiting and newer.remaining == 1
    following.sell("1", "95", Tif.IOC)
    assert newer.status == "reduceOnlyCanceled"


def test_an_account_that_is_spent_by_one_stop_cannot_be_flipped_by_the_next() -> None:
    venue = Venue()
    venue.buy("1", "105", Tif.IOC)
    orders = [resting(venue.sell("1", "80", trigger=t, reduce_only=True)).order for t in ("96", "97")]
    venue.price("95")
    assert [order.status for order in orders] == ["reduceOnlyCanceled", "filled"]
    assert not venue.account().positions


def test_resting_orders_are_filled_before_triggers_fire() -> None:
    venue = Venue()
    resting(venue.buy("1", "95", who=BOB))
    venue.buy("1", "105", Tif.IOC)
    resting(venue.sell("1", "80", trigger="95", reduce_only=True))
    venue.price("95")
    assert venue.account(BOB).fills[-1]["px"] == "95.0"
    assert venue.account().fills[-1]["px"] == "94.99"


def test_cancelled_triggers_do_not_fire() -> None:
    venue = Venue()
    order = resting(venue.buy("1", "110", trigger="101")).order
    market = venue.core.by_symbol["SOL"]
    assert venue.core.cancel(venue.account(), market, order.oid)
    assert not venue.core.cancel(venue.account(), market, order.oid)
    venue.price("105")
    assert order.status == "canceled" and not venue.account().fills
    assert venue.statuses(ALICE) == [(order.oid, "open"), (order.oid, "canceled")]
