"""Faults of sockets, over real ones."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator

import pytest
import websockets
from eth_account import Account
from hyperliquid.exchange import Exchange
from websockets.asyncio.client import connect

from tests.support.local_venue import LocalVenue

KEY = Account.from_key("0x" + "1" * 64)
DEADLINE = 10
PING = '{"method":"ping"}'


@pytest.fixture
def venue() -> Iterator[LocalVenue]:
    with LocalVenue() as running:
        yield running


def run(test: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(test(), DEADLINE))  # type: ignore[arg-type]


def test_a_socket_is_refused(venue: LocalVenue) -> None:
    async def test() -> None:
        venue.fail("ws-refuse", count=1)
        with pytest.raises(websockets.InvalidStatus) as caught:
            await connect(venue.ws_url)
        assert caught.value.response.status_code == 503
        async with connect(venue.ws_url):
            pass

    run(test)


def test_a_socket_is_cut_in_the_middle(venue: LocalVenue) -> None:
    async def test() -> None:
        async with connect(venue.ws_url) as client:
            await client.send(PING)
            await client.recv()
            venue.fail("ws-close", count=1)
            await client.send(PING)
            with pytest.raises(websockets.ConnectionClosedError):
                await client.recv()

    run(test)


def test_a_half_open_socket_says_nothing_and_stays() -> None:
    async def test(venue: LocalVenue) -> None:
        venue.fail("ws-half-open", count=1)
        async with connect(venue.ws_url) as mute, connect(venue.ws_url) as other:
            await mute.send(PING)
            await other.wait_closed()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(mute.recv(), 0.3)
            assert mute.close_code is None

    with LocalVenue(idle_timeout=0.1) as venue:
        run(lambda: test(venue))


def test_order_updates_come_before_the_answer(venue: LocalVenue) -> None:
    """The socket is told before the HTTP answer leaves, every time."""

    async def test() -> None:
        venue.fail("http-updates-first")
        exchange = Exchange(KEY, venue.base_url, timeout=5)
        seen: list[str] = []
        async with connect(venue.ws_url) as client:
            subscription = {"type": "orderUpdates", "user": KEY.address}
            await client.send(json.dumps({"method": "subscribe", "subscription": subscription}))
            await client.recv()

            async def listen() -> None:
                await client.recv()
                seen.append("update")

            for _ in range(5):
                seen.clear()
                listening = asyncio.create_task(listen())
                await asyncio.to_thread(exchange.market_open, "SOL", True, 1)
                # The answer is here: what the socket was told is in its buffer, if not read already.
                await asyncio.wait_for(listening, DEADLINE)
                assert seen == ["update"]

    run(test)
