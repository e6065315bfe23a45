"""The gate before a new trade: what is asked, what is refused, and a position that is taken over."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import nullcontext
from decimal import Decimal as D

import pytest

from hypertui.core.findings import Level
from hypertui.core.market import Order, OrderType, Side
from hypertui.exchange.hyperliquid import HyperliquidExchange, SigningKey, paper
from hypertui.execution.trade_config import Consent
from hypertui.port.commands import Verb
from hypertui.port.snapshot import Mode, Network, Severity
from tests.support.ladders import ladder_of
from tests.support.live_engine import LiveEngine
from tests.support.local_venue import LocalVenue
from tests.support.memory_journal import MemoryJournal

TINY = D("0.1")  # a unit inside the fees


@pytest.fixture
def venue() -> Iterator[LocalVenue]:
    with LocalVenue({"SOL": D(150)}) as venue:
        yield venue


def holder(venue: LocalVenue, side: Side = Side.BUY, size: str = "8.03", leverage: int = 20) -> SigningKey:
    """The key of an account that has bought (or sold) by hand."""
    key = SigningKey.throwaway()

    async def trade() -> None:
        exchange = HyperliquidExchange(paper(venue.base_url), key)
        try:
            await exchange.set_leverage("SOL", leverage, 2**53)
            limit = D(160) if side is Side.BUY else D(140)
            order = Order("0x" + "1" * 32, "SOL", side, D(size), OrderType.IOC, limit)
            await exchange.place([order], 2**53)
        finally:
            await exchange.close()

    asyncio.run(trade())
    return key


def test_paper_goes_straight_on_and_says_what_was_found(venue: LocalVenue) -> None:
    with LiveEngine(venue, unit_size=TINY) as live:
        live.opened()
        said = {event.data["name"]: event for event in live.events("preflight")}
        assert said["whipsaw"].severity is Severity.WARNING
        assert said["whipsaw"].data["level"] == "amber"
        assert said["margin"].data["level"] == "green"
        assert {finding.name for finding in live.snapshot.findings} == set(said)
        assert live.snapshot.asks is None


def test_the_operator_is_asked_and_starts_it(venue: LocalVenue) -> None:
    with LiveEngine(venue, network=Network.TESTNET, consent=Consent.ASKED) as live:
        live.wait_for(lambda: live.snapshot.asks is Verb.START, "the question")
        assert live.mode() is Mode.STARTING
        assert live.fills() == []
        for verb in (Verb.ADOPT, Verb.FLATTEN, Verb.RESUME):
            assert not live.command(verb).accepted
        assert live.command(Verb.START).accepted
        live.opened()
        assert not live.command(Verb.START).accepted
        assert live.snapshot.asks is None


def test_whoever_leaves_instead_has_bought_nothing(venue: LocalVenue) -> None:
    with LiveEngine(venue, network=Network.TESTNET, consent=Consent.ASKED) as live:
        live.wait_for(lambda: live.snapshot.asks is Verb.START, "the question")
        live.stop.request()
        assert live.reason.status == 0
        assert live.fills() == []


def test_what_has_changed_since_the_question_is_asked_again(venue: LocalVenue) -> None:
    with LiveEngine(venue, network=Network.TESTNET, consent=Consent.ASKED) as live:
        live.wait_for(lambda: live.snapshot.asks is Verb.START, "the question")

        # Enough for the position, not for a buy more than there are slots.
        def spend() -> None:
            account = venue.core.account(live.key.address)
            assert account is not None
            venue.core.open_account(account)
            account.cash = D(110)

        venue.call(spend)
        assert live.command(Verb.START).accepted
        levels = lambda: {found.name: found.level for found in live.snapshot.findings}  # noqa: E731
        live.wait_for(lambda: levels().get("margin") is Level.AMBER, "the second look")
        live.wait_for(lambda: live.snapshot.asks is Verb.START, "the second question")
        assert live.fills() == []
        assert live.command(Verb.START).accepted
        live.opened()


def test_without_anybody_to_ask_a_warning_refuses(venue: LocalVenue) -> None:
    with LiveEngine(venue, network=Network.MAINNET, consent=Consent.NO_WARNINGS, unit_size=TINY) as live:
        assert live.reason.status == 2
        assert "the unit is inside the fees" in live.reason.text
        assert "--accept-warnings" in live.reason.text
        assert live.fills() == []


def test_a_long_position_is_taken_over(venue: LocalVenue) -> None:
    key = holder(venue, leverage=10)
    live = LiveEngine(venue, adopt=True)
    live.key = key
    with live:
        live.opened()
        assert len(live.fills()) == 1, "nothing was bought"
        entry = live.on_engine(lambda trade: ladder_of(trade.tracker).grid.entry_price, D(0))
        lots = live.on_engine(lambda trade: [(lot.size, lot.price) for lot in trade.book.lots], [])
        bought = D(live.fills()[0]["px"])
        assert abs(entry - bought) < D("0.01")
        assert lots == [(D("8.03"), entry)]
        stops = [(D(order["triggerPx"]), D(order["sz"])) for order in live.working()]
        assert [size for _, size in stops] == [D("2.03"), D(2), D(2), D(2)]
        assert [price for price, _ in stops] == [live.unit_price(unit) for unit in range(-4, 0)]
        live.go_to(1)
        live.go_to(-1)
        assert live.held() < D("8.03")
        trade = live.on_engine(lambda trade: trade.context.ids.trade, 0)
    # The restart finds the same trade, with what it has written down.
    again = LiveEngine(venue, journal=lambda *_: nullcontext((trade, MemoryJournal(live.journal.inputs))))
    again.key = key
    with again:
        again.wait_for(lambda: again.mode() is Mode.RUNNING and again.settled, "the restart")
        assert again.unit == -1
        assert again.on_engine(lambda trade: trade.book.position, D(0)) == again.held()
        again.go_to(0)
        assert again.command(Verb.RECONCILE).accepted
        done = lambda: [view for view in again.snapshot.commands if view.text]  # noqa: E731
        again.wait_for(lambda: bool(done()), "the comparison")
        assert done()[0].text.startswith("all orders as they should be")
        assert again.on_engine(lambda trade: trade.book.position, D(0)) == again.held()
        assert again.mode() is Mode.RUNNING


def test_a_position_whose_stops_are_passed_is_sold(venue: LocalVenue) -> None:
    key = holder(venue)
    venue.set_price("SOL", D("148.8"))
    live = LiveEngine(venue, adopt=True)
    live.key = key
    with live:
        live.opened()
        live.wait_for(lambda: live.unit == -2 and live.settled, "the sale")
        assert live.held() == D("4.03")
        (stops,) = [event for event in live.events("preflight") if event.data["name"] == "stops"]
        assert stops.severity is Severity.WARNING


def test_a_position_that_has_run_away_upwards_is_trailed(venue: LocalVenue) -> None:
    key = holder(venue)
    venue.set_price("SOL", 155)
    live = LiveEngine(venue, adopt=True)
    live.key = key
    with live:
        live.opened()
        live.wait_for(lambda: live.unit == 9 and live.settled, "the stops to follow")
        assert live.held() == D("8.03")
        assert [D(order["triggerPx"]) for order in live.working()] == [
            live.unit_price(unit) for unit in range(5, 9)
        ]


@pytest.mark.parametrize("consent", [Consent.NONE, Consent.ASKED])
def test_the_operator_is_asked_whether_to_adopt(venue: LocalVenue, consent: Consent) -> None:
    live = LiveEngine(venue, adopt=None, consent=consent)
    live.key = holder(venue)
    with live:
        live.wait_for(lambda: live.snapshot.asks is Verb.ADOPT, "the offer")
        assert not live.command(Verb.START).accepted
        assert live.working() == []
        assert live.command(Verb.ADOPT).accepted
        if consent is Consent.ASKED:
            live.wait_for(lambda: live.snapshot.asks is Verb.START, "the plan to be shown")
            assert live.working() == []
            assert live.command(Verb.START).accepted
        live.opened()
        assert live.held() == D("8.03")


def test_a_short_position_is_not_offered(venue: LocalVenue) -> None:
    live = LiveEngine(venue, adopt=None)
    live.key = holder(venue, Side.SELL)
    with live:
        assert live.reason.status == 2
        assert "a short one cannot be adopted" in live.reason.text


def test_nothing_to_adopt_is_not_bought_instead(venue: LocalVenue) -> None:
    with LiveEngine(venue, adopt=True) as live:
        assert live.reason.status == 2
        assert "there is nothing to adopt" in live.reason.text
        assert live.fills() == []
