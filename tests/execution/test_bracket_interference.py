"""A bracket by the real SDK at the local venue while somebody interferes: a pause, a sale by another hand, an
exchange that ends or refuses its orders."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal as D

import pytest

from hypertui.core.market import Side
from hypertui.port.commands import Verb
from hypertui.port.snapshot import Mode
from hypertui.strategy.bracket.entry import EntryOrder, EntryRules
from tests.execution.test_bracket import bracket, config, is_flat, prices
from tests.execution.test_second_strategy import confirmed, held
from tests.support.by_hand import by_hand
from tests.support.live_engine import LiveEngine
from tests.support.local_venue import LocalVenue

AT_MARKET = config(entry=EntryRules(EntryOrder.MARKET), entry_price=None)


@pytest.fixture
def venue() -> Iterator[LocalVenue]:
    with LocalVenue({"SOL": D(150)}) as venue:
        yield venue


def test_a_sale_by_another_hand_lets_its_stop_where_it_was(venue: LocalVenue) -> None:
    """One of two coins sold at a profit: the other one may not lose that in its place."""
    with LiveEngine(venue, AT_MARKET) as live:
        live.opened()
        live.wait_for(lambda: held(live) == 2 and live.settled, "the entry")
        before = live.working()
        venue.set_price("SOL", D(160))
        by_hand(live, Side.SELL, "1")
        live.wait_for(lambda: live.mode() is Mode.PAUSED, "the pause")
        assert live.command(Verb.ADOPT).accepted
        live.wait_for(lambda: held(live) == 1, "the sale to be booked")
        assert live.command(Verb.RESUME).accepted
        live.wait_for(lambda: live.mode() is Mode.RUNNING and live.settled, "it to go on")
        assert [row["oid"] for row in live.working()] == [row["oid"] for row in before]
        venue.set_price("SOL", D(142))
        live.wait_for(lambda: is_flat(live) and bracket(live).stay.number == 2, "the stop")


def test_in_a_pause_its_entry_stays_where_it_is(venue: LocalVenue) -> None:
    """It may be moved no more, so that the first price that runs away from it would end it."""
    with LiveEngine(venue, config(entry=EntryRules(reprices=0), entry_price=None)) as live:
        live.opened()
        live.wait_for(lambda: prices(live) == ["150"] and live.settled, "the entry")
        rests = live.working()
        assert live.command(Verb.PAUSE).accepted
        live.wait_for(lambda: live.mode() is Mode.PAUSED, "the pause")
        for price in (D("150.6"), D("151.2"), D("150.1")):
            venue.set_price("SOL", price)
            live.wait_for(lambda at=price: live.snapshot.mark == at, "the price")  # type: ignore[misc]
        assert live.command(Verb.RESUME).accepted
        live.wait_for(lambda: live.mode() is Mode.RUNNING and live.settled, "it to go on")
        assert live.working() == rests
        assert live.command(Verb.CANCEL_BUYS).accepted
        live.wait_for(lambda: confirmed(live, Verb.CANCEL_BUYS), "the cancel")
        assert not live.working() and live.command(Verb.RESUME).accepted
        live.wait_for(lambda: prices(live) == ["150"] and live.settled, "the entry once more")
        assert live.command(Verb.PAUSE).accepted
        venue.set_price("SOL", D("149.9"))
        live.wait_for(lambda: held(live) == 2 and len(prices(live)) == 1, "a stop, in the pause")
        assert live.mode() is Mode.PAUSED
