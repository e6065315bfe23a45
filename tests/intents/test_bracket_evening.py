"""A trader's evening end to end: an alert enters a bracket by a limit, fills come in parts, a stop covers
them from the first on, and an alert closes it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal as D
from pathlib import Path

import pytest

from hypertui.cli.journal import journals
from hypertui.core.market import Reason
from hypertui.journal.history import History
from hypertui.ledger import order_history
from hypertui.port.commands import Verb
from hypertui.strategy.exits.rules import ExitRules
from tests.execution.test_bracket import PATIENT, config, prices
from tests.execution.test_second_strategy import held, liquidity
from tests.intents.alerts import AlertedEngine
from tests.support.by_hand import sold_by_another
from tests.support.live_engine import LiveEngine, wall_clock
from tests.support.local_venue import LocalVenue

TOLD = replace(config(ExitRules(hard_stop=D("0.05"), signal_exit=True), enters_at_start=False))


@pytest.fixture
def venue() -> Iterator[LocalVenue]:
    with LocalVenue({"SOL": D(150)}) as venue:
        yield venue


def may_be_told(live: LiveEngine) -> bool:
    """Whether it is in sight of the exchange, and nothing stands against an entry."""
    return live.snapshot.known_at is not None and not dict(live.snapshot.refusals).get(Verb.OPEN)


def test_from_the_alert_to_the_exit(venue: LocalVenue, tmp_path: Path) -> None:
    assert PATIENT.entry_price == D(149)
    with (
        journals(tmp_path, None, wall_clock) as journal,
        AlertedEngine(venue, tmp_path, TOLD, journal=journal) as engine,
    ):
        live = engine.live
        live.opened()
        live.wait_for(lambda: may_be_told(live), "the bracket to be ready")
        assert engine.ends_as(engine.alert("close", id="early")[1]["id"], "REJECTED").reason == "nothing-open"
        status, said = engine.alert("buy", id="in", prev_market_position="flat", market_position="long")
        assert status == 202
        engine.ends_as(said["id"], "SENT")
        live.wait_for(lambda: prices(live) == ["149"], "the entry")
        assert engine.alert("buy", id="in", prev_market_position="flat")[0] == 200
        other = engine.alert("buy", id="twice")[1]["id"]
        assert engine.ends_as(other, "REJECTED").reason == "already-open"
        liquidity(venue, D(20))
        venue.set_price("SOL", D("149.1"))
        sold_by_another(live, "0.9", "148.9")
        live.wait_for(lambda: prices(live) == ["141.64", "149"] and live.settled, "its stop beside the rest")
        assert "bought" in engine.ends_as(said["id"], "PARTIAL").text
        liquidity(venue, D(1_000_000))
        venue.set_price("SOL", D("148.8"))
        opened = engine.ends_as(said["id"], "DONE")
        assert held(live) == D("2.01")
        venue.set_price("SOL", D(160))  # a signal closes nothing at a loss
        closed = engine.ends_as(engine.alert("sell", id="out", market_position="flat")[1]["id"], "DONE")
        live.wait_for(lambda: held(live) == 0 and live.held() == 0, "the exit")
    with History.open(engine.url) as history:
        (trade,) = history.trades()
        found = {order.reason: order.client_id for order in history.orders(trade.id)}
        for reason, intent in ((Reason.ENTRY, opened), (Reason.SIGNAL_EXIT, closed)):
            told = order_history.tell(history, order_history.find(history, found[reason]))
            assert told.intent == intent
