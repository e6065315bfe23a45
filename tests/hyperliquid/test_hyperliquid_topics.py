"""Many symbols on one connection of the feed: who hears what, and what one may do to the others."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.asyncio.server import ServerConnection, serve

from hypertui.exchange.hyperliquid import Pace, paper
from hypertui.exchange.hyperliquid.channels import Channels, Stream, SubscriptionRefused
from hypertui.exchange.hyperliquid.feed import Feed
from hypertui.exchange.hyperliquid.subscribing import Subscribing
from hypertui.exchange.protocol import (
    FeedAlive,
    FeedDown,
    FeedMessage,
    FeedUp,
    FillNotice,
    Malformed,
    OrderNotice,
    PriceTick,
)
from tests.hyperliquid.listeners import Listeners
from tests.hyperliquid.test_hyperliquid_feed import DEADLINE, FILL, ORDER, USER

Said = dict[str, list[FeedMessage]]


class Server:
    """A venue's feed that acknowledges, remembers what it was asked, and says what it is told to. `refused`
    maps a coin to what is said of it instead; `deaf` coins are not answered."""

    def __init__(self) -> None:
        self.connections: list[ServerConnection] = []
        self.asked: list[tuple[str, str, str]] = []  # method, kind, coin (empty for the account)
        self.refused: dict[str, str] = {}
        self.deaf: set[str] = set()
        self._asked_for = asyncio.Event()

    async def handle(self, connection: ServerConnection) -> None:
        self.connections.append(connection)
        async for text in connection:
            request = json.loads(text)
            if request["method"] == "ping":
                await self.say({"channel": "pong"})
                continue
            subscription = request["subscription"]
            coin = subscription.get("coin", "")
            self.asked.append((request["method"], subscription["type"], coin))
            self._asked_for.set()
            if coin in self.refused:
                await self.say({"channel": "error", "data": self.refused[coin]})
            elif coin not in self.deaf:
                await self.say({"channel": "subscriptionResponse", "data": request})

    async def say(self, *messages: Any) -> None:
        for message in messages:
            await self.connections[-1].send(message if isinstance(message, str) else json.dumps(message))

    def subscribed(self) -> Counter[tuple[str, str]]:
        return Counter((kind, coin) for method, kind, coin in self.asked if method == "subscribe")

    async def until_asked(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(DEADLINE):
            while not condition():
                self._asked_for.clear()
                await self._asked_for.wait()


class Room(Listeners):
    """Listeners of one feed, by a name that begins with their symbol."""

    def __init__(self, server: Server, feed: Feed) -> None:
        super().__init__(lambda name, deliver: feed.follow(name.split("-")[0], deliver), DEADLINE)
        self.server = server
        self.feed = feed


def meet(use: Callable[[Room], Awaitable[None]], **pace: Any) -> None:
    """Run `use` with a feed of a server."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[Room]:
        options: dict[str, Any] = {"close_timeout": 0.1, "chance": lambda: 0.0, "first_wait": 0.01}
        server = Server()
        async with serve(server.handle, "127.0.0.1", 0, close_timeout=0.1) as listening:
            port = next(iter(listening.sockets)).getsockname()[1]
            room = Room(server, Feed(paper(f"http://127.0.0.1:{port}"), USER, pace=Pace(**(options | pace))))
            try:
                yield room
            finally:
                for name in list(room.tasks):
                    await room.leave(name)

    async def main() -> None:
        async with opened() as room:
            await use(room)

    asyncio.run(main())


def context(coin: str, price: str = "100") -> dict[str, Any]:
    return {"channel": "activeAssetCtx", "data": {"coin": coin, "ctx": {"markPx": price, "midPx": None}}}


def fills(*coins: str, snapshot: bool = False) -> dict[str, Any]:
    rows = [{**FILL, "coin": coin, "tid": number} for number, coin in enumerate(coins)]
    return {"channel": "userFills", "data": {"isSnapshot": snapshot, "user": USER, "fills": rows}}


def orders(*coins: str) -> dict[str, Any]:
    rows = [{**ORDER, "order": {**ORDER["order"], "coin": coin}} for coin in coins]  # type: ignore[dict-item]
    return {"channel": "orderUpdates", "data": rows}


