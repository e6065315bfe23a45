"""One WebSocket connection of the feed: texts out, frames in, and one kind of error for all that fails."""

from __future__ import annotations

import asyncio
from typing import Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from hypertui.exchange.hyperliquid.errors import brief
from hypertui.exchange.hyperliquid.network import Endpoint
from hypertui.exchange.hyperliquid.pace import Pace

_LARGEST_FRAME = 8 * 2**20  # bytes; a snapshot of 2000 fills is about one million


class BrokenFeed(Exception):
    """The connection is of no more use; the text says why."""


class _Connect(connect):
    """Stays with the address that it was given, wherever that points."""

    def process_redirect(self, exc: Exception) -> Exception:
        return exc


class FeedSocket:
    """A connection that is open; all but `wake` and `close` may raise BrokenFeed."""

    def __init__(self, connection: ClientConnection, pace: Pace) -> None:
        self._connection = connection
        self._pace = pace
        self._waiting: asyncio.Timeout | None = None
        self._woken = False

    @classmethod
    async def open(cls, network: Endpoint, pace: Pace) -> Self:
        """Connect."""
        try:
            connection = await _Connect(
                network.ws_url,
                open_timeout=pace.open_timeout,
                close_timeout=pace.close_timeout,
                ping_interval=None,  # the venue counts its own kind of ping, and one watchdog is enough
                max_size=_LARGEST_FRAME,
                proxy=None if network.is_loopback else True,
            )
        except Exception as error:  # whatever a server or a proxy answers
            raise BrokenFeed(f"cannot connect: {_reason(error)}") from error
        return cls(connection, pace)

    async def receive(self, patience: float) -> str | bytes | None:
        """The next frame, or None if `patience` (seconds) runs out first or `wake` is called."""
        if self._woken:
            self._woken = False
            return None
        try:
            async with asyncio.timeout(patience) as self._waiting:
                return await self._connection.recv()
        except TimeoutError:
            return None
        except (OSError, WebSocketException) as error:
            raise BrokenFeed(f"connection lost: {_reason(error)}") from error
        finally:
            self._waiting = None

    def wake(self) -> None:
        """Let whoever waits for a frame, or is about to, wait no longer."""
        self._woken = True
        if self._waiting is not None and not self._waiting.expired():
            self._waiting.reschedule(asyncio.get_running_loop().time())

    async def send(self, text: str) -> None:
        """Send a text."""
        try:
            async with asyncio.timeout(self._pace.silence):
                await self._connection.send(text)
        except (OSError, TimeoutError, WebSocketException) as error:
            raise BrokenFeed(f"connection lost: {_reason(error)}") from error

    async def close(self) -> None:
        """Hang up."""
        await self._connection.close()


def _reason(error: BaseException) -> str:
    return brief(str(error) or type(error).__name__)
