"""Commands that take each of several configured trades in turn: processes against a local venue."""

from __future__ import annotations

import asyncio
import json
import secrets
import subprocess
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from hypertui.core.market import Order, OrderType, Side
from hypertui.exchange.hyperliquid import HyperliquidExchange, SigningKey, paper
from tests.cli.operating import ADDRESS, DEADLINE, SECRET, command, working
from tests.support.local_venue import LocalVenue
from tests.support.prefork import run_to_end

TWO = """
[[trade]]
symbol = "SOL"
unit_size = 0.5
position_size = 2000
leverage = 20
[[trade]]
name = "second"
symbol = "BTC"
unit_size = 100
position_size = 2000
leverage = 20
"""


@pytest.fixture
def venue() -> Iterator[LocalVenue]:
    with LocalVenue({"SOL": Decimal(150), "BTC": Decimal(64_000)}) as venue:
        yield venue


def run(home: dict[str, str], cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run_to_end(
        command(*arguments), env=home, cwd=cwd, stdin=subprocess.DEVNULL,
        capture_output=True, timeout=DEADLINE,
    )  # fmt: skip


def new_id() -> str:
    return f"0x{secrets.token_hex(16)}"


def buy(venue: LocalVenue, symbol: str, size: str, limit: str) -> None:
    """By hand, with a stop-buy left waiting above the price."""
    coins, price = Decimal(size), Decimal(limit)
    above = price * Decimal("1.1")

    async def trade() -> None:
        exchange = HyperliquidExchange(paper(venue.base_url), SigningKey.parse(SECRET))
        try:
            await exchange.set_leverage(symbol, 20, 2**53)
            orders = [
                Order(new_id(), symbol, Side.BUY, coins, OrderType.IOC, price),
                Order(new_id(), symbol, Side.BUY, coins, OrderType.STOP_MARKET, above, above),
            ]
            await exchange.place(orders, 2**53)
        finally:
            await exchange.close()

    asyncio.run(trade())


def sub_account(venue: LocalVenue) -> str:
    """A new one of the tests' account, with money."""

    def create() -> str:
        master = venue.core.account(ADDRESS)
        assert master is not None
        address = venue.core.treasury.create_sub_account(master, "one")
        venue.core.treasury.transfer_sub(master, address, Decimal(1_000), deposit=True)
        return address

    return venue.call(create)


def test_the_doctor_looks_at_each(home: dict[str, str], tmp_path: Path, venue: LocalVenue) -> None:
    (tmp_path / "config.toml").write_text(TWO)
    shown = run(home, tmp_path, "doctor", "--base-url", venue.base_url)
    assert shown.returncode == 0, shown.stderr
    lines = shown.stdout.splitlines()
    for line in (
        "✓ green  SOL orders            no live orders in SOL",
        "✓ green  second orders         no live orders in BTC",
    ):
        assert line in lines
    assert lines[-1] == "0 red, 0 amber"

    buy(venue, "BTC", "0.01", "65000")
    shown = run(home, tmp_path, "doctor", "--json", "--base-url", venue.base_url)
    assert shown.returncode == 2
    record = json.loads(shown.stdout)
    assert [(trade["trade"], trade["symbol"], bool(trade["red"])) for trade in record["trades"]] == [
        ("SOL", "SOL", False),
        ("second", "BTC", True),
    ]
    assert (record["network"], record["red"]) == ("paper", record["trades"][1]["red"])
    one = run(home, tmp_path, "doctor", "--json", "--base-url", venue.base_url, "--only", "SOL")
    assert one.returncode == 0
    assert json.loads(one.stdout)["symbol"] == "SOL"


def test_the_doctor_counts_the_margin_of_all_together(home: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(TWO)

    def margins(venue: LocalVenue, *arguments: str) -> tuple[int, list[str]]:
        shown = run(home, tmp_path, "doctor", "--json", "--base-url", venue.base_url, *arguments)
        record = json.loads(shown.stdout)
        trades = record.get("trades", [record])
        found = [finding for trade in trades for finding in trade["findings"] if finding["name"] == "margin"]
        return shown.returncode, [f"{finding['level']} {finding['figure']}" for finding in found]

    with LocalVenue({"SOL": Decimal(150), "BTC": Decimal(64_000)}, faucet=Decimal(180)) as venue:
        status, found = margins(venue)
        assert status == 2
        assert [each.partition(".")[0] for each in found] == ["red 201", "red 201"]
        status, found = margins(venue, "--only", "SOL")
        assert (status, [each.partition(".")[0] for each in found]) == (0, ["green 100"])


def test_the_worst_status_is_the_doctors(home: dict[str, str], tmp_path: Path, venue: LocalVenue) -> None:
    (tmp_path / "config.toml").write_text(TWO.replace('"BTC"', '"NOPE"'))
    shown = run(home, tmp_path, "doctor", "--base-url", venue.base_url)
    assert shown.returncode == 2
    assert shown.stderr.startswith("hypertui: second: symbol NOPE is not among the exchange's markets")
    assert "✓ green  SOL orders " in shown.stdout, "the other one is looked at nevertheless"
    with LocalVenue() as gone:
        url = gone.base_url
    shown = run(home, tmp_path, "doctor", "--base-url", url)
    assert (shown.returncode, shown.stdout) == (4, "")
    assert [line.split(": ")[1] for line in shown.stderr.splitlines()] == ["SOL", "second"]


def test_a_trade_of_a_sub_account_is_looked_at_there(
    home: dict[str, str], tmp_path: Path, venue: LocalVenue
) -> None:
    buy(venue, "BTC", "0.01", "65000")
    account = sub_account(venue)
    (tmp_path / "config.toml").write_text(f'{TWO}account = "{account}"')
    shown = run(home, tmp_path, "doctor", "--json", "--base-url", venue.base_url)
    assert shown.returncode == 0, shown.stdout + shown.stderr
    first, second = json.loads(shown.stdout)["trades"]
    for trade, address in ((first, ADDRESS), (second, account)):
        network = next(finding for finding in trade["findings"] if finding["name"] == "network")
        assert f"account {address[:6].lower()}…{address[-4:].lower()}" in network["text"]


def test_each_is_made_safe_whatever_becomes_of_the_others(
    home: dict[str, str], tmp_path: Path, venue: LocalVenue
) -> None:
    (tmp_path / "config.toml").write_text(TWO)
    buy(venue, "SOL", "4", "160")
    buy(venue, "BTC", "0.01", "65000")
    shown = run(home, tmp_path, "safe", "--base-url", venue.base_url)
    assert shown.returncode == 3, "nobody knows where their stops belong"
    said = [line.removeprefix("hypertui: ") for line in shown.stderr.splitlines()]
    assert [line.partition(":")[0] for line in said] == ["SOL", "second"]
    assert all("NOT SAFE" in line for line in said)
    assert not venue.call(lambda: working(venue)), "the buys of both are gone"

    given = ["--stop-distance", "2", "--only", "SOL", "--base-url", venue.base_url]
    one = run(home, tmp_path, "safe", *given)
    assert one.returncode == 0, one.stderr
    assert one.stdout.splitlines()[-1] == "safe: no buys, and 1 stops cover 4 of 4 SOL"
    both = run(home, tmp_path, "safe", "--base-url", venue.base_url)
    assert both.returncode == 3
    assert both.stdout.splitlines()[-1] == "SOL: safe: no buys, and 1 stops cover 4 of 4 SOL"
    assert both.stderr.startswith("hypertui: second: NOT SAFE")


def test_a_paper_market_lists_what_is_traded(home: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(
        '[[trade]]\nsymbol = "SOL"\nunit_size = 0.5\nposition_size = 2000\n'
        '[[trade]]\nsymbol = "DOGE"\nunit_size = 0.001\nposition_size = 1000\n'
    )
    both = run(home, tmp_path, "doctor", "--json")
    assert both.returncode == 0, both.stdout + both.stderr
    # The market goes on with what it lists, also for a trade that needs less of it.
    one = run(home, tmp_path, "doctor", "--json", "--only", "SOL")
    assert one.returncode == 0, one.stdout + one.stderr


def test_a_paper_market_of_fewer_markets_is_kept(home: dict[str, str], tmp_path: Path) -> None:
    assert run(home, tmp_path, "doctor", "--symbol", "SOL", "--unit-size", "1").returncode == 0
    refused = run(home, tmp_path, "doctor", "--symbol", "DOGE", "--unit-size", "0.001")
    assert refused.returncode == 2
    assert "venue.json is of the markets BTC, ETH, SOL, not BTC, ETH, SOL, XRP, DOGE" in refused.stderr
