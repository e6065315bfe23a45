"""What listens: a thread and a loop of its own, which the engine never waits for.

A connection is let in when there is a place for it, so many in a second at most, takes one request, and has
to be over in three seconds: whoever stalls or floods waits, and takes no time from what is traded.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

from aiohttp import web
from aiohttp.web_request import BaseRequest

from hypertui.core.admission import admitted
from hypertui.intents.desk import IntentDesk
from hypertui.webhook.requests import MOST_BYTES, Door, HookAnswer, HookRequest

MOST_CONNECTIONS = 32
_PACE = 0.01  # seconds between two that are let in
_PATIENCE = 3.0  # seconds for a request and its answer
_LAST_WORDS = 5.0
_TURN = 0.0005  # seconds that a thread of this process keeps the interpreter when another one wants it
_MOST_HEADER, _MOST_HEADERS = 4_096, 64  # bytes of one, and their number
_LOG = logging.getLogger(__name__)
_SILENT = logging.getLogger(f"{__name__}.http")  # the library's words may repeat a request
_SILENT.disabled = True


class WebhookServer:
    """A context manager: answers on `listening`, a socket that listens already, while it is open. It is
    closed with it. Desk and door are its own from then on. Meanwhile the threads of the process take shorter
    turns, so that the engine's never waits for long behind a request."""

    def __init__(self, desk: IntentDesk, door: Door, listening: socket.socket, pace: float = _PACE) -> None:
        self._desk = desk
        self._door = door
        self._pace = pace
        self._listening = listening
        listening.setblocking(False)
        self._loop = asyncio.new_event_loop()
        self._over = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="webhook", daemon=True)

    def __enter__(self) -> Self:
        self._turn = sys.getswitchinterval()
        sys.setswitchinterval(min(self._turn, _TURN))
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
        sys.setswitchinterval(self._turn)

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        except OSError as error:
            _LOG.warning("no alerts are taken any more: %s", error)
        except Exception:  # noqa: BLE001 - whatever it is, the engine trades on
            _LOG.exception("a defect: no alerts are taken any more")
        finally:
            self._listening.close()
            self._loop.close()

    async def _serve(self) -> None:
        server = web.Server(self._handle)
        tasks = [
            asyncio.create_task(self._accept(server)),
            asyncio.create_task(self._desk.run()),
            asyncio.create_task(self._over.wait()),
        ]
        done, left = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await server.shutdown(0.1)
        await self._desk.close()
        for task in done:
            task.result()

    async def _accept(self, server: web.Server) -> None:
        places = asyncio.Semaphore(MOST_CONNECTIONS)
        async with asyncio.TaskGroup() as connections:
            async for connection in admitted(self._listening, places, self._pace):
                connections.create_task(self._attend(server, connection, places))

    async def _attend(self, server: web.Server, connection: socket.socket, places: asyncio.Semaphore) -> None:
        """See one connection through; whoever is too slow is cut off."""
        gone = asyncio.Event()
        try:
            transport, _ = await self._loop.connect_accepted_socket(
                lambda: _Connection(server, self._loop, gone.set), connection
            )
            try:
                async with asyncio.timeout(_PATIENCE):
                    await gone.wait()
            except TimeoutError:
                self._desk.deny("slow")
            finally:
                transport.abort()
        except OSError:
            connection.close()
        finally:
            places.release()

    async def _handle(self, request: BaseRequest) -> web.StreamResponse:
        peer = request.transport.get_extra_info("peername") if request.transport is not None else None
        asked = HookRequest(
            request.method,
            request.path,
            "" if peer is None else str(peer[0]),
            request.headers.getall("X-Forwarded-For", []),
            request.headers.get("X-Hook-Signature", ""),
            request.content_length,
        )

        async def body(most: int) -> bytes | None:
            said = b""
            async for part in request.content.iter_any():
                said += part
                if len(said) > most:
                    return None
            return said

        try:
            answer = await self._door.answer(asked, body)
        except (OSError, ValueError, web.HTTPException):  # it has gone, or its body is none
            answer = HookAnswer(None)
        except Exception as error:  # noqa: BLE001 - whatever it is, the next one may be answered
            _LOG.error("an alert could not be answered: %s", type(error).__name__)  # its words may be secret
            answer = HookAnswer(503, {"error": "a defect; it is in the log"})
        if answer.status is None:
            if request.transport is not None:
                request.transport.abort()
            raise ConnectionResetError
        headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        response = web.Response(
            status=answer.status, body=answer.encoded(), content_type="application/json", headers=headers
        )
        response.force_close()
        return response


class _Connection(web.RequestHandler):
    """A connection for one request; tells when it is over."""

    def __init__(self, server: web.Server, loop: asyncio.AbstractEventLoop, gone: Callable[[], None]) -> None:
        super().__init__(
            server,
            loop=loop,
            logger=_SILENT,
            access_log=_SILENT,
            keepalive_timeout=0,
            max_line_size=_MOST_HEADER,
            max_headers=_MOST_HEADERS,
            max_field_size=_MOST_HEADER,
            lingering_time=0,
            read_bufsize=2 * MOST_BYTES,
            auto_decompress=False,
        )
        self._gone = gone

    def connection_lost(self, exc: BaseException | None) -> None:
        """It is over."""
        super().connection_lost(exc)
        self._gone()

    def handle_error(
        self,
        request: BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """What is no HTTP is told so, and nothing of it is told again: there may be a secret in it."""
        response = web.Response(status=400, body=b'{"error": "that is not HTTP"}\n')
        response.force_close()
        return response
