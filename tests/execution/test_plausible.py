"""What the exchange cannot mean: dropped before it is an input, said, and looked into."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal

import pytest

from hypertui.core.market import Fill, IngestVia, Side
from hypertui.engine import position_watch
from hypertui.engine.live_trade import LiveTrade
from hypertui.exchange.protocol import PriceTick, Quote
from hypertui.execution import recorder
from hypertui.execution.plausible import fault_beside, fault_of
from hypertui.execution.trade_inputs import FillReceived
from hypertui.port.snapshot import Mode
from tests.execution.desk import Desk
from tests.support.live_engine import LiveEngine
from tests.support.local_venue import LocalVenue
from tests.support.whole_state import difference


@pytest.fixture
def live() -> Iterator[LiveEngine]:
    with LocalVenue({"SOL": Decimal(150)}) as venue, LiveEngine(venue) as live:
        yield live.opened()


def alarms(live: LiveEngine) -> dict[str, str]:
    return {alarm.key: alarm.text for alarm in live.snapshot.alarms if alarm.active}


def listing(live: LiveEngine) -> object:
    """The last comparison's."""
    return live.on_engine(lambda trade: trade.account_sync.listing, None)


def a_fill(desk: Desk, **changes: object) -> Fill:
    stop = desk.stop(-1)
    fill = Fill(
        "SOL", Side.SELL, Decimal(10), Decimal(99), Decimal(0), desk.now, 9, 1, stop.client_id,
        start_position=Decimal(40),
    )  # fmt: skip
    return replace(fill, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({}, ""),
        ({"size": Decimal(3)}, ""),
        ({"size": Decimal(0)}, "its size is 0"),
        ({"size": Decimal(-10)}, "its size is -10"),
        ({"price": Decimal(0)}, "its price is 0"),
        ({"side": Side.BUY}, "a buy of an order to sell"),
        ({"size": Decimal("10.01")}, "10.01 of an order with 10 left"),
    ],
)
def test_a_fill_is_held_against_its_order(changes: dict[str, object], fault: str) -> None:
    desk = Desk()
    assert fault_of(a_fill(desk, **changes), desk.stop(-1)) == fault


def test_the_same_sale_under_another_trade_id_is_known_again_also_after_a_restart() -> None:
    desk = Desk()
    stop = desk.stop(-1)
    fill = a_fill(desk, size=Decimal(4))
    desk.take(FillReceived(desk.now, fill, desk.now, IngestVia.FEED))
    again = replace(fill, trade_id=2, time=fill.time + 5)
    rest = replace(fill, trade_id=3, start_position=Decimal(36))
    for known in (stop, desk.played_back().tracker.find(stop.client_id)):
        assert known is not None
        assert fault_of(again, known) == "the sell of 4 is booked under another trade id already"
        assert fault_of(rest, known) == ""
        assert fault_of(replace(again, start_position=None), known) == ""
        assert fault_of(replace(rest, size=Decimal(7)), known) == "7 of an order with 6 left"
        known.altered = True  # somebody made it larger at the exchange
        assert fault_of(replace(rest, size=Decimal(7)), known) == ""
    assert fault_beside(replace(fill, trade_id=2), Side.SELL, [fill]).startswith("the sell of 4 is there")
    assert fault_beside(fill, Side.SELL, [fill]) == ""


def test_one_mark_moves_the_ladder_so_far_and_the_next_one_further(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "MOST_MOVES", 100)
    desk = Desk()
    for reached in (100, 200, 250, 250):
        desk.mark(350)
        assert desk.ladder.unit == reached
    assert not difference(desk.played_back(), desk.trade)


def deliver(live: LiveEngine, *quotes: Quote) -> None:
    trader = live.engine.runner
    assert trader is not None
    live.on_engine(lambda _: [trader._deliver(PriceTick(quote)) for quote in quotes], [])


def test_a_price_ten_times_the_last_is_asked_for_before_it_is_believed(live: LiveEngine) -> None:
    for wrong in (
        Quote(Decimal(1_500), None, None),
        Quote(Decimal(15), None, None),
        Quote(Decimal(150), Decimal(1), None),
    ):
        deliver(live, wrong)
        live.wait_for(lambda: "the exchange says 150" in alarms(live).get("price", ""), "the answer")
        assert live.unit == 0 and live.settled
        live.on_engine(lambda trade: setattr(live.engine.runner._prices, "_asked_at", None), None)  # type: ignore[union-attr]
        live.go_to(1)
        live.wait_for(lambda: "price" not in alarms(live), "the alarm to end")
        live.go_to(0)


def test_a_price_that_the_exchange_stands_by_is_believed(live: LiveEngine) -> None:
    live.venue.set_price("SOL", 1_600)
    live.wait_for(lambda: live.unit > 900, "the steps")


@pytest.mark.parametrize(
    "change",
    [
        lambda fill: replace(fill, trade_id=fill.trade_id + 1_000),
        lambda fill: replace(fill, trade_id=fill.trade_id + 1_000, size=Decimal(0)),
    ],
)
def test_a_fill_that_cannot_be_is_not_booked_and_has_everything_compared(
    live: LiveEngine, change: Callable[[Fill], Fill]
) -> None:
    live.go_to(-1)
    (booked,) = live.on_engine(
        lambda trade: [each.fill for each in trade.book.executions if each.level == -1], []
    )
    before = len(live.journal.inputs)
    listed = listing(live)
    live.on_engine(lambda trade: trade.on_fill(change(booked), snapshot=False), None)
    told = lambda: [event.text for event in live.events("alarm")]  # noqa: E731 - it may be over at once
    live.wait_for(lambda: any("cannot be so" in text for text in told()), "the alarm")
    live.wait_for(
        lambda: live.on_engine(lambda trade: trade.account_sync.listing, None) != listed, "a comparison"
    )
    assert not any(entry.kind == "fill" for entry in live.journal.inputs[before:])
    assert live.mode() is Mode.RUNNING and live.settled
    live.on_engine(lambda trade: trade.context.queue.spawn(trade.account_sync.ask_account()), None)
    live.wait_for(lambda: "implausible" not in alarms(live), "the alarm to end")


def test_a_position_is_compared_also_while_something_stays_unproven(
    live: LiveEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def doubt(trade: LiveTrade) -> Decimal:
        """How much the stop has left whose answer never comes; a comparison may end the doubt any time."""
        order = next(iter(trade.tracker.alive))
        order.acknowledged, order.asked_at = False, 1
        return order.remaining

    def found(trade: LiveTrade, more: Decimal) -> None:
        held = trade.book.held + more
        if trade.account_sync._position.differs(held, trade.tracker.fills_booked):
            trade.reconcile()

    def suspects(trade: LiveTrade, more: Decimal | None) -> bool:
        """Is it suspicious to hold so much more, or less by the stop in doubt? In one turn of the engine."""
        size = doubt(trade)
        found(trade, -size if more is None else more)
        return trade.account_sync._position.suspects

    # a moment's doubt may explain anything
    assert not live.on_engine(lambda trade: suspects(trade, Decimal(5)), True)
    monkeypatch.setattr(position_watch, "_LONGEST_UNPROVEN", -1)
    # the stop in doubt may have sold just that
    assert not live.on_engine(lambda trade: suspects(trade, None), True)
    listed = listing(live)
    assert live.on_engine(lambda trade: suspects(trade, Decimal(5)), False)

    def believed() -> bool:
        live.on_engine(lambda trade: suspects(trade, Decimal(5)), None)
        return "position" in alarms(live) and live.mode() is Mode.PAUSED

    live.wait_for(believed, "the alarm")
    assert listing(live) != listed  # not before everything was asked for
