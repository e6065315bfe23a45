"""Every frame that a venue sends of some markets, as it came: for recordings. Nothing but subscriptions and
pings is ever sent."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import NoReturn

from hypertui.exchange.hyperliquid.feed_socket import BrokenFeed, FeedSocket
from hypertui.exchange.hyperliquid.network import Endpoint
from hypertui.exchange.hyperliquid.pace import Pace

STREAMS = ("activeAssetCtx", "bbo", "trades", "l2Book")
"""What is subscribed to of each market: mark and funding, best bid and ask, trades, and the book."""

_PING = json.dumps({"method": "ping"})
_PONG = '{"channel":"pong"}'
_IDLE = 0.25  # seconds after which whoever reads hears that nothing came


@dataclass(frozen=True, slots=True)
class FeedGap:
    """The connection broke, or was not made: what came until the next frame is not known."""

    reason: str


async def frames(
    network: Endpoint, symbols: Sequence[str], pace: Pace
) -> AsyncGenerator[str | FeedGap | None, None]:
    """The frames, for ever; a FeedGap for each break, after which it connects again with growing waits; None
    where nothing has come for a quarter of a second."""
    failures = 0
    while True:
        try:
            socket = await FeedSocket.open(network, pace)
            try:
                async for frame in _of_connection(socket, symbols, pace):
                    failures = 0 if frame else failures
                    yield frame
            finally:
                await socket.close()
        except BrokenFeed as broken:
            failures += 1
            yield FeedGap(str(broken))
        await pace.sleep(pace.wait(failures))


async def _of_connection(
    socket: FeedSocket, symbols: Sequence[str], pace: Pace
) -> AsyncGenerator[str | None, None]:
    """The frames of one connection. Raises BrokenFeed at its end."""
    for symbol in symbols:
        for stream in STREAMS:
            subscription = {"type": stream, "coin": symbol}
            await socket.send(json.dumps({"method": "subscribe", "subscription": subscription}))
    heard = pinged = pace.clock()
    while True:
        frame = await socket.receive(_IDLE)
        now = pace.clock()
        if frame is None:
            yield None
        else:
            heard = now
            text = frame if isinstance(frame, str) else frame.decode(errors="replace")
            if text.replace(" ", "") != _PONG:
                yield text
        if now >= heard + pace.silence:
            _broken(f"nothing heard for {pace.silence:g} s")
        if now >= pinged + pace.ping_every:
            await socket.send(_PING)
            pinged = now


def _broken(reason: str) -> NoReturn:
    raise BrokenFeed(reason)