def test_three_symbols_share_one_connection_and_each_hears_its_own() -> None:
    async def use(room: Room) -> None:
        for coin in ("SOL", "BTC", "ETH"):
            room.join(coin)
        await room.until_up("SOL", "BTC", "ETH")
        await room.server.say(
            fills("SOL", "BTC", "SOL", "DOGE", snapshot=True),
            context("BTC"),
            orders("ETH", "SOL", "DOGE"),
            fills("ETH"),
        )
        await room.until(lambda: len(room.of("ETH", FillNotice)) == 2)
        assert len(room.server.connections) == 1
        assert room.server.subscribed() == {
            ("orderUpdates", ""): 1,
            ("userFills", ""): 1,
            **{("activeAssetCtx", coin): 1 for coin in ("SOL", "BTC", "ETH")},
        }
        told = {
            coin: [
                (notice.snapshot, [fill.symbol for fill in notice.fills])  # type: ignore[union-attr]
                for notice in room.of(coin, FillNotice)
            ]
            for coin in ("SOL", "BTC", "ETH")
        }
        assert told == {
            "SOL": [(True, ["SOL", "SOL"])],
            "BTC": [(True, ["BTC"])],
            "ETH": [(True, []), (False, ["ETH"])],
        }
        assert [len(room.of(coin, PriceTick)) for coin in ("SOL", "BTC", "ETH")] == [0, 1, 0]
        assert [len(room.of(coin, OrderNotice)) for coin in ("SOL", "BTC", "ETH")] == [1, 0, 1]
        assert all(isinstance(message, FeedAlive) for message in room.heard["SOL"][:3])

    meet(use)


def test_who_joins_later_hears_that_it_is_up_and_the_others_nothing_of_it() -> None:
    async def use(room: Room) -> None:
        room.join("SOL")
        await room.until_up("SOL")
        room.join("BTC")
        await room.until_up("BTC")
        await room.server.say(context("BTC"), fills("BTC"))
        await room.until(lambda: bool(room.of("BTC", FillNotice)))
        room.join("BTC-2")  # what is known already need not be asked for
        await room.until_up("BTC-2")
        assert room.of("BTC-2", PriceTick) == room.of("BTC", PriceTick)
        assert room.heard["SOL"].count(FeedUp()) == 1
        assert room.of("SOL", FeedDown) == room.of("SOL", FillNotice) == []
        assert len(room.server.connections) == 1
        assert max(room.server.subscribed().values()) == 1

    meet(use)


def test_who_leaves_takes_its_prices_along_and_nothing_else() -> None:
    async def use(room: Room) -> None:
        server = room.server
        for name in ("SOL", "BTC", "BTC-2"):
            room.join(name)
        await room.until_up("SOL", "BTC", "BTC-2")
        await room.leave("BTC")
        await room.leave("BTC-2")
        await server.until_asked(lambda: ("unsubscribe", "activeAssetCtx", "BTC") in server.asked)
        await server.say(context("BTC"), fills("BTC", "SOL"))
        await room.until(lambda: bool(room.of("SOL", FillNotice)))
        room.join("BTC")
        await room.until_up("BTC", times=2)
        assert [asked for asked in server.asked if asked[0] == "unsubscribe"] == [
            ("unsubscribe", "activeAssetCtx", "BTC")
        ]
        assert server.subscribed()["activeAssetCtx", "BTC"] == 2
        assert room.of("BTC", FillNotice) == []
        # The last one hangs up; the next one connects anew.
        await room.leave("SOL")
        await room.leave("BTC")
        await asyncio.wait_for(server.connections[0].wait_closed(), DEADLINE)
        room.join("SOL")
        await room.until_up("SOL", times=2)
        assert len(server.connections) == 2
        assert not [name for name in room.heard if room.of(name, FeedDown)]

    meet(use)


def test_a_break_reaches_all_and_so_does_the_next_connection() -> None:
    async def use(room: Room) -> None:
        for coin in ("SOL", "BTC"):
            room.join(coin)
        await room.until_up("SOL", "BTC")
        room.server.connections[0].transport.abort()
        await room.until_up("SOL", "BTC", times=2)
        for coin in ("SOL", "BTC"):
            (down,) = room.of(coin, FeedDown)
            assert "connection lost" in str(down)

    meet(use)


