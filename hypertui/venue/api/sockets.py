"""One WebSocket connection: a bounded queue between the hub, which never waits, and a socket, which may."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from aiohttp import WSCloseCode, WSMsgType, web

from hypertui.venue.api.http import throttled
from hypertui.venue.api.throttle import Peers
from hypertui.venue.api.ws_sessions import Hub
from hypertui.venue.faults.faults import Faults
from hypertui.venue.model.options import VenueOptions

log = logging.getLogger(__name__)
CLOSE_TIMEOUT = 1.0
LARGEST_MESSAGE = 2**20


class Connection:
    """A socket with the messages that wait for it; one that falls behind by `limit` messages or so many
    `characters` is cut off. A `mute` one is never sent anything."""

    def __init__(
        self,
        socket: web.WebSocketResponse,
        request: web.Request,
        limit: int,
        characters: int,
        faults: Faults,
        *,
        mute: bool = False,
    ) -> None:
        self._socket = socket
        self._transport = request.transport
        self._queue: asyncio.Queue[str] = asyncio.Queue(limit)
        self._room = characters
        self._faults = faults
        self.mute = mute
        self._sent_at = asyncio.get_running_loop().time()
        self._cut = False

    def send(self, text: str) -> None:
        """Queue a message; never blocks. A connection that is being cut takes no more."""
        if self._cut or self.mute:
            return
        if self._faults.strikes("ws-close"):
            self.abort()
            return
        if self._queue.full() or len(text) > self._room:
            log.warning("a socket that does not read is cut off")
            self.abort()
            return
        self._room -= len(text)
        self._queue.put_nowait(text)

    async def room(self) -> None:
        """Return when its client may ask for more: one that asks faster than it reads has to wait."""
        if self._queue.qsize() * 2 > self._queue.maxsize:
            await self._queue.join()

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
                    self._room += len(text)
                    self._queue.task_done()
        except ConnectionError:
            self.abort()
        finally:
            # Whoever waits for a broken socket's queue would wait for nothing.
            self._cut = True
            while not self._queue.empty():
                self._queue.get_nowait()
                self._queue.task_done()

    async def close(self, code: int = WSCloseCode.OK) -> None:
        """Close in good order or, if the other side does not take part in that, cut the connection."""
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT):
                await self._socket.close(code=code)
        except (TimeoutError, ConnectionError):
            self.abort()

    def abort(self) -> None:
        """Cut the connection without a word."""
        self._cut = True
        if self._transport is not None:
            self._transport.abort()


class Sockets:
    """All connections."""

    def __init__(self, hub: Hub, options: VenueOptions, peers: Peers, faults: Faults) -> None:
        self._hub = hub
        self._options = options
        self._peers = peers
        self._faults = faults
        self._connections: set[Connection] = set()
        self._closing: set[asyncio.Task[None]] = set()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one connection until it ends."""
        if self._faults.strikes("ws-refuse"):
            return web.Response(status=503)
        name = request.remote or ""
        if not self._peers.connect(name):
            return throttled(self._options)
        try:
            return await self._serve(request, name)
        finally:
            self._peers.disconnect(name)

    async def _serve(self, request: web.Request, name: str) -> web.StreamResponse:
        # Compressed, every message would cost each of its sockets more than all the rest of it.
        socket = web.WebSocketResponse(compress=False, max_msg_size=LARGEST_MESSAGE)
        await socket.prepare(request)
        connection = Connection(
            socket,
            request,
            self._options.socket_queue,
            self._options.socket_characters,
            self._faults,
            mute=self._faults.strikes("ws-half-open") is not None,
        )
        session = self._hub.open(connection.send, self._peers.find(name), self._later)
        self._connections.add(connection)
        writer = asyncio.create_task(connection.write())
        try:
            async for incoming in socket:
                if incoming.type is not WSMsgType.TEXT:
                    continue
                if not self._peers.message(name):
                    await connection.close(WSCloseCode.POLICY_VIOLATION)
                    break
                try:
                    self._hub.receive(session, incoming.data)
                except Exception:
                    log.exception("a message could not be handled")
                await connection.room()
        finally:
            self._hub.close(session)
            self._connections.discard(connection)
            writer.cancel()
            with suppress(asyncio.CancelledError):
                await writer
        return socket

    @staticmethod
    def _later(seconds: float, call: Callable[[], None]) -> object:
        return asyncio.get_running_loop().call_later(seconds, call)

    def close_idle(self) -> None:
        """Close the connections to which nothing was sent for too long."""
        for connection in tuple(self._connections):
            if not connection.mute and connection.idle() > self._options.idle_timeout:
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
