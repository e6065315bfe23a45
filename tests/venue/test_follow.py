"""Following: another venue's prices come in, and nothing goes out but subscriptions."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from hypertui.venue.market import mirrored_prices
from hypertui.venue.market.mirrored_prices import FollowedPrices, UpstreamError, following, stream_url
from hypertui.venue.market.prices import ManualPrices, OtherPathError
from hypertui.venue.market.sources import open_prices
from hypertui.venue.model.options import VenueOptions
from hypertui.venue.server import VenueServer
from tests.support.live_engine import wait_until
from tests.support.local_venue import LocalVenue


@pytest.fixture
def upstream() -> Iterator[LocalVenue]:
    with LocalVenue({"SOL": Decimal(140)}) as running:
        yield running


async def until(condition: Callable[[], bool]) -> None:
    await asyncio.to_thread(wait_until, condition, "a price")


def recorded(venue: LocalVenue) -> list[str]:
    """Everything that a venue's sockets are sent from now on."""
    heard: list[str] = []
    hub = venue.server._hub
    receive = hub.receive

    def listen(session: Any, raw: str) -> None:
        heard.append(raw)
        receive(session, raw)

    venue.call(lambda: setattr(hub, "receive", listen))
    return heard


@pytest.mark.parametrize("kind", ["mark", "mid"])
def test_prices_come_in_and_no_order_goes_out(upstream: LocalVenue, kind: str) -> None:
    heard = recorded(upstream)

    async def scene() -> None:
        options = VenueOptions(follow=upstream.base_url, follow_price=kind)  # type: ignore[arg-type]
        async with open_prices(options) as source:
            server = VenueServer(options, source)
            assert server.core.books["SOL"].mark == 140
            port = await server.start(0)
            try:
                await asyncio.to_thread(upstream.set_price, "SOL", "141.5")
                await until(lambda: server.core.books["SOL"].mark == Decimal("141.5"))
                await asyncio.to_thread(upstream.set_price, "BTC", "70000")
                await until(lambda: server.core.books["BTC"].mark == 70_000)
                await trade(port)
            finally:
                await server.close()

    asyncio.run(scene())
    assert upstream.call(lambda: len(upstream.core.accounts)) == 0
    assert {json.loads(raw)["method"] for raw in heard} == {"subscribe"}
    asked = {json.loads(raw)["subscription"]["type"] for raw in heard}
    assert asked == {"allMids", "activeAssetCtx" if kind == "mark" else "bbo"}


async def trade(port: int) -> None:
    """Trade on the venue that follows: what is done there stays there."""
    from eth_account import Account
    from hyperliquid.exchange import Exchange

    def buy() -> None:
        exchange = Exchange(Account.from_key("0x" + "1" * 64), f"http://127.0.0.1:{port}", timeout=10)
        assert "filled" in str(exchange.market_open("SOL", True, 1))

    await asyncio.to_thread(buy)


def test_a_break_is_survived(upstream: LocalVenue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mirrored_prices, "FIRST_WAIT", 0.01)

    async def scene() -> None:
        async with following(upstream.base_url, "mark") as source:
            await asyncio.to_thread(upstream.drop_sockets)
            await asyncio.to_thread(upstream.set_price, "SOL", "150")
            await until(lambda: source.initial()["SOL"] == 150)
            assert source.connected

    asyncio.run(scene())


def test_an_upstream_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mirrored_prices, "FIRST_PRICES_SECONDS", 0.05)

    async def scene() -> None:
        async with following("http://127.0.0.1:1", "mark"):
            raise AssertionError("there is nothing to follow")

    with pytest.raises(UpstreamError, match="not every market had a price"):
        asyncio.run(scene())


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("mainnet", "wss://api.hyperliquid.xyz/ws"),
        ("http://127.0.0.1:3001", "ws://127.0.0.1:3001/ws"),
        ("https://example.com/", "wss://example.com/ws"),
        ("ws://127.0.0.1:3001/ws", "ws://127.0.0.1:3001/ws"),
    ],
)
def test_where_prices_come_from(name: str, url: str) -> None:
    assert stream_url(name) == url


@pytest.mark.parametrize(
    "message",
    [
        None,
        [],
        {"channel": "pong"},
        {"channel": "error", "data": "no"},
        {"channel": "activeAssetCtx", "data": {"coin": "SOL", "ctx": {"markPx": "NaN"}}},
        {"channel": "activeAssetCtx", "data": {"coin": "SOL", "ctx": {"markPx": "-1"}}},
        {"channel": "activeAssetCtx", "data": {"coin": "DOGE", "ctx": {"markPx": "1"}}},
        {"channel": "activeAssetCtx", "data": {"coin": "SOL", "ctx": {}}},
        {"channel": "activeAssetCtx", "data": {"coin": "SOL", "ctx": {"markPx": "x"}}},
        {"channel": "allMids", "data": None},
    ],
)
def test_what_is_no_price_is_skipped(message: Any) -> None:
    async def scene() -> None:
        source = FollowedPrices("ws://127.0.0.1:1/ws")
        before = dict(source.initial())
        source.take(message)
        assert source.initial() == before and list(source.advance(1)) == []

    asyncio.run(scene())


def test_its_state_is_of_that_venue() -> None:
    async def scene() -> None:
        source = FollowedPrices("ws://127.0.0.1:1/ws")
        source.take({"channel": "activeAssetCtx", "data": {"coin": "SOL", "ctx": {"markPx": "99"}}})
        assert [(step.symbol, step.price) for step in source.advance(5)] == [("SOL", 99)]
        source.restore(source.dump())
        assert {step.symbol for step in source.advance(5)} == {"BTC", "ETH", "SOL"}
        with pytest.raises(OtherPathError, match=r"follows ws://127.0.0.1:1/ws, not ws://127.0.0.1:2/ws"):
            FollowedPrices("ws://127.0.0.1:2/ws").restore(source.dump())
        with pytest.raises(OtherPathError, match="is of prices set by hand"):
            source.restore(ManualPrices().dump())

    asyncio.run(scene())
