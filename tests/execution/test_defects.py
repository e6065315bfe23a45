"""What goes wrong beside the trade: a defect in the engine, a caller who has left, a command cut short."""

import asyncio
from collections.abc import Iterator
from decimal import Decimal

import pytest

from hypertui.core.market import Order, OrderType, Side
from hypertui.engine import departure
from hypertui.engine.live_trade import LiveTrade
from hypertui.execution import wishes
from hypertui.execution.input_codec import JournalledInput, to_json
from hypertui.port.commands import Command, Verb
from hypertui.port.snapshot import Mode
from tests.support.live_engine import LiveEngine, wait_until, wall_clock
from tests.support.local_venue import LocalVenue


class Defect(Exception):
    """Nothing that anybody expects."""


@pytest.fixture
def venue() -> Iterator[LocalVenue]:
    with LocalVenue({"SOL": Decimal(150)}) as venue:
        yield venue


def alarms(live: LiveEngine) -> list[str]:
    return [event.text for event in live.events("alarm")]


@pytest.mark.parametrize("lasting", [False, True])
def test_a_defect_ends_in_the_wind_down_and_is_said(venue: LocalVenue, lasting: bool) -> None:
    def strike(trade: LiveTrade) -> None:
        decide = trade.trade.decide

        def broken(*arguments: object) -> object:
            if not lasting:
                trade.trade.decide = decide  # type: ignore[method-assign]
            raise Defect("out of order")

        trade.trade.decide = broken  # type: ignore[method-assign, assignment]

    with LiveEngine(venue) as live:
        live.opened()
        live.go_to(-2)
        assert len(live.working()) == 4
        live.on_engine(strike, None)
        wait_until(lambda: live.ended, "the end")
        assert live.reason.status == 70
        held = f"{live.held().normalize():f} SOL held, 2 live stops for {live.held().normalize():f}; no buys"
        assert live.reason.text == f"a defect: Defect: out of order; {held}"
    assert "a defect: Defect: out of order; the trade winds down" in alarms(live)
    assert any("left in disorder by a defect" in text for text in alarms(live)) == lasting
    with LiveEngine(venue) as other:  # its questions: the engine above has gone
        other.key = live.key
        assert [row["side"] for row in other.working()] == ["A", "A"]
        assert other.held() > 0


def test_a_defect_in_an_action_does_not_keep_the_wind_down_from_acting(
    venue: LocalVenue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(departure, "_STAGE_PATIENCE", 1.0)

    async def broken(*arguments: object) -> object:
        raise Defect("out of order")

    def strike(trade: LiveTrade) -> None:
        trade.context.exchange.place = broken  # type: ignore[method-assign, assignment]

    with LiveEngine(venue) as live:
        live.opened()
        live.go_to(-2)
        live.on_engine(strike, None)
        venue.set_price("SOL", live.unit_price(-3))
        wait_until(lambda: live.ended, "the end")
        assert live.reason.status == 70
    with LiveEngine(venue) as other:
        other.key = live.key
        assert [row["side"] for row in other.working()] == ["A"]


def test_a_caller_who_does_not_wait_for_the_answer_ends_nothing(venue: LocalVenue) -> None:
    async def impatient(_: LiveTrade) -> None:
        assert live.engine.runner is not None
        asked = asyncio.create_task(live.engine.runner.command(Command("one", Verb.PAUSE, "test@tty")))
        await asyncio.sleep(0)
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)

    with LiveEngine(venue) as live:
        live.opened()
        live.do(impatient)
        live.wait_for(lambda: live.mode() is Mode.PAUSED, "the command")


def test_a_command_that_cannot_be_carried_out_leaves_a_paused_trade_that_goes_on_with_it(
    venue: LocalVenue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wishes, "_ALARM_AFTER", 500)
    with LiveEngine(venue) as live:
        live.opened()
        live.go_to(-2)
        venue.fail("http-500")
        assert live.command(Verb.FLATTEN).accepted
        live.wait_for(lambda: any("flatten is not done" in text for text in alarms(live)), "the alarm")
        states = [entry.data["state"] for entry in live.journal.inputs if entry.kind == "state"]
        assert states[-1]["mode"] == live.mode() == Mode.PAUSED
        wished = [entry.data["verb"] for entry in live.journal.inputs if entry.kind == "wish"]
        assert wished == ["flatten"]
        venue.call(lambda: venue.server.faults.off("http-500"))


def test_a_trade_that_was_never_opened_is_not_opened_without_a_journal(venue: LocalVenue) -> None:
    at = wall_clock() - 60_000
    order = Order(f"0x{7:016x}ffff000000000001", "SOL", Side.BUY, Decimal(10), OrderType.IOC, Decimal(151))
    sent = {"order": to_json(order), "expires_at": at + 5_000, "price": "150"}
    venue.fail("http-500", only="updateLeverage")
    with LiveEngine(venue, history=[JournalledInput("entering", at, sent)]) as live:
        assert live.reason.status == 4
        venue.call(lambda: venue.server.faults.off("http-500"))
        assert live.fills() == []