@pytest.mark.parametrize(
    "said",
    [
        'Invalid subscription {"type":"activeAssetCtx","coin":"BTC"}',
        "Cannot subscribe to more than 1000 channels.",
    ],
)
def test_one_refused_symbol_is_asked_for_again_and_harms_no_other(said: str) -> None:
    async def use(room: Room) -> None:
        room.server.refused["BTC"] = said
        for coin in ("SOL", "BTC", "ETH"):
            room.join(coin)
        await room.until_up("SOL", "ETH")
        await room.until(lambda: len(room.of("BTC", FeedDown)) == 3)
        await room.server.say(context("SOL"), fills("BTC"))
        await room.until(lambda: bool(room.of("BTC", FillNotice)))  # the account's own stream is there
        del room.server.refused["BTC"]
        await room.until_up("BTC")
        assert set(room.of("BTC", FeedDown)) == {FeedDown(f"subscription refused: {said}")}
        assert len(room.server.connections) == 1
        for coin in ("SOL", "ETH"):
            assert room.of(coin, FeedDown) == []
            assert room.heard[coin].count(FeedUp()) == 1

    meet(use)


def test_one_symbol_that_is_never_acknowledged_harms_no_other() -> None:
    ticks = count()

    async def use(room: Room) -> None:
        room.server.deaf.add("BTC")
        for coin in ("SOL", "BTC"):
            room.join(coin)
        await room.until(lambda: len(room.of("BTC", FeedDown)) == 2)
        room.server.deaf.clear()
        await room.until_up("BTC", "SOL")
        assert set(room.of("BTC", FeedDown)) == {FeedDown("subscriptions not acknowledged within 0.4 s")}
        assert room.of("SOL", FeedDown) == []

    meet(use, silence=0.4, ping_every=0.06, ask_again=0.1, clock=lambda: next(ticks) * 0.02)


def test_the_last_one_left_breaks_the_connection_when_it_is_refused() -> None:
    async def use(room: Room) -> None:
        room.server.refused["BTC"] = "no"
        room.join("SOL")
        room.join("BTC")
        await room.until_up("SOL")
        await room.leave("SOL")
        await room.until(lambda: bool(room.of("BTC", FeedDown)) and len(room.server.connections) > 1)
        del room.server.refused["BTC"]
        await room.until_up("BTC")

    meet(use)


def test_an_account_that_is_refused_breaks_the_connection_for_all() -> None:
    async def use(room: Room) -> None:
        room.server.refused[""] = "Cannot track more than 10 total users."
        for coin in ("SOL", "BTC"):
            room.join(coin)
        await room.until(lambda: all(room.of(coin, FeedDown) for coin in ("SOL", "BTC")))
        room.server.refused.clear()
        await room.until_up("SOL", "BTC")

    meet(use)


def test_what_one_listener_raises_ends_that_one_alone() -> None:
    async def use(room: Room) -> None:
        room.join("SOL")
        room.join("BTC", OSError("disk full"))
        with pytest.raises(OSError, match="disk full"):
            await asyncio.wait_for(room.tasks["BTC"], DEADLINE)
        await room.until_up("SOL")
        assert len(room.heard["BTC"]) == 1
        assert room.of("SOL", FeedDown) == []
        room.join("BTC")
        await room.until_up("BTC")

    meet(use)


def test_a_defect_of_the_feed_ends_all_who_listen() -> None:
    async def use(room: Room) -> None:
        def broken() -> float:
            raise ZeroDivisionError

        room.feed._pace = Pace(clock=broken)
        for coin in ("SOL", "BTC"):
            room.join(coin)
        for task in room.tasks.values():
            with pytest.raises(ZeroDivisionError):
                await asyncio.wait_for(task, DEADLINE)
        room.feed._pace = Pace(close_timeout=0.1)
        room.join("SOL")
        await room.until_up("SOL")

    meet(use)


def test_garbage_reaches_those_whom_it_may_concern() -> None:
    channels = Channels(USER, ("SOL", "BTC"))

    def complaining(message: Any) -> dict[str, str]:
        said = channels.read(json.dumps(message)).messages
        return {symbol: news.reason for symbol, news in said if isinstance(news, Malformed)}

    bad = {"coin": "BTC", "ctx": {"markPx": "high"}}
    assert complaining({"channel": "activeAssetCtx", "data": bad}).keys() == {"BTC"}
    assert complaining({"channel": "activeAssetCtx", "data": None}).keys() == {"SOL", "BTC"}
    assert complaining({"channel": "activeAssetCtx", "data": {"coin": []}}).keys() == {"SOL", "BTC"}
    assert complaining({"channel": "trades", "data": [{"coin": "BTC"}]}).keys() == {"BTC"}
    assert complaining({"channel": "userFills", "data": []}).keys() == {"SOL", "BTC"}
    rows = [None, {"coin": "BTC"}, {"coin": "DOGE"}, FILL]
    said = complaining({"channel": "userFills", "data": {"user": USER, "fills": rows}})
    assert said.keys() == {"SOL", "BTC"}
    assert said["SOL"].startswith("the feed: 1 rows")
    assert said["BTC"].startswith("the feed: 2 rows")


