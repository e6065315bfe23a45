"""Modifying orders: what may be modified, and what is left when it fails."""

from __future__ import annotations

from decimal import Decimal

import pytest

from hypertui.core.market import Side
from hypertui.venue.faults.interventions import Interventions
from hypertui.venue.model.orders import Tif
from tests.venue.helpers import ALICE, BOB, Venue, filled, resting

CLOID = "0x" + "1" * 32


def test_a_resting_order_gets_a_new_id_and_keeps_its_client_id() -> None:
    venue = Venue()
    old = resting(venue.buy("1", "90", cloid=CLOID)).order
    outcome = venue.core.modify(venue.account(), CLOID, venue.request(Side.BUY, "2", "91"))
    assert not isinstance(outcome, str)
    new = resting(outcome).order
    assert old.status == "canceled" and new.oid > old.oid
    assert new.request.cloid == CLOID and venue.account().by_cloid[CLOID] is new
    assert sorted(venue.statuses()[-2:]) == [(old.oid, "canceled"), (new.oid, "open")]


@pytest.mark.parametrize("terms", [{"tif": Tif.IOC}, {"trigger": "120"}])
def test_what_would_not_rest_is_refused_and_changes_nothing(terms: dict[str, object]) -> None:
    venue = Venue()
    old = resting(venue.buy("1", "90")).order
    request = venue.request(Side.BUY, "1", "125" if "trigger" in terms else "91", **terms)  # type: ignore[arg-type]
    answer = venue.core.modify(venue.account(), old.oid, request)
    assert answer == "Attempted to modify to invalid new order asset=2"
    assert old.live


def test_a_crossing_order_is_refused_and_the_old_one_is_gone() -> None:
    venue = Venue()
    old = resting(venue.buy("1", "90")).order
    answer = venue.core.modify(venue.account(), old.oid, venue.request(Side.BUY, "1", "101"))
    assert answer == "Post only order would have immediately matched, bbo was 99.99@100.01. asset=2"
    assert old.status == "canceled" and not venue.account().open_orders
    assert venue.statuses()[-1][1] == "badAloPxRejected"


def test_a_new_order_that_fails_leaves_nothing() -> None:
    venue = Venue()
    old = resting(venue.buy("1", "90")).order
    answer = venue.core.modify(venue.account(), old.oid, venue.request(Side.BUY, "0.01", "91"))
    assert str(answer).startswith("Error placing new order during modify: Order must have minimum value")
    assert old.status == "canceled"


def test_what_has_ended_cannot_be_modified() -> None:
    venue = Venue()
    old = filled(venue.buy("1", "101")).order
    for key in (old.oid, 999, CLOID):
        answer = venue.core.modify(venue.account(), key, venue.request(Side.BUY, "1", "91"))
        assert answer == "Cannot modify canceled or filled order asset=2"


def test_always_places_whatever_it_is_and_whatever_became_of_the_old_one() -> None:
    venue = Venue()
    venue.buy("4", "105", Tif.IOC)
    stop = resting(venue.sell("4", "80", trigger="95", reduce_only=True)).order
    request = venue.request(Side.SELL, "4", "80", trigger="97", reduce_only=True)
    outcome = venue.core.modify(venue.account(), stop.oid, request, always=True)
    assert not isinstance(outcome, str) and resting(outcome).order.waiting
    assert stop.status == "canceled"
    again = venue.core.modify(venue.account(), stop.oid, request, always=True)
    assert not isinstance(again, str) and resting(again).order.live


def test_a_modified_order_goes_to_the_end_of_the_queue() -> None:
    venue = Venue(faucet=Decimal(100_000))
    first = resting(venue.buy("1", "99.995")).order
    second = resting(venue.buy("1", "99.995", who=BOB)).order
    venue.core.modify(venue.account(ALICE), first.oid, venue.request(Side.BUY, "1", "99.995"))
    venue.sell("1", "99", Tif.IOC, who="0x" + "c" * 40)
    assert second.status == "filled"


def test_an_order_from_before_a_change_of_its_market_may_be_modified() -> None:
    venue = Venue()
    old = resting(venue.buy("1", "90")).order
    Interventions(venue.core).set_max_leverage("SOL", 5)
    outcome = venue.core.modify(venue.account(), old.oid, venue.request(Side.BUY, "1", "91"))
    assert not isinstance(outcome, str) and resting(outcome).order.limit == 91


def test_where_a_market_has_ended_a_modification_is_refused_for_itself() -> None:
    venue = Venue()
    old = resting(venue.buy("0.1", "2000", symbol="ETH")).order
    Interventions(venue.core).delist("SOL")
    answer = venue.core.modify(venue.account(), old.oid, venue.request(Side.BUY, "1", "91"))
    assert answer == "Trading is halted asset=2" and old.live
