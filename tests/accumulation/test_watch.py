"""Beside a trade: the share of the profit is looked after, said, and taken for no loss."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Iterator
from decimal import Decimal as D
from pathlib import Path

import pytest
from eth_account import Account
from hyperliquid.exchange import Exchange as Sdk

from hypertui.accumulation.accumulator import AccumulationRules, Accumulator
from hypertui.cli.arguments import parser
from hypertui.cli.embedded import embedded
from hypertui.cli.prepare import prepare
from hypertui.core.accumulation import AccumulationState
from hypertui.engine.accumulation_watch import AccumulationWatch
from hypertui.engine.live_trade import LiveTrade
from hypertui.exchange.hyperliquid import SigningKey
from hypertui.exchange.protocol import Exchange
from hypertui.port.snapshot import Alarm, Severity
from hypertui.risk.guards import Guard, GuardState
from hypertui.risk.rules import GuardRules
from hypertui.runtime.accumulating import Accumulated, Reserve
from tests.execution.test_bracket import config
from tests.support.desk_engine import DeskEngine
from tests.support.ladders import changed
from tests.support.live_engine import SOL, LiveEngine
from tests.support.local_venue import LocalVenue

SECRET = "0x" + "5b" * 32
MINE = SigningKey.parse(SECRET).address


@pytest.fixture
def venue() -> Iterator[LocalVenue]:
    with LocalVenue({"SOL": D(150)}) as venue:
        yield venue


class Scripted:
    """Says one thing after the other; the first one may move money."""

    def __init__(self, *said: Accumulated | None, moves: D | None = None) -> None:
        self._said = iter(said)
        self._moves = moves
        self.reserves: list[Reserve | None] = []
        self.times: list[int] = []

    async def refusal(self, exchange: Exchange) -> str:
        return await exchange.funds.refusal()

    async def look(self, exchange: Exchange, reserve: Reserve | None, now: int) -> Accumulated | None:
        self.reserves.append(reserve)
        self.times.append(now)
        if self._moves is not None:
            await exchange.funds.to_spot(self._moves, exchange.funds.nonce())
        return next(self._said)


async def judged(trade: LiveTrade) -> None:
    """Read the account, and judge the guards by that."""
    knowledge, since = trade.context.market.knowledge, trade.context.clock()
    await trade.account_sync.ask_account()
    async with asyncio.timeout(10):
        while (knowledge.account_at or 0) < since:  # noqa: ASYNC110 - the queue turns meanwhile
            await asyncio.sleep(0)
    trade.guards.work(trade.context.clock() + 10_000)


def events(live: LiveEngine) -> list[str]:
    return [event.text for event in live.events("state") if "accumulate" in event.text]


def alarms(live: LiveEngine) -> dict[str, Alarm]:
    runner = live.engine.runner
    assert runner is not None
    return {alarm.key: alarm for alarm in runner.context.alarms.view() if alarm.active}


def test_the_guards_take_no_transfer_for_a_loss(venue: LocalVenue) -> None:
    """A quarter of the account's money moves, five times what a day may lose, and the trade buys on."""
    moved = Scripted(
        Accumulated(AccumulationState.MOVED, "2,500.00 USD moved to the spot wallet"), moves=D(2_500)
    )
    live = LiveEngine(venue, guards=GuardRules(daily_loss=D("0.05")))
    with live:
        live.opened()

        async def look(trade: LiveTrade) -> str:
            said = await AccumulationWatch(trade.context, moved).look()
            await trade.account_sync.ask_account()
            return said

        assert live.do(look) == ""
        assert venue.call(lambda: venue.core.stored(live.key.address).spot) == 2_500
        live.do(lambda trade: trade.account_sync.ask_transfers())
        live.go_to(1)
        live.go_to(-1)
        loss = live.on_engine(lambda trade: trade.guards.verdicts[0], None)
        assert loss is not None
        assert (loss.guard, loss.state) == (Guard.DAILY_LOSS, GuardState.OK)
        assert loss.figure is not None
        assert loss.figure < D("0.01")
        newest = live.on_engine(lambda trade: trade.context.account.equity.newest, None)
        assert newest is not None
        assert newest.equity < 7_600
        assert events(live) == ["accumulate: 2,500.00 USD moved to the spot wallet"]


def test_what_the_trades_need_is_known_to_it(venue: LocalVenue) -> None:
    """All coins are held at first, and nothing more is asked for; a sale arms a buy, which needs margin."""
    script = Scripted(None, None)
    with LiveEngine(venue, guards=GuardRules(balance=D("1.1"))) as live:
        live.opened()

        async def look(trade: LiveTrade) -> str:
            await judged(trade)
            trade.context.account.accumulation_lead._until = 0
            return await AccumulationWatch(trade.context, script).look()

        live.do(look)
        live.go_to(-2)
        live.do(look)
        before, after = script.reserves
        assert before is not None
        assert after is not None
        assert before.needed == 0
        assert D(50) < after.needed < D(120)  # two of four buys of 500 USD at 20x, 1.1 times, with fees


