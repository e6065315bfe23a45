"""AccountFunds between the margin and the spot wallet, signed as the SDK does, on the local venue."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterator
from decimal import Decimal
from typing import Any, TypeVar

import pytest
from eth_account import Account
from hyperliquid.exchange import Exchange as Sdk
from hyperliquid.utils.signing import sign_usd_class_transfer_action

from hypertui.core.market import Order, OrderType, Side
from hypertui.exchange.hyperliquid import HyperliquidExchange, SigningKey, paper
from hypertui.exchange.protocol import NotAuthorized, Rejected, Unknown
from tests.support.desk_engine import sub_account
from tests.support.local_venue import LocalVenue

D = Decimal
SECRET = "0x" + "5b" * 32
MINE = SigningKey.parse(SECRET).address
_Found = TypeVar("_Found")


@pytest.fixture
def venue() -> Iterator[LocalVenue]:
    with LocalVenue({"SOL": D(150)}) as venue:
        yield venue


def done(
    venue: LocalVenue,
    work: Callable[[HyperliquidExchange], Awaitable[_Found]],
    secret: str = SECRET,
    account: str | None = None,
) -> _Found:
    """What `work` does with a client."""

    async def run() -> _Found:
        exchange = HyperliquidExchange(paper(venue.base_url), SigningKey.parse(secret), account)
        try:
            return await work(exchange)
        finally:
            await exchange.close()

    return asyncio.run(run())


def wallets(venue: LocalVenue, address: str) -> tuple[Decimal, Decimal]:
    """The margin of an account, and its spot wallet."""
    account = venue.call(lambda: venue.core.stored(address))
    return account.cash, account.spot


def test_it_is_signed_as_the_sdk_signs_it(monkeypatch: pytest.MonkeyPatch, venue: LocalVenue) -> None:
    sent: list[dict[str, Any]] = []

    async def move(exchange: HyperliquidExchange) -> None:
        async def keep(signed: bytes) -> None:
            sent.append(json.loads(signed))

        monkeypatch.setattr(exchange.funds, "_send", keep)
        await exchange.funds.to_spot(D("12.34"), 1_700_000_000_123)

    done(venue, move)
    action = {"type": "usdClassTransfer", "amount": "12.34", "toPerp": False, "nonce": 1_700_000_000_123}
    signature = sign_usd_class_transfer_action(Account.from_key(SECRET), action, False)
    assert sent == [
        {"action": action, "nonce": 1_700_000_000_123, "signature": signature, "vaultAddress": None}
    ]


def test_a_transfer_moves_once_however_often_it_is_sent(venue: LocalVenue) -> None:
    async def move(exchange: HyperliquidExchange) -> None:
        assert await exchange.funds.refusal() == ""
        nonce = exchange.funds.nonce()
        await exchange.funds.to_spot(D("25.5"), nonce)
        with pytest.raises(Unknown, match="duplicate nonce"):
            await exchange.funds.to_spot(D("25.5"), nonce)
        with pytest.raises(Rejected, match="Insufficient balance"):
            await exchange.funds.to_spot(D(1_000_000), exchange.funds.nonce())
        (moved,) = [each for each in await exchange.transfers_since(0) if each.kind != "deposit"]
        assert moved.delta == {"type": "accountClassTransfer", "usdc": "25.5", "toPerp": False}
        assert (await exchange.funds.purse()).withdrawable == D("9974.5")

    done(venue, move)
    assert wallets(venue, MINE) == (D("9974.5"), D("25.5"))


def test_an_api_wallet_says_so_and_moves_nothing(venue: LocalVenue) -> None:
    answer, secret = Sdk(Account.from_key(SECRET), venue.base_url).approve_agent("bot")
    assert answer["status"] == "ok"

    async def move(exchange: HyperliquidExchange) -> None:
        assert "API wallet" in await exchange.funds.refusal()
        with pytest.raises(NotAuthorized, match="Must deposit"):
            await exchange.funds.to_spot(D(1), exchange.funds.nonce())

    done(venue, move, secret, MINE)
    assert wallets(venue, MINE) == (D(10_000), D(0))


def test_a_master_moves_its_sub_accounts_money(venue: LocalVenue) -> None:
    sub = sub_account(venue, MINE, "one", D(500))

    async def move(exchange: HyperliquidExchange) -> None:
        assert await exchange.funds.refusal() == ""
        await exchange.funds.to_spot(D(20), exchange.funds.nonce())

    done(venue, move, account=sub)
    assert wallets(venue, sub) == (D(480), D(20))


def test_a_unified_account_has_nothing_to_move(venue: LocalVenue) -> None:
    venue.call(lambda: venue.core.treasury.set_abstraction(venue.core.stored(MINE), "unifiedAccount"))

    async def refusal(exchange: HyperliquidExchange) -> str:
        return await exchange.funds.refusal()

    venue.call(lambda: setattr(venue.core.stored(MINE), "spot", D(100)))
    assert "unified account" in done(venue, refusal)


def test_the_purse_shows_every_position(venue: LocalVenue) -> None:
    async def buy(exchange: HyperliquidExchange) -> None:
        order = Order("0x" + "7" * 32, "SOL", Side.BUY, D(2), OrderType.IOC, D(160))
        await exchange.place([order], time.time_ns() // 1_000_000 + 5_000)
        venue.set_price("SOL", 120)
        purse = await exchange.funds.purse()
        (coins,) = [held for symbol, held in purse.held.items() if symbol == "SOL"]
        assert coins.size == 2
        assert coins.change == pytest.approx(D("-0.2"), abs=D("0.001"))
        assert purse.withdrawable < 9_940

    done(venue, buy)
