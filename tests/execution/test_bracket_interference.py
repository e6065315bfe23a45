"""A bracket by the real SDK at the local venue while somebody interferes: a pause, a sale by another hand, an
exchange that ends or refuses its orders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal as D

import pytest

from hypertui.core.market import Side
from hypertui.port.commands import OnExit, Verb
from hypertui.port.snapshot import Mode
from hypertui.risk.rules import GuardRules
from hypertui.strategy.bracket.entry_rules import EntryOrder, EntryRules
from hypertui.venue.faults.interventions import Interventions
from tests.execution.test_bracket import bracket, config, is_flat, prices
from tests.execution.test_second_strategy import confirmed, held, liquidity
from tests.support.by_hand import by_hand, sold_by_another
from tests.support.live_engine import LiveEngine
from tests.support.local_venue import LocalVenue

AT_MARKET = config(entry=EntryRules(EntryOrder.MARKET), entry_price=None)


@pytest.fixture
def venue() -> Iterator[LocalVenue]:
    with LocalVenue({"SOL": D(150)}) as venue:
        yield venue


def test_a_sale_by_another_hand_lets_its_stop_where_it_was(venue: LocalVenue) -> None:
    """One of two coins sold at a profit: the other one may not lose that in its place."""
    with LiveEngine(venue, AT_MARKET) as live:
        live.opened()
        live.wait_for(lambda: held(live) == 2 and live.settled, "the entry")
        before = live.working()
        venue.set_price("SOL", D(160))
        by_hand(live, Side.SELL, "1")
        live.wait_for(lambda: live.mode() is Mode.PAUSED, "the pause")
        assert live.command(Verb.ADOPT).accepted
        live.wait_for(lambda: held(live) == 1, "the sale to be booked")
        assert live.command(Verb.RESUME).accepted
        live.wait_for(lambda: live.mode() is Mode.RUNNING and live.settled, "it to go on")
        assert [row["oid"] for row in live.working()] == [row["oid"] for row in before]
        venue.set_price("SOL", D(142))
        live.wait_for(lambda: is_flat(live) and bracket(live).stay.number == 2, "the stop")


def test_in_a_pause_its_entry_stays_where_it_is(venue: LocalVenue) -> None:
    """It may be moved no more, so that the first price that runs away from it would end it."""
    with LiveEngine(venue, config(entry=EntryRules(reprices=0), entry_price=None)) as live:
        live.opened()
        live.wait_for(lambda: prices(live) == ["150"] and live.settled, "the entry")
        rests = live.working()
        assert live.command(Verb.PAUSE).accepted
        live.wait_for(lambda: live.mode() is Mode.PAUSED, "the pause")
        for price in (D("150.6"), D("151.2"), D("150.1")):
            venue.set_price("SOL", price)
            live.wait_for(lambda at=price: live.snapshot.mark == at, "the price")  # type: ignore[misc]
        assert live.command(Verb.RESUME).accepted
        live.wait_for(lambda: live.mode() is Mode.RUNNING and live.settled, "it to go on")
        assert live.working() == rests
        assert live.command(Verb.CANCEL_BUYS).accepted
        live.wait_for(lambda: confirmed(live, Verb.CANCEL_BUYS), "the cancel")
        assert not live.working() and live.command(Verb.RESUME).accepted
        live.wait_for(lambda: prices(live) == ["150"] and live.settled, "the entry once more")
        assert live.command(Verb.PAUSE).accepted
        venue.set_price("SOL", D("149.9"))
        live.wait_for(lambda: held(live) == 2 and len(prices(live)) == 1, "a stop, in the pause")
        assert live.mode() is Mode.PAUSED


def may_be_told(live: LiveEngine) -> bool:
    return live.snapshot.equity is not None and Verb.OPEN not in dict(live.snapshot.refusals)


def left_free(live: LiveEngine, usd: int) -> None:
    """So much of a flat account's money, and the engine has read of it."""
    account = live.venue.core.account(live.key.address)

    def move() -> None:
        account.deposit(usd - account.cash)
        live._oracle.note()

    live.venue.call(move)
    live.do(lambda trade: trade.account_sync.ask_account())
    live.wait_for(lambda: live.snapshot.equity == usd, "the account")


def test_it_is_told_to_enter_only_where_its_margin_is_free(venue: LocalVenue) -> None:
    """300 USD at 5x: 1.1 times 60 and the fee are 66.14 USD."""
    guards = GuardRules(balance=D("1.1"))
    told = replace(config(enters_at_start=False), guards=guards)
    with LiveEngine(venue, told) as live:
        live.opened()
        left_free(live, 66)
        refused = live.command(Verb.OPEN)
        assert not refused.accepted
        assert refused.text == "guard balance: needs 66.14, 66.00 USD is free"
        left_free(live, 67)
        assert live.command(Verb.OPEN).accepted
        live.wait_for(lambda: prices(live) == ["149"] and live.settled, "the entry")


def test_an_entry_waits_while_its_margin_is_not_free(venue: LocalVenue) -> None:
    """It was told before, and goes out by itself as soon as it may."""
    terms = config(entry=EntryRules(reprices=9), entry_price=None, enters_at_start=False)
    with LiveEngine(venue, replace(terms, guards=GuardRules(balance=D("1.1")))) as live:
        live.opened()
        live.wait_for(lambda: may_be_told(live), "it to wait to be told")
        assert live.command(Verb.OPEN).accepted
        live.wait_for(lambda: prices(live) == ["150"] and live.settled, "the entry")
        left_free(live, 60)
        venue.set_price("SOL", D("151"))
        live.wait_for(lambda: not live.working(), "the entry to be taken from where it was")
        assert "guard balance" in (live.on_engine(lambda trade: trade.entry_block, "") or "")
        left_free(live, 500)
        live.wait_for(lambda: prices(live) == ["151"] and live.settled, "the entry")


