"""Exits of a live trade: the rule that is due closes everything, whatever else the trade is doing, and every
order it makes says so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal as D

import pytest

from hypertui.engine.live_trade import LiveTrade
from hypertui.execution import operator_exits
from hypertui.execution.input_codec import decode, encode
from hypertui.execution.trade_inputs import ExitBegan, ExitsSet
from hypertui.port.commands import CommandState, Verb
from hypertui.port.engine import EventKind
from hypertui.port.snapshot import Mode
from hypertui.strategy.exits.rules import ExitRule, ExitRules
from tests.support.exits import closed, start
from tests.support.local_venue import LocalVenue

HARD = ExitRules(hard_stop=D("0.005"), time_stop=10**9, native=False)


@pytest.fixture
def venue() -> Iterator[LocalVenue]:
    with LocalVenue({"SOL": D(150)}) as venue:
        yield venue


def test_a_hard_stop_sells_what_the_ladder_still_holds_and_ends_the_trade(venue: LocalVenue) -> None:
    with start(venue, HARD) as live:
        live.opened()
        live.go_to(-1)
        venue.set_price("SOL", live.unit_price(-2) - D("0.1"))
        began = closed(live, ExitRule.HARD_STOP)
        assert [(each.rule, each.due) for each in began.verdicts] == [
            (ExitRule.HARD_STOP, True),
            (ExitRule.TIME_STOP, False),
        ]
        assert began.verdicts[0].price is not None and began.price <= began.verdicts[0].price


def test_a_profit_is_taken(venue: LocalVenue) -> None:
    with start(venue, ExitRules(take_profit=D("0.01"))) as live:
        live.opened()
        live.go_to(2)
        venue.set_price("SOL", live.unit_price(4))
        closed(live, ExitRule.TAKE_PROFIT)


@pytest.mark.parametrize("verb", [Verb.PAUSE, Verb.HALT, Verb.CANCEL_ALL])
def test_whatever_the_operator_has_set_an_exit_goes_on(venue: LocalVenue, verb: Verb) -> None:
    with start(venue, HARD) as live:
        live.opened()
        assert live.command(verb).accepted
        live.wait_for(lambda: live.mode() in (Mode.PAUSED, Mode.HALTED), verb.value)
        if verb is Verb.CANCEL_ALL:
            live.wait_for(lambda: not live.working(), "no orders")
        venue.set_price("SOL", live.unit_price(-2) - D("0.1"))
        closed(live, ExitRule.HARD_STOP)


def test_an_exit_that_a_process_began_is_ended_by_the_next(venue: LocalVenue) -> None:
    with start(venue, HARD) as live:
        live.opened()
    written = [*live.journal.inputs]
    assert any(isinstance(decode(each), ExitsSet) for each in written)
    began = encode(ExitBegan(written[-1].at, ExitRule.HARD_STOP, D("149"), ()))
    venue.set_price("SOL", D("149.4"))  # a stop fires meanwhile, and the ladder would buy again
    with start(venue, ExitRules(), [*written, began], before=live) as second:
        closed(second, ExitRule.HARD_STOP)
        assert [e.data for e in second.events(EventKind.ORDER) if e.data["role"] == "buy"] == []


def test_the_price_that_ends_it_moves_no_stop_first(venue: LocalVenue) -> None:
    """At unit +2 the ladder would place a stop at unit +1; nothing holds the close up for that."""
    with start(venue, ExitRules(take_profit=D("0.005"))) as live:
        live.opened()
        venue.set_price("SOL", live.unit_price(2))
        closed(live, ExitRule.TAKE_PROFIT)
        units = {e.data["unit"] for e in live.events(EventKind.ORDER) if e.data["role"] == "stop"}
        assert units == {-4, -3, -2, -1}


def test_a_trade_that_was_flattened_is_not_ended_once_more(venue: LocalVenue) -> None:
    with start(venue, HARD) as live:
        live.opened()
        assert live.command(Verb.FLATTEN).accepted
        live.wait_for(lambda: live.snapshot.closed_at is not None, "flat")

        async def expire(trade: LiveTrade) -> None:
            terms = trade.trade.exits.terms
            assert terms is not None
            trade.recorder.take(ExitsSet(0, replace(terms, rules=ExitRules(time_stop=1))))

        live.do(expire)
        assert not live.command(Verb.EXIT).accepted
        venue.set_price("SOL", D("151"))
        live.wait_for(
            lambda: live.on_engine(lambda trade: trade.recorder.mark, D(0)) == D("151"), "the price"
        )
        assert live.mode() is Mode.HALTED
        assert live.snapshot.ends_by == ""
        assert live.held() == 0


def test_an_exit_of_a_trade_that_sells_out_says_so(venue: LocalVenue) -> None:
    with start(venue, HARD) as live:
        live.opened()
        live.go_to(-1)
        assert live.command(Verb.SELL_OUT).accepted
        live.wait_for(lambda: live.mode() is Mode.SELLING_OUT, "selling out")
        venue.set_price("SOL", live.unit_price(-2) - D("0.1"))
        closed(live, ExitRule.HARD_STOP)


def test_what_ends_it_is_told(venue: LocalVenue) -> None:
    with start(venue, HARD) as live:
        live.opened()
        told = [event.text for event in live.events(EventKind.STATE)]
        assert "exits: hard stop -0.5%, time stop 277 h 47 min" in told
        venue.set_price("SOL", live.unit_price(-2) - D("0.4"))
        closed(live, ExitRule.HARD_STOP)
        (acted,) = (e for e in live.events(EventKind.STATE) if "ends the trade" in e.text)
        assert re.fullmatch(r"the hard stop ends the trade at 14\d\.\d+: net -\d\.\d\d %", acted.text)
        assert acted.data["source"] == "exit:hard_stop"


def test_rules_that_have_changed_hold_from_the_next_start_on(venue: LocalVenue) -> None:
    with start(venue, HARD) as live:
        live.opened()
    with start(venue, ExitRules(take_profit=D("0.01")), list(live.journal.inputs), before=live) as second:
        second.opened()
        second.go_to(-1)
        second.go_to(-2)
        assert second.mode() is Mode.RUNNING
        venue.set_price("SOL", second.unit_price(0))
        second.wait_for(lambda: second.unit == 0 and second.settled, "unit 0")
        venue.set_price("SOL", D("160"))
        closed(second, ExitRule.TAKE_PROFIT)


def test_a_signal_closes_as_soon_as_nothing_is_lost(venue: LocalVenue) -> None:
    with start(venue, ExitRules(signal_exit=True)) as live:
        live.opened()
        assert live.command(Verb.EXIT, "the signal").accepted
        said = [e.data for e in live.events(EventKind.COMMAND) if e.data["id"] == "the signal"][-1]
        assert said["state"] == CommandState.CONFIRMED.value
        assert "test@tty has asked to close; net -0." in str(said["text"])
        venue.set_price("SOL", live.unit_price(1))
        closed(live, ExitRule.SIGNAL_EXIT)


def test_where_no_signal_may_close_it_is_refused(venue: LocalVenue) -> None:
    with start(venue, HARD) as live:
        live.opened()
        refused = live.command(Verb.EXIT)
        assert not refused.accepted
        assert refused.text == "signal_exit is off for this trade"


def test_what_is_not_pressed_is_sold_near_the_price_first(
    venue: LocalVenue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A soft stop waits for no falling price: it is offered near it for a moment, and then at the market."""
    monkeypatch.setattr(operator_exits, "_NEAR_FOR", 400)
    book = venue.core.books["SOL"]
    with start(venue, ExitRules(signal_exit=True)) as live:
        live.opened()
        venue.set_price("SOL", live.unit_price(2))
        live.wait_for(lambda: live.unit == 2 and live.settled, "unit 2")
        venue.call(lambda: setattr(book, "_options", replace(book._options, half_spread=D("0.004"))))
        venue.set_price("SOL", live.unit_price(2) + D("0.01"))
        assert live.command(Verb.EXIT).accepted
        closed(live, ExitRule.SIGNAL_EXIT)
        sent = [
            e.data
            for e in live.events(EventKind.ORDER)
            if e.data["role"] == "close" and e.data["status"] == "sent"
        ]
        limits = [D(str(order["limit"])) / (live.unit_price(2) or D("151")) for order in sent]
        assert len(limits) >= 2
        assert limits[0] == pytest.approx(D("0.998"), abs=D("0.001"))
        assert limits[-1] < D("0.95")
