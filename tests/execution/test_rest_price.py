"""A feed that is down while the exchange answers: the stops follow prices asked for, nothing is bought."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal as D

import pytest

from hypertui.port.snapshot import Dependency
from tests.support.live_engine import LiveEngine
from tests.support.local_venue import LocalVenue


@pytest.fixture
def venue() -> Iterator[LocalVenue]:
    with LocalVenue({"SOL": D(150)}, rate_limits="off") as venue:  # a price costs much weight
        yield venue


def mark(live: LiveEngine) -> Dependency:
    return next(source for source in live.snapshot.sources if source.name == "mark")


def triggers(live: LiveEngine) -> list[tuple[str, D]]:
    return [(order["side"], D(order["triggerPx"])) for order in live.working()]


def test_the_stops_follow_a_price_that_is_asked_for_and_nothing_is_bought(venue: LocalVenue) -> None:
    with LiveEngine(venue, rest_price_every=100) as live:
        live.opened().go_to(-1)
        venue.fail("ws-refuse")
        venue.drop_sockets()
        live.wait_for(lambda: "feed is down" in live.snapshot.holds, "the feed to be missed")
        prices = {unit: live.unit_price(unit) for unit in range(-4, 3)}
        venue.set_price("SOL", prices[0])  # the buy there fires, and its coins get a stop
        live.wait_for(lambda: mark(live).by_rest and live.unit == 0, "the price")
        live.wait_for(
            lambda: triggers(live) == [("A", prices[unit]) for unit in range(-4, 0)], "the stops at unit 0"
        )
        venue.set_price("SOL", prices[1])
        live.wait_for(
            lambda: triggers(live) == [("A", prices[unit]) for unit in range(-3, 1)], "the stops at unit 1"
        )
        venue.set_price("SOL", prices[0])  # a stop sells, and no buy takes its place
        live.wait_for(lambda: [side for side, _ in triggers(live)] == ["A"] * 3, "the sale")
        live.wait_for(lambda: live.on_engine(lambda trade: trade.tracker.quiet, False), "its proof")
        assert "prices come by REST" in live.snapshot.holds
        assert [side for side, _ in triggers(live)] == ["A"] * 3

        venue.call(lambda: venue.server.faults.off("ws-refuse"))
        live.wait_for(lambda: live.settled and not live.snapshot.holds, "the feed, and the buy")
        assert not mark(live).by_rest
        assert [side for side, _ in triggers(live)] == ["A"] * 3 + ["B"]


def test_where_nothing_is_set_no_price_is_asked_for(venue: LocalVenue) -> None:
    with LiveEngine(venue) as live:
        live.opened()
        venue.fail("ws-refuse")
        venue.drop_sockets()
        live.wait_for(lambda: "feed is down" in live.snapshot.holds, "the feed to be missed")
        later = live.snapshot.at + 300
        live.wait_for(lambda: live.snapshot.at >= later, "time to pass")
        assert not mark(live).by_rest
