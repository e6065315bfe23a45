"""A trade whose journal is lost is taken up from what the venue tells, or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

import pytest

from hypertui.core.market import KNOWN_INSTRUMENTS, Fill, Side
from hypertui.core.order_key import KeyKind, OrderKey
from hypertui.engine.live_trade import LiveTrade
from hypertui.exchange.protocol import OpenOrder
from hypertui.execution.input_codec import JournalledInput
from hypertui.execution.orders import ClientIds
from hypertui.execution.recovery import from_exchange
from hypertui.port.commands import OnExit
from hypertui.port.snapshot import Mode
from hypertui.strategy.ladder.trade_plan import LadderPlan
from hypertui.strategy.plans import NotRebuilt
from tests.support.ladders import ladder_of, windows_of
from tests.support.live_engine import LiveEngine, wait_until
from tests.support.local_venue import LocalVenue


@pytest.fixture
def venue() -> Iterator[LocalVenue]:
    with LocalVenue({"SOL": Decimal(150)}) as venue:
        yield venue


def successor(live: LiveEngine, history: Sequence[JournalledInput] = ()) -> LiveEngine:
    """An engine of the same account, which knows no more than `history`."""
    again = LiveEngine(live.venue, history=history)
    again.key = live.key
    return again


def taken_up(live: LiveEngine, how: str) -> None:
    said = f"{how} the trade from"
    live.wait_for(lambda: any(said in event.text for event in live.events("state")), f"a trade {how}")


def state(trade: LiveTrade) -> object:
    ladder = ladder_of(trade.tracker)
    coins = [(slot.coins, slot.stop_unit) for slot in ladder.slots if slot.coins]
    return (
        ladder.grid.entry_price,
        ladder.unit,
        ladder.phase,
        ladder.fragment,
        ladder.book.realized_pnl,
        ladder.book.position,
        ladder.dust,
        coins,
        windows_of(trade.tracker),
    )


@pytest.mark.parametrize(
    "course", [[], [1, 2], [-1, -2], [-1, -2, -3, -4, -5], [-1, -2, -3, -4, -3, -2, -1, 0]]
)
def test_a_trade_is_taken_up_without_its_journal(venue: LocalVenue, course: list[int]) -> None:
    with LiveEngine(venue) as live:
        live.opened()
        for unit in course:
            live.go_to(unit)
        before = live.on_engine(state, None)
        live.stop.request(OnExit.LEAVE)
        assert live.reason.status == 0
        cloids = {order["cloid"] for order in live.working()}
    with successor(live) as again:
        taken_up(again, "rebuilt")
        assert again.on_engine(state, None) == before
        assert {order["cloid"] for order in again.working()} == cloids, "nothing was cancelled or placed"
        assert again.mode() is Mode.RUNNING
        unit = again.unit
        again.go_to(unit + 1)
        again.go_to(unit)
        assert len(again.working()) == 4
        sent = [order["cloid"] for order in again.working()]
        assert len(set(sent)) == 4
        account = venue.core.account(live.key.address)
        assert account is not None
        mark = venue.core.books["SOL"].mark
        made = account.cash - account.deposits + account.size("SOL") * mark
        assert again.on_engine(lambda trade: trade.book.net_pnl(mark), None) == made


def test_with_an_order_too_few_the_operator_is_asked(venue: LocalVenue) -> None:
    with LiveEngine(venue) as live:
        live.opened().go_to(-2)
        live.stop.request(OnExit.BUYS)
        assert live.reason.status == 0
    with successor(live) as again:
        wait_until(lambda: again.ended, "the refusal")
        assert again.reason.status == 2
        assert "it cannot be rebuilt: 2 orders are live, at least 4 are needed" in again.reason.text
        assert len(again.working()) == 2


# What cannot be read without a guess

PLAN = LadderPlan(KNOWN_INSTRUMENTS["SOL"], Decimal("0.5"), Decimal(2000), 20)
IDS = ClientIds(0xABC)
ENTRY = Fill("SOL", Side.BUY, Decimal(8), Decimal(150), Decimal(0), 1_000, 1, 1, IDS.entry(1))


def stop(slot: int, trigger: str, size: str = "2") -> OpenOrder:
    price = Decimal(trigger)
    return OpenOrder(
        "SOL",
        slot,
        IDS.next(OrderKey(KeyKind.STOP, slot)),
        Side.SELL,
        Decimal(size),
        price,
        price,
        True,
        2_000,
    )


STOPS = [stop(slot, trigger) for slot, trigger in enumerate(("148", "148.5", "149", "149.5"))]


def read(orders: Sequence[OpenOrder], fills: Sequence[Fill], position: str = "8") -> from_exchange.Remains:
    return from_exchange.read(PLAN, orders, fills, Decimal(position))


def test_four_stops_after_an_entry_are_a_trade() -> None:
    remains = read(STOPS, [ENTRY])
    assert (remains.trade, remains.rebuilt.price, remains.fills) == (0xABC, 150, [])


def foreign(order: OpenOrder) -> OpenOrder:
    return replace(order, client_id="0x" + "9" * 32)


@pytest.mark.parametrize(
    ("orders", "fills", "position", "why"),
    [
        (STOPS[:3], [ENTRY], "8", "3 orders are live, at least 4 are needed"),
        ([*STOPS[:3], foreign(STOPS[3])], [ENTRY], "8", "not those of one trade"),
        ([*STOPS[:3], replace(STOPS[3], client_id=None)], [ENTRY], "8", "not those of one trade"),
        (STOPS, [], "8", "its entry is not among the fills"),
        (STOPS, [ENTRY], "7.5", "its fills make 8, the exchange holds 7.5"),
        ([*STOPS[:3], stop(3, "149.6")], [ENTRY], "8", "its order at 149.6 is on no unit"),
        ([*STOPS[:3], stop(3, "149")], [ENTRY], "8", "its order at 149 is on no unit of its own"),
        ([*STOPS[:3], stop(3, "150")], [ENTRY], "8", "its orders do not stand side by side"),
        (
            STOPS,
            [ENTRY, replace(ENTRY, client_id=ClientIds(0xABC).next(OrderKey(KeyKind.ENTRY, 9)), order_id=2)],
            "16",
            "more than 5 slots",
        ),
    ],
)
def test_anything_less_is_ambiguous(
    orders: list[OpenOrder], fills: list[Fill], position: str, why: str
) -> None:
    with pytest.raises(NotRebuilt, match=why):
        read(orders, fills, position)


def test_a_trade_that_is_held_is_taken_up_however_long_the_venue_does_not_answer(venue: LocalVenue) -> None:
    with LiveEngine(venue) as live:
        live.opened()
        live.stop.request(OnExit.LEAVE)
        assert live.reason.status == 0
    venue.fail("http-500")
    with successor(live, live.journal.inputs) as again:
        again.wait_for(lambda: any(a.key == "start" for a in again.snapshot.alarms), "the alarm")
        assert again.mode() is Mode.STARTING
        assert "cannot go on yet" in again.snapshot.reason
        venue.call(lambda: venue.server.faults.off("http-500"))
        taken_up(again, "resumed")

        def quiet() -> bool:
            return not any(alarm.key == "start" and alarm.active for alarm in again.snapshot.alarms)

        again.wait_for(quiet, "the end of the alarm")


def test_a_trade_that_could_not_be_taken_up_is_left_as_it_is(venue: LocalVenue) -> None:
    with LiveEngine(venue) as live:
        live.opened()
        live.stop.request(OnExit.LEAVE)
        assert live.reason.status == 0
    venue.fail("http-500")
    with successor(live, live.journal.inputs) as again:
        again.wait_for(lambda: any(a.key == "start" for a in again.snapshot.alarms), "the alarm")
        again.stop.request(OnExit.FLATTEN)
        wait_until(lambda: again.ended, "the end")
        assert again.reason.status == 3
        assert "before the trade went on" in again.reason.text
    venue.call(lambda: venue.server.faults.off("http-500"))
    assert len(live.working()) == 4


def test_a_new_trade_is_not_begun_where_the_venue_does_not_answer(venue: LocalVenue) -> None:
    venue.fail("http-500")
    with LiveEngine(venue) as live:
        wait_until(lambda: live.ended, "the refusal")
        assert live.reason.status == 4
