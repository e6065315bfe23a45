"""The live feed: one WebSocket connection, watched, and made again for ever."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from hypertui.exchange.hyperliquid.channels import Channels, SubscriptionRefused
from hypertui.exchange.hyperliquid.errors import brief
from hypertui.exchange.hyperliquid.network import Endpoint
from hypertui.exchange.protocol import FeedDown, FeedMessage

_PING = json.dumps({"method": "ping"})
_LARGEST_FRAME = 8 * 2**20  # bytes; a snapshot of 2000 fills is about one million


@dataclass(frozen=True, slots=True)
class Pace:
    """How patient the feed is, in seconds, and where its time and chance come from.

    The venue hangs up after 60 s in which it had nothing to send; a ping makes it send. A subscription that
    is not acknowledged is asked for again after `ask_again`. Waits between attempts are drawn between
    `first_wait` and a bound that doubles from there up to `longest_wait`.
    """

    ping_every: float = 15.0
    silence: float = 30.0
    open_timeout: float = 10.0
    close_timeout: float = 1.0
    ask_again: float = 3.0
    first_wait: float = 0.25
    longest_wait: float = 30.0
    clock: Callable[[], float] = time.monotonic
    chance: Callable[[], float] = random.random
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    def wait(self, failures: int) -> float:
        """Seconds to wait after so many failures in a row (from 1)."""
        # The exponent is capped because a float overflows after a few hundred doublings.
        bound = min(self.longest_wait, self.first_wait * 2.0 ** min(failures, 32))
        return self.first_wait + self.chance() * (bound - self.first_wait)


class _Connect(connect):
    """Stays with the address that it was given, wherever that points."""

    def process_redirect(self, exc: Exception) -> Exception:
        return exc


class _Broken(Exception):
    """The connection is of no more use; the text says why."""


class Feed:
    """The feed of one account and one symbol. `run` delivers its messages until it is cancelled."""

    def __init__(
        self,
        network: Endpoint,
        account: str,
        symbol: str,
        deliver: Callable[[FeedMessage], None],
        *,
        with_last: bool = False,
        pace: Pace,
    ) -> None:
        self._network = network
        self._account = account
        self._symbol = symbol
        self._deliver = deliver
        self._with_last = with_last
        self._pace = pace
        self._failures = 0
        self._hurry = asyncio.Event()

    async def run(self) -> NoReturn:
        """Connect, subscribe, deliver; and again after every break, with growing waits until data arrives."""
        while True:
            try:
                await self._connection()
            except _Broken as broken:
                self._failures += 1
                self._deliver(FeedDown(str(broken)))
            await self._pause()

    def hurry(self) -> None:
        """The venue is back, by another way: whatever pause there is has become pointless."""
        self._failures = 0
        self._hurry.set()

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

    async def _connection(self) -> NoReturn:
        socket = await self._connect()
        try:
            await self._listen(socket)
        finally:
            await socket.close()

    async def _connect(self) -> ClientConnection:
        try:
            return await _Connect(
                self._network.ws_url,
                open_timeout=self._pace.open_timeout,
                close_timeout=self._pace.close_timeout,
                ping_interval=None,  # the venue counts its own kind of ping, and one watchdog is enough
                max_size=_LARGEST_FRAME,
                proxy=None if self._network.is_loopback else True,
            )
        except Exception as error:  # whatever a server or a proxy answers
            raise _Broken(f"cannot connect: {_reason(error)}") from error

    async def _listen(self, socket: ClientConnection) -> NoReturn:
        """Deliver what comes. Raises _Broken on silence, a lost connection, or a subscription that fails."""
        clock, pace = self._pace.clock, self._pace
        channels = Channels(self._account, self._symbol, with_last=self._with_last)
        await self._subscribe(socket, channels.subscriptions)
        opened = asked = heard = pinged = clock()
        while True:
            now = clock()
            if now >= heard + pace.silence:
                raise _Broken(f"nothing heard for {pace.silence:g} s")
            if channels.pending and now >= opened + pace.silence:
                raise _Broken(f"subscriptions not acknowledged within {pace.silence:g} s")
            if channels.pending and now >= asked + pace.ask_again:
                await self._subscribe(socket, channels.pending)  # the answer may have been lost
                asked = clock()
            if now >= pinged + pace.ping_every:
                await self._send(socket, _PING)
                pinged = clock()
            next_look = min(pinged + pace.ping_every, heard + pace.silence)
            if channels.pending:
                next_look = min(next_look, asked + pace.ask_again)
            text = await self._receive(socket, next_look - now)
            if text is not None and self._take(channels, text):
                heard = clock()

    async def _subscribe(self, socket: ClientConnection, wanted: Sequence[Mapping[str, str]]) -> None:
        for subscription in wanted:
            await self._send(socket, json.dumps({"method": "subscribe", "subscription": subscription}))

    def _take(self, channels: Channels, text: str | bytes) -> bool:
        """Deliver what a frame says; returns whether it says anything. Nothing but garbage is silence."""
        try:
            frame = channels.read(text)
        except SubscriptionRefused as refusal:
            raise _Broken(f"subscription refused: {refusal}") from refusal
        if frame.is_data:
            self._failures = 0
        for message in frame.messages:
            self._deliver(message)
        return bool(frame.channel)

    async def _receive(self, socket: ClientConnection, patience: float) -> str | bytes | None:
        """The next frame, or None if `patience` (seconds) runs out first."""
        try:
            async with asyncio.timeout(patience):
                return await socket.recv()
        except TimeoutError:
            return None
        except (OSError, WebSocketException) as error:
            raise _Broken(f"connection lost: {_reason(error)}") from error

    async def _send(self, socket: ClientConnection, text: str) -> None:
        try:
            async with asyncio.timeout(self._pace.silence):
                await socket.send(text)
        except (OSError, TimeoutError, WebSocketException) as error:
            raise _Broken(f"connection lost: {_reason(error)}") from error


def _reason(error: BaseException) -> str:
    return brief(str(error) or type(error).__name__)
