"""The strategy seam: another strategy than the ladder trades by the real SDK at the local venue, through
restarts and lost orders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest

from hypertui.core.market import Grouping, TimeInForce
from hypertui.engine.live_trade import LiveTrade
from hypertui.execution.trade_config import TradeConfig
from hypertui.port.commands import CommandState, OnExit, Verb
from hypertui.port.snapshot import Mode, Network
from hypertui.venue.faults.interventions import Interventions
from tests.support.by_hand import sold_by_another
from tests.support.live_engine import SOON, LiveEngine, wait_until
from tests.support.local_venue import LocalVenue
from tests.support.triple import TripleTerms

D = Decimal
_WOULD_MATCH = "badAloPxRejected"
TERMS = TripleTerms(D(2), D(149), D(147), D(153))
CONFIG = TradeConfig(Network.PAPER, "SOL", 10, TERMS, timing=SOON)


@pytest.fixture
def venue() -> Iterator[LocalVenue]:
    with LocalVenue({"SOL": D(150)}) as venue:
        yield venue


def engine(
    venue: LocalVenue, grouping: Grouping = Grouping.NONE, tif: TimeInForce = TimeInForce.ALO
) -> LiveEngine:
    terms = TripleTerms(TERMS.size, TERMS.entry, TERMS.stop, TERMS.goal, tif, grouping)
    return LiveEngine(venue, replace(CONFIG, strategy=terms))


def prices(live: LiveEngine) -> list[str]:
    """Where its orders are known to work, lowest first."""

    def look(trade: LiveTrade) -> list[str]:
        live_orders = [own.order for own in trade.tracker.alive if own.is_live]
        return [str(at) for at in sorted(order.trigger or order.limit for order in live_orders)]

    return live.on_engine(look, [])


def liquidity(venue: LocalVenue, depth: Decimal) -> None:
    """So much (USD) stands on each side of the book."""
    book = venue.core.books["SOL"]
    venue.call(lambda: setattr(book, "_options", replace(book._options, depth=depth, levels=3)))


def has_position(live: LiveEngine) -> bool:
    """Whether the venue's own books have coins of the account; costs no request."""
    core = live.venue.core
    return live.venue.call(lambda: bool(core.account(live.key.address).positions))


def cancel_all(venue: LocalVenue, address: str) -> None:
    """Somebody else with the account's key cancels everything."""
    for order in list(venue.core.account(address).open_orders.values()):
        Interventions(venue.core).end_order(order, "canceled")


def held(live: LiveEngine) -> Decimal:
    """By the engine's own books."""
    return live.on_engine(lambda trade: trade.book.position, D(0))


def confirmed(live: LiveEngine, verb: Verb) -> bool:
    """Whether what was ordered has been seen to be so."""
    commands = live.snapshot.commands
    return any(each.verb is verb and each.state is CommandState.CONFIRMED for each in commands)


def bought(live: LiveEngine) -> None:
    live.opened()
    with_exits = live.on_engine(lambda trade: len(trade.tracker.alive), 0) == 3
    assert prices(live) == (["147", "149", "153"] if with_exits else ["149"])
    live.venue.set_price("SOL", D("148.9"))
    live.wait_for(lambda: held(live) == 2 and live.settled, "the entry and its exits")


@pytest.mark.parametrize("grouping", Grouping)
@pytest.mark.parametrize(("price", "gain"), [(D("153.1"), True), (D("146.9"), False)])
def test_it_enters_by_a_limit_and_leaves_by_whichever_exit_comes_first(
    venue: LocalVenue, grouping: Grouping, price: Decimal, gain: bool
) -> None:
    with engine(venue, grouping) as live:
        bought(live)
        assert prices(live) == ["147", "153"]
        venue.set_price("SOL", price)
        live.wait_for(lambda: live.ended, "the end")
        assert (live.held(), live.working()) == (0, []), "one exit cancels the other"
        assert live.reason.status == 0
        assert live.reason.text.startswith("Trade ended: the exit is filled. Result ")
        assert ("+" in live.reason.text) == gain


