"""POST /info and POST /exchange: bodies, statuses, and the faults of HTTP."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from aiohttp import web

from hypertui.venue.api.endpoints import Doors
from hypertui.venue.api.throttle import Peers, ThrottledAddress, ThrottledError
from hypertui.venue.api.weights import kind_of
from hypertui.venue.faults.faults import Faults
from hypertui.venue.model.messages import MalformedError
from hypertui.venue.model.options import VenueOptions

log = logging.getLogger(__name__)
MALFORMED = "Failed to deserialize the JSON body into the target type"
LARGEST_BODY = 2 * 2**20
UPDATES_FIRST_SECONDS = 1.0
BAD_GATEWAY = "<html><head><title>502 Bad Gateway</title></head><body>502 Bad Gateway</body></html>"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Door = Callable[[object, ThrottledAddress], Any]


class HttpDoors:
    """`drained` returns once the sockets have been told everything."""

    def __init__(
        self,
        options: VenueOptions,
        doors: Doors,
        peers: Peers,
        faults: Faults,
        drained: Callable[[], Awaitable[None]],
    ) -> None:
        self._options = options
        self._doors = doors
        self._peers = peers
        self._faults = faults
        self._drained = drained
        self._closing = asyncio.Event()

    def close(self) -> None:
        """Let no answer wait any longer."""
        self._closing.set()

    async def info(self, request: web.Request) -> web.StreamResponse:
        """POST /info."""
        return await self._serve(request, self._doors.ask)

    async def exchange(self, request: web.Request) -> web.StreamResponse:
        """POST /exchange."""
        return await self._serve(request, self._doors.act)

    async def _serve(self, request: web.Request, door: Door) -> web.StreamResponse:
        try:
            body = read_json(await request.read())
        except MalformedError as error:
            return _malformed(error)
        if self._faults.quiet:
            return self._answer(request, body, door)
        return await self._with_faults(request, body, door)

    def _answer(self, request: web.Request, body: object, door: Door) -> web.Response:
        try:
            return web.json_response(door(body, self._peers.find(request.remote or "")))
        except MalformedError as error:
            return _malformed(error)
        except ThrottledError:
            return throttled(self._options)

    async def _with_faults(self, request: web.Request, body: object, door: Door) -> web.StreamResponse:
        kind = kind_of(body)
        if fault := self._faults.strikes("http-timeout-before", kind):
            return await self._hang(request, fault.figure("seconds"))
        for name, canned in _CANNED.items():
            if fault := self._faults.strikes(name, kind):
                if fault.figure("applied"):
                    self._answer(request, body, door)
                return throttled(self._options) if canned is None else canned()
        late = self._faults.strikes("http-timeout-after", kind)
        slow = self._faults.strikes("http-slow", kind)
        updates_first = self._faults.strikes("http-updates-first", kind)
        answer = self._answer(request, body, door)
        if updates_first is not None:
            # A client that does not read its socket must not keep another one from its answer.
            with suppress(TimeoutError):
                async with asyncio.timeout(UPDATES_FIRST_SECONDS):
                    await self._drained()
        if slow is not None:
            await self._wait(slow.figure("seconds"))
        return answer if late is None else await self._hang(request, late.figure("seconds"))

    async def _wait(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._closing.wait()

    async def _hang(self, request: web.Request, seconds: float) -> web.StreamResponse:
        """Say nothing for so long, then cut the connection."""
        await self._wait(seconds)
        if request.transport is not None:
            request.transport.abort()
        return web.Response()


def throttled(options: VenueOptions) -> web.Response:
    """What a network address is told that has used up its allowance."""
    return web.Response(status=429, text=options.throttled_body, content_type="application/json")


def read_json(raw: bytes) -> object:
    """A body as JSON; raises MalformedError."""
    try:
        return json.loads(raw, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise MalformedError(str(error)) from None


@web.middleware
async def keep_standing(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A mistake of ours costs the one request, not the venue."""
    try:
        return await handler(request)
    except web.HTTPException:
        raise
    except Exception:
        log.exception("%s %s failed", request.method, request.path)
        return web.json_response(None, status=500)


def _no_constant(name: str) -> None:
    raise ValueError(f"not JSON: {name}")


def _malformed(error: MalformedError) -> web.Response:
    log.info("422: %s", error)
    return web.Response(status=422, text=MALFORMED)


_CANNED: dict[str, Callable[[], web.Response] | None] = {
    "http-429": None,
    "http-500": lambda: web.json_response(None, status=500),
    "http-502": lambda: web.Response(status=502, text=BAD_GATEWAY, content_type="text/html"),
    "http-422": lambda: web.Response(status=422, text=MALFORMED),
    "http-not-json": lambda: web.Response(text="upstream connect error"),
}