def test_which_stream_a_refusal_is_about() -> None:
    def refused(text: str, channels: Channels) -> str | None:
        with pytest.raises(SubscriptionRefused) as refusal:
            channels.read(json.dumps({"channel": "error", "data": text}))
        return refusal.value.symbol

    def ignored(text: str, channels: Channels) -> bool:
        said = channels.read(json.dumps({"channel": "error", "data": text})).messages
        return all(message == FeedAlive() for _, message in said)

    channels = Channels(USER, ("SOL", "BTC"))
    named = 'Invalid subscription {{"type":"activeAssetCtx","coin":"{}"}}'
    assert refused(named.format("BTC"), channels) == "BTC"
    assert refused(f'Invalid subscription {{"type":"userFills","user":"{USER}"}}', channels) is None
    assert refused("something else", channels) == "SOL"
    assert refused("not JSON: {", channels) == "SOL"
    assert ignored(named.format("GONE"), channels)
    assert ignored('Already unsubscribed: {"type":"activeAssetCtx","coin":"SOL"}', channels)
    channels.hold_back("SOL")
    assert ignored(named.format("SOL"), channels)
    assert refused("something else", channels) == "BTC"
    channels.ask_again("SOL")
    assert [stream.of for stream in channels.pending] == ["BTC", USER, USER, "SOL"]


def test_waits_of_a_refused_symbol_grow_over_connections() -> None:
    pace = Pace(chance=lambda: 1.0)
    refusals: Counter[str] = Counter()
    waits = []
    for _ in range(2):
        channels = Channels(USER, ("SOL", "BTC"))
        subscribing = Subscribing(channels, pace, refusals)
        now = 100.0
        assert len(subscribing.due(now)) == 4
        assert subscribing.due(now) == []
        for _ in range(3):
            subscribing.hold_back("BTC", now)
            waits.append(min(subscribing._until.values()) - now)
            assert Stream("activeAssetCtx", "BTC") not in subscribing.due(now)
            now += waits[-1]
            assert Stream("activeAssetCtx", "BTC") in subscribing.due(now)
    assert waits == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0]
    subscribing.forget("BTC")
    assert not refusals


_COINS = ("SOL", "BTC", "ETH")


@given(st.lists(st.tuples(st.sampled_from(("join", "leave", "hold", "again", "ack")), st.integers(0, 4))))
def test_up_is_told_once_to_each_that_has_all_it_needs(steps: list[tuple[str, int]]) -> None:
    """Whatever order they come, go and are answered in."""
    channels = Channels(USER)
    acknowledged: set[Stream] = set()
    ups: Counter[str] = Counter()
    own = [Stream("orderUpdates", USER), Stream("userFills", USER)]
    for step, number in steps:
        symbol = _COINS[number % 3]
        joined = symbol in channels.symbols
        if step == "join" and not joined:
            channels.join(symbol)
            ups[symbol] = 0
        elif step == "leave" and joined:
            acknowledged -= set(channels.leave(symbol))
            ups.pop(symbol)
        elif step == "hold" and joined:
            channels.hold_back(symbol)
        elif step == "again" and joined:
            channels.ask_again(symbol)
        elif step == "ack":
            stream = [*(Stream("activeAssetCtx", coin) for coin in _COINS), *own][number]
            if stream in own or stream.of in channels.symbols:
                acknowledged.add(stream)
            answer = {"channel": "subscriptionResponse", "data": {"subscription": stream.subscription}}
            for of, message in channels.read(json.dumps(answer)).messages:
                ups[of] += message == FeedUp()
        assert not set(channels.pending) & acknowledged
        for coin in channels.symbols:
            complete = acknowledged >= {Stream("activeAssetCtx", coin), *own}
            assert bool(channels.known(coin)) == complete
            assert ups[coin] == complete
