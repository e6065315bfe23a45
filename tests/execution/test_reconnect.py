"""What comes first when the venue is heard again: orders, fills and clock, and only then new risk."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from hypertui.port.commands import OnExit
from tests.support.live_engine import LiveEngine
from tests.support.local_venue import LocalVenue


@pytest.fixture
def venue() -> Iterator[LocalVenue]:
    with LocalVenue({"SOL": Decimal(150)}) as venue:
        yield venue


def buys(live: LiveEngine) -> int:
    return sum(order["side"] == "B" for order in live.working())


def holds(live: LiveEngine) -> str:
    return live.snapshot.holds


def test_after_a_reconnect_nothing_is_bought_before_the_orders_are_compared(venue: LocalVenue) -> None:
    with LiveEngine(venue) as live:
        live.opened().go_to(-1)
        assert buys(live) == 1
        venue.fail("http-500", only="frontendOpenOrders")
        venue.drop_sockets()
        live.wait_for(lambda: "being compared" in holds(live), "the reconnect")
        below = live.unit_price(-2)
        venue.set_price("SOL", below)
        live.wait_for(lambda: live.held() < 8 and live.unit == -2, "the sale")
        live.wait_for(lambda: live.on_engine(lambda trade: trade.tracker.quiet, False), "its fill")
        venue.call(lambda: venue.server.faults.off("http-500"))
        assert buys(live) == 1
        live.wait_for(lambda: live.settled and not holds(live), "the comparison, and the buy after it")
        assert buys(live) == 2


def test_a_restart_buys_nothing_before_it_has_read_the_venues_clock(venue: LocalVenue) -> None:
    with LiveEngine(venue) as first:
        first.opened().go_to(-1)
        first.stop.request(OnExit.BUYS)
        assert first.reason.status == 0
    assert buys(first) == 0
    venue.fail("http-500", only="clearinghouseState")
    second = LiveEngine(venue, history=first.journal.inputs)
    second.key = first.key
    with second as live:
        live.wait_for(lambda: "clock has not been read" in holds(live), "the restart")
        live.wait_for(lambda: live.snapshot.listed_at is not None, "the comparison")
        assert buys(live) == 0
        venue.call(lambda: venue.server.faults.off("http-500"))
        live.do(lambda trade: trade.account_sync.ask_account())
        live.wait_for(lambda: live.settled, "the account, and the buy after it")
        assert buys(live) == 1
