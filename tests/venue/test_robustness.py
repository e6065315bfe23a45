"""The doors under abuse: the right answer or a clean close, bounded memory, other clients unharmed."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager, suppress
from decimal import Decimal
from typing import Any

import pytest
import requests
import websockets
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.asyncio.client import connect

from hypertui.venue.api.sockets import Connection
from hypertui.venue.api.throttle import SUBSCRIPTIONS
from hypertui.venue.faults.faults import Faults
from tests.support.live_engine import wait_until
from tests.support.local_venue import LocalVenue

DEADLINE = 20
ALICE = "0x" + "a" * 40


@pytest.fixture(scope="module")
def standing() -> Iterator[LocalVenue]:
    """One venue for all the abuse of this module: it has to stand through it."""
    with LocalVenue(rate_limits="off") as running:
        yield running


@pytest.fixture
def venue() -> Iterator[LocalVenue]:
    with LocalVenue(rate_limits="off", socket_queue=200) as running:
        yield running


def run(test: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(test(), DEADLINE))  # type: ignore[arg-type]


def well(venue: LocalVenue) -> bool:
    """Whether an ordinary client is served."""
    answer = requests.post(f"{venue.base_url}/info", json={"type": "allMids"}, timeout=5)
    return answer.status_code == 200 and "BTC" in answer.json()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=5),
    max_leaves=12,
)
requests_like = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["meta", "l2Book", "userFills", "candleSnapshot", "orderStatus", "nonsense"]),
        "action": st.fixed_dictionaries(
            {
                "type": st.sampled_from(["order", "cancel", "batchModify", "approveAgent", "noop", "x"]),
                "orders": json_values,
                "cancels": json_values,
                "modifies": json_values,
                "grouping": st.sampled_from(["na", "normalTpsl", "?"]),
            }
        ),
        "nonce": json_values,
        "signature": json_values,
    },
    optional={"user": json_values, "coin": json_values, "req": json_values, "startTime": json_values},
)
bodies = st.one_of(
    st.binary(max_size=200), (json_values | requests_like).map(lambda each: json.dumps(each).encode())
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=bodies, path=st.sampled_from(["info", "exchange"]))
def test_any_body_is_answered(standing: LocalVenue, body: bytes, path: str) -> None:
    answer = requests.post(f"{standing.base_url}/{path}", data=body, timeout=5)
    assert answer.status_code in (200, 422), answer.text
    if answer.status_code == 200:
        answer.json()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(messages=st.lists(st.text(max_size=60) | json_values.map(json.dumps), min_size=1, max_size=8))
def test_any_message_is_answered(standing: LocalVenue, messages: list[str]) -> None:
    async def test() -> None:
        async with connect(standing.ws_url) as client:
            for message in messages:
                await client.send(message)
                answer = json.loads(await client.recv())
                assert answer["channel"] in ("error", "pong"), answer

    run(test)


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, '{"method":' * 50_000, '{"method":"ping","x":' + "9" * 100_000 + "}", "NaN", "\x00"],
)
def test_messages_that_are_hard_to_read(standing: LocalVenue, text: str) -> None:
    async def test() -> None:
        async with connect(standing.ws_url) as client:
            await client.send(text)
            answer = json.loads(await client.recv())
            assert answer["channel"] == "error" and len(answer["data"]) < 1_100

    run(test)


def test_bytes_instead_of_text_are_ignored(standing: LocalVenue) -> None:
    async def test() -> None:
        async with connect(standing.ws_url) as client:
            await client.send(b"\x00\xff")
            await client.send('{"method":"ping"}')
            assert json.loads(await client.recv()) == {"channel": "pong"}

    run(test)


def test_ten_megabytes(standing: LocalVenue) -> None:
    for path in ("info", "exchange"):
        answer = requests.post(f"{standing.base_url}/{path}", data=b"x" * 10_000_000, timeout=10)
        assert answer.status_code == 413

    async def test() -> None:
        async with connect(standing.ws_url) as client:
            with pytest.raises(websockets.ConnectionClosed):
                await client.send("x" * 10_000_000)
                await client.recv()
            assert client.close_code == 1009

    run(test)
    assert well(standing)


def test_ten_thousand_subscriptions(standing: LocalVenue) -> None:
    async def test() -> None:
        async with connect(standing.ws_url) as client:
            counts = {"subscriptionResponse": 0, "error": 0}

            async def send() -> None:
                for index in range(10_000):
                    subscription = {"type": "orderUpdates", "user": f"0x{index:040x}"}
                    await client.send(json.dumps({"method": "subscribe", "subscription": subscription}))

            sending = asyncio.create_task(send())
            for _ in range(10_000):
                counts[json.loads(await client.recv())["channel"]] += 1
            await sending
            assert counts == {"subscriptionResponse": SUBSCRIPTIONS, "error": 10_000 - SUBSCRIPTIONS}

    run(test)
    assert well(standing)


@contextmanager
def deaf(venue: LocalVenue, *messages: dict[str, Any]) -> Iterator[socket.socket]:
    """A WebSocket that sends these messages and never reads what comes."""
    with closing(socket.socket()) as raw:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        raw.settimeout(DEADLINE)
        raw.connect(("127.0.0.1", venue.port))
        key = base64.b64encode(b"0123456789abcdef").decode()
        raw.sendall(
            f"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            answer += raw.recv(1)
        assert answer.startswith(b"HTTP/1.1 101")
        for message in messages:
            payload = json.dumps(message).encode()
            raw.sendall(bytes((0x81, 0x80 | len(payload))) + b"\0\0\0\0" + payload)
        yield raw


def subscribe(**terms: Any) -> dict[str, Any]:
    return {"method": "subscribe", "subscription": terms}


def test_a_socket_that_never_reads_is_cut_and_the_others_hear_everything(
    venue: LocalVenue, caplog: pytest.LogCaptureFixture
) -> None:
    moves = 1_500
    heard: list[str] = []
    listening = threading.Event()

    async def listen() -> None:
        async with connect(venue.ws_url) as client:
            await client.send(json.dumps(subscribe(type="allMids")))
            listening.set()
            while not (heard and json.loads(heard[-1])["data"].get("mids", {}).get("SOL") == "999.0"):
                heard.append(await client.recv())  # type: ignore[arg-type]

    good = threading.Thread(target=lambda: run(listen))
    good.start()
    wanted = [subscribe(type=kind, coin="BTC") for kind in ("activeAssetCtx", "bbo", "trades")]
    with deaf(venue, subscribe(type="allMids"), *wanted) as raw:
        assert listening.wait(DEADLINE)
        # Both are subscribed before prices move.
        wait_until(lambda: venue.call(lambda: listeners(venue)) == [1, 1, 1, 2], "both to listen")
        venue.call(lambda: shrink(venue))
        for index in range(moves):
            price = 60_000 + index
            venue._wait(_set(venue, "BTC", price))
        venue._wait(_set(venue, "SOL", 999))
        good.join(DEADLINE)
        assert not good.is_alive()
        received = 0
        with suppress(ConnectionError):
            while part := raw.recv(1 << 20):
                received += len(part)
                assert received < 1_000_000, "what had left before the cut is what the kernel held"
    mids = [json.loads(text) for text in heard]
    assert sum(message["channel"] == "allMids" for message in mids) == moves + 2
    assert "a socket that does not read is cut off" in caplog.text
    assert well(venue)


def shrink(venue: LocalVenue) -> None:
    """Let the kernel keep little of what nobody reads: what it grows to of itself is many megabytes."""
    for connection in venue.server.sockets._connections:
        assert connection._transport is not None
        connection._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16_384)


def listeners(venue: LocalVenue) -> list[int]:
    """How many listen to each feed."""
    return sorted(len(each.sends) for each in venue.server._hub._broadcaster._audiences.values())


async def _set(venue: LocalVenue, symbol: str, price: int) -> None:
    venue.core.set_price(symbol, Decimal(price))
    await asyncio.sleep(0)


def test_long_messages_are_bounded_too() -> None:
    """Few messages, but long ones: the bound is on characters as well."""

    class Stuck:
        transport: Any = None

        async def send_str(self, text: str) -> None:
            await asyncio.Event().wait()

    async def test() -> None:
        stuck: Any = Stuck()
        connection = Connection(stuck, stuck, 1_000, 100, Faults(lambda: 0))
        connection.send("x" * 60)
        assert not connection._cut
        connection.send("x" * 41)
        assert connection._cut

    run(test)


def test_a_client_that_asks_and_never_reads_is_not_served_for_ever(venue: LocalVenue) -> None:
    """Its requests are taken no faster than its answers are; the queue never holds more than its bound."""
    ping = {"method": "ping"}
    with deaf(venue) as raw:
        payload = json.dumps(ping).encode()
        frame = bytes((0x81, 0x80 | len(payload))) + b"\0\0\0\0" + payload
        raw.settimeout(0.5)
        with pytest.raises(TimeoutError):
            while True:
                raw.sendall(frame * 1_000)
        assert venue.call(lambda: venue.server.sockets.count()) == 1
        waiting = venue.call(lambda: [each._queue.qsize() for each in venue.server.sockets._connections])
        assert waiting[0] <= 200
        assert well(venue)
