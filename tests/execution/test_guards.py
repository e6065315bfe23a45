"""Guards of a live trade: at its limit no buy is left, and whatever protects or closes goes on as before."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import nullcontext
from copy import deepcopy
from dataclasses import replace
from decimal import Decimal as D

import pytest

from hypertui.core.market import KNOWN_INSTRUMENTS
from hypertui.engine.live_trade import LiveTrade
from hypertui.execution.input_codec import JournalledInput, decode
from hypertui.execution.orders import ClientIds
from hypertui.execution.playback import replay
from hypertui.execution.trade import Trade
from hypertui.execution.trade_history import TradeHistory
from hypertui.execution.trade_inputs import GuardRearmed, GuardsJudged, TradeOpened
from hypertui.execution.trade_snapshot import dump, load
from hypertui.port.commands import Ack, Command, CommandState, Verb
from hypertui.port.engine import EventKind
from hypertui.port.snapshot import Mode
from hypertui.risk import equity
from hypertui.risk.guards import Guard, GuardAction, GuardState
from hypertui.risk.memory import Base, GuardMemory, Rearm, inherited
from hypertui.risk.rules import GuardRules
from hypertui.risk.watch import GuardWatch
from tests.support.live_engine import LiveEngine
from tests.support.local_venue import LocalVenue
from tests.support.memory_journal import MemoryJournal

TRADE = 0x6A4D
# The position is worth 2,000 USD of the 10,000 that an account owns here; a unit is 0.5 of 150.
# Two units down it has lost 13 USD, fees included, and is worth 1,000.
TIGHT = GuardRules(daily_loss_usd=D(14))


@pytest.fixture
def venue() -> Iterator[LocalVenue]:
    with LocalVenue({"SOL": D(150)}) as venue:
        yield venue


def start(
    venue: LocalVenue,
    rules: GuardRules = TIGHT,
    history: list[JournalledInput] | None = None,
    before: LiveEngine | None = None,
) -> LiveEngine:
    journal = MemoryJournal(history or [])
    live = LiveEngine(venue, journal=lambda *_: nullcontext((TRADE, journal)), guards=rules)
    live.journal = journal
    if before is not None:
        live.key = before.key
    return live


def state(live: LiveEngine, guard: Guard = Guard.DAILY_LOSS) -> GuardState | None:
    found = live.on_engine(lambda trade: trade.trade.guards.verdict(guard), None)
    return None if found is None else found.state


def read_account(live: LiveEngine) -> None:
    """As the engine does every five seconds."""
    live.do(lambda trade: trade.account_sync.ask_account())


def read_often(live: LiveEngine) -> None:
    """From now on as it does, but many times a second: by one reading alone nothing is sold or withheld."""

    async def read(trade: LiveTrade) -> None:
        while True:
            await trade.account_sync.ask_account()
            await asyncio.sleep(0.02)

    async def begin(trade: LiveTrade) -> None:
        trade.context.queue.spawn(read(trade))

    live.do(begin)


def sides(live: LiveEngine) -> list[str]:
    return ["".join(sorted(order["side"] for order in live.working()))]


def rearm(live: LiveEngine, guard: str, reason: str) -> Ack:
    command = Command(f"rearm {guard} {reason}", Verb.REARM, "ann@tty", guard=guard, reason=reason)
    return asyncio.run(live.engine.command(command))


def said(live: LiveEngine, key: str = "guard daily_loss") -> str:
    """What an alarm says that holds."""
    return next((each.text for each in live.snapshot.alarms if each.key == key and each.active), "")


def pay_out(venue: LocalVenue, address: str, usd: D, delta: dict[str, object]) -> None:
    with venue.core._events.open() as batch:
        venue.core.treasury.adjust(venue.core.stored(address), -usd, delta, batch)


def trip(live: LiveEngine) -> None:
    """Two stops fill, two buys are live; then more is lost than may be, and no other stop is touched."""
    live.opened()
    live.wait_for(lambda: state(live) is GuardState.OK, "the first judgement")
    live.go_to(-1)
    live.go_to(-2)
    assert sides(live) == ["AABB"]
    live.venue.set_price("SOL", live.unit_price(-2) - D("0.4"))
    read_account(live)
    live.wait_for(lambda: state(live) is GuardState.TRIPPED, "the trip")
    live.wait_for(lambda: live.settled and sides(live) == ["AA"], "no buy")


def test_at_the_limit_the_buys_go_and_the_stops_stay_and_trail(venue: LocalVenue) -> None:
    with start(venue) as live:
        trip(live)
        assert live.mode() is Mode.RUNNING
        live.wait_for(lambda: "guard daily loss tripped at 15." in live.snapshot.holds, "the words")
        live.wait_for(
            lambda: "no new buys; stops go on. Resets 00:00 UTC or by hand" in said(live), "the alarm"
        )
        lower = [order["triggerPx"] for order in live.working()]
        for unit in (-1, 0, 1):
            live.go_to(unit)
        assert sides(live) == ["AA"], "nothing was bought on the way up"
        assert [order["triggerPx"] for order in live.working()] > lower, "the stops have followed"
        venue.set_price("SOL", live.unit_price(0))
        live.wait_for(lambda: live.settled and sides(live) == ["A"], "a stop's fill")
        assert live.command(Verb.FLATTEN).accepted
        live.wait_for(lambda: live.snapshot.closed_at is not None, "flat")
        assert live.held() == 0


def test_a_process_that_is_killed_leaves_it_tripped_and_a_rearm_brings_the_buys_back(
    venue: LocalVenue,
) -> None:
    with start(venue) as live:
        trip(live)
    written = list(live.journal.inputs)
    assert [each for each in map(decode, written) if isinstance(each, GuardsJudged)]
    with start(venue, history=written, before=live) as second:
        second.opened()
        assert state(second) is GuardState.TRIPPED
        assert sides(second) == ["AA"]
        refused = rearm(second, "drawdown", "why not")
        assert (refused.accepted, refused.text) == (
            False,
            "guard drawdown is not tripped; tripped is daily_loss",
        )
        assert rearm(second, "daily_loss", "  ").text == "a re-arm needs its reason"
        second.wait_for(lambda: second.snapshot.equity is not None, "the equity")
        assert rearm(second, "daily_loss", "the market has turned").accepted
        second.wait_for(lambda: second.settled and sides(second) == ["AABB"], "the buys")
        assert state(second) is GuardState.REARMED
        (given,) = (e for e in map(decode, second.journal.inputs) if isinstance(e, GuardRearmed))
        assert (given.by, given.reason) == ("ann@tty", "the market has turned")
        told = [event.text for event in second.events(EventKind.STATE)]
        assert "guard daily loss re-armed by ann@tty: the market has turned" in told
        assert rearm(second, "daily_loss", "again").text == "no guard is tripped that is reset by hand"
        said = [e.data for e in second.events(EventKind.COMMAND) if e.data["verb"] == "rearm"]
        assert CommandState.CONFIRMED.value in {str(each["state"]) for each in said}


def test_what_was_lost_before_a_restart_is_lost_today(venue: LocalVenue) -> None:
    with start(venue) as live:
        live.opened()
        live.wait_for(lambda: state(live) is GuardState.OK, "the first judgement")
        live.go_to(-1)
    with start(venue, history=list(live.journal.inputs), before=live) as second:
        second.opened().go_to(-2)
        assert state(second) is not GuardState.TRIPPED
        venue.set_price("SOL", second.unit_price(-2) - D("0.4"))
        read_often(second)
        second.wait_for(lambda: state(second) is GuardState.TRIPPED, "the trip")


def test_a_pause_does_not_keep_buys_live_that_a_guard_withdraws(venue: LocalVenue) -> None:
    with start(venue) as live:
        live.opened()
        live.go_to(-1)
        live.go_to(-2)
        assert live.command(Verb.PAUSE).accepted
        live.wait_for(lambda: live.mode() is Mode.PAUSED, "paused")
        assert sides(live) == ["AABB"]
        live.venue.set_price("SOL", live.unit_price(-2) - D("0.4"))
        read_account(live)
        live.wait_for(lambda: sides(live) == ["AA"], "no buy")


def test_money_that_was_paid_out_is_no_loss(venue: LocalVenue) -> None:
    with start(venue) as live:
        live.opened()
        live.wait_for(lambda: state(live) is GuardState.OK, "the first judgement")
        address = live.key.address.lower()
        delta = {"type": "withdraw", "usdc": "3000.0", "nonce": 1, "fee": "0.0"}
        venue.call(lambda: pay_out(venue, address, D(3_000), delta))
        read_account(live)
        live.wait_for(
            lambda: live.snapshot.equity is not None and live.snapshot.equity < 8_000, "it to be read"
        )
        live.wait_for(lambda: not live.snapshot.holds, "the transfers to be read")
        assert state(live) is not GuardState.TRIPPED


@pytest.mark.parametrize("action", [GuardAction.SELL_OUT, GuardAction.FLATTEN])
def test_a_drawdown_does_what_is_set(
    venue: LocalVenue, action: GuardAction, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(equity, "FLOWS_LAG", 300)
    rules = GuardRules(drawdown=D("0.0009"), drawdown_action=action)
    with start(venue, rules) as live:
        live.opened()
        live.wait_for(lambda: state(live, Guard.DRAWDOWN) is GuardState.OK, "the first judgement")
        live.go_to(-1)
        live.venue.set_price("SOL", live.unit_price(-1) - D("0.4"))
        read_often(live)
        if action is GuardAction.SELL_OUT:
            live.wait_for(lambda: live.mode() is Mode.SELLING_OUT, "selling out")
            live.wait_for(lambda: live.settled and set(sides(live)[0]) == {"A"}, "stops alone")
            return
        assert live.reason.text.startswith("Trade ended: drawdown guard. Result -")
        told = [e.text for e in live.events(EventKind.ALARM) if "guard drawdown tripped" in e.text]
        assert told
        assert "everything is sold. Resets by hand" in told[0]
        assert live.held() == 0
        sold = [e.data for e in live.events(EventKind.ORDER) if e.data["role"] == "close"]
        assert {(str(each["reason"]), str(each["source"])) for each in sold} == {("GUARD", "guard:drawdown")}


def test_an_entry_beyond_the_largest_position_is_withheld_and_the_rest_goes_on(venue: LocalVenue) -> None:
    with start(venue, GuardRules()) as live:
        live.opened()
    with start(venue, GuardRules(max_position=D(1_200)), list(live.journal.inputs), before=live) as live:
        live.opened()
        for unit, left in ((-1, "AAA"), (-2, "AA"), (-3, "A")):
            venue.set_price("SOL", live.unit_price(unit))
            live.wait_for(lambda: live.unit == unit and sides(live) == [left], "a stop's fill")  # noqa: B023
            live.wait_for(lambda: "guard max position: 1,9" in live.snapshot.holds, "the words")


def test_a_ladder_that_moves_is_no_larger_than_its_position(venue: LocalVenue) -> None:
    """A sale that is due and the buy opposite are one slot, and so are a cancelled buy and the next."""
    with start(venue, GuardRules(max_position=D(2_030))) as live:
        live.opened()
        for unit in (-1, -2, -3, -2, -1, -2, -3, -4, -5, -6, -5, -4, -3, -2):
            live.go_to(unit)
        judged = [each for each in map(decode, live.journal.inputs) if isinstance(each, GuardsJudged)]
    assert judged
    assert not [each for each in judged for verdict in each.verdicts if verdict.is_tripped]


def test_a_jump_holds_new_buys_for_a_while(venue: LocalVenue) -> None:
    with start(venue, GuardRules(price_jump=D("0.002"))) as live:
        live.opened()
        at = live.unit_price(0)
        venue.set_price("SOL", at - D("0.4"))
        live.wait_for(lambda: "guard price jump: 0.2" in live.snapshot.holds, "the words")
        venue.set_price("SOL", live.unit_price(-1))
        live.wait_for(lambda: live.unit == -1 and sides(live) == ["AAA"], "the stop's fill")
        live.wait_for(lambda: not live.on_engine(lambda trade: trade.gateway.busy, True), "quiet")
        assert sides(live) == ["AAA"], "no buy in its place"
        found = live.on_engine(lambda trade: trade.trade.guards.memory.jumped_at, 0)
        assert found, "a restart knows it"


def test_what_is_written_down_gives_the_same_state_again(venue: LocalVenue) -> None:
    """Inputs alone, and a state that was kept, after a trip, a re-arm and moves to and fro."""
    with start(venue) as live:
        trip(live)
        live.wait_for(lambda: live.snapshot.equity is not None, "the equity")
        assert rearm(live, "daily_loss", "why").accepted
        for unit in (-1, -2, -1):
            live.go_to(unit)
        written = list(live.journal.inputs)
        kept = live.on_engine(
            lambda trade: (dump(trade.trade), deepcopy(trade.trade.guards)), ("", GuardWatch())
        )
    assert kept[1].turns, "the price has turned"
    opened = decode(next(each for each in written if each.kind == "opened"))
    assert isinstance(opened, TradeOpened)

    def fresh() -> Trade:
        plan = live.config.plan(KNOWN_INSTRUMENTS["SOL"])
        return Trade(plan.start(opened.fills), live.config.timing, ClientIds(TRADE))

    replayed, loaded = fresh(), fresh()
    replay(replayed, TradeHistory.of(written).since)
    load(loaded, kept[0])
    assert replayed.guards == loaded.guards == kept[1]
    assert replayed.tracker.withdrawn == loaded.tracker.withdrawn == kept[1].withdraws


def test_a_new_trade_of_the_account_begins_with_the_days_loss(venue: LocalVenue) -> None:
    with start(venue) as live:
        trip(live)
        memory = live.on_engine(lambda trade: trade.trade.guards.memory, GuardMemory())
        assert live.command(Verb.FLATTEN).accepted
        live.wait_for(lambda: live.snapshot.closed_at is not None, "flat")
    journal = Remembering(inherited([memory], memory.day, memory.peak))
    again = LiveEngine(venue, journal=lambda *_: nullcontext((TRADE + 1, journal)), guards=TIGHT)
    again.key = live.key
    with again:
        assert again.reason.status == 2
        assert "guard daily loss would hold the trade: " in again.reason.text
        assert again.reason.text.endswith(
            "it resets 00:00 UTC or by hand: start with --rearm daily_loss=REASON"
        )
    assert again.held() == 0
    assert again.working() == []


def test_a_drawdown_that_holds_a_new_trade_is_reset_with_its_start_once(venue: LocalVenue) -> None:
    """No engine runs that could be told, and a drawdown does not end by itself."""
    rules = GuardRules(drawdown=D("0.1"), drawdown_action=GuardAction.FLATTEN)
    memory = GuardMemory(peak=Base(1, D(12_000)))

    def new(*rearms: Rearm) -> LiveEngine:
        journal = Remembering(memory)
        live = LiveEngine(
            venue, journal=lambda *_: nullcontext((TRADE, journal)), guards=rules, rearms=rearms
        )
        live.journal = journal
        return live

    with new() as refused:
        assert refused.reason.status == 2
        assert "guard drawdown would hold the trade: 16.67 % of 10 % below the peak" in refused.reason.text
        assert refused.reason.text.endswith("it resets by hand: start with --rearm drawdown=REASON")
    with new(Rearm(Guard.DRAWDOWN, 0, "ann@tty", "a new beginning")) as live:
        live.opened()
        assert state(live, Guard.DRAWDOWN) is GuardState.REARMED
        given = [each for each in map(decode, live.journal.inputs) if isinstance(each, GuardRearmed)]
        assert [(each.guard, each.by, each.reason) for each in given] == [
            (Guard.DRAWDOWN, "ann@tty", "a new beginning")
        ]
        assert given[0].memory.peak is not None
        assert given[0].memory.peak.equity == 10_000, "counted from the equity of now"
        left = live.on_engine(lambda trade: trade.context.account.rearms, ())
        assert left == (), "a trade that is started again later has to be told anew"
    # A trade that goes on is told by hand: a service that is restarted must not reset what trips again.
    told = (Rearm(Guard.DRAWDOWN, 0, "ann@tty", "once more"),)
    journal = MemoryJournal(list(live.journal.inputs))
    again = LiveEngine(venue, journal=lambda *_: nullcontext((TRADE, journal)), guards=rules, rearms=told)
    again.key = live.key
    with again:
        again.opened()
        assert any("use hypertui ctl rearm" in each.text for each in again.events(EventKind.STATE))
    rearmed = [each for each in map(decode, journal.inputs) if isinstance(each, GuardRearmed)]
    assert len(rearmed) == 1


def test_a_loss_that_the_entrys_fee_would_make_refuses_the_start(venue: LocalVenue) -> None:
    """Its fee is 0.90 USD: without it the guard would trip in the first second."""
    with start(venue, GuardRules(daily_loss_usd=D("0.85"))) as live:
        assert live.reason.status == 2
        assert "guard daily loss would hold the trade: 0." in live.reason.text
        assert " of 0.85 USD today" in live.reason.text
    with start(venue, GuardRules(daily_loss_usd=D(2))) as live:
        live.opened()


class Remembering(MemoryJournal):
    """One of a new trade, before which the account has had others."""

    def __init__(self, memory: GuardMemory) -> None:
        super().__init__()
        self._memory = memory

    def history(self) -> TradeHistory:
        return replace(super().history(), guards=self._memory)
