"""Coins on the HODL list: watched beside a trade of the same account, and sold by nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from decimal import Decimal as D
from pathlib import Path

import pytest

from hypertui.core.market import Order, OrderType, Side
from hypertui.engine.hodl_watch import HodlWatch
from hypertui.engine.live_trade import LiveTrade
from hypertui.port.commands import Verb
from hypertui.port.snapshot import Alarm, Severity
from tests.intents.alerts import WAITING, alerted
from tests.support.ladders import changed
from tests.support.live_engine import LiveEngine, wait_until
from tests.support.local_venue import LocalVenue


@pytest.fixture
def venue() -> Iterator[LocalVenue]:
    with LocalVenue({"SOL": D(150), "BTC": D(60_000)}) as venue:
        yield venue


def bought(live: LiveEngine, size: str = "0.05") -> None:
    """The account buys BTC, by another hand than the engine's."""

    async def buy(trade: LiveTrade) -> None:
        order = Order("0x" + "7" * 32, "BTC", Side.BUY, D(size), OrderType.IOC, D(66_000))
        await trade.context.exchange.place([order], time.time_ns() // 1_000_000 + 5_000)

    live.do(buy)


def looked(live: LiveEngine) -> None:
    async def look(trade: LiveTrade) -> str:
        trade.context.account.hodl_lead._until = 0  # the next look may be this one's
        return await HodlWatch(trade.context).look()

    assert live.do(look) == ""


def alarms(live: LiveEngine) -> dict[str, Alarm]:
    runner = live.engine.runner
    assert runner is not None
    return {alarm.key: alarm for alarm in runner.context.alarms.view() if alarm.active}


def row_of(live: LiveEngine) -> tuple[str, bool] | None:
    """How its row among the guards stands, and whether it holds anything."""
    found = (row for row in live.snapshot.guards if row.guard == "hodl_BTC")
    return next(((row.state, row.tripped) for row in found), None)


def held(live: LiveEngine) -> D:
    account = live.venue.call(lambda: live.venue.core.stored(live.key.address))
    return live.venue.call(lambda: account.size("BTC"))


def test_a_fall_is_said_and_the_guards_count_it(venue: LocalVenue) -> None:
    with LiveEngine(venue, hodl=("BTC",)) as live:
        live.opened()
        bought(live)
        looked(live)
        assert "hodl BTC" not in alarms(live)
        live.wait_for(lambda: row_of(live) == ("OK", False), "its row")
        before = live.on_engine(equity, None)
        venue.set_price("BTC", 53_000)
        looked(live)
        told = alarms(live)["hodl BTC"]
        assert told.severity is Severity.WARNING
        assert told.text.startswith("BTC is on the HODL list: 0.05 BTC, 11.")
        live.wait_for(lambda: row_of(live) == ("WARN", False), "its row")
        live.do(lambda trade: trade.account_sync.ask_account())
        after = live.on_engine(equity, None)
        assert before is not None
        assert after is not None
        assert after < before - 300
        venue.set_price("BTC", 54_200)  # 9.7 % down: still the same fall
        looked(live)
        assert "hodl BTC" in alarms(live)
        venue.set_price("BTC", 60_000)
        looked(live)
        assert "hodl BTC" not in alarms(live)
        venue.set_price("BTC", 50_000)
        looked(live)
        assert alarms(live)["hodl BTC"].count == 2


def equity(trade: LiveTrade) -> D | None:
    newest = trade.context.account.equity.newest
    return None if newest is None else newest.equity


def test_the_ways_out_of_the_trade_leave_it_alone(venue: LocalVenue) -> None:
    with LiveEngine(venue, hodl=("BTC",)) as live:
        live.opened()
        bought(live)
        assert live.command(Verb.FLATTEN).accepted
        live.wait_for(lambda: live.snapshot.closed_at is not None, "the trade to be flat")
        assert live.snapshot.position == 0
        assert held(live) == D("0.05")


def test_orders_that_would_close_it_are_said(venue: LocalVenue) -> None:
    with LiveEngine(venue, hodl=("BTC", "NONE")) as live:
        live.opened()
        bought(live)

        async def rest(trade: LiveTrade) -> None:
            stop = Order(
                "0x" + "8" * 32,
                "BTC",
                Side.SELL,
                D("0.05"),
                OrderType.STOP_MARKET,
                D(45_000),
                D(50_000),
                True,
            )
            await trade.context.exchange.place([stop], time.time_ns() // 1_000_000 + 5_000)

        live.do(rest)
        looked(live)
        found = alarms(live)
        assert "1 order at the exchange would close coins of it" in found["hodl BTC orders"].text
        assert "no such market" in found["hodl NONE unknown"].text
        shown = live.on_engine(lambda trade: [each.symbol for each in trade.context.account.hodl], [])
        assert shown == ["BTC"], "of the other one nothing is known"


def test_what_another_trade_watches_is_said_by_that_one_alone(venue: LocalVenue) -> None:
    with LiveEngine(venue, hodl=("NONE",)) as live:
        live.opened()

        async def look(trade: LiveTrade) -> bool:
            lead, watch = trade.context.account.hodl_lead, HodlWatch(trade.context)
            lead._until = 0
            await watch.look()
            before = "hodl NONE unknown" in alarms(live)
            lead._until = 0
            assert lead.is_taken_by(object(), trade.context.clock(), 60_000)
            await watch.look()
            return before

        assert live.do(look)
        assert "hodl NONE unknown" not in alarms(live)


def test_an_alert_that_would_sell_it_is_held_and_said(venue: LocalVenue, tmp_path: Path) -> None:
    with alerted(venue, tmp_path, config=changed(WAITING, hodl=("BTC",))) as engine:
        status, said = engine.alert("sell", symbol="BINANCE:BTCUSDT.P", market_position="flat")
        assert (status, said["state"], said["reason"]) == (403, "HELD", "hodl")
        (row,) = engine.rows()
        assert (row.state, row.reason, row.text) == (
            "HELD",
            "hodl",
            "BTC is on the HODL list: nothing sells it",
        )
        assert engine.alert("sell-out", symbol="BTC")[1]["reason"] == "hodl"
        assert engine.alert("buy", symbol="BTC")[1]["reason"] == "not-allowed"
        wait_until(lambda: bool(engine.live.engine.view.intents.alarms), "the alarm")
        (alarm,) = engine.live.engine.view.intents.alarms
        assert alarm.active
        assert alarm.text == "webhook tv-sol: sell-out held: BTC is on the HODL list: nothing sells it"
