"""The operator's commands and the ways out, over the whole path, verified at the venue."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from hypertui.exchange.hyperliquid import errors
from hypertui.port.commands import Command, CommandState, OnExit, StopReason, Verb
from hypertui.port.snapshot import Mode
from tests.support.live_engine import LiveEngine
from tests.support.local_venue import LocalVenue


@pytest.fixture
def venue() -> Iterator[LocalVenue]:
    with LocalVenue({"SOL": Decimal(150)}) as venue:
        yield venue


@pytest.fixture
def live(venue: LocalVenue) -> Iterator[LiveEngine]:
    with LiveEngine(venue) as live:
        yield live.opened()


def confirmed(live: LiveEngine, verb: Verb) -> None:
    live.wait_for(
        lambda: any(c.verb is verb and c.state is CommandState.CONFIRMED for c in live.snapshot.commands),
        f"{verb.value} to be confirmed",
    )


def sides(live: LiveEngine) -> str:
    """A letter for each working order, lowest trigger first: S for a stop-sell, B for a stop-buy."""
    return "".join("S" if order["side"] == "A" else "B" for order in live.working())


def test_flatten_ends_with_nothing_held_and_nothing_working(live: LiveEngine) -> None:
    live.go_to(-2)
    assert live.command(Verb.FLATTEN).accepted
    confirmed(live, Verb.FLATTEN)
    assert live.held() == 0
    assert live.working() == []
    assert live.mode() is Mode.HALTED
    assert live.snapshot.position == 0
    live.stop.request(OnExit.BUYS)
    assert live.reason == StopReason(3, "flatten by test@tty; left with no position and no buys")


def test_flatten_does_not_wait_for_a_question_that_the_venue_turns_away(
    live: LiveEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(errors, "RETRY_AFTER_WEIGHT", 0.2)
    live.venue.fail("http-429", only="clearinghouseState")
    assert live.command(Verb.FLATTEN).accepted
    live.wait_for(lambda: live.on_engine(lambda trade: trade.book.position, None) == 0, "the sale")
    live.venue.call(lambda: live.venue.server.faults.off("http-429"))
    live.wait_for(lambda: live.mode() == Mode.HALTED, "the outcome")
    assert live.held() == 0
    assert live.working() == []


def test_cancel_all_ends_with_no_orders_and_paused(live: LiveEngine) -> None:
    live.go_to(-1)
    held = live.held()
    assert live.command(Verb.CANCEL_ALL).accepted
    confirmed(live, Verb.CANCEL_ALL)
    assert live.working() == []
    assert live.held() == held > 0
    assert live.mode() is Mode.PAUSED
    alarms = [alarm.text for alarm in live.snapshot.alarms if alarm.active]
    assert any("unprotected" in text for text in alarms)
    # Prices come and go, and nothing is placed again before the operator says so.
    live.venue.set_price("SOL", live.unit_price(0))
    live.wait_for(lambda: live.unit == 0, "unit 0")
    assert live.working() == []

    assert live.command(Verb.RESUME).accepted
    live.wait_for(lambda: live.settled, "the orders to be back")
    assert len(live.working()) == 4
    live.wait_for(lambda: live.mode() is Mode.RUNNING, "running")


def test_cancel_buys_keeps_the_stops(live: LiveEngine) -> None:
    live.go_to(-2)
    assert sides(live) == "SSBB"
    assert live.command(Verb.CANCEL_BUYS).accepted
    confirmed(live, Verb.CANCEL_BUYS)
    assert sides(live) == "SS"
    assert live.mode() is Mode.PAUSED
    live.command(Verb.RESUME)
    live.wait_for(lambda: live.settled, "the buys to be back")
    assert sides(live) == "SSBB"


def test_paused_it_moves_nothing_but_protects_what_a_buy_brings(live: LiveEngine) -> None:
    live.go_to(-1)
    assert live.command(Verb.PAUSE).accepted
    live.wait_for(lambda: live.mode() is Mode.PAUSED, "paused")
    before = {order["oid"] for order in live.working()}
    live.venue.set_price("SOL", live.unit_price(0))
    live.wait_for(lambda: sides(live) == "SSSS", "the new stop")
    after = {order["oid"] for order in live.working()}
    assert len(after - before) == 1
    stops = sum((Decimal(order["sz"]) for order in live.working()), Decimal(0))
    assert stops == live.held()
    # Nothing slides upwards while it is paused.
    live.venue.set_price("SOL", live.unit_price(3))
    live.wait_for(lambda: live.unit == 3, "unit 3")
    assert {order["oid"] for order in live.working()} == after
    live.command(Verb.RESUME)
    live.wait_for(lambda: live.settled, "the stops to catch up")
    assert Decimal(live.working()[0]["triggerPx"]) == live.unit_price(-1)


def test_halt_touches_nothing(live: LiveEngine) -> None:
    live.go_to(-1)
    before = live.working()
    assert live.command(Verb.HALT).accepted
    live.wait_for(lambda: live.mode() is Mode.HALTED, "halted")
    live.venue.set_price("SOL", live.unit_price(-1) + Decimal("0.1"))
    assert live.working() == before
    refused = live.command(Verb.RESUME)
    assert not refused.accepted
    assert "halted" in refused.text


def test_the_same_command_twice_is_done_once(live: LiveEngine) -> None:
    assert live.command(Verb.PAUSE, "one").accepted
    live.command(Verb.RESUME, "two")
    assert live.command(Verb.PAUSE, "one").text == "known already"
    live.wait_for(lambda: live.mode() is Mode.RUNNING, "running")


def test_a_command_before_the_trade_is_open_is_refused(venue: LocalVenue) -> None:
    live = LiveEngine(venue)
    ack = live.command(Verb.FLATTEN)
    assert not ack.accepted
    assert "not running" in ack.text
    assert isinstance(Command("x", Verb.PAUSE, "me"), Command)


@pytest.mark.parametrize(
    ("on_exit", "expected", "held"),
    [(OnExit.BUYS, "SS", True), (OnExit.LEAVE, "SSBB", True), (OnExit.FLATTEN, "", False)],
)
def test_the_ways_out(venue: LocalVenue, on_exit: OnExit, expected: str, held: bool) -> None:
    with LiveEngine(venue) as live:
        live.opened()
        live.go_to(-2)
        live.stop.request(on_exit)
        assert live.reason.status == 0
        assert sides(live) == expected
        assert (live.held() > 0) == held
        assert live.mode() is Mode.STOPPED


def test_leaving_after_all_orders_were_cancelled_puts_the_stops_back(venue: LocalVenue) -> None:
    with LiveEngine(venue) as live:
        live.opened()
        live.go_to(-1)
        live.command(Verb.CANCEL_ALL)
        confirmed(live, Verb.CANCEL_ALL)
        assert live.working() == []
        live.stop.request(OnExit.BUYS)
        assert live.reason.status == 0
        assert sides(live) == "SSS"
        assert "live stops for" in live.reason.text


def test_leaving_a_halted_trade_cancels_its_buys_all_the_same(venue: LocalVenue) -> None:
    with LiveEngine(venue) as live:
        live.opened()
        live.go_to(-2)
        live.command(Verb.HALT)
        confirmed(live, Verb.HALT)
        assert sides(live) == "SSBB"
        live.stop.request(OnExit.BUYS)
        assert live.reason.status == 3
        assert "by test@tty" in live.reason.text
        assert sides(live) == "SS"


def test_it_stops_by_itself_at_a_settled_moment(venue: LocalVenue) -> None:
    with LiveEngine(venue, run_for=0.3) as live:
        assert live.reason.status == 0
        assert sides(live) == "SSSS"


def test_a_fragment_that_has_become_too_small_halts_with_the_stops_working(venue: LocalVenue) -> None:
    # 45 USD in four: after a few losing round trips a fragment no longer buys 10 USD worth of stop.
    with LiveEngine(venue, position_size=Decimal("54"), unit_size=Decimal(2), leverage=1) as live:
        live.opened()
        path = [unit for _ in range(12) for unit in (-4, 0)]
        for unit in path:
            venue.set_price("SOL", live.unit_price(unit))
            live.wait_for(
                lambda unit=unit: live.mode() is Mode.HALTED or (live.unit == unit and live.settled),  # type: ignore[misc]
                f"unit {unit}",
            )
            if live.mode() is Mode.HALTED:
                break
        assert live.mode() is Mode.HALTED
        assert "below the minimum order value of 10 USD" in live.snapshot.reason
        orders = live.working()
        assert all(order["side"] == "A" for order in orders)
        assert sum((Decimal(order["sz"]) for order in orders), Decimal(0)) == live.held()
