"""The books behind the screens, from a live engine on the local venue; and how alarms are counted."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from hypertui.core.market import Side
from hypertui.port.commands import Verb
from hypertui.port.snapshot import Mode, Severity, Snapshot
from hypertui.port.views import SlotState
from hypertui.runtime.alarms import Alarms
from hypertui.runtime.event_log import EventLog
from tests.support.live_engine import LiveEngine
from tests.support.local_venue import LocalVenue


@pytest.fixture(scope="module")
def venue() -> Iterator[LocalVenue]:
    with LocalVenue({"SOL": Decimal(150)}) as venue:
        yield venue


def snapshot_when(engine: LiveEngine, ready: object, what: str) -> Snapshot:
    engine.wait_for(lambda: ready(engine.snapshot), what)  # type: ignore[operator]
    return engine.snapshot


def at_work(view: Snapshot) -> bool:
    """Whether four orders work as far as the snapshot knows."""
    return [order.state for order in view.orders] == [SlotState.LIVE] * 4


def test_a_traded_step_is_in_every_book(venue: LocalVenue) -> None:
    venue.set_price("SOL", Decimal(150))
    with LiveEngine(venue) as engine:
        engine.opened()
        entry = snapshot_when(engine, lambda view: len(view.orders) == 4, "the books of the entry")
        assert [fill.level for fill in entry.fills] == [None] * len(entry.fills)
        assert sum(lot.size for lot in entry.lots) == entry.position
        engine.go_to(-1)
        view = snapshot_when(engine, lambda view: view.unit == -1 and view.long_slots == 3, "the sale")
        sale = view.fills[0]
        assert (sale.side, sale.level) == (Side.SELL, -1)
        assert sale.value == sale.size * sale.price
        assert sale.slippage == view.position_map[
            next(i for i, row in enumerate(view.position_map) if row.unit == -1)
        ].price - (sale.price)
        assert sum(lot.size for lot in view.lots) == view.position
        assert sum(lot.cost for lot in view.lots) == sum(lot.size * lot.price for lot in view.lots)
        assert view.realized_pnl == sum((fill.realized_pnl for fill in view.fills), view.funding)
        row = next(row for row in view.position_map if row.unit == -1)
        assert row.history[0].filled == sale.size
        assert [word for _, word in row.history[0].statuses][-1] == "filled"
        assert view.cycles[0].number == 1
        assert view.invariant is not None
        engine.command(Verb.RECONCILE)
        view = snapshot_when(
            engine,
            lambda view: (
                view.listed_at is not None and all(order.listed is not None for order in view.orders)
            ),
            "the comparison",
        )
        assert len(view.orders) == 4
        assert {order.fault for order in view.orders} == {""}
        for order in view.orders:
            assert order.expected == order.working == order.listed == order.size
            assert order.state is SlotState.LIVE
        assert view.invariant is not None
        assert view.invariant.protected == 1


def test_a_paused_trade_says_what_it_would_go_back_to(venue: LocalVenue) -> None:
    venue.set_price("SOL", Decimal(150))
    with LiveEngine(venue) as engine:
        engine.opened()
        snapshot_when(engine, at_work, "the books of the entry")
        engine.command(Verb.PAUSE)
        engine.wait_for(lambda: engine.mode() is Mode.PAUSED, "the pause")
        assert engine.snapshot.reason == "by test@tty"
        venue.set_price("SOL", engine.unit_price(2))
        view = snapshot_when(engine, lambda view: view.unit == 2, "two units up")
        places = [order.level for order in view.orders if order.working is None]
        cancels = [order.level for order in view.orders if order.expected is None]
        assert (places, cancels) == ([0, 1], [-4, -3])
        assert {order.fault for order in view.orders} == {""}
        engine.command(Verb.RESUME)
        view = snapshot_when(engine, at_work, "the resumption")
        assert [order.level for order in view.orders] == [-2, -1, 0, 1]


def test_health_tells_of_answers_memory_and_the_journal(venue: LocalVenue) -> None:
    venue.set_price("SOL", Decimal(150))
    with LiveEngine(venue) as engine:
        engine.opened()
        view = snapshot_when(engine, lambda view: view.health.latency is not None, "an answer")
        health = view.health
        assert health.latency is not None
        assert sum(health.latency.counts) == min(health.answers, 240)
        assert health.memory is not None
        assert health.memory > 10_000_000
        assert health.connections >= 1
        journal = next(source for source in view.sources if source.name == "journal")
        assert journal.connected


def test_parts_that_did_not_change_are_the_same_objects(venue: LocalVenue) -> None:
    venue.set_price("SOL", Decimal(150))
    with LiveEngine(venue) as engine:
        engine.opened()
        first = snapshot_when(engine, at_work, "the books")
        venue.set_price("SOL", Decimal("150.1"))
        later = snapshot_when(engine, lambda view: view.mark == Decimal("150.1"), "another price")
        assert later.fills is first.fills
        assert later.lots is first.lots
        assert later.position_map is first.position_map


def test_an_alarm_counts_how_often_it_began() -> None:
    now = [0]
    log = EventLog(lambda: now[0])
    alarms = Alarms(log, lambda: now[0])
    for beat in range(8):
        now[0] = beat * 250
        alarms.sound("stale", Severity.WARNING, f"no price for {beat}")
    (alarm,) = alarms.view()
    assert (alarm.count, alarm.first, alarm.last, alarm.text) == (1, 0, 1_750, "no price for 7")
    assert len(log.after(0)) == 1
    alarms.sound("stale", Severity.CRITICAL, "an outage")
    assert [event.severity for event in log.after(0)] == [Severity.WARNING, Severity.CRITICAL]
    alarms.clear("stale")
    alarms.clear("stale")
    alarms.sound("stale", Severity.WARNING, "again")
    (alarm,) = alarms.view()
    assert (alarm.count, alarm.active) == (2, True)
    assert [event.text for event in log.after(0)] == [
        "no price for 0",
        "an outage",
        "over: an outage",
        "again",
    ]
