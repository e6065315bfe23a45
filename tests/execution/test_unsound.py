"""What must not end a trade: a defect in what is only counted or told, and an input that nobody can take."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import nullcontext
from decimal import Decimal
from typing import Any

import pytest

from hypertui.core.market import KNOWN_INSTRUMENTS
from hypertui.core.round_trips import RoundTrips
from hypertui.execution.input_codec import JournalledInput
from hypertui.execution.opening import rehearse
from hypertui.execution.order_tracker import OrderTracker
from hypertui.execution.timing import Timing
from hypertui.execution.trade import Unsound
from hypertui.execution.trade_history import TradeHistory
from hypertui.port.commands import OnExit, Verb
from hypertui.port.snapshot import Mode
from hypertui.strategy.ladder.ladder import Ladder
from tests.execution.desk import Desk
from tests.support.ladders import ladder_of
from tests.support.live_engine import SOL, LiveEngine
from tests.support.local_venue import LocalVenue
from tests.support.memory_journal import MemoryJournal
from tests.support.whole_state import difference


class Defect(Exception):
    """Nothing that anybody expects."""


@pytest.fixture
def venue() -> Iterator[LocalVenue]:
    with LocalVenue({"SOL": Decimal(150)}) as venue:
        yield venue


def broken(*_: object, **__: object) -> Any:
    raise Defect("out of order")


def active(live: LiveEngine) -> dict[str, str]:
    return {alarm.key: alarm.text for alarm in live.snapshot.alarms if alarm.active}


def covered(live: LiveEngine, count: int) -> bool:
    """Whether so many orders work at the venue, all of them stops, for all that it holds."""

    def look() -> bool:
        account = live.venue.core.account(live.key.address)
        assert account is not None
        orders = list(account.open_orders.values())
        stopped = sum((order.remaining for order in orders if order.request.reduce_only), Decimal(0))
        return len(orders) == count and stopped == account.size("SOL") > 0

    return live.venue.call(look)


def _decided(tracker: OrderTracker) -> object:
    slots = [(slot.coins, slot.stop_unit, slot.last_stop) for slot in ladder_of(tracker).slots]
    orders = sorted((order.client_id, order.due, order.cancelling, order.filled) for order in tracker.alive)
    return slots, ladder_of(tracker).unit, orders


def next_start(live: LiveEngine, history: list[JournalledInput]) -> LiveEngine:
    """The same trade's next engine, for the same account."""
    trade = live.engine.runner
    assert trade is not None
    journal = MemoryJournal(history)
    again = LiveEngine(
        live.venue, live.config, journal=lambda *_: nullcontext((trade.context.ids.trade, journal))
    )
    again.key, again.journal = live.key, journal
    live.venue.call(again._oracle.note)  # it knows the account from here on
    return again


@pytest.mark.parametrize(
    ("owner", "name"),
    [(RoundTrips, "sold"), (RoundTrips, "bought"), (RoundTrips, "stepped_down"), (RoundTrips, "swept")],
)
def test_a_defect_in_a_statistic_leaves_what_is_decided_as_it_is(
    monkeypatch: pytest.MonkeyPatch, owner: type, name: str
) -> None:
    def course(desk: Desk) -> object:
        for price in ("99", "98", "99", "100", "99", "98", "97", "96", "95"):
            desk.mark(price)
            for order in [order for order in desk.tracker.alive if order.due]:
                desk.fill(order)
            desk.settle()
        return _decided(desk.tracker), desk.ladder.fragment, desk.ladder.book.realized_pnl

    right = course(Desk())
    monkeypatch.setattr(owner, name, broken)
    desk = Desk()
    assert course(desk) == right
    if name != "swept":
        assert "Defect: out of order" in desk.ladder.statistics.fault
        assert desk.ladder.statistics.since is not None
    assert not difference(desk.played_back(), desk.trade)


def test_words_that_cannot_be_said_change_nothing(monkeypatch: pytest.MonkeyPatch, venue: LocalVenue) -> None:
    with LiveEngine(venue) as live:
        live.opened()
        monkeypatch.setattr("hypertui.execution.trade_events.TradeEvents.order", broken)
        monkeypatch.setattr(RoundTrips, "sold", broken)
        live.go_to(-2)
        assert len(live.working()) == 4 and live.mode() is Mode.RUNNING
        live.wait_for(lambda: {"statistics", "telling"} <= active(live).keys(), "the alarms")
        assert active(live)["statistics"].startswith("statistics are wrong since 20")
        live.go_to(0)
        assert len(live.working()) == 4


