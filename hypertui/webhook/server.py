"""What listens.

A connection is let in when there is a place for it, so many in a second at most, takes one request, and has
to be over in three seconds: whoever stalls or floods waits, and takes no time from what is traded.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable

from aiohttp import web
from aiohttp.web_request import BaseRequest

from hypertui.core.admission import admitted
from hypertui.webhook.requests import MOST_BYTES, Door, HookAnswer, HookRequest
from hypertui.webhook.secrets import SecretsUnusable
from hypertui.webhook.taker import AlertTaker

MOST_CONNECTIONS = 32
_PATIENCE = 3.0  # seconds for a request and its answer
_MOST_HEADER, _MOST_HEADERS = 4_096, 64  # bytes of one, and their number
_LOG = logging.getLogger(__name__)
_SILENT = logging.getLogger(f"{__name__}.http")  # the library's words may repeat a request
_SILENT.disabled = True


class WebhookServer:
    """Answers on `listening`, a socket that listens already, and is closed when that is over; `pace` is the
    seconds between two connections that are let in."""

    def __init__(self, taker: AlertTaker, door: Door, listening: socket.socket, pace: float) -> None:
        self._taker = taker
        self._door = door
        self._pace = pace
        self._listening = listening
        listening.setblocking(False)

    async def serve(self) -> None:
        """Take alerts until cancelled."""
        server = web.Server(self._handle)
        try:
            await self._accept(server)
        finally:
            self._listening.close()
            await server.shutdown(0.1)

    async def _accept(self, server: web.Server) -> None:
        places = asyncio.Semaphore(MOST_CONNECTIONS)
        async with asyncio.TaskGroup() as connections:
            async for connection in admitted(self._listening, places, self._pace):
                connections.create_task(self._attend(server, connection, places))

    async def _attend(self, server: web.Server, connection: socket.socket, places: asyncio.Semaphore) -> None:
        """See one connection through; whoever is too slow is cut off."""
        gone, loop = asyncio.Event(), asyncio.get_running_loop()
        try:
            transport, _ = await loop.connect_accepted_socket(
                lambda: _Connection(server, loop, gone.set), connection
            )
            try:
                async with asyncio.timeout(_PATIENCE):
                    await gone.wait()
            except TimeoutError:
                self._taker.deny("slow")
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
        except SecretsUnusable as error:
            _LOG.error("%s", error)
            answer = HookAnswer(503, {"error": "a defect; it is in the log"})
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
