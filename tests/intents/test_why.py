"""What `hypertui ledger why` says of an order that an alert has led to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hypertui.cli.journal import journals
from hypertui.core.market import Reason
from hypertui.journal.history import History
from hypertui.ledger import order_history, order_history_text
from tests.intents.alerts import AlertedEngine
from tests.support.live_engine import wall_clock
from tests.support.local_venue import LocalVenue


@pytest.fixture
def venue() -> Iterator[LocalVenue]:
    with LocalVenue() as venue:
        yield venue


def test_the_alert_that_opened_and_the_one_that_closed_the_trade(venue: LocalVenue, tmp_path: Path) -> None:
    with (
        journals(tmp_path, None, wall_clock) as journal,
        AlertedEngine(venue, tmp_path, journal=journal) as engine,
    ):
        engine.wait_until_it_waits()
        opened = engine.ends_as(engine.alert("buy", id="in")[1]["id"], "DONE")
        engine.live.opened()
        venue.set_price("SOL", engine.live.unit_price(0) + 1)  # a signal closes nothing at a loss
        closed = engine.ends_as(engine.alert("close", id="out")[1]["id"], "DONE")
        engine.wait_until_it_waits()
    with History.open(engine.url) as history:
        (trade,) = history.trades()
        orders = list(history.orders(trade.id))
        told = {}
        for order in orders:
            found = order_history.tell(history, order_history.find(history, order.client_id))
            told.setdefault(order.reason, found)
    entry, exit = told[Reason.ENTRY], told[Reason.SIGNAL_EXIT]
    assert entry.intent == opened
    assert exit.intent == closed
    assert told[Reason.LADDER_STOP].intent is None
    words = "\n".join(order_history_text.in_words(entry))
    assert f"webhook:tv-sol wanted: open (intent {opened.id}), done" in words
    assert order_history_text.record(exit)["intent"]["id"] == closed.id  # type: ignore[index]
