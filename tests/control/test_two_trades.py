"""One engine with two real trades, through its one socket."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Iterator
from contextlib import nullcontext
from decimal import Decimal
from pathlib import Path

import pytest

from hypertui.engine.engine import EmbeddedEngine
from hypertui.exchange.hyperliquid import HyperliquidExchange, SigningKey, paper
from hypertui.exchange.protocol import Exchange
from hypertui.port.commands import CommandState, OnExit, Stop, Verb
from hypertui.port.snapshot import Mode, Network, Severity
from hypertui.runtime.machine import Machine
from hypertui.server import addresses
from hypertui.server.client import Asked, CommandAnswer, ControlClient, engines
from hypertui.server.server import ControlServer
from tests.support.ladders import ladder_config
from tests.support.live_engine import SOL, wait_until, wall_clock
from tests.support.local_venue import LocalVenue
from tests.support.memory_journal import MemoryJournal

BTC = ladder_config(Network.PAPER, "BTC", Decimal(100), Decimal(2000), 20)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[EmbeddedEngine]:
    with LocalVenue({"SOL": Decimal(150), "BTC": Decimal(60_000)}) as venue:
        key, stop = SigningKey.throwaway(), Stop(OnExit.LEAVE)

        async def connect(account: str | None) -> Exchange:
            return HyperliquidExchange(paper(venue.base_url), key)

        engine = EmbeddedEngine(
            connect,
            lambda config, account: nullcontext((random.getrandbits(64), MemoryJournal(()))),
            [SOL, BTC],
            Machine(wall_clock, random.Random(7)),
        )
        thread = threading.Thread(target=lambda: asyncio.run(engine.run(stop)))
        thread.start()
        with ControlServer(engine, tmp_path):
            wait_until(lambda: {trade.mode for trade in engine.view.trades} == {Mode.RUNNING}, "two trades")
            wait_until(lambda: bool(addresses.found(tmp_path)), "the socket")
            yield engine
        stop.request(OnExit.LEAVE)
        thread.join(30)
        assert not thread.is_alive()


def last(client: ControlClient, *asked: Asked) -> dict[str, CommandAnswer]:
    """What has become of the commands, by the trade's name."""
    names = {each.id: each.trade for each in asked}
    return {names[id]: answer for id, answer in client.commands(asked, 20.0)}


def test_a_command_is_for_the_trade_that_it_names(engine: EmbeddedEngine, tmp_path: Path) -> None:
    (client,) = engines(tmp_path)
    with client:
        assert [trade.name for trade in client.hello.trades] == ["SOL", "BTC"]
        assert last(client, Asked("a", Verb.PAUSE, "BTC"))["BTC"].state is CommandState.CONFIRMED
        modes = [(trade.name, trade.mode) for trade in client.status()[0].trades]
        assert modes == [("SOL", Mode.RUNNING), ("BTC", Mode.PAUSED)]
        unnamed = last(client, Asked("b", Verb.PAUSE))[""]
        assert unnamed.state is CommandState.REFUSED
        assert unnamed.text == "it names no trade: there are SOL, BTC"
        assert "no trade ETH" in last(client, Asked("c", Verb.PAUSE, "ETH"))["ETH"].text
        both = last(client, Asked("d", Verb.RECONCILE, "SOL"), Asked("e", Verb.RECONCILE, "BTC"))
        assert {answer.state for answer in both.values()} == {CommandState.CONFIRMED}


def test_the_alarms_of_a_trade_that_has_left_can_be_acknowledged(
    engine: EmbeddedEngine, tmp_path: Path
) -> None:
    seat, loop = engine._seats["BTC"], engine._loop
    assert loop is not None and seat.runner is not None
    sound = seat.runner.context.alarms.sound
    loop.call_soon_threadsafe(sound, "fire", Severity.CRITICAL, "it burns")
    loop.call_soon_threadsafe(engine.leave, "BTC", OnExit.LEAVE)
    wait_until(lambda: seat.ended, "the trade to leave")
    (client,) = engines(tmp_path)
    with client:
        assert last(client, Asked("a", Verb.PAUSE, "BTC"))["BTC"].text == "the trade is not running"
        answer = last(client, Asked("b", Verb.ACKNOWLEDGE, "BTC"))["BTC"]
        assert answer.state is CommandState.CONFIRMED and "fire" in answer.text
        trade = client.status()[0].trade("BTC")
        assert trade is not None and trade.mode is Mode.STOPPED
        known = {alarm.key: alarm.acknowledged for alarm in trade.alarms}
        assert known["fire"] is not None and "by ctl" in known["fire"].who
        assert engine.view.trades[0].mode is Mode.RUNNING
