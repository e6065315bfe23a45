"""A journal that an older version wrote is brought up to date, and gives the same trade again.

`journals/vNNNN.sql` is a real one as text, `vNNNN.json` the state that its engine had when it left.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypertui.execution.recording import play_back, read_fill

from hypertui.core.market import KNOWN_INSTRUMENTS, Reason
from hypertui.execution.order_tracker import OrderTracker
from hypertui.execution.orders import ClientIds
from hypertui.execution.timing import Timing
from hypertui.journal import Journal
from hypertui.journal.database import find
from hypertui.journal.history import History
from hypertui.journal.upgrade import version_of
from hypertui.ledger.reports.profit import statement
from hypertui.ledger.scope import Scope
from hypertui.strategy.ladder.ladder import Ladder
from hypertui.strategy.ladder.plan import Plan
from tests.execution.desk import Deaf

FOLDER = Path(__file__).with_name("journals")


@pytest.fixture
def old(tmp_path: Path) -> Iterator[Journal]:
    """The journal of the first version, opened by this one."""
    path = tmp_path / "journal.db"
    with sqlite3.connect(path) as connection:
        connection.executescript((FOLDER / "v0001.sql").read_text())
    connection.close()
    with find(f"sqlite:///{path}").engine.connect() as before:
        assert version_of(before) == "0001"
    with Journal.open(f"sqlite:///{path}") as journal:
        yield journal


def state(tracker: OrderTracker) -> dict[str, Any]:
    ladder = tracker.ladder
    alive = sorted(tracker.alive, key=lambda order: order.client_id)
    return {
        "unit": ladder.unit,
        "steps": ladder.steps,
        "phase": ladder.phase.value,
        "fragment": str(ladder.fragment),
        "realized_pnl": str(ladder.realized_pnl),
        "position": str(ladder.position),
        "dust": str(ladder.dust),
        "fees": str(ladder.book.fees),
        "slots": [[str(slot.coins), slot.stop_unit, slot.due] for slot in ladder.slots],
        "orders": [
            [order.client_id, str(order.remaining), order.due, order.cancelling, order.acknowledged]
            for order in alive
        ],
        "entry": str(ladder.grid.entry_price),
    }


def test_it_is_played_back_to_the_same_state(old: Journal) -> None:
    (trade,) = old.trades()
    inputs = [entry for entry in old.inputs(trade.id) if entry.kind not in ("entering", "mode", "wish")]
    assert inputs[0].kind == "opened"
    plan = Plan(KNOWN_INSTRUMENTS["SOL"], Decimal("0.5"), Decimal(2000), 20)
    fills: Any = inputs[0].data["fills"]
    tracker = OrderTracker(Ladder.open(plan, [read_fill(fill) for fill in fills]), Timing(), Deaf())
    for entry in inputs[1:]:
        play_back(tracker, ClientIds(int(trade.id, 16)), entry.kind, entry.at, entry.data)
    assert state(tracker) == json.loads((FOLDER / "v0001.json").read_text())
    assert {order.decision.reason for order in tracker.alive} == {Reason.LADDER_STOP}
    with History.open(f"sqlite:///{old.place}") as history:
        counted = statement(Scope(history, trade.network)).cycles
    trips = tracker.ladder.round_trips
    assert (counted.round_trips, counted.whipsaw_cost) == (trips.count, trips.whipsaw_cost)
    assert trips.whipsaw_cost > 0


def test_what_is_known_of_its_orders_and_fills_is_said_of_them(old: Journal) -> None:
    (trade,) = old.trades()
    orders = {order.client_id: order for order in old.orders(trade.id)}
    assert orders
    assert all(order.target == order.trigger for order in orders.values())
    assert all((order.why, order.replaces, order.step) == ("", None, None) for order in orders.values())
    fills = list(old.fills(trade.id))
    assert [fill.reason for fill in fills if fill.role in ("entry", "adopted")] == ["ENTRY", "MANUAL"]
    of_orders = [fill for fill in fills if fill.client_id in orders]
    assert len(of_orders) == len(fills) - 2
    for fill in of_orders:
        order = orders[str(fill.client_id)]
        assert order.target is not None
        assert fill.reason == order.reason
        assert fill.slippage == (fill.price - order.target) * fill.side.sign
        assert fill.slippage_bps is not None
        assert abs(fill.slippage_bps * order.target / 10_000 - fill.slippage) < Decimal("0.001")
    assert any(fill.slippage for fill in of_orders)
