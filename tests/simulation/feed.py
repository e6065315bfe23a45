"""The feed of one market, as a process hears it over the simulated network."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from hypertui.exchange.hyperliquid.channels import Channels
from hypertui.exchange.protocol import FeedDown, FeedMessage
from hypertui.venue.api.feeds import message
from hypertui.venue.model.events import Batch
from tests.simulation.door import Door
from tests.simulation.network import Network
from tests.simulation.venue import ADDRESS, VenueMarket
from tests.support.corruption import corrupted


class SimFeed:
    """What the venue says of one market and of the account in it, read as the client reads it."""

    def __init__(self, market: VenueMarket, network: Network, reorder: bool, door: Door) -> None:
        self._market = market
        self._network = network
        self._reorder = reorder
        self._door = door
        self._frames: asyncio.Queue[str | None] | None = None
        self._last_arrival = 0.0
        self._connection = 0
        market.venue.core.listeners.append(self._publish)

    async def follow(self, deliver: Callable[[FeedMessage], None]) -> None:
        """Deliver what is told, over one connection after another."""
        while True:
            await self._connected(deliver)
            if self._door.shut:
                await self._door.never()
            deliver(FeedDown("the connection broke"))
            await asyncio.sleep(self._network.away())

    def hang_up(self) -> None:
        """Break the connection, if there is one: what is on its way is lost, the client hears nothing for a
        while, sometimes as long as it takes to suspect a half-open socket, and only then that it is down."""
        frames, self._frames = self._frames, None
        if frames is not None:
            self._connection += 1
            asyncio.get_running_loop().call_later(self._network.silence(), frames.put_nowait, None)

    def beat(self) -> None:
        """Tell the price again."""
        if self._frames is None:
            self._network.deaf()
        self._send(self._market.context())

    def detach(self) -> None:
        """Hear the venue no more."""
        self._market.venue.core.listeners.remove(self._publish)
        self._frames = None

    async def _connected(self, deliver: Callable[[FeedMessage], None]) -> None:
        await asyncio.sleep(self._network.latency())
        channels = Channels(ADDRESS, (self._market.symbol,))
        frames: asyncio.Queue[str | None] = asyncio.Queue()
        self._frames = frames
        fills = self._market.venue.ask({"type": "userFills", "user": ADDRESS})
        snapshot = {"isSnapshot": True, "user": ADDRESS, "fills": fills}
        first = {"activeAssetCtx": self._market.context(), "userFills": message("userFills", snapshot)}
        for stream in channels.pending:
            echo = {"method": "subscribe", "subscription": stream.subscription}
            self._send(message("subscriptionResponse", echo), reliable=True)
            if stream.kind in first:
                self._send(first[stream.kind], reliable=True)
        while (text := await frames.get()) is not None:
            for _, news in channels.read(text).messages:
                deliver(news)

    def _publish(self, batch: Batch) -> None:
        symbol = self._market.symbol
        if rows := [row for row in batch.orders.get(ADDRESS, ()) if row["order"]["coin"] == symbol]:
            self._send(message("orderUpdates", rows))
        if fills := [row for row in batch.fills.get(ADDRESS, ()) if row["coin"] == symbol]:
            self._send(message("userFills", {"user": ADDRESS, "fills": fills}))
        if symbol in batch.moved:
            self._send(self._market.context())

    def _send(self, text: str, reliable: bool = False) -> None:
        if self._frames is None or (not reliable and self._network.happens(self._network.faults.drop)):
            return
        loop = asyncio.get_running_loop()
        repeats = 2 if not reliable and self._network.happens(self._network.faults.repeat) else 1
        if not reliable and self._network.spoils():
            text = corrupted(text, self._network.spoiler)
        for _ in range(repeats):
            arrival = loop.time() + self._network.latency()
            if not self._reorder or reliable:
                arrival = self._last_arrival = max(arrival, self._last_arrival + 1e-6)
            loop.call_at(arrival, self._arrive, text, self._connection)

    def _arrive(self, text: str, connection: int) -> None:
        if self._frames is not None and connection == self._connection and not self._door.shut:
            self._frames.put_nowait(text)
