"""What listens: a thread and a loop of its own, which the engine never waits for.

A connection is let in when there is a place for it, so many in a second at most, and all that is said on it
has to be said in two seconds: whoever stalls or floods waits, and takes no time from what is traded.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Self

from hypertui.core.admission import admitted
from hypertui.core.clock import steady_ms
from hypertui.metrics.requests import MOST_BYTES, Answers
from hypertui.port.engine import EnginePort

MOST_CONNECTIONS = 8
_PACE = 0.02  # seconds between two that are let in
_PATIENCE = 2.0  # seconds for a request and its answer
_LAST_WORDS = 2.0
_LOG = logging.getLogger(__name__)


class MetricsServer:
    """A context manager: answers on `listening`, a socket that listens already, while it is open. It is
    closed with it. `notices` counts those in each state."""

    def __init__(
        self,
        engine: EnginePort,
        listening: socket.socket,
        steady: Callable[[], int] = steady_ms,
        notices: Callable[[], Mapping[str, int]] = dict,
    ) -> None:
        host = listening.getsockname()[0]
        self._answers = Answers(
            lambda: engine.view, steady, by_any_name=not _is_loopback(host), notices=notices
        )
        self._listening = listening
        listening.setblocking(False)
        self._loop = asyncio.new_event_loop()
        self._over = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="metrics", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with suppress(RuntimeError):  # it has given up already
            self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(_LAST_WORDS)

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        except OSError as error:
            _LOG.warning("no metrics any more: %s", error)
        finally:
            self._listening.close()
            self._loop.close()

    async def _serve(self) -> None:
        accepting = asyncio.create_task(self._accept())
        over = asyncio.create_task(self._over.wait())
        done, left = await asyncio.wait([accepting, over], return_when=asyncio.FIRST_COMPLETED)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        for task in done:
            task.result()

    async def _accept(self) -> None:
        places = asyncio.Semaphore(MOST_CONNECTIONS)
        async with asyncio.TaskGroup() as connections:
            async for connection in admitted(self._listening, places, _PACE):
                connections.create_task(self._answer(connection, places))

    async def _answer(self, connection: socket.socket, places: asyncio.Semaphore) -> None:
        """Answer one request; whoever asks too long, or does not read, is let go."""
        try:
            with connection, suppress(OSError, TimeoutError):
                connection.setblocking(False)
                async with asyncio.timeout(_PATIENCE):
                    head = await self._head(connection)
                    if head is not None:
                        await self._loop.sock_sendall(connection, self._reply(head))
                        connection.shutdown(socket.SHUT_WR)
        finally:
            places.release()

    def _reply(self, head: bytes) -> bytes:
        try:
            return self._answers.to(head).encoded()
        except Exception:  # noqa: BLE001 - whatever it is, the next one may be answered
            _LOG.exception("metrics could not be made")
            return b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

    async def _head(self, connection: socket.socket) -> bytes | None:
        """The head of the request; None where it is none, or too long."""
        head = b""
        while b"\r\n\r\n" not in head:
            part = await self._loop.sock_recv(connection, MOST_BYTES)
            head += part
            if not part or len(head) > MOST_BYTES:
                return None
        return head.partition(b"\r\n\r\n")[0]


def _is_loopback(host: str) -> bool:
    return host.startswith("127.") or host == "::1"
