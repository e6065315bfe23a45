"""A market that the exchange ends, and positions that it closes by itself, while a trade is on."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from hypertui.core.market import Forced
from hypertui.exchange.hyperliquid import SigningKey, messages
from hypertui.execution.preflight.facts import market
from hypertui.execution.recovery.adoption import by_exchange
from hypertui.execution.refusal import StartRefused
from hypertui.port.snapshot import Mode
from tests.hyperliquid.test_hyperliquid_wire import FILL
from tests.support.direct_venue import DirectVenue
from tests.support.live_engine import LiveEngine
from tests.support.local_venue import LocalVenue

ACCOUNT = "0x" + "ab" * 20


def test_a_trade_in_a_market_that_is_delisted_ends_by_the_exchanges_word() -> None:
    with LocalVenue() as venue, LiveEngine(venue) as live:
        live.opened()
        venue.fail("market-delisting", symbol="SOL", count=1)
        live.wait_for(lambda: live.mode() is Mode.HALTED, "the end")
        snapshot = live.snapshot
        assert snapshot.reason.startswith("SOL is delisted: the exchange settled the position. Result ")
        active = {alarm.key: alarm.text for alarm in snapshot.alarms if alarm.active}
        assert active["delisted"].startswith("SOL is delisted: the exchange has cancelled its orders")
        assert not {"foreign", "position", "exchange", "unprotected"} & active.keys()
        assert live.on_engine(lambda trade: trade.book.held, None) == 0
        refused = [event for event in live.events("order") if event.data["status"] == "not placed"]
        assert len(refused) <= 4, "the stops once at most, before it was known"
        assert live.journal.inputs == [], "the trade has ended"


def test_a_market_that_is_delisted_is_named_at_the_start() -> None:
    async def ask() -> None:
        venue = DirectVenue()
        venue.core.books["SOL"].closed = True
        exchange = venue.client(SigningKey.throwaway())
        try:
            with pytest.raises(StartRefused, match="SOL is delisted: the exchange trades it no more"):
                await market(exchange, "SOL")
            with pytest.raises(StartRefused, match=r"symbol btc is not among .*: did you mean BTC\?"):
                await market(exchange, "btc")
        finally:
            await exchange.close()

    asyncio.run(ask())


def test_what_the_exchange_did_by_itself_is_called_that() -> None:
    ordinary = messages.fill(FILL | {"dir": "Close Long"})
    assert ordinary.forced is Forced.NO
    assert by_exchange(ordinary, ACCOUNT) == ""
    for direction, words in (
        ("Auto-Deleveraging", "an auto-deleveraging by the exchange"),
        ("Settlement", "a settlement by the exchange"),
    ):
        assert by_exchange(messages.fill(FILL | {"dir": direction}), ACCOUNT) == words
    assert by_exchange(replace(ordinary, liquidated=ACCOUNT), ACCOUNT) == "a liquidation by the exchange"
