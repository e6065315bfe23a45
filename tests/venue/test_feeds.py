"""Feeds over real WebSockets on the loopback interface."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import websockets
from eth_account import Account
from hyperliquid.exchange import Exchange
from websockets.asyncio.client import ClientConnection, connect

from hypertui.venue.api.sockets import Connection
from hypertui.venue.faults.faults import Faults
from hypertui.venue.model.options import VenueOptions
from hypertui.venue.server import VenueServer
from tests.support.local_venue import LocalVenue

KEY = Account.from_key("0x" + "1" * 64)
USER = KEY.address.lower()
DEADLINE = 10


@pytest.fixture
def venue() -> Iterator[LocalVenue]:
    with LocalVenue() as running:
        yield running


@pytest.fixture
def exchange(venue: LocalVenue) -> Exchange:
    return Exchange(KEY, venue.base_url, timeout=10)


@asynccontextmanager
async def subscribed(venue: LocalVenue, *subscriptions: dict[str, Any]) -> Any:
    async with connect(venue.ws_url) as client:
        for subscription in subscriptions:
            await client.send(json.dumps({"method": "subscribe", "subscription": subscription}))
        yield client


async def receive(client: ClientConnection, channel: str) -> Any:
    """The data of the next message on a channel."""
    async with asyncio.timeout(DEADLINE):
        while True:
            message = json.loads(await client.recv())
            if message["channel"] == channel:
                return message.get("data")


def run(test: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(test(), 3 * DEADLINE))  # type: ignore[arg-type]


def test_ping_subscribe_unsubscribe_and_errors(venue: LocalVenue) -> None:
    async def test() -> None:
        async with connect(venue.ws_url) as client:

            async def ask(request: str) -> Any:
                await client.send(request)
                return json.loads(await client.recv())

            assert await ask('{"method":"ping"}') == {"channel": "pong"}
            subscription = {"type": "userFills", "user": KEY.address}
            answer = await ask(json.dumps({"method": "subscribe", "subscription": subscription}))
            assert answer["channel"] == "subscriptionResponse"
            assert answer["data"]["subscription"] == {
                "type": "userFills",
                "user": USER,
                "aggregateByTime": None,
            }
            assert (await receive(client, "userFills")) == {"isSnapshot": True, "user": USER, "fills": []}
            again = await ask(json.dumps({"method": "subscribe", "subscription": subscription}))
            assert again["channel"] == "error" and again["data"].startswith("Already subscribed: {")
            gone = await ask(json.dumps({"method": "unsubscribe", "subscription": subscription}))
            assert gone["data"]["method"] == "unsubscribe"
            twice = await ask(json.dumps({"method": "unsubscribe", "subscription": subscription}))
            assert twice["data"].startswith("Already unsubscribed: {")
            for nonsense in ("nonsense", "[1]", '{"method":"subscribe","subscription":{"type":"webData2"}}'):
                assert (await ask(nonsense))["data"].startswith("Error parsing JSON into valid websocket")

    run(test)


def test_the_life_of_a_stop_on_every_channel(venue: LocalVenue, exchange: Exchange) -> None:
    async def test() -> None:
        feeds = [{"type": kind, "user": USER} for kind in ("orderUpdates", "userEvents", "userFills")]
        async with subscribed(venue, *feeds) as client:
            assert (await receive(client, "userFills"))["isSnapshot"] is True
            await asyncio.to_thread(exchange.market_open, "SOL", True, 2)
            (entry,) = await receive(client, "orderUpdates")
            assert entry["status"] == "filled" and entry["order"]["sz"] == "0.0"
            assert (await receive(client, "user"))["fills"][0]["oid"] == entry["order"]["oid"]
            assert "isSnapshot" not in await receive(client, "userFills")
            kind = {"trigger": {"triggerPx": 145, "isMarket": True, "tpsl": "sl"}}
            await asyncio.to_thread(exchange.order, "SOL", False, 2, 130, kind, True)
            (placed,) = await receive(client, "orderUpdates")
            assert placed["status"] == "open" and placed["order"]["reduceOnly"] is True
            await asyncio.to_thread(venue.set_price, "SOL", 145)
            updates = await receive(client, "orderUpdates")
            assert [update["status"] for update in updates] == ["triggered", "filled"]
            assert {update["order"]["oid"] for update in updates} == {placed["order"]["oid"]}
            fills = await receive(client, "userFills")
            assert fills["user"] == USER and fills["fills"][0]["dir"] == "Close Long"

    run(test)


def test_market_feeds(venue: LocalVenue, exchange: Exchange) -> None:
    async def test() -> None:
        coin = [{"type": kind, "coin": "SOL"} for kind in ("activeAssetCtx", "bbo", "trades", "l2Book")]
        async with subscribed(venue, {"type": "allMids"}, *coin) as client:
            assert (await receive(client, "allMids"))["mids"]["SOL"] == "150.0"
            assert (await receive(client, "activeAssetCtx"))["ctx"]["markPx"] == "150.0"
            bid, ask = (await receive(client, "bbo"))["bbo"]
            assert (bid["px"], ask["px"]) == ("149.98", "150.02")
            book = await receive(client, "l2Book")
            assert len(book["levels"][0]) == 20 and book["levels"][1][0] == ask
            assert "fast" not in book
            await asyncio.to_thread(venue.set_price, "SOL", "151.5")
            (printed,) = await receive(client, "trades")
            assert printed["px"] == "151.52" and USER not in printed["users"]
            assert (await receive(client, "allMids"))["mids"]["SOL"] == "151.5"
            context = await receive(client, "activeAssetCtx")
            assert context["coin"] == "SOL" and context["ctx"]["markPx"] == "151.5"
            assert (await receive(client, "bbo"))["bbo"][1]["px"] == "151.52"
            assert (await receive(client, "l2Book"))["levels"][1][0]["px"] == "151.52"
            await asyncio.to_thread(exchange.market_open, "SOL", True, 1)
            (trade,) = await receive(client, "trades")
            assert (trade["side"], trade["px"], trade["users"][0]) == ("B", "151.52", USER)

    run(test)


def test_requests_over_the_socket(venue: LocalVenue) -> None:
    async def test() -> None:
        async with connect(venue.ws_url) as client:
            for payload, kind in (({"type": "allMids"}, "info"), ({"type": "nonsense"}, "error")):
                request = {"type": "info", "payload": payload}
                await client.send(json.dumps({"method": "post", "id": 17, "request": request}))
                answer = await receive(client, "post")
                assert answer["id"] == 17 and answer["response"]["type"] == kind

    run(test)


def test_dropped_sockets_are_noticed(venue: LocalVenue) -> None:
    async def test() -> None:
        async with subscribed(venue, {"type": "allMids"}) as client:
            await receive(client, "allMids")
            await asyncio.to_thread(venue.drop_sockets)
            with pytest.raises(websockets.ConnectionClosedError):
                await receive(client, "allMids")

    run(test)


class DeafSocket:
    """A WebSocket whose other side never reads."""

    def __init__(self) -> None:
        self.cut = asyncio.Event()
        self.transport = self

    def abort(self) -> None:
        self.cut.set()

    async def send_str(self, text: str) -> None:
        await self.cut.wait()
        raise ConnectionResetError

    async def close(self, *, code: int) -> None:
        await self.cut.wait()


def test_a_socket_that_does_not_read_is_cut_off() -> None:
    async def test() -> None:
        deaf: Any = DeafSocket()
        connection = Connection(deaf, deaf, 10, 1_000, Faults(lambda: 0))
        writer = asyncio.create_task(connection.write())
        await asyncio.sleep(0)
        for index in range(10):
            connection.send(str(index))
        assert not deaf.cut.is_set()
        while not deaf.cut.is_set():
            connection.send("one more")
        await writer
        await connection.drained()

    run(test)


def test_a_socket_that_does_not_read_does_not_hold_up_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hypertui.venue.api.sockets.CLOSE_TIMEOUT", 0.01)

    async def test() -> None:
        deaf: Any = DeafSocket()
        await Connection(deaf, deaf, 10, 1_000, Faults(lambda: 0)).close()
        assert deaf.cut.is_set()

    run(test)


def test_a_socket_to_which_nothing_is_sent_is_closed() -> None:
    async def test(venue: LocalVenue) -> None:
        async with connect(venue.ws_url) as client:
            async with asyncio.timeout(DEADLINE):
                await client.wait_closed()
            assert client.close_code == 1000

    with LocalVenue(idle_timeout=0.1) as venue:
        run(lambda: test(venue))


def test_the_prices_move_by_themselves() -> None:
    async def test() -> None:
        server = VenueServer(VenueOptions(speed=600))
        port = await server.start(0)
        try:
            async with connect(f"ws://127.0.0.1:{port}/ws") as client:
                await client.send('{"method":"subscribe","subscription":{"type":"allMids"}}')
                mids = [await receive(client, "allMids") for _ in range(3)]
                assert mids[0] != mids[1] != mids[2]
        finally:
            await server.close()

    run(test)
