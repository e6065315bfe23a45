"""The auditor finds what it is there to find."""

from __future__ import annotations

from decimal import Decimal
from random import Random

import pytest

from hypertui.core.market import Side
from hypertui.venue.model.orders import OrderTerms, Tif, TriggerTerms
from tests.execution.desk import START, Desk
from tests.simulation.auditor import Auditor
from tests.simulation.network import Network
from tests.simulation.scenario import draw
from tests.simulation.venue import Venue


@pytest.mark.parametrize("known", [False, True])
def test_a_stop_that_the_engine_does_not_know_is_found(known: bool) -> None:
    desk, now = Desk(), [0.0]
    scenario = draw(1)
    venue = Venue(scenario.options, {"SOL": Decimal(100)}, lambda: START)
    market = venue.markets["SOL"]
    venue.core.open_account(venue.account)
    auditor = Auditor(scenario, market, Network(scenario, Random(1)), lambda: now[0])
    auditor.opened(desk.tracker, is_restart=False)
    cloid = desk.stop(-4).client_id if known else "0x" + "0" * 32
    stop = TriggerTerms(Decimal(96), True, "sl")
    for request in (
        OrderTerms(market.market, Side.BUY, Decimal(101), Decimal(1), False, Tif.IOC),
        OrderTerms(market.market, Side.SELL, Decimal(90), Decimal(1), True, None, stop, cloid),
    ):
        venue.core.place(venue.account, [request])
    assert market.position == 1 and len(market.working()) == 1
    for moment in (0.0, 1_000.0):
        now[0] = moment
        auditor.check_time()
    assert ("orphan" in auditor.problems) is not known
