"""One connection of the feed: subscribed to what is listened to, watched, and read until it breaks."""

from __future__ import annotations

import json
from collections import Counter
from typing import NoReturn

from hypertui.exchange.hyperliquid.channels import Channels, Stream, SubscriptionRefused
from hypertui.exchange.hyperliquid.feed_socket import BrokenFeed, FeedSocket
from hypertui.exchange.hyperliquid.pace import Pace
from hypertui.exchange.hyperliquid.subscribing import Subscribing
from hypertui.exchange.hyperliquid.topics import Topic, Topics
from hypertui.exchange.protocol import FeedDown, FeedUp

_PING = json.dumps({"method": "ping"})


class FeedConnection:
    """Reads one socket for those who listen, also for those who come and go meanwhile. The account's own
    streams are subscribed to once, those of prices once for each symbol.

    One symbol that is refused its streams hears FeedDown and is asked for again later, unless it is the only
    one. `brings_news` tells whether more has come than signs of life.
    """

    def __init__(
        self, socket: FeedSocket, topics: Topics, channels: Channels, pace: Pace, refusals: Counter[str]
    ) -> None:
        self.brings_news = False
        self._socket = socket
        self._topics = topics
        self._met: tuple[Topic, ...] = tuple(topics)
        self._channels = channels
        self._subscribing = Subscribing(channels, pace, refusals)
        self._pace = pace

    def wake(self) -> None:
        """Somebody has come or gone."""
        self._socket.wake()

    async def listen(self) -> NoReturn:
        """Deliver what comes. Raises BrokenFeed on silence, a lost connection, or subscriptions that fail."""
        clock, pace = self._pace.clock, self._pace
        heard = pinged = clock()
        while True:
            now = clock()
            if now >= heard + pace.silence:
                raise BrokenFeed(f"nothing heard for {pace.silence:g} s")
            await self._meet()
            for symbol in {self._symbol_of(stream) for stream in self._subscribing.late(now)}:
                self._refused(symbol, f"subscriptions not acknowledged within {pace.silence:g} s")
            for stream in self._subscribing.due(now):
                await self._request("subscribe", stream)
            if now >= pinged + pace.ping_every:
                await self._socket.send(_PING)
                pinged = clock()
            next_look = min(pinged + pace.ping_every, heard + pace.silence, self._subscribing.next_look())
            text = await self._socket.receive(next_look - now)
            if text is not None and self._take(text):
                heard = clock()

    async def _meet(self) -> None:
        """See who has come and gone."""
        met, self._met = self._met, tuple(self._topics)
        if met == self._met:
            return
        wanted = self._topics.symbols
        for symbol in [symbol for symbol in self._channels.symbols if symbol not in wanted]:
            self._subscribing.forget(symbol)
            for stream in self._channels.leave(symbol):
                await self._request("unsubscribe", stream)
        for topic in self._met:
            if topic.symbol not in self._channels.symbols:
                self._channels.join(topic.symbol)
            elif topic not in met:
                for message in self._channels.known(topic.symbol):
                    topic.hear(message)

    def _take(self, text: str | bytes) -> bool:
        """Deliver what a frame says; returns whether it says anything. Nothing but garbage is silence."""
        try:
            frame = self._channels.read(text)
        except SubscriptionRefused as refusal:
            self._refused(refusal.symbol, f"subscription refused: {refusal}")
            return True
        self.brings_news |= frame.is_data
        for symbol, message in frame.messages:
            if isinstance(message, FeedUp):
                self._subscribing.forget(symbol)
            self._topics.tell(message, symbol)
        return bool(frame.channel)

    def _refused(self, symbol: str | None, reason: str) -> None:
        """Go on without one symbol for a while. Raises BrokenFeed where that leaves nothing."""
        if symbol is None or len(self._channels.symbols) == 1:
            raise BrokenFeed(reason)
        self._subscribing.hold_back(symbol, self._pace.clock())
        self._topics.tell(FeedDown(reason), symbol)

    def _symbol_of(self, stream: Stream) -> str | None:
        return stream.of if stream.of in self._channels.symbols else None

    async def _request(self, method: str, stream: Stream) -> None:
        await self._socket.send(json.dumps({"method": method, "subscription": stream.subscription}))
