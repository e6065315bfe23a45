"""One WebSocket connection: a bounded queue between the hub, which never waits, and a socket, which may."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from aiohttp import WSMsgType, web

from hypertui.venue.feeds import Hub

log = logging.getLogger(__name__)
CLOSE_TIMEOUT = 1.0


class Connection:
    """A socket with the messages that wait for it; one that falls `limit` messages behind is cut off."""

    def __init__(self, socket: web.WebSocketResponse, request: web.Request, limit: int) -> None:
        self._socket = socket
        self._transport = request.transport
        self._queue: asyncio.Queue[str] = asyncio.Queue(limit)
        self._sent_at = asyncio.get_running_loop().time()
        self._cut = False

    def send(self, text: str) -> None:
        """Queue a message; never blocks. A connection that is being cut takes no more."""
        if self._cut:
            return
        try:
            self._queue.put_nowait(text)
        except asyncio.QueueFull:
            log.warning("a socket that does not read is cut off")
            self.abort()

    def idle(self) -> float:
        """Seconds since anything was sent."""
        return asyncio.get_running_loop().time() - self._sent_at

    async def drained(self) -> None:
        """Return once all that was queued is handed to the socket."""
        await self._queue.join()

    async def write(self) -> None:
        """Send what is queued, until cancelled or the socket breaks."""
        try:
            while True:
                text = await self._queue.get()
                try:
                    await self._socket.send_str(text)
                    self._sent_at = asyncio.get_running_loop().time()
                finally:
                    self._queue.task_done()
        except ConnectionError:
            self.abort()
        finally:
            # Whoever waits for a broken socket's queue would wait for nothing.
            self._cut = True
            while not self._queue.empty():
                self._queue.get_nowait()
                self._queue.task_done()

    async def close(self) -> None:
        """Close in good order or, if the other side does not take part in that, cut the connection."""
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT):
                await self._socket.close()
        except (TimeoutError, ConnectionError):
            self.abort()

    def abort(self) -> None:
        """Cut the connection without a word."""
        self._cut = True
        if self._transport is not None:
            self._transport.abort()


class Sockets:
    """All connections."""

    def __init__(self, hub: Hub, limit: int, idle_timeout: float) -> None:
        self._hub = hub
        self._limit = limit
        self._idle_timeout = idle_timeout
        self._connections: set[Connection] = set()
        self._closing: set[asyncio.Task[None]] = set()

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one connection until it ends."""
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        connection = Connection(socket, request, self._limit)
        session = self._hub.open(connection.send)
        self._connections.add(connection)
        writer = asyncio.create_task(connection.write())
        try:
            async for incoming in socket:
                if incoming.type is WSMsgType.TEXT:
                    try:
                        self._hub.receive(session, incoming.data)
                    except Exception:
                        log.exception("a message could not be handled")
        finally:
            self._hub.close(session)
            self._connections.discard(connection)
            writer.cancel()
            with suppress(asyncio.CancelledError):
                await writer
        return socket

    def close_idle(self) -> None:
        """Close the connections to which nothing was sent for too long."""
        for connection in tuple(self._connections):
            if connection.idle() > self._idle_timeout:
                self._connections.discard(connection)
                task = asyncio.create_task(connection.close())
                self._closing.add(task)
                task.add_done_callback(self._closing.discard)

    def count(self) -> int:
        """How many connections there are."""
        return len(self._connections)

    def abort_all(self) -> None:
        """Cut every connection without a word."""
        for connection in tuple(self._connections):
            connection.abort()

    async def close_all(self) -> None:
        """Close every connection, in good order where the other side lets us."""
        connections = tuple(self._connections)
        await asyncio.gather(*(connection.close() for connection in connections), *self._closing)

    async def drained(self) -> None:
        """Return once every message is handed to its socket."""
        await asyncio.gather(*(connection.drained() for connection in self._connections))
