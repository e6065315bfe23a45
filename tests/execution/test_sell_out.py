"""Selling out: no buys any more, the stops follow the price, and the trade is over when all is sold."""

import re
from collections.abc import Iterator
from contextlib import nullcontext
from decimal import Decimal

import pytest

from hypertui.execution.input_codec import JournalledInput
from hypertui.execution.trade_inputs import SellOutBegan
from hypertui.port.commands import CommandState, OnExit, Verb
from hypertui.port.engine import EventKind
from hypertui.port.snapshot import Mode
from tests.execution.desk import Desk
from tests.support.ladders import windows_of
from tests.support.live_engine import LiveEngine
from tests.support.local_venue import LocalVenue
from tests.support.memory_journal import MemoryJournal

TRADE = 0x5E11
ENDED = re.compile(r"Trade ended: all sold\. Result [+-]\d+\.\d\d USD")


@pytest.fixture
def venue() -> Iterator[LocalVenue]:
    with LocalVenue({"SOL": Decimal(150)}) as venue:
        yield venue


def start(
    venue: LocalVenue, history: list[JournalledInput] | None = None, before: LiveEngine | None = None
) -> LiveEngine:
    """An engine on a journal in memory; with `before`, the next one of the same account."""
    journal = MemoryJournal(history or [])
    live = LiveEngine(venue, journal=lambda *_: nullcontext((TRADE, journal)))
    live.journal = journal
    if before is not None:
        live.key = before.key
    return live


def take(live: LiveEngine, verb: Verb, state: CommandState = CommandState.CONFIRMED) -> str:
    """Give a command and wait for its end; returns its words."""
    name = f"{verb.value} {len(live.events('command'))}"
    assert live.command(verb, name).accepted

    def words() -> list[str]:
        found = [event.data for event in live.events(EventKind.COMMAND) if event.data["id"] == name]
        return [str(data["text"]) for data in found if data["state"] == state.value]

    live.wait_for(lambda: bool(words()), f"{verb.value} to be {state.value}")
    return words()[0]


def stops(live: LiveEngine) -> list[Decimal]:
    orders = live.working()
    assert all(order["side"] == "A" and order["reduceOnly"] for order in orders), orders
    assert sum((Decimal(order["sz"]) for order in orders), Decimal(0)) == live.held()
    return [Decimal(order["triggerPx"]) for order in orders]


def test_the_stops_trail_on_and_the_trade_ends_when_flat(venue: LocalVenue) -> None:
    with start(venue) as live:
        live.opened()
        live.go_to(-1)
        said = take(live, Verb.SELL_OUT)
        assert "no buys" in said and "follow the price" in said
        assert live.mode() is Mode.SELLING_OUT
        assert stops(live) == [live.unit_price(unit) for unit in (-4, -3, -2)]
        live.go_to(2)
        assert stops(live) == [live.unit_price(unit) for unit in (-1, 0, 1)]
        live.go_to(1)
        assert stops(live) == [live.unit_price(unit) for unit in (-1, 0)]
        live.go_to(3)
        assert stops(live) == [live.unit_price(unit) for unit in (1, 2)]
        venue.set_price("SOL", live.unit_price(0))
        assert live.reason.status == 0
        assert ENDED.fullmatch(live.reason.text)
        assert live.mode() is Mode.STOPPED
        assert live.held() == 0
        assert live.working() == []
        assert live.journal.inputs == []  # the trade has ended in the journal


def test_sold_out_while_nothing_is_held_it_ends_at_once(venue: LocalVenue) -> None:
    with start(venue) as live:
        live.opened()
        for unit in (-1, -2, -3, -4):
            live.go_to(unit)
        assert len(live.working()) == 4
        assert live.command(Verb.SELL_OUT).accepted
        assert ENDED.fullmatch(live.reason.text)
        assert live.working() == []


@pytest.mark.parametrize("paused", [False, True])
def test_it_outlives_a_restart(venue: LocalVenue, paused: bool) -> None:
    with start(venue) as first:
        first.opened()
        first.go_to(-2)
        take(first, Verb.SELL_OUT)
        if paused:
            take(first, Verb.PAUSE)
        first.stop.request(OnExit.LEAVE)
        assert first.reason.status == 0
        history = list(first.journal.inputs)
    with start(venue, history, first) as second:
        if paused:
            second.wait_for(lambda: second.mode() is Mode.PAUSED, "paused")
            second.wait_for(
                lambda: second.on_engine(lambda t: t.account_sync.reconciled, False), "comparison"
            )
            assert take(second, Verb.RESUME) == "live: 2 stops"
        second.wait_for(lambda: second.mode() is Mode.SELLING_OUT and second.settled, "selling out")
        second.go_to(0)
        assert stops(second) == [second.unit_price(-2), second.unit_price(-1)]
        venue.set_price("SOL", second.unit_price(-3))
        assert ENDED.fullmatch(second.reason.text)


def test_after_all_orders_were_cancelled_it_puts_the_stops_back(venue: LocalVenue) -> None:
    with start(venue) as live:
        live.opened()
        live.go_to(-1)
        take(live, Verb.CANCEL_ALL)
        assert live.working() == []
        take(live, Verb.SELL_OUT)
        assert len(stops(live)) == 3
        assert not [alarm for alarm in live.snapshot.alarms if alarm.active]


def test_a_buy_that_fires_on_its_way_out_gets_a_stop() -> None:
    desk = Desk()
    desk.mark(99)
    desk.fill(desk.stop(-1))
    desk.settle()
    buy = desk.buy(0)
    desk.take(SellOutBegan(desk.now))
    desk.mark(100)
    desk.fill(buy)
    desk.settle()
    assert desk.tracker.settled
    assert windows_of(desk.tracker).buys == ()
    assert [stop.unit for stop in windows_of(desk.tracker).stops] == [-4, -3, -2, -1]
