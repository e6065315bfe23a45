"""The live feed of one account: one WebSocket connection for all who listen, made again for ever."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import NoReturn

from hypertui.exchange.hyperliquid.channels import Channels
from hypertui.exchange.hyperliquid.feed_connection import FeedConnection
from hypertui.exchange.hyperliquid.feed_socket import BrokenFeed, FeedSocket
from hypertui.exchange.hyperliquid.network import Endpoint
from hypertui.exchange.hyperliquid.pace import Pace
from hypertui.exchange.hyperliquid.topics import Topic, Topics
from hypertui.exchange.protocol import FeedDown, FeedMessage


class Feed:
    """Its connection lives while anybody listens: from the first `follow` to the end of the last one."""

    def __init__(self, network: Endpoint, account: str, *, with_last: bool = False, pace: Pace) -> None:
        self._network = network
        self._account = account
        self._with_last = with_last
        self._pace = pace
        self._topics = Topics()
        self._carrier: asyncio.Task[None] | None = None
        self._connection: FeedConnection | None = None
        self._failures = 0
        self._refusals: Counter[str] = Counter()
        self._hurry = asyncio.Event()

    async def follow(self, symbol: str, deliver: Callable[[FeedMessage], None]) -> NoReturn:
        """Deliver what is told of `symbol` until cancelled. Raises what `deliver` raises, which ends nothing
        but this."""
        topic = Topic(symbol, deliver)
        self._topics.add(topic)
        if self._carrier is None:
            self._failures = 0
            self._carrier = asyncio.create_task(self._run())
        self._wake()
        try:
            await topic.over
        finally:
            self._topics.remove(topic)
            self._wake()
            if not self._topics:
                await self._hang_up()

    def hurry(self) -> None:
        """The venue is back, by another way: whatever pause there is has become pointless."""
        self._failures = 0
        self._hurry.set()

    def _wake(self) -> None:
        if self._connection is not None:
            self._connection.wake()

    async def _hang_up(self) -> None:
        carrier, self._carrier = self._carrier, None
        if carrier is not None:
            carrier.cancel()
            await asyncio.wait([carrier])

    async def _run(self) -> None:
        """Connect, subscribe, deliver; and again after every break, with growing waits until data arrives."""
        try:
            while True:
                try:
                    await self._connected()
                except BrokenFeed as broken:
                    self._failures += 1
                    self._topics.tell(FeedDown(str(broken)))
                await self._pause()
        except Exception as error:  # noqa: BLE001 - a defect, raised wherever the feed is followed
            self._carrier = None
            self._topics.fail(error)

    async def _connected(self) -> NoReturn:
        socket = await FeedSocket.open(self._network, self._pace)
        channels = Channels(self._account, self._topics.symbols, with_last=self._with_last)
        connection = FeedConnection(socket, self._topics, channels, self._pace, self._refusals)
        self._connection = connection
        try:
            await connection.listen()
        finally:
            if connection.brings_news:
                self._failures = 0
            if self._connection is connection:
                self._connection = None
            await socket.close()

    async def _pause(self) -> None:
        """Wait before the next attempt; a short while only when the venue is seen to be back."""
        self._hurry.clear()
        waits: list[Awaitable[object]] = [
            self._pace.sleep(self._pace.wait(self._failures)),
            self._hurry.wait(),
        ]
        tasks = [asyncio.ensure_future(wait) for wait in waits]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
        if self._hurry.is_set():
            await self._pace.sleep(self._pace.wait(0))
