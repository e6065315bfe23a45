"""Rate limits: a client that would be throttled by the real exchange is throttled here."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import websockets
from eth_account import Account
from hyperliquid.info import Info as Client
from hyperliquid.utils.error import ClientError
from hypothesis import given
from hypothesis import strategies as st
from websockets.asyncio.client import connect

from hypertui.venue.api.throttle import (
    CONNECTIONS,
    MESSAGES_PER_MINUTE,
    NEW_CONNECTIONS_PER_MINUTE,
    PENDING_POSTS,
    SUBSCRIPTIONS,
    USERS,
    WEIGHT,
    Bucket,
    ThrottledAddress,
    ThrottledError,
)
from hypertui.venue.api.weights import action_weight, answer_weight, question_weight
from tests.support.local_venue import LocalVenue
from tests.venue.helpers import START

KEY = Account.from_key("0x" + "1" * 64)
USER = KEY.address.lower()


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def venue(clock: Clock) -> Iterator[LocalVenue]:
    with LocalVenue(clock=clock) as running:
        yield running


def ask(venue: LocalVenue, **body: Any) -> requests.Response:
    return requests.post(f"{venue.base_url}/info", json=body, timeout=10)


# The network address


@given(st.lists(st.tuples(st.integers(0, 5_000), st.integers(0, 300)), max_size=60))
def test_a_bucket_gives_no_more_than_it_holds_and_refills(steps: list[tuple[int, int]]) -> None:
    bucket, now, given_out = Bucket(1_200, 20, 0), 0, 0
    for wait, amount in steps:
        now += wait
        if bucket.take(amount, now):
            given_out += amount
        assert given_out <= 1_200 + 20 * now / 1000
        assert 0 <= bucket.level(now) <= 1_200


@pytest.mark.parametrize(
    ("body", "weight"),
    [
        ({"type": "l2Book"}, 2),
        ({"type": "allMids"}, 2),
        ({"type": "clearinghouseState"}, 2),
        ({"type": "orderStatus"}, 2),
        ({"type": "spotClearinghouseState"}, 2),
        ({"type": "exchangeStatus"}, 2),
        ({"type": "userRole"}, 60),
        ({"type": "meta"}, 20),
        ({"type": "openOrders"}, 20),
        ({"type": "nonsense"}, 20),
        ([], 20),
    ],
)
def test_what_a_question_weighs(body: object, weight: int) -> None:
    assert question_weight(body) == weight


def test_what_answers_and_actions_weigh() -> None:
    assert answer_weight({"type": "userFills"}, [{}] * 2_000) == 100
    assert answer_weight({"type": "candleSnapshot"}, [{}] * 5_000) == 83
    assert answer_weight({"type": "meta"}, [{}] * 5_000) == 0
    lengths = {0: 1, 1: 1, 39: 1, 40: 2, 79: 2, 80: 3}
    for name in ("orders", "cancels", "modifies"):
        for length, weight in lengths.items():
            assert action_weight({"action": {"type": "x", name: [{}] * length}}) == weight
    assert action_weight({"action": {"type": "noop"}}) == 1


def test_a_spent_weight_is_a_429_with_null_and_refills(venue: LocalVenue, clock: Clock) -> None:
    for _ in range(WEIGHT // 60):
        assert ask(venue, type="userRole", user=USER).status_code == 200
    refused = ask(venue, type="allMids")
    assert (refused.status_code, refused.text) == (429, "null")
    with pytest.raises(ClientError) as caught:
        Client(
            venue.base_url, skip_ws=True, meta={"universe": []}, spot_meta={"universe": [], "tokens": []}
        ).meta()
    assert (caught.value.status_code, caught.value.error_message) == (429, "null")
    clock.now += 99
    assert ask(venue, type="allMids").status_code == 429
    clock.now += 1
    assert ask(venue, type="allMids").status_code == 200
    assert ask(venue, type="allMids").status_code == 429


def test_long_answers_are_paid_for_afterwards(clock: Clock) -> None:
    peer = ThrottledAddress(True, clock.now)
    peer.ask(WEIGHT, clock.now)
    peer.pay(100, clock.now)
    with pytest.raises(ThrottledError):
        peer.ask(1, clock.now + 5_000)
    peer.ask(1, clock.now + 5_100)


def test_limits_that_are_off_do_not_throttle(clock: Clock) -> None:
    with LocalVenue(clock=clock, rate_limits="off") as venue:
        session = requests.Session()
        for _ in range(WEIGHT // 60 + 5):
            body = {"type": "userRole", "user": USER}
            assert session.post(f"{venue.base_url}/info", json=body, timeout=10).status_code == 200
        session.close()
        assert venue.call(lambda: venue.server.peers.weight_spent) == WEIGHT + 5 * 60


def test_what_is_refused_is_not_spent(clock: Clock) -> None:
    peer = ThrottledAddress(True, clock.now)
    peer.ask(WEIGHT, clock.now)
    peer.pay(7, clock.now)
    with pytest.raises(ThrottledError):
        peer.ask(1, clock.now)
    assert peer.spent == WEIGHT + 7


def test_the_body_of_a_429_is_an_option(clock: Clock) -> None:
    with LocalVenue(clock=clock, throttled_body='{"code":429,"msg":"slow"}') as venue:
        for _ in range(WEIGHT // 60):
            ask(venue, type="userRole", user=USER)
        assert ask(venue, type="meta").json() == {"code": 429, "msg": "slow"}


# Sockets


async def told(client: Any, text: str) -> Any:
    await client.send(text)
    return json.loads(await client.recv())


def subscription(**terms: Any) -> str:
    return json.dumps({"method": "subscribe", "subscription": terms})


def test_ten_connections_at_once(venue: LocalVenue) -> None:
    async def test() -> None:
        clients = [await connect(venue.ws_url) for _ in range(CONNECTIONS)]
        with pytest.raises(websockets.InvalidStatus) as caught:
            await connect(venue.ws_url)
        assert caught.value.response.status_code == 429
        assert (await told(clients[0], '{"method":"ping"}')) == {"channel": "pong"}
        await clients[0].close()
        while True:  # the venue hears of the end a moment later
            try:
                clients[0] = await connect(venue.ws_url)
                break
            except websockets.InvalidStatus:
                await asyncio.sleep(0.01)
        for client in clients:
            await client.close()

    asyncio.run(asyncio.wait_for(test(), 20))


def test_new_connections_a_minute(clock: Clock) -> None:
    peer = ThrottledAddress(True, clock.now)
    for _ in range(NEW_CONNECTIONS_PER_MINUTE):
        assert peer.connect(clock.now)
        peer.disconnect()
    assert not peer.connect(clock.now)
    assert peer.connect(clock.now + 2_000)


def test_users_and_subscriptions_are_counted_over_all_sockets(venue: LocalVenue) -> None:
    async def test() -> None:
        async with connect(venue.ws_url) as one, connect(venue.ws_url) as two:
            for index in range(USERS):
                client = (one, two)[index % 2]
                answer = await told(client, subscription(type="orderUpdates", user=f"0x{index:040x}"))
                assert answer["channel"] == "subscriptionResponse"
            for client in (one, two):
                refused = await told(client, subscription(type="userEvents", user="0x" + "f" * 40))
                assert refused == {"channel": "error", "data": "Cannot track more than 10 total users."}
                again = await told(client, subscription(type="userEvents", user=f"0x{0:040x}"))
                assert again["channel"] == "subscriptionResponse"

    asyncio.run(asyncio.wait_for(test(), 20))


def test_a_thousand_subscriptions(clock: Clock) -> None:
    peer = ThrottledAddress(False, clock.now)
    assert all(peer.subscribe(f"0x{index}") is None for index in range(SUBSCRIPTIONS))
    assert peer.subscribe(None) == "Cannot subscribe to more than 1000 channels."
    peer.unsubscribe("0x7")
    assert peer.subscribe(None) is None


def test_too_many_messages_close_the_socket(venue: LocalVenue) -> None:
    async def test() -> None:
        async with connect(venue.ws_url) as client:
            for _ in range(MESSAGES_PER_MINUTE + 1):
                await client.send('{"method":"ping"}')
            pongs = 0
            with pytest.raises(websockets.ConnectionClosed):
                while True:
                    assert json.loads(await client.recv()) == {"channel": "pong"}
                    pongs += 1
            assert pongs <= MESSAGES_PER_MINUTE
            assert client.close_code == 1008

    asyncio.run(asyncio.wait_for(test(), 30))


def test_posts_that_wait_for_their_answer(venue: LocalVenue) -> None:
    async def test() -> None:
        venue.fail("ws-slow-post", seconds=0.3)
        async with connect(venue.ws_url) as client:
            for number in range(PENDING_POSTS + 1):
                request = {"type": "info", "payload": {"type": "exchangeStatus"}}
                await client.send(json.dumps({"method": "post", "id": number, "request": request}))
            refused = json.loads(await client.recv())
            assert refused == {"channel": "error", "data": "too many pending post requests id=100"}
            answers = [json.loads(await client.recv()) for _ in range(PENDING_POSTS)]
            assert [each["data"]["id"] for each in answers] == list(range(PENDING_POSTS))

    asyncio.run(asyncio.wait_for(test(), 20))


def test_a_post_that_is_throttled(venue: LocalVenue) -> None:
    async def test() -> None:
        async with connect(venue.ws_url) as client:
            answers = []
            for number in range(WEIGHT // 60 + 1):
                request = {"type": "info", "payload": {"type": "userRole", "user": USER}}
                text = json.dumps({"method": "post", "id": number, "request": request})
                answers.append(await told(client, text))
            assert all(each["data"]["response"]["type"] == "info" for each in answers[:-1])
            assert answers[-1]["data"]["response"] == {"type": "error", "payload": "429 Too Many Requests"}

    asyncio.run(asyncio.wait_for(test(), 20))