def test_an_input_that_cannot_be_taken_is_kept_with_its_error(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk()
    desk.mark(99)
    monkeypatch.setattr(Ladder, "sold", broken)
    with pytest.raises(Unsound, match=r"the input 'fill' of .* cannot be taken: Defect: out of order"):
        desk.fill(next(order for order in desk.tracker.alive if order.due))
    assert [kept.kind for kept in desk.journalled[-2:]] == ["fill", "failed"]
    monkeypatch.undo()
    assert desk.played_back().strategy.book.held == 30


def test_a_trade_without_books_is_protected_by_what_the_exchange_says(
    monkeypatch: pytest.MonkeyPatch, venue: LocalVenue
) -> None:
    with LiveEngine(venue) as live:
        live.opened()
        live.go_to(-1)
        monkeypatch.setattr(Ladder, "sold", broken)
        venue.set_price("SOL", live.unit_price(-2))
        live.wait_for(lambda: live.mode() is Mode.PAUSED, "the fallback")
        live.wait_for(lambda: covered(live, 2), "stops and no buys")
        (text,) = (event.text for event in live.events("alarm") if "cannot be relied on" in event.text)
        assert "the input 'fill' of" in text and "Defect: out of order" in text
        # Somebody takes a stop away: it is seen, and put right.
        account = venue.call(lambda: venue.core.account(live.key.address))
        gone = live.working()[-1]
        market = venue.core.by_symbol["SOL"]
        venue.call(lambda: venue.core.cancel(account, market, gone["oid"]))
        live.wait_for(lambda: covered(live, 2), "the stop")
        live.wait_for(lambda: live.snapshot.position == live.held(), "the screen")
        assert live.snapshot.slots == ()
        assert "books cannot be relied on: flatten" in live.command(Verb.RESUME).text
        history = list(live.journal.inputs)
        live.stop.request(OnExit.BUYS)
        assert live.reason.status == 3
        assert f"{live.held().normalize():f} SOL held, 2 live stops for" in live.reason.text

    # The next start says so instead of dying of it, and the position can be closed.
    with next_start(live, history) as again:
        again.wait_for(lambda: again.mode() is Mode.PAUSED, "the fallback")
        assert covered(again, 2)
        assert any("cannot be relied on" in text for text in active(again).values())
        assert again.command(Verb.FLATTEN).accepted
        again.wait_for(lambda: again.mode() is Mode.HALTED, "the end")
        assert (again.held(), again.working(), again.journal.inputs) == (Decimal(0), [], [])
        again.stop.request(OnExit.BUYS)
        assert again.reason.text == "flattened by test@tty: position 0 and no orders"
        assert again.reason.status == 0


def test_a_later_version_that_takes_the_input_takes_the_trade_up_again(
    monkeypatch: pytest.MonkeyPatch, venue: LocalVenue
) -> None:
    with LiveEngine(venue, timing=Timing(500, 1_000)) as live:
        live.opened()
        monkeypatch.setattr(Ladder, "sold", broken)
        venue.set_price("SOL", live.unit_price(-1))
        live.wait_for(lambda: live.mode() is Mode.PAUSED, "the fallback")
        history = list(live.journal.inputs)
    monkeypatch.undo()
    with next_start(live, history) as again:
        again.wait_for(lambda: again.mode() is Mode.PAUSED, "the trade")
        assert again.command(Verb.RESUME).accepted
        again.wait_for(lambda: again.settled and len(again.working()) == 4, "the target")
        assert again.on_engine(lambda trade: trade.book.held, None) == again.held()


def test_a_history_that_gives_no_trade_is_found_out_beforehand() -> None:
    plan = SOL.plan(KNOWN_INSTRUMENTS["SOL"])
    fill = {
        "symbol": "SOL", "side": "buy", "size": "13.33", "price": "150", "fee": "1", "time": 1, "order_id": 1,
        "trade_id": 1,
    }  # fmt: skip
    opened = JournalledInput("opened", 1, {"fills": [fill]})

    def rehearsed(history: list[JournalledInput]) -> None:
        asyncio.run(rehearse(plan, Timing(), 7, TradeHistory.of(history)))

    rehearsed([opened, JournalledInput("price", 2, {"price": "149", "changed": True})])
    for history in (
        [JournalledInput("opened", 1, {"fills": [fill | {"size": "much"}]})],
        [JournalledInput("opened", 1, {"fills": []})],
        [opened, JournalledInput("price", 2, {"price": "NaN", "changed": True})],
        [opened, JournalledInput("fill", 2, {})],
        [opened, JournalledInput("from a later version", 2, {})],
    ):
        with pytest.raises(Unsound, match="cannot be taken"):
            rehearsed(history)