@pytest.mark.parametrize("gone", [D(0), D(9_000)])
def test_as_much_may_leave_as_keeps_the_stops_above_the_liquidation(venue: LocalVenue, gone: D) -> None:
    """What may leave does, and the guard of the liquidation holds nothing; with half of it more it does."""
    script = Scripted(None)
    rules = GuardRules(balance=D("1.1"), liquidation=D(1))
    with LiveEngine(venue, guards=rules, unit_size=D(8)) as live:
        live.opened()

        async def move(trade: LiveTrade, usd: D) -> GuardState:
            funds = trade.context.exchange.funds
            if usd:
                await funds.to_spot(usd, funds.nonce())
            await judged(trade)
            found = (each for each in trade.guards.verdicts if each.guard is Guard.LIQUIDATION)
            return next(found).state

        async def look(trade: LiveTrade) -> list[GuardState]:
            states = [await move(trade, gone)]
            await AccumulationWatch(trade.context, script).look()
            (reserve,) = script.reserves
            assert reserve is not None
            assert reserve.room is not None
            states.append(await move(trade, reserve.room.quantize(D(1))))
            if gone:  # and so the price of the liquidation is near
                states.append(await move(trade, (reserve.room / 2).quantize(D(1))))
            return states

        within = [GuardState.OK, GuardState.OK]
        assert live.do(look) == ([*within, GuardState.TRIPPED] if gone else within)


def test_a_bracket_that_waits_may_be_told_to_enter(venue: LocalVenue) -> None:
    script = Scripted(None)
    waiting = config(entry_price=None, enters_at_start=False)
    with LiveEngine(venue, waiting, guards=GuardRules(balance=D("1.1"))) as live:
        live.opened()

        async def look(trade: LiveTrade) -> str:
            await judged(trade)
            return await AccumulationWatch(trade.context, script).look()

        live.do(look)
        assert script.reserves == [Reserve(D(300) / waiting.leverage * D("1.1"))]


def test_an_api_wallets_key_is_named_once_and_nothing_is_tried(venue: LocalVenue) -> None:
    answer, secret = Sdk(Account.from_key(SECRET), venue.base_url).approve_agent("bot")
    assert answer["status"] == "ok"
    live = DeskEngine(venue, [changed(SOL, account=MINE)])
    live.key = SigningKey.parse(secret)
    with live:
        live.opened()

        async def look(trade: LiveTrade) -> list[str]:
            nowhere = Accumulator("sqlite:////nowhere/journal.db", "paper", AccumulationRules(D("0.2")))
            watch = AccumulationWatch(trade.context, nowhere)
            return [await watch.look(), await watch.look()]

        said = live.do(look)
        assert said == ["the key is an API wallet's, and the exchange lets none of those move money"] * 2
        assert events(live) == [f"accumulate: nothing is ever moved: {said[0]}"]


def test_what_waits_for_three_looks_is_an_alarm_until_it_is_over(venue: LocalVenue) -> None:
    waits = Accumulated(None, "the journal does not answer")
    failed = Accumulated(AccumulationState.FAILED, "12.00 USD did not move to the spot wallet: refused")
    skipped = Accumulated(AccumulationState.SKIPPED, "no gain: nothing moves")
    with LiveEngine(venue) as live:
        live.opened()

        async def look(trade: LiveTrade) -> AccumulationWatch:
            watch = AccumulationWatch(trade.context, Scripted(waits, waits, waits, skipped, failed))
            await watch.look()
            await watch.look()
            return watch

        watch = live.do(look)
        assert "accumulate" not in alarms(live)
        assert live.do(lambda _: watch.look()) == waits.text
        assert alarms(live)["accumulate"].text == "accumulate: the journal does not answer"
        live.do(lambda _: watch.look())
        assert "accumulate" not in alarms(live)
        live.do(lambda _: watch.look())
        assert alarms(live)["accumulate"].severity is Severity.WARNING
        assert events(live) == [f"accumulate: {skipped.text}", f"accumulate: {failed.text}"]


def test_it_goes_by_the_exchanges_clock_and_waits_while_that_is_not_known(venue: LocalVenue) -> None:
    script = Scripted(None)
    with LiveEngine(venue) as live:
        live.opened()

        async def look(trade: LiveTrade) -> list[str]:
            watch, sync = AccumulationWatch(trade.context, script), trade.context.clock_sync
            now = trade.context.clock()
            sync.unsettle()
            said = [await watch.look()]
            sync.measure(now, now, now - 3_600_000)  # this machine's goes an hour ahead
            said.append(await watch.look())
            sync.measure(now, now, now - 20_000)
            said.append(await watch.look())
            assert now - 25_000 < script.times[0] < now - 15_000
            sync.measure(now, now, now)
            return said

        assert live.do(look) == [
            "this machine's clock was set, and the exchange's has not been read since",
            "this machine's clock is 3600.0 s ahead of the exchange's, more than 30 s",
            "",
        ]
        assert len(script.times) == 1


def test_what_another_one_looks_after_is_no_alarm_any_more(venue: LocalVenue) -> None:
    waits = Accumulated(None, "the journal does not answer")
    with LiveEngine(venue) as live:
        live.opened()

        async def look(trade: LiveTrade) -> bool:
            lead = trade.context.account.accumulation_lead
            lead._until = 0
            watch = AccumulationWatch(trade.context, Scripted(waits, waits, waits))
            for _ in range(3):
                await watch.look()
            before = "accumulate" in alarms(live)
            lead._until = 0
            assert lead.is_taken_by(object(), trade.context.clock(), 60_000)
            await watch.look()
            return before

        assert live.do(look)
        assert "accumulate" not in alarms(live)


def test_an_engine_is_given_one_where_a_share_is_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    arguments: argparse.Namespace = parser().parse_args(["run", "--headless", "--state-dir", str(tmp_path)])
    with embedded(prepare(arguments), None) as engine:
        assert engine._machine.accumulation is None
    monkeypatch.setenv("HYPERTUI_ACCUMULATE__SHARE", "0.2")
    with embedded(prepare(arguments), None) as engine:
        assert engine._machine.accumulation is not None
