"""A way to a PostgreSQL server that can be frozen: connections stay, and nothing goes through them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, Self, TypeVar
from urllib.parse import parse_qs, urlsplit

Result = TypeVar("Result")
_DEADLINE = 10.0
_PORT = 5432  # in the name of the server's socket


class Proxy:
    """A context manager; `url` leads through it to the one database of the server at `server`, the URL of a
    Unix socket."""

    def __init__(self, server: str) -> None:
        parts = urlsplit(server)
        self._socket = f"{parse_qs(parts.query)['host'][0]}/.s.PGSQL.{_PORT}"
        self._name = parts.path
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._flowing = asyncio.Event()
        self._pumps: set[asyncio.Task[None]] = set()
        self.url = ""

    def __enter__(self) -> Self:
        self._thread.start()
        port = self._wait(self._start())
        # The shortest that the driver takes: a test need not wait longer for a server that is frozen.
        self.url = f"postgresql://postgres@127.0.0.1:{port}{self._name}?connect_timeout=2"
        return self

    def __exit__(self, *exception: object) -> None:
        self._wait(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_DEADLINE)
        self._loop.close()

    def freeze(self) -> None:
        """Let nothing through any more, and nobody know."""
        self._wait(self._flow(False))

    def thaw(self) -> None:
        """Let everything through, what has been waiting included."""
        self._wait(self._flow(True))

    async def _flow(self, on: bool) -> None:
        if on:
            self._flowing.set()
        else:
            self._flowing.clear()

    async def _start(self) -> int:
        self._flowing.set()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_unix_connection(self._socket)
        for source, sink in ((reader, back), (there, writer)):
            pump = asyncio.create_task(self._pump(source, sink))
            self._pumps.add(pump)
            pump.add_done_callback(self._pumps.discard)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65_536):
                await self._flowing.wait()
                sink.write(data)
                await sink.drain()
            await self._flowing.wait()  # a frozen network brings no end of a connection either
        except ConnectionError:
            pass  # one side has gone: so shall the other
        finally:
            sink.close()
            with suppress(ConnectionError):
                await sink.wait_closed()

    async def _close(self) -> None:
        self._flowing.set()
        self._server.close()
        pumps = list(self._pumps)
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)

    def _wait(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_DEADLINE)
