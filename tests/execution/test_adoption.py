"""Coins that change hands behind the engine's back: it stops, says so, and takes them over when told to."""

import re
from collections.abc import Iterator
from decimal import Decimal

import pytest

from hypertui.core.market import Fill, IngestVia, Side
from hypertui.execution.recovery.adoption import Adoption
from hypertui.execution.trade_inputs import FillReceived
from hypertui.port.commands import CommandState, OnExit, Verb
from hypertui.port.snapshot import Mode, Severity
from tests.execution.desk import Desk
from tests.support.by_hand import by_hand
from tests.support.live_engine import LiveEngine
from tests.support.local_venue import LocalVenue


@pytest.fixture
def live() -> Iterator[LiveEngine]:
    with LocalVenue({"SOL": Decimal(150)}) as venue, LiveEngine(venue) as live:
        yield live.opened()


def alarmed(live: LiveEngine) -> bool:
    active = [alarm for alarm in live.snapshot.alarms if alarm.active]
    return any(alarm.key in ("foreign", "position") and "adopt or flatten" in alarm.text for alarm in active)


def order_taken(live: LiveEngine, verb: Verb, state: CommandState = CommandState.CONFIRMED) -> str:
    """Give a command and wait for its end; returns its words."""
    ended: list[str] = []

    def has_ended() -> bool:
        found = [c.text for c in live.snapshot.commands if (c.verb, c.state) == (verb, state)]
        ended[:] = found
        return bool(found)

    assert live.command(verb).accepted
    live.wait_for(has_ended, f"{verb.value} {state.value}")
    return ended[0]


@pytest.mark.parametrize(("side", "size"), [(Side.BUY, "1.25"), (Side.SELL, "2"), (Side.SELL, "13")])
def test_a_trade_by_hand_is_adopted(live: LiveEngine, side: Side, size: str) -> None:
    before = live.held()
    by_hand(live, side, size)
    live.wait_for(lambda: live.mode() is Mode.PAUSED and alarmed(live), "the engine to notice")
    assert order_taken(live, Verb.ADOPT).startswith(f"{before + Decimal(size) * side.sign:f}")
    assert not alarmed(live)
    assert live.mode() is Mode.PAUSED
    order_taken(live, Verb.RESUME)
    live.wait_for(lambda: live.settled, "the target to work")
    held, stops = live.held(), [row for row in live.working() if row["side"] == "A"]
    assert len(live.working()) == 4
    assert sum(Decimal(row["sz"]) for row in stops) == held
    assert live.on_engine(lambda trade: trade.book.position, None) == held
    # The money agrees with the venue's to the last digit, the strange trade with it.
    account = live.venue.core.account(live.key.address)
    assert account is not None
    mark = live.venue.core.books["SOL"].mark
    made = account.cash - account.deposits + held * mark
    assert live.on_engine(lambda trade: trade.book.net_pnl(mark), None) == made


def test_a_position_turned_short_by_hand_is_not_adopted_but_closed(live: LiveEngine) -> None:
    by_hand(live, Side.SELL, str(live.held() + 1))
    live.wait_for(lambda: live.mode() is Mode.PAUSED and alarmed(live), "the engine to notice")
    assert "short of 1.00 SOL" in order_taken(live, Verb.ADOPT, CommandState.FAILED)
    order_taken(live, Verb.FLATTEN)
    assert live.held() == 0
    assert live.working() == []
    assert live.mode() is Mode.HALTED


def test_flatten_sells_what_was_bought_by_hand_too(live: LiveEngine) -> None:
    by_hand(live, Side.BUY, "3")
    live.wait_for(lambda: live.mode() is Mode.PAUSED and alarmed(live), "the engine to notice")
    order_taken(live, Verb.FLATTEN)
    assert live.held() == 0
    assert live.on_engine(lambda trade: trade.book.held, None) == 0


def test_reconciling_by_hand_says_what_differed(live: LiveEngine) -> None:
    assert order_taken(live, Verb.RECONCILE) == "all orders as they should be; no fill missed"
    lost = live.venue.call(lambda: _cancel_one(live))

    def replaced() -> bool:
        orders = [row["oid"] for row in live.working()]
        return len(orders) == 4 and lost not in orders

    live.wait_for(replaced, "the lost stop to be replaced")

    def told(words: str) -> list[Severity]:
        return [event.severity for event in live.events("order") if re.search(words, event.text)]

    live.wait_for(lambda: bool(told(r"^stop -\d .* live again after [\d,]+ ms$")), "the log to tell of it")
    assert told(r"^stop -\d .* cancelled, not by this engine$") == [Severity.WARNING]


def _cancel_one(live: LiveEngine) -> int:
    core = live.venue.core
    account = core.account(live.key.address)
    assert account is not None
    order_id = next(iter(account.open_orders))
    core.cancel(account, core.by_symbol["SOL"], order_id)
    return order_id


def test_an_own_fill_whose_notice_was_lost_is_booked_on_the_way() -> None:
    desk = Desk()
    lost = Fill(
        "SOL", Side.SELL, Decimal(10), Decimal(99), Decimal(0), desk.now, 9, 1, desk.stop(-1).client_id
    )

    def book(fill: Fill, via: IngestVia) -> None:
        if not knows(fill):
            desk.take(FillReceived(desk.now, fill, desk.now, via))

    def knows(fill: Fill) -> bool:
        return desk.tracker.booked(fill)

    adoption = Adoption(desk.recorder, knows, book, lambda: desk.now, "0x" + "ab" * 20)
    for _ in range(2):
        assert adoption.take([lost], Decimal(30)) == ""
        assert desk.ladder.book.held == 30


def test_a_position_with_the_stops_of_a_lost_trade_is_taken_over_with_them() -> None:
    with LocalVenue({"SOL": Decimal(150)}) as venue:
        with LiveEngine(venue) as live:
            live.opened()
            live.go_to(-2)
            live.stop.request(OnExit.BUYS)
            assert live.reason.status == 0
            held, before = live.held(), live.working()
            assert [row["side"] for row in before] == ["A", "A"]
        again = LiveEngine(venue, adopt=True)
        again.key = live.key
        venue.call(again._oracle.note)
        with again:
            again.opened()
            old = {row["oid"] for row in before}
            again.wait_for(lambda: not old & {row["oid"] for row in again.working()}, "the old stops to go")
            working = again.working()
            assert len(working) == 4 and again.held() <= held
            assert sum(Decimal(row["sz"]) for row in working if row["side"] == "A") == again.held()
            assert again.mode() is Mode.RUNNING and not alarmed(again)
