"""Trades of sub-accounts in one engine: one key signs for all of them, and each account is its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from hypertui.cli.journal import journals
from hypertui.engine.engine import OpenTrade
from hypertui.exchange.hyperliquid import SigningKey
from hypertui.execution.trade_config import TradeConfig
from hypertui.journal import Journal
from hypertui.port.commands import OnExit, Verb
from hypertui.port.snapshot import Mode, Network
from hypertui.venue.accounts.accounts import Account
from tests.support.desk_engine import DeskEngine, sub_account
from tests.support.ladders import changed, ladder_config, ladder_of
from tests.support.live_engine import wait_until, wall_clock
from tests.support.local_venue import LocalVenue
from tests.support.prefork import Process

D = Decimal
SECRET = "0x" + "5b" * 32
KEY = SigningKey.parse(SECRET)
MONEY = {"one": D(3_000), "two": D(5_000)}
DEADLINE = 60.0  # seconds, of what processes do
SOL = ladder_config(Network.PAPER, "SOL", D("0.5"), D(2_000), 20)
BTC = ladder_config(Network.PAPER, "BTC", D(250), D(2_000), 40)


@pytest.fixture
def venue() -> Iterator[LocalVenue]:
    with LocalVenue({"SOL": D(150), "BTC": D(64_000)}, rate_limits="off") as venue:
        yield venue


@pytest.fixture
def subs(venue: LocalVenue) -> dict[str, str]:
    """The addresses of two sub-accounts, by their names."""
    return {name: sub_account(venue, KEY.address, name, money) for name, money in MONEY.items()}


def account(venue: LocalVenue, address: str) -> Account:
    found = venue.core.account(address)
    assert found is not None
    return found


def is_kept(venue: LocalVenue, address: str, symbol: str) -> bool:
    """Whether just four orders work, all of that market, and the stops are of what is held."""

    def look() -> bool:
        its = account(venue, address)
        orders = list(its.open_orders.values())
        stops = sum((order.remaining for order in orders if order.side == "sell"), D(0))
        return (
            len(orders) == 4 and {order.symbol for order in orders} == {symbol} and stops == its.size(symbol)
        )

    return venue.call(look)


def signed_by_the_master(venue: LocalVenue, configs: Sequence[TradeConfig], opened: OpenTrade) -> DeskEngine:
    live = DeskEngine(venue, configs, opened)
    live.key = KEY
    return live


def go_to(live: DeskEngine, symbol: str, names: list[str], unit: int) -> None:
    """Take a market to where the first of the trades has its unit, and wait until all have settled."""
    price = live.look(names[0], lambda trade: ladder_of(trade.tracker).grid.price(unit), D(0))
    live.venue.set_price(symbol, price)

    def there() -> bool:
        return all(
            live.look(
                name, lambda trade: ladder_of(trade.tracker).unit == unit and trade.tracker.settled, False
            )
            for name in names
        )

    live.wait_for(there, f"{', '.join(names)} at unit {unit}")


def test_each_account_has_its_own_trade_orders_and_equity(
    venue: LocalVenue, subs: dict[str, str], tmp_path: Path
) -> None:
    configs: list[TradeConfig] = [
        changed(SOL, name="one", account=subs["one"]),
        changed(SOL, name="two", account=subs["two"]),
        changed(BTC, name="own"),
    ]
    where = {**subs, "own": KEY.address}
    markets = {"one": "SOL", "two": "SOL", "own": "BTC"}
    with journals(tmp_path, None, wall_clock) as opened, signed_by_the_master(venue, configs, opened) as live:
        live.wait_for(live.all_settled, "three entries")
        for symbol, names, unit in (
            ("SOL", ["one", "two"], 1),
            ("BTC", ["own"], -1),
            ("SOL", ["one", "two"], -2),
            ("SOL", ["one", "two"], 0),
            ("BTC", ["own"], 1),
        ):
            go_to(live, symbol, names, unit)
            assert all(is_kept(venue, where[name], markets[name]) for name in names)
        begun = {name: venue.call(lambda name=name: account(venue, where[name]).deposits) for name in where}  # type: ignore[misc]

        def is_its_own(name: str) -> bool:
            equity = venue.call(lambda: venue.core.margin(account(venue, where[name])).value)
            shown = live.trade(name)
            made = round(begun[name] + shown.net_pnl, 2)
            return round(equity, 2) == made and shown.account == where[name]

        for name in where:
            live.wait_for(lambda name=name: is_its_own(name), f"the equity of {name}")  # type: ignore[misc]
        told = [event.text for event in live.engine.events_after(0) if "nonce" in event.text.lower()]
        assert told == []

        assert live.order(Verb.FLATTEN, "one").accepted
        live.wait_for(lambda: live.trade("one").mode is Mode.HALTED, "one to be flat")
        assert not venue.call(lambda: account(venue, subs["one"]).size("SOL"))
        go_to(live, "SOL", ["two"], 1)
        assert is_kept(venue, subs["two"], "SOL")
        live.stop.request(OnExit.LEAVE)
        assert live.reason.status in (0, 3)
    with Journal.open(f"sqlite:///{tmp_path / 'journal.db'}") as journal:
        trades = {trade.account: trade for trade in journal.trades()}
        assert {trade.ended_at is None for trade in trades.values()} == {True, False}
        assert set(trades) == set(where.values())


TABLES = """
[[trade]]
name = "one"
symbol = "SOL"
account = "{one}"
unit_size = 0.5
position_size = 2000
leverage = 20
[[trade]]
name = "two"
symbol = "SOL"
account = "{two}"
unit_size = 1
position_size = 3000
leverage = 20
"""


def test_killed_each_finds_its_own_again(venue: LocalVenue, subs: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(TABLES.format(**subs))
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HYPERTUI_")}

    def kept() -> bool:
        return all(is_kept(venue, address, "SOL") for address in subs.values())

    for price in ("150.6", "149.4", "148.3", "150.2"):
        with (tmp_path / "errors").open("a") as errors:
            engine = Process(
                [sys.executable, "-m", "hypertui", "run", "--headless", "--base-url", venue.base_url,
                 "--state-dir", str(tmp_path / "state")],
                env=clean | {"HYPERTUI_SECRET_KEY": SECRET},
                cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=errors,
            )  # fmt: skip
        try:
            wait_until(lambda: engine.poll() is not None or kept(), "four orders each", DEADLINE)  # noqa: B023
            assert engine.returncode is None, (tmp_path / "errors").read_text()
            venue.set_price("SOL", price)
        finally:
            engine.send_signal(signal.SIGKILL)
            engine.wait(DEADLINE)
    with Journal.open(f"sqlite:///{tmp_path / 'state' / 'paper' / 'journal.db'}") as journal:
        trades = journal.trades()
        assert {trade.account for trade in trades} == set(subs.values()), "one trade each, taken up each time"
        assert len(trades) == 2
        ids = {trade.account: {order.client_id for order in journal.orders(trade.id)} for trade in trades}
        booked = {trade.account: [fill.trade_number for fill in journal.fills(trade.id)] for trade in trades}
    for address in subs.values():
        fills = venue.call(lambda address=address: [fill["tid"] for fill in account(venue, address).fills])  # type: ignore[misc]
        assert set(booked[address]) <= set(fills)
        assert len(booked[address]) == len(set(booked[address]))
    assert not set.intersection(*ids.values())