def test_no_more_is_sold_than_the_exchange_holds(venue: LocalVenue) -> None:
    """Another hand has sold half of it a moment before: what the engine sells is what is left."""
    with LiveEngine(venue, AT_MARKET) as live:
        live.opened()
        live.wait_for(lambda: held(live) == 2 and live.settled, "the entry")
        by_hand(live, Side.SELL, "1")
        assert live.command(Verb.FLATTEN).accepted
        live.wait_for(lambda: live.held() == 0 and not live.working(), "flat")
        live.wait_for(lambda: confirmed(live, Verb.FLATTEN), "its confirmation")
        assert sum(D(fill["sz"]) for fill in live.fills() if fill["side"] == "A") == 2


def end_orders(live: LiveEngine, status: str) -> None:
    """The exchange ends whatever works, in one of its words."""
    account = live.venue.core.account(live.key.address)
    faults = Interventions(live.venue.core)
    live.venue.call(lambda: [faults.end_order(order, status) for order in [*account.open_orders.values()]])


def test_what_was_bought_before_the_entry_is_given_up_stays_protected_to_its_end(venue: LocalVenue) -> None:
    terms = config(entry=EntryRules(reprices=0), entry_price=None, reenter_after=None)
    with LiveEngine(venue, terms) as live:
        live.opened()
        live.wait_for(lambda: prices(live) == ["150"] and live.settled, "the entry")
        liquidity(venue, D(20))
        venue.set_price("SOL", D("150.1"))
        sold_by_another(live, "0.9", "149.9")
        live.wait_for(lambda: 0 < held(live) < 2, "a part of the entry")
        part = held(live)
        venue.set_price("SOL", D("150.4"))
        live.wait_for(lambda: prices(live) == ["142.59"] and live.settled, "nothing but its stop")
        assert held(live) == part == live.held() and live.mode() is Mode.RUNNING
        liquidity(venue, D(1_000_000))
        venue.set_price("SOL", D("142.5"))
        live.wait_for(lambda: live.ended, "the end")
        assert live.reason.text.startswith("Trade ended: hard stop.")
        assert (live.held(), live.working()) == (0, [])


def test_an_entry_that_the_exchange_takes_away_waits_for_another_price(venue: LocalVenue) -> None:
    terms = config(entry=EntryRules(reprices=1), entry_price=None, reenter_after=None)
    with LiveEngine(venue, terms) as live:
        live.opened()
        live.wait_for(lambda: prices(live) == ["150"] and live.settled, "the entry")
        end_orders(live, "marginCanceled")
        live.wait_for(lambda: not prices(live) and live.settled, "it to be gone")
        venue.set_price("SOL", D("150.05"))
        live.wait_for(lambda: prices(live) == ["150.05"] and live.settled, "its one other try")
        end_orders(live, "marginCanceled")
        venue.set_price("SOL", D("150.1"))
        live.wait_for(lambda: live.ended, "the end")
        assert live.reason.text.startswith("Trade ended: the entry was moved once and is given up.")


def test_what_was_bought_while_no_engine_ran_gets_its_stop_at_the_next_start(venue: LocalVenue) -> None:
    """In the middle of an entry: a part of it is bought, the engine dies, the rest is bought."""
    with LiveEngine(venue, config()) as live:
        live.opened()
        live.wait_for(lambda: prices(live) == ["149"] and live.settled, "the entry")
        liquidity(venue, D(20))
        venue.set_price("SOL", D("149.1"))
        sold_by_another(live, "0.9", "148.9")
        live.wait_for(lambda: 0 < held(live) < 2 and live.settled, "a part of the entry")
        stop = next(row["oid"] for row in live.working() if row["isTrigger"])
        live.stop.request(OnExit.LEAVE)
        assert live.reason.status == 0
    liquidity(venue, D(1_000_000))
    venue.set_price("SOL", D("148.8"))
    again = LiveEngine(venue, live.config, history=live.journal.inputs)
    again.key = live.key
    with again:
        again.wait_for(lambda: again.mode() is Mode.RUNNING and again.settled, "the trade to be taken up")
        assert held(again) == again.held() == D("2.01") and bracket(again).entry is None
        assert [row["oid"] for row in again.working()] == [stop], "it covers all of it already"
        venue.set_price("SOL", D(141))
        again.wait_for(lambda: is_flat(again) and bracket(again).stay.number == 2, "the stop")


def test_coins_too_few_for_an_order_have_a_stop_that_sells_them(venue: LocalVenue) -> None:
    """4.50 USD are left of 300."""
    with LiveEngine(venue, AT_MARKET) as live:
        live.opened()
        live.wait_for(lambda: held(live) == 2 and live.settled, "the entry")
        by_hand(live, Side.SELL, "1.97")
        live.wait_for(lambda: live.mode() is Mode.PAUSED, "the pause")
        assert live.command(Verb.ADOPT).accepted
        live.wait_for(lambda: held(live) == D("0.03"), "the sale to be booked")
        assert live.command(Verb.RESUME).accepted
        live.wait_for(lambda: prices(live) == ["142.66"] and live.settled, "its stop, where it was")
        venue.set_price("SOL", D(142))
        live.wait_for(lambda: is_flat(live) and bracket(live).stay.number == 2, "the stop")
        assert live.command(Verb.OPEN).accepted
        live.wait_for(lambda: held(live) > 2 and live.settled, "the next entry")
