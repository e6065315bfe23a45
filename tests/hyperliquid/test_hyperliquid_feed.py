"""The feed against a tiny server that misbehaves in every way seen in the wild."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from hypertui.exchange.hyperliquid import Pace, paper
from hypertui.exchange.hyperliquid.channels import Channels, SubscriptionRefused
from hypertui.exchange.hyperliquid.feed import Feed
from hypertui.exchange.protocol import (
    FeedAlive,
    FeedDown,
    FeedMessage,
    FeedUp,
    FillNotice,
    Malformed,
    OrderNotice,
    OrderState,
    PriceTick,
    Quote,
)

USER = "0x" + "ab" * 20
DEADLINE = 5.0  # seconds; only a failing test waits that long

CONTEXT = {"channel": "activeAssetCtx", "data": {"coin": "SOL", "ctx": {"markPx": "100.5", "midPx": None}}}
TICK = PriceTick(Quote(Decimal("100.5"), None, None))
FILL = {
    "coin": "SOL",
    "px": "100",
    "sz": "1",
    "side": "B",
    "time": 5,
    "oid": 1,
    "tid": 2,
    "fee": "0.1",
}
ORDER = {
    "order": {
        "coin": "SOL",
        "side": "A",
        "limitPx": "1",
        "sz": "0.0",
        "origSz": "2",
        "oid": 3,
        "timestamp": 1,
    },
    "status": "filled",
    "statusTimestamp": 9,
}

Script = Callable[[ServerConnection, int], Awaitable[None]]


class Listener:
    """Collects what the feed delivers and the waits between its attempts."""

    def __init__(self) -> None:
        self.messages: list[FeedMessage] = []
        self.waits: list[float] = []
        self._changed = asyncio.Event()

    def deliver(self, message: FeedMessage) -> None:
        self.messages.append(message)
        self._changed.set()

    async def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self._changed.set()
        await asyncio.sleep(0)

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(DEADLINE):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    def of(self, kind: type[FeedMessage]) -> list[FeedMessage]:
        return [message for message in self.messages if isinstance(message, kind)]


def play(script: Script, use: Callable[[Listener, Feed], Awaitable[None]], **pace: Any) -> Listener:
    """Run the feed against `script`, which gets each connection and its number from 1."""

    async def main() -> Listener:
        number = 0

        async def handle(connection: ServerConnection) -> None:
            nonlocal number
            number += 1
            await script(connection, number)

        listener = Listener()
        options: dict[str, Any] = {"close_timeout": 0.1, "chance": lambda: 1.0, "sleep": listener.wait}
        async with serve(handle, "127.0.0.1", 0, close_timeout=0.1) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            feed = Feed(paper(f"http://127.0.0.1:{port}"), USER, pace=Pace(**(options | pace)))
            task = asyncio.create_task(feed.follow("SOL", listener.deliver))
            try:
                await use(listener, feed)
            finally:
                task.cancel()
                await asyncio.wait([task])
        return listener

    return asyncio.run(main())


async def acknowledge(connection: ServerConnection, times: int = 3, repeat: int = 1) -> None:
    for _ in range(times):
        request = json.loads(await connection.recv())
        answer = {"channel": "subscriptionResponse", "data": request}
        for _ in range(repeat):
            await connection.send(json.dumps(answer))


async def say(connection: ServerConnection, *messages: Any) -> None:
    for message in messages:
        await connection.send(message if isinstance(message, str | bytes) else json.dumps(message))


async def until_gone(connection: ServerConnection) -> None:
    """Answer pings until the client leaves."""
    async for text in connection:
        if json.loads(text) == {"method": "ping"}:
            await say(connection, {"channel": "pong"})


def stepping_clock() -> Callable[[], float]:
    """A clock that goes on by looking at it, so that a slow machine does not look like a silent venue."""
    ticks = count()
    return lambda: next(ticks) * 0.02


def test_delivers_everything_in_order() -> None:
    async def script(connection: ServerConnection, _: int) -> None:
        await acknowledge(connection)
        snapshot = {"isSnapshot": True, "user": USER.upper().replace("X", "x"), "fills": [FILL]}
        await say(
            connection,
            {"channel": "userFills", "data": snapshot},
            CONTEXT,
            {"channel": "orderUpdates", "data": [ORDER]},
            {"channel": "userFills", "data": {"user": USER, "fills": [FILL]}},
        )
        await until_gone(connection)

    async def use(listener: Listener, _: Feed) -> None:
        await listener.until(lambda: len(listener.of(FillNotice)) == 2)

    heard = play(script, use).messages
    assert heard[:2] == [FeedAlive(), FeedAlive()]
    assert isinstance(heard[2], FeedUp)
    first, tick, orders, second = heard[3:]
    assert isinstance(first, FillNotice)
    assert isinstance(orders, OrderNotice)
    assert isinstance(second, FillNotice)
    assert (first.snapshot, second.snapshot) == (True, False)
    assert first.fills == second.fills
    assert tick == TICK
    assert orders.reports[0].state is OrderState.FILLED


def test_subscribes_again_after_a_drop() -> None:
    async def script(connection: ServerConnection, number: int) -> None:
        await acknowledge(connection)
        await say(connection, CONTEXT)
        if number > 1:
            await until_gone(connection)

    async def use(listener: Listener, _: Feed) -> None:
        await listener.until(lambda: len(listener.of(PriceTick)) == 2)

    heard = play(script, use)
    assert len(heard.of(FeedUp)) == 2
    down = heard.of(FeedDown)
    assert len(down) == 1
    assert "connection lost" in str(down[0])


def test_a_connection_torn_in_mid_frame() -> None:
    async def script(connection: ServerConnection, number: int) -> None:
        await acknowledge(connection)
        if number > 1:
            await until_gone(connection)
        else:
            connection.transport.write(b"\x81\x7e\x10\x00{")
            connection.transport.abort()

    async def use(listener: Listener, _: Feed) -> None:
        await listener.until(lambda: len(listener.of(FeedUp)) == 2)

    assert len(play(script, use).of(FeedDown)) == 1


def test_a_half_open_connection_is_noticed() -> None:
    """The server accepts everything and never says a word, not even to pings."""
    pings: list[Any] = []

    async def script(connection: ServerConnection, number: int) -> None:
        if number > 1:
            await acknowledge(connection)
            await until_gone(connection)
        async for text in connection:
            pings.append(json.loads(text))

    async def use(listener: Listener, _: Feed) -> None:
        await listener.until(lambda: bool(listener.of(FeedUp)))

    heard = play(script, use, ping_every=0.06, silence=0.4, clock=stepping_clock())
    assert heard.messages[0] == FeedDown("nothing heard for 0.4 s")
    assert pings.count({"method": "ping"}) > 1


def test_pings_keep_a_quiet_connection() -> None:
    async def script(connection: ServerConnection, _: int) -> None:
        await acknowledge(connection)
        await until_gone(connection)

    async def use(listener: Listener, _: Feed) -> None:
        await listener.until(lambda: len(listener.of(FeedAlive)) > 8)

    assert play(script, use, ping_every=0.02, silence=5.0).of(FeedDown) == []


def test_an_acknowledgement_that_never_comes() -> None:
    async def script(connection: ServerConnection, number: int) -> None:
        await acknowledge(connection, times=2 if number == 1 else 3)
        await until_gone(connection)

    async def use(listener: Listener, _: Feed) -> None:
        await listener.until(lambda: bool(listener.of(FeedUp)))

    heard = play(script, use, ping_every=0.06, silence=0.4, clock=stepping_clock())
    assert heard.of(FeedDown) == [FeedDown("subscriptions not acknowledged within 0.4 s")]


def test_garbage_is_counted_and_survived() -> None:
    garbage: list[Any] = [
        "",
        "{",
        "Websocket connection established.",
        b"\xff\x00",
        "[" * 100_000,
        "null",
        "[]",
        {},
        {"channel": None},
        {"channel": "activeAssetCtx"},
        {"channel": "activeAssetCtx", "data": {"coin": "SOL", "ctx": {"markPx": float("nan")}}},
        {"channel": "userFills", "data": {"fills": []}},
        {"channel": "orderUpdates", "data": 1},
        {"channel": "orderUpdates", "data": [{}, None, ORDER]},  # the third is good
        {"channel": "subscriptionResponse"},
    ]
    harmless = [
        {"channel": "notification", "data": {"notification": "hello"}, "extra": 1},
        {"channel": "error", "data": "Already unsubscribed: {}"},
        {"channel": "activeAssetCtx", "data": {"coin": "BTC", "ctx": {}}},
        {"channel": "userFills", "data": {"user": "0x" + "cd" * 20, "fills": [FILL]}},
        {"channel": "userFills", "data": {"user": USER, "fills": [{**FILL, "coin": "BTC"}]}},
    ]

    async def script(connection: ServerConnection, _: int) -> None:
        await acknowledge(connection)
        await say(connection, *garbage, *harmless, CONTEXT)
        await until_gone(connection)

    async def use(listener: Listener, _: Feed) -> None:
        await listener.until(lambda: bool(listener.of(PriceTick)))

    heard = play(script, use)
    assert heard.of(FeedDown) == []
    said = [message.reason for message in heard.messages if isinstance(message, Malformed)]
    assert len(said) == len(garbage)
    assert all(reason.startswith("the feed: ") and len(reason) < 400 for reason in said)
    assert heard.of(PriceTick) == [TICK]
    assert len(heard.of(OrderNotice)) == 1
    assert heard.of(FillNotice) == []


def test_a_frame_too_large_ends_the_connection() -> None:
    async def script(connection: ServerConnection, number: int) -> None:
        await acknowledge(connection)
        if number == 1:
            await say(connection, "x" * (8 * 2**20 + 1))
        await until_gone(connection)

    async def use(listener: Listener, _: Feed) -> None:
        await listener.until(lambda: len(listener.of(FeedUp)) == 2)

    assert len(play(script, use).of(FeedDown)) == 1


def test_a_frame_that_swells_when_it_is_unpacked_ends_the_connection() -> None:
    async def script(connection: ServerConnection, number: int) -> None:
        await acknowledge(connection)
        if number == 1:
            await say(connection, "[" + " " * (9 * 2**20))  # some 9 KB on the way
        await until_gone(connection)

    async def use(listener: Listener, _: Feed) -> None:
        await listener.until(lambda: len(listener.of(FeedUp)) == 2)

    assert len(play(script, use).of(FeedDown)) == 1


def test_nothing_but_garbage_is_silence() -> None:
    async def script(connection: ServerConnection, number: int) -> None:
        await acknowledge(connection)
        if number > 1:
            await until_gone(connection)
        while True:
            await say(connection, "{")
            await asyncio.sleep(0.001)

    async def use(listener: Listener, _: Feed) -> None:
        await listener.until(lambda: len(listener.of(FeedUp)) == 2)

    heard = play(script, use, silence=0.4, clock=stepping_clock())
    assert heard.of(FeedDown)[0] == FeedDown("nothing heard for 0.4 s")


def test_a_frame_that_trickles_is_silence() -> None:
    async def script(connection: ServerConnection, number: int) -> None:
        await acknowledge(connection)
        if number > 1:
            await until_gone(connection)
        connection.transport.write(b"\x81\x7e\x10\x00{")
        while True:
            connection.transport.write(b" ")
            await asyncio.sleep(0.01)

    async def use(listener: Listener, _: Feed) -> None:
        await listener.until(lambda: len(listener.of(FeedUp)) == 2)

    heard = play(script, use, ping_every=0.02, silence=0.4, clock=stepping_clock())
    assert heard.of(FeedDown) == [FeedDown("nothing heard for 0.4 s")]


def test_a_subscription_whose_acknowledgement_was_lost_is_asked_for_again() -> None:
    again: list[Any] = []

    async def script(connection: ServerConnection, _: int) -> None:
        await acknowledge(connection, times=2)
        lost = json.loads(await connection.recv())["subscription"]
        again.append(json.loads(await connection.recv())["subscription"])
        assert again == [lost]
        await say(connection, {"channel": "error", "data": f"Already subscribed: {json.dumps(lost)}"})
        await until_gone(connection)

    async def use(listener: Listener, _: Feed) -> None:
        await listener.until(lambda: bool(listener.of(FeedUp)))

    heard = play(script, use, ask_again=0.02)
    assert heard.of(FeedDown) == []
    assert len(again) == 1


def test_a_pause_ends_when_the_venue_is_seen_to_be_back() -> None:
    connected = 0

    async def script(connection: ServerConnection, number: int) -> None:
        nonlocal connected
        connected = number

    async def main() -> None:
        entered = asyncio.Event()

        async def forever(seconds: float) -> None:
            entered.set()
            await asyncio.sleep(3600 if seconds > 0.25 else 0)

        listener = Listener()
        async with serve(lambda connection: script(connection, connected + 1), "127.0.0.1", 0) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            pace = Pace(close_timeout=0.1, chance=lambda: 1.0, sleep=forever)
            feed = Feed(paper(f"http://127.0.0.1:{port}"), USER, pace=pace)
            task = asyncio.create_task(feed.follow("SOL", listener.deliver))
            for attempt in (1, 2):
                await listener.until(lambda attempt=attempt: len(listener.of(FeedDown)) == attempt)  # type: ignore[misc]
                async with asyncio.timeout(DEADLINE):
                    await entered.wait()
                entered.clear()
                assert connected == attempt
                feed.hurry()
            await listener.until(lambda: len(listener.of(FeedDown)) == 3)
            task.cancel()
            await asyncio.wait([task])

    asyncio.run(main())


def test_the_feed_is_not_led_elsewhere() -> None:
    async def main() -> Listener:
        listener = Listener()
        reached: list[object] = []

        async def elsewhere(connection: ServerConnection) -> None:
            reached.append(connection)

        async with serve(elsewhere, "127.0.0.1", 0) as other:
            address = f"ws://127.0.0.1:{next(iter(other.sockets)).getsockname()[1]}/ws"

            def lead_away(connection: ServerConnection, _: object) -> Any:
                response = connection.respond(302, "over there")
                response.headers["Location"] = address
                return response

            async with serve(elsewhere, "127.0.0.1", 0, process_request=lead_away) as server:
                port = next(iter(server.sockets)).getsockname()[1]
                pace = Pace(sleep=listener.wait)
                url = f"http://127.0.0.1:{port}"
                feed = Feed(paper(url), USER, pace=pace)
                task = asyncio.create_task(feed.follow("SOL", listener.deliver))
                await listener.until(lambda: bool(listener.of(FeedDown)))
                task.cancel()
                await asyncio.wait([task])
        assert reached == []
        return listener

    assert "302" in str(asyncio.run(main()).of(FeedDown)[0])


def test_waits_grow_until_data_arrives() -> None:
    """Neither an open socket nor an acknowledgement counts as success."""

    async def script(connection: ServerConnection, number: int) -> None:
        await acknowledge(connection)
        if number == 4:
            await say(connection, CONTEXT)

    async def use(listener: Listener, _: Feed) -> None:
        await listener.until(lambda: len(listener.waits) == 6)

    assert play(script, use).waits[:6] == [0.5, 1.0, 2.0, 0.5, 1.0, 2.0]


def test_nobody_there() -> None:
    async def main() -> Listener:
        listener = Listener()
        with socket.create_server(("127.0.0.1", 0)) as server:
            url = f"http://127.0.0.1:{server.getsockname()[1]}"
        pace = Pace(chance=lambda: 0.0, sleep=listener.wait)
        task = asyncio.create_task(Feed(paper(url), USER, pace=pace).follow("SOL", listener.deliver))
        await listener.until(lambda: len(listener.waits) == 3)
        task.cancel()
        await asyncio.wait([task])
        return listener

    heard = asyncio.run(main())
    assert heard.waits[:3] == [0.25] * 3
    assert "cannot connect" in str(heard.messages[0])


def test_what_the_engine_raises_is_not_taken_for_a_broken_connection() -> None:
    async def script(connection: ServerConnection, _: int) -> None:
        await acknowledge(connection)
        await until_gone(connection)

    async def main() -> None:
        def deliver(_: FeedMessage) -> None:
            raise OSError("disk full")

        async with serve(lambda connection: script(connection, 1), "127.0.0.1", 0) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            feed = Feed(paper(f"http://127.0.0.1:{port}"), USER, pace=Pace(close_timeout=0.1))
            async with asyncio.timeout(DEADLINE):
                await feed.follow("SOL", deliver)

    with pytest.raises(OSError, match="disk full"):
        asyncio.run(main())


@pytest.mark.parametrize("failures", [1, 2, 5, 8, 1000])
def test_waits_are_bounded_and_spread(failures: int) -> None:
    for chance in (0.0, 0.5, 1.0):
        assert 0.25 <= Pace(chance=lambda chance=chance: chance).wait(failures) <= 30
    assert Pace(chance=lambda: 0.0).wait(failures) == 0.25
    assert Pace(chance=lambda: 1.0).wait(failures) == min(30, 0.25 * 2**failures)


def acknowledgement(**subscription: Any) -> str:
    return json.dumps({"channel": "subscriptionResponse", "data": {"subscription": subscription}})


def told(channels: Channels, text: str) -> tuple[FeedMessage, ...]:
    """What a frame says to those who listen to SOL."""
    return tuple(message for symbol, message in channels.read(text).messages if symbol == "SOL")


def test_acknowledgements_may_be_doubled_altered_and_replaced() -> None:
    channels = Channels(USER, ("SOL",))
    prices = acknowledgement(type="activeAssetCtx", coin="SOL", fast=False, dex=None)
    assert told(channels, prices) == (FeedAlive(),)
    assert told(channels, prices) == (FeedAlive(),)
    already = {
        "channel": "error",
        "data": f'Already subscribed: {{"type":"orderUpdates","user":"{USER.upper()}"}}',
    }
    assert told(channels, json.dumps(already)) == (FeedAlive(),)
    assert channels.pending
    fills = acknowledgement(type="userFills", user=USER, aggregateByTime=False)
    assert told(channels, fills) == (FeedUp(),)
    assert told(channels, fills) == (FeedAlive(),)
    assert not channels.pending


def test_a_refused_subscription_breaks_the_connection() -> None:
    async def script(connection: ServerConnection, number: int) -> None:
        if number == 1:
            await say(connection, {"channel": "error", "data": "Cannot track more than 10 total users."})
        else:
            await acknowledge(connection)
        await until_gone(connection)

    async def use(listener: Listener, _: Feed) -> None:
        await listener.until(lambda: bool(listener.of(FeedUp)))

    assert play(script, use).messages[0] == (
        FeedDown("subscription refused: Cannot track more than 10 total users.")
    )
    with pytest.raises(SubscriptionRefused):
        Channels(USER, ("SOL",)).read('{"channel": "error", "data": "Invalid subscription"}')


def test_fills_of_a_snapshot_come_oldest_first() -> None:
    rows = [{**FILL, "time": t, "tid": n} for n, t in enumerate((9, 7, 7, 3))]
    for order in (rows, rows[::-1]):
        data = {"isSnapshot": True, "user": USER, "fills": order}
        (notice,) = told(Channels(USER, ("SOL",)), json.dumps({"channel": "userFills", "data": data}))
        assert isinstance(notice, FillNotice)
        assert [fill.trade_id for fill in notice.fills] == [3, 2, 1, 0]


def test_an_empty_snapshot_is_delivered() -> None:
    data = {"isSnapshot": True, "user": USER, "fills": []}
    heard = told(Channels(USER, ("SOL",)), json.dumps({"channel": "userFills", "data": data}))
    assert heard == (FillNotice((), snapshot=True),)


def test_traded_prices_are_known_on_demand() -> None:
    channels = Channels(USER, ("SOL",), with_last=True)
    assert {"type": "trades", "coin": "SOL"} in [stream.subscription for stream in channels.pending]

    def traded(*trades: tuple[int, str]) -> FeedMessage:
        data = [{"coin": "SOL", "time": time, "px": price} for time, price in trades]
        (message,) = told(channels, json.dumps({"channel": "trades", "data": data}))
        return message

    assert traded((5, "99")) == FeedAlive()  # no mark yet
    channels.read(json.dumps(CONTEXT))
    newer = PriceTick(Quote(Decimal("100.5"), None, Decimal(98)))
    assert traded((4, "97"), (6, "98")) == newer
    assert traded((5, "99")) == FeedAlive()
    assert told(channels, json.dumps(CONTEXT)) == (newer,)
