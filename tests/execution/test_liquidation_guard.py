"""The exit before a liquidation: a trade without its stops is sold before the exchange does it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal as D

import pytest

from hypertui.port.commands import Verb
from hypertui.strategy.exits.rules import ExitRule, ExitRules
from tests.support.exits import begun, start
from tests.support.live_engine import LiveEngine
from tests.support.local_venue import LocalVenue


@pytest.fixture
def venue() -> Iterator[LocalVenue]:
    """So little money that 13.33 coins bought at 150 would be liquidated at about 142.3."""
    with LocalVenue({"SOL": D(150)}, faucet=D(150)) as venue:
        yield venue


def without_stops(live: LiveEngine) -> D:
    """Returns where the guard acts."""
    live.opened()
    live.wait_for(lambda: live.snapshot.exits != (), "the liquidation price")
    (shown,) = live.snapshot.exits
    assert shown.text == "stops above it sell everything"
    assert shown.price is not None
    assert live.command(Verb.CANCEL_ALL).accepted
    live.wait_for(lambda: not live.working(), "no orders")
    live.wait_for(lambda: "have no stop above it" in live.snapshot.exits[0].text, "the figure")
    return shown.price


def test_without_stops_everything_is_sold_before_it(venue: LocalVenue) -> None:
    with start(venue, ExitRules()) as live:
        acts_at = without_stops(live)
        assert D(142) < acts_at < D(144)
        venue.set_price("SOL", acts_at + D("0.01"))
        live.wait_for(lambda: live.snapshot.mark == acts_at + D("0.01"), "the price")
        assert live.held() > 0, "not a tick before"
        venue.set_price("SOL", acts_at)
        assert "Trade ended: liquidation guard. Result -" in live.reason.text
        assert (live.held(), live.working()) == (0, []), "its stops were passed long ago, and sell with it"
        assert begun(live, ExitRule.LIQUIDATION_GUARD).verdicts[0].due


def test_where_it_is_not_wanted_the_position_stays(venue: LocalVenue) -> None:
    with start(venue, ExitRules(liquidation_guard=False)) as live:
        live.opened()
        assert live.command(Verb.CANCEL_ALL).accepted
        live.wait_for(lambda: not live.working(), "no orders")
        assert live.snapshot.exits == ()
        venue.set_price("SOL", D("142.6"))
        live.wait_for(lambda: live.snapshot.mark == D("142.6"), "the price")
        assert live.held() > 0