def test_coins_are_protected_from_the_first_fill_of_the_entry_on(venue: LocalVenue) -> None:
    with engine(venue) as live:
        live.opened()
        liquidity(venue, D(20))  # so little is bid above the entry
        venue.set_price("SOL", D("149.1"))
        sold_by_another(live, "1.2", "148.9")
        live.wait_for(lambda: 0 < held(live) < 2, "a part of the entry")
        live.wait_for(lambda: prices(live) == ["147", "149", "153"], "its exits beside the rest of it")
        live.wait_for(lambda: live.settled, "rest")
        stop = next(row for row in live.working() if row["triggerPx"] == "147.0")
        assert D(stop["sz"]) == live.held() == held(live)
        liquidity(venue, D(1_000_000))
        venue.set_price("SOL", D("148.8"))
        live.wait_for(lambda: held(live) == 2 and live.settled, "the rest of it")
        assert [D(row["sz"]) for row in live.working()] == [2, 2]


@pytest.mark.parametrize("grouping", Grouping)
def test_a_restart_goes_on_with_its_orders(venue: LocalVenue, grouping: Grouping) -> None:
    with engine(venue, grouping) as live:
        bought(live)
        before = live.working()
        live.stop.request(OnExit.LEAVE)
        assert live.reason.status == 0
        again = LiveEngine(venue, live.config, history=live.journal.inputs)
        again.key = live.key
        with again:
            again.wait_for(lambda: again.mode() is Mode.RUNNING and again.settled, "the trade to be taken up")
            assert again.working() == before, "nothing is placed twice, nothing is cancelled"
            assert again.on_engine(lambda trade: trade.book.position, None) == 2
            venue.set_price("SOL", D("153.1"))
            again.wait_for(lambda: again.ended, "the end")
            assert (again.held(), again.working()) == (0, [])


@pytest.mark.parametrize("grouping", Grouping)
def test_what_somebody_cancels_is_found_and_placed_again(venue: LocalVenue, grouping: Grouping) -> None:
    with engine(venue, grouping) as live:
        bought(live)
        before = {row["oid"] for row in live.working()}
        venue.call(lambda: cancel_all(venue, live.key.address))
        live.wait_for(lambda: prices(live) == ["147", "153"] and live.settled, "both exits to be there again")
        assert not before & {row["oid"] for row in live.working()}
        reasons = [event.data["reason"] for event in live.events("order") if event.data["status"] == "sent"]
        assert reasons[-2:] == ["REPAIR", "REPAIR"]


def test_a_post_only_entry_that_would_trade_is_refused_and_tried_again(venue: LocalVenue) -> None:
    venue.set_price("SOL", D("148.5"))
    with engine(venue) as live:
        refused = lambda: [event for event in live.events("order") if event.data["status"] == "rejected"]  # noqa: E731
        wait_until(lambda: bool(refused()), "a refusal")
        # The answer's words or the notice's, whichever comes first.
        assert (
            "post only" in str(refused()[0].data["note"]).lower() or refused()[0].data["note"] == _WOULD_MATCH
        )
        assert (live.held(), live.working()) == (0, [])
        venue.set_price("SOL", D(150))
        live.wait_for(lambda: prices(live) == ["149"], "the entry")


def test_flatten_sells_at_the_market_and_leaves_no_order(venue: LocalVenue) -> None:
    with engine(venue) as live:
        bought(live)
        assert live.command(Verb.FLATTEN).accepted
        live.wait_for(lambda: (live.held(), live.working()) == (0, []), "flat")
        sale = next(event for event in live.events("order") if event.data["key"] == "close/0")
        assert (sale.data["reason"], sale.data["source"]) == ("MANUAL", "operator")
        assert {event.data["source"] for event in live.events("order")} == {"triple", "operator"}


@pytest.mark.parametrize("grouping", Grouping)
def test_the_operators_ways_out_see_its_exits_as_cover(venue: LocalVenue, grouping: Grouping) -> None:
    with engine(venue, grouping) as live:
        bought(live)
        assert live.command(Verb.CANCEL_BUYS).accepted
        live.wait_for(lambda: confirmed(live, Verb.CANCEL_BUYS), "no buys")
        assert live.command(Verb.SELL_OUT).accepted
        live.wait_for(lambda: confirmed(live, Verb.SELL_OUT), "stops for everything")
        assert prices(live) == ["147", "153"]
        live.stop.request(OnExit.BUYS)
        assert live.reason.status == 0, live.reason.text
        assert len(live.working()) == 2
