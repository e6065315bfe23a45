"""What was ordered while the line was down is done when it is back, unless it was called off."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from decimal import Decimal

import pytest

from hypertui.engine import departure
from hypertui.execution.timing import Timing
from hypertui.port.commands import CommandState, CommandView, OnExit, Verb
from hypertui.port.snapshot import Mode
from tests.execution.test_second_strategy import has_position, liquidity
from tests.support.live_engine import LiveEngine
from tests.support.local_venue import LocalVenue
from tests.support.memory_journal import MemoryJournal

TRADE = 0x11E


@pytest.fixture
def venue() -> Iterator[LocalVenue]:
    with LocalVenue({"SOL": Decimal(150)}) as venue:
        yield venue


def start(venue: LocalVenue, before: LiveEngine | None = None, **changes: object) -> LiveEngine:
    """An engine on a journal in memory; with `before`, the next one of the same account."""
    journal = MemoryJournal(before.journal.inputs if before is not None else ())
    live = LiveEngine(
        venue, journal=lambda *_: nullcontext((TRADE, journal)), timing=Timing(300, 800), **changes
    )
    live.journal = journal
    if before is not None:
        live.key = before.key
    return live


def sides(live: LiveEngine) -> str:
    return "".join("S" if order["side"] == "A" else "B" for order in live.working())


def newest(live: LiveEngine, verb: Verb) -> CommandView:
    return next(view for view in live.snapshot.commands if view.verb is verb)


def came_to(live: LiveEngine, verb: Verb, state: CommandState) -> str:
    """Wait for the newest command of this kind to come to that; returns its words."""
    live.wait_for(lambda: newest(live, verb).state is state, f"{verb.value} to be {state.value}")
    return newest(live, verb).text


def booked(live: LiveEngine) -> int:
    return live.on_engine(lambda trade: trade.tracker.fills_booked, 0)


def restored(venue: LocalVenue, *faults: str) -> None:
    for fault in faults:
        venue.call(lambda fault=fault: venue.server.faults.off(fault))  # type: ignore[misc]


@pytest.mark.parametrize(
    ("verb", "left", "mode"),
    [
        (Verb.CANCEL_BUYS, "SS", Mode.PAUSED),
        (Verb.CANCEL_ALL, "", Mode.PAUSED),
        (Verb.FLATTEN, "", Mode.HALTED),
    ],
)
def test_it_is_done_after_the_outage_and_a_restart_in_it(
    venue: LocalVenue, verb: Verb, left: str, mode: Mode
) -> None:
    with start(venue) as first:
        first.opened().go_to(-2)
        assert sides(first) == "SSBB"
        venue.fail("http-502", only="cancelByCloid")
        venue.fail("http-500", only="order")
        assert first.command(verb).accepted
        first.wait_for(lambda: "to be cancelled" in first.snapshot.wish, "the wish")
        first.stop.request(OnExit.LEAVE)
        assert first.reason.text
        assert newest(first, verb).text == "the engine left before it was done"
    with start(venue, first) as second:
        second.wait_for(lambda: second.snapshot.wish.startswith(f"{verb.value} by test@tty: "), "it")
        assert second.mode() is Mode.PAUSED
        assert sides(second) == "SSBB"
        restored(venue, "http-502", "http-500")
        second.wait_for(lambda: not second.snapshot.wish, "the wish to come true")
        assert sides(second) == left
        assert second.mode() is mode
        assert (second.held() == 0) == (verb is Verb.FLATTEN)
    if verb is Verb.FLATTEN:
        assert second.journal.inputs == []  # the trade has ended, and the next start begins a new one


def test_an_operator_who_cancelled_the_buys_in_an_outage_is_not_bought_for_after_it(
    venue: LocalVenue,
) -> None:
    with start(venue) as live:
        live.opened().go_to(-1)
        above = live.unit_price(1)
        venue.fail("http-timeout-before", seconds=0.3)
        venue.drop_sockets()
        assert live.command(Verb.CANCEL_BUYS).accepted
        assert came_to(live, Verb.CANCEL_BUYS, CommandState.ACKNOWLEDGED) == ""
        live.wait_for(lambda: "waits for the exchange" in newest(live, Verb.CANCEL_BUYS).text, "the words")
        restored(venue, "http-timeout-before")
        assert came_to(live, Verb.CANCEL_BUYS, CommandState.CONFIRMED).startswith("no buys, and live stops")
        held = live.held()
        venue.set_price("SOL", above)
        live.wait_for(lambda: live.unit == 1, "the price")
        assert (live.held(), sides(live)) == (held, "SSS")


def test_flatten_sells_though_its_buys_cannot_be_cancelled_and_what_they_buy(venue: LocalVenue) -> None:
    with start(venue) as live:
        live.opened().go_to(-2)
        venue.fail("http-502", only="cancelByCloid")
        assert live.command(Verb.FLATTEN).accepted
        live.wait_for(lambda: live.held() == 0, "the sale", 6)
        assert sides(live).endswith("BB")
        fills = booked(live)
        venue.set_price("SOL", live.unit_price(-1))  # one of them fires
        live.wait_for(lambda: booked(live) >= fills + 2, "what it bought to be sold")
        assert live.held() == 0
        assert newest(live, Verb.FLATTEN).state is CommandState.ACKNOWLEDGED
        restored(venue, "http-502")
        came_to(live, Verb.FLATTEN, CommandState.CONFIRMED)
        assert (live.held(), live.working(), live.mode()) == (0, [], Mode.HALTED)
        assert live.snapshot.closed_at is not None


def test_flatten_on_the_way_out_that_was_not_seen_done_is_done_by_the_next_start(
    venue: LocalVenue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(departure, "_STAGE_PATIENCE", 1.0)
    with start(venue) as first:
        first.opened().go_to(-1)
        venue.fail("http-502", only="cancelByCloid")
        venue.fail("http-500", only="order")
        first.stop.request(OnExit.FLATTEN)
        assert first.reason.status == 3
        assert "flatten is not done: it waits for " in first.reason.text
    restored(venue, "http-502", "http-500")
    with start(venue, first) as second:
        second.wait_for(lambda: second.mode() is Mode.HALTED, "it to be flat")
        assert (second.held(), second.working()) == (0, [])


def test_a_stronger_order_takes_over_and_resume_calls_it_off(venue: LocalVenue) -> None:
    with start(venue) as live:
        live.opened().go_to(-1)
        venue.fail("http-502", only="cancelByCloid")
        venue.fail("http-500", only="order")
        live.command(Verb.CANCEL_BUYS)
        assert live.command(Verb.FLATTEN).accepted
        assert came_to(live, Verb.CANCEL_BUYS, CommandState.FAILED) == "overtaken by flatten"
        refused = live.command(Verb.CANCEL_ALL)
        assert not refused.accepted
        assert refused.text == "flatten by test@tty is wanted, which does more; resume calls it off"
        live.wait_for(lambda: Verb.CANCEL_ALL in dict(live.snapshot.refusals), "the refusal beforehand")
        assert live.command(Verb.PAUSE).accepted
        assert newest(live, Verb.FLATTEN).state is CommandState.ACKNOWLEDGED
        assert live.command(Verb.RESUME).accepted
        assert came_to(live, Verb.FLATTEN, CommandState.FAILED) == "called off by resume"
        restored(venue, "http-502", "http-500")
        live.wait_for(lambda: live.settled and live.mode() is Mode.RUNNING, "it to trade on")
        assert sides(live) == "SSSB"
    with start(venue, live) as after:
        after.wait_for(lambda: after.settled and after.mode() is Mode.RUNNING, "it to go on without it")
        assert after.snapshot.wish == ""


def test_a_sell_out_takes_the_place_of_what_a_restart_would_go_on_with(venue: LocalVenue) -> None:
    with start(venue) as live:
        live.opened().go_to(-1)
        venue.fail("http-502", only="cancelByCloid")
        for verb in (Verb.CANCEL_BUYS, Verb.SELL_OUT):
            assert live.command(verb).accepted
        wishes = [entry.data["verb"] for entry in live.journal.inputs if entry.kind == "wish"]
        assert wishes == ["cancel-buys", ""]
        restored(venue, "http-502")
        came_to(live, Verb.SELL_OUT, CommandState.CONFIRMED)


def test_halted_while_selling_out_it_says_what_resume_goes_on_with(venue: LocalVenue) -> None:
    with start(venue) as first:
        first.opened().go_to(-1)
        first.command(Verb.SELL_OUT)
        came_to(first, Verb.SELL_OUT, CommandState.CONFIRMED)
        first.command(Verb.HALT)
        first.wait_for(lambda: first.snapshot.resumes is Mode.SELLING_OUT, "what it would resume")
        first.stop.request(OnExit.LEAVE)
        assert first.reason.text
    with start(venue, first) as second:
        second.wait_for(lambda: second.mode() is Mode.PAUSED, "the restart")
        snapshot = second.snapshot
        assert snapshot.reason == "halted before the restart (by test@tty)"
        assert snapshot.resumes is Mode.SELLING_OUT
        second.wait_for(
            lambda: second.on_engine(lambda trade: trade.account_sync.reconciled, False), "comparison"
        )
        second.command(Verb.RESUME)
        second.wait_for(lambda: second.mode() is Mode.SELLING_OUT, "it to sell out")


def test_leaving_with_live_buys_is_said(venue: LocalVenue) -> None:
    with start(venue) as live:
        live.opened().go_to(-2)
        live.stop.request(OnExit.LEAVE)
        words = "UNATTENDED: 2 buys are live with no engine: a buy that fills gets no stop"
        assert live.reason.text.endswith(words)


def test_a_closed_trade_refuses_what_would_trade_on(venue: LocalVenue) -> None:
    with start(venue) as live:
        live.opened()
        live.command(Verb.FLATTEN)
        came_to(live, Verb.FLATTEN, CommandState.CONFIRMED)
        live.wait_for(lambda: Verb.RESUME in dict(live.snapshot.refusals), "the refusal beforehand")
        assert "the trade is closed" in live.command(Verb.RESUME).text


@pytest.mark.parametrize("is_for_good", [False, True])
def test_an_entry_of_a_signal_that_bought_too_little_is_sold_by_the_next_start(
    venue: LocalVenue, *, is_for_good: bool
) -> None:
    """It waits for the next signal then, unless an operator wanted it closed."""
    liquidity(venue, Decimal(10))
    venue.call(venue.server.step)
    with start(venue, by_signal=True) as first:
        first.wait_for(lambda: first.snapshot.waits, "it to wait")
        venue.fail("http-slow", seconds=0.5, only="order", count=1)
        assert first.command(Verb.START).accepted
        first.wait_for(lambda: has_position(first), "the entry")
        venue.fail("http-500", only="order")
        first.wait_for(lambda: "too little for 4 stops" in first.snapshot.wish, "the wish")
        if is_for_good:
            assert first.command(Verb.FLATTEN).accepted
        first.stop.request(OnExit.LEAVE)
        assert first.reason.text
    bought = first.held()
    assert bought > 0
    with start(venue, first, by_signal=True) as second:
        why = "flatten by" if is_for_good else "too little for 4 stops"
        second.wait_for(lambda: why in second.snapshot.wish, "it to be taken up")
        if not is_for_good:
            ack = second.command(Verb.RESUME)
            assert not ack.accepted and "too little for 4 stops" in ack.text
        assert second.held() == bought
        restored(venue, "http-500")
        if is_for_good:
            second.wait_for(lambda: second.mode() is Mode.HALTED, "its end")
            assert second.snapshot.closed_at is not None
        else:
            second.wait_for(lambda: second.snapshot.waits, "it to wait again")
            assert second.snapshot.not_begun == "unfilled"
        assert (second.held(), second.working()) == (0, [])
