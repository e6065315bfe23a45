"""The venue's doors on the loopback interface: POST /info, POST /exchange, GET /ws; and what moves prices."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from aiohttp import web

from hypertui.series import load_series
from hypertui.venue.core import Core
from hypertui.venue.feeds import Hub
from hypertui.venue.gateway import Gateway
from hypertui.venue.info import Info
from hypertui.venue.options import VenueOptions
from hypertui.venue.prices import PriceSource, SeriesPrices, SyntheticPrices
from hypertui.venue.sockets import Sockets
from hypertui.venue.store import Keeper, StateFile
from hypertui.venue.wire import MalformedError

log = logging.getLogger(__name__)
HOST = "127.0.0.1"
TICK_SECONDS = 0.25
SAVE_SECONDS = 0.25
CLOSE_SECONDS = 1.0
MALFORMED = "Failed to deserialize the JSON body into the target type"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def wall_clock() -> int:
    """Milliseconds since the Unix epoch."""
    return time.time_ns() // 1_000_000


def price_source(options: VenueOptions) -> PriceSource:
    """The prices that the options ask for; raises ValueError for a file that cannot be used."""
    synthetic = SyntheticPrices(options.seed)
    if options.prices is None:
        return synthetic
    if options.symbol not in synthetic.initial():
        raise ValueError(f"the venue has no market {options.symbol}")
    series = load_series(options.prices)
    return SeriesPrices(options.symbol, series.prices, series.times, synthetic)


class VenueServer:
    """A core behind its doors. `source` defaults to what the options ask for, `clock` (ms) to the wall clock;
    without a `file` for its state it forgets.

    All methods belong to one event loop. Raises ValueError for a price file that cannot be used, StateError
    for a state.
    """

    def __init__(
        self,
        options: VenueOptions,
        source: PriceSource | None = None,
        clock: Callable[[], int] = wall_clock,
        file: StateFile | None = None,
    ) -> None:
        self._options = options
        self._source = price_source(options) if source is None else source
        self.core = Core(options, clock, self._source.initial())
        self.gateway = Gateway(self.core)
        self.info = Info(self.core, self.gateway.asked_about)
        self._hub = Hub(self.core, self.info, self.gateway)
        self.sockets = Sockets(self._hub, options.socket_queue, options.idle_timeout)
        self._runner: web.AppRunner | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._market_time = 0
        self._keeper: Keeper | None = None
        if file is not None:
            self._market_time = file.load(self.core, self.gateway, self._source)
            self._keeper = Keeper(file, self.core, self.gateway, self._source)
            self._save()

    async def start(self, port: int) -> int:
        """Listen on 127.0.0.1 (port 0: any free one) and let the prices move; returns the port.

        Raises OSError when the port is taken.
        """
        app = web.Application(middlewares=[_keep_standing])
        app.router.add_post("/info", self._info)
        app.router.add_post("/exchange", self._exchange)
        app.router.add_get("/ws", self.sockets.handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=CLOSE_SECONDS)
        await runner.setup()
        try:
            await web.TCPSite(runner, HOST, port).start()
        except OSError:
            await runner.cleanup()
            raise
        self._runner = runner
        self._tasks.append(asyncio.create_task(self._run()))
        if self._keeper is not None:
            self._tasks.append(asyncio.create_task(self._keep(self._keeper)))
        bound: int = runner.addresses[0][1]
        return bound

    async def close(self) -> None:
        """Stop the prices, close every socket and free the port. Raises StateError for a state that cannot
        be saved."""
        for task in self._tasks:
            task.cancel()
        try:
            self._save()
        finally:
            await self._close_doors()
        if self._keeper is not None and self._keeper.due:
            self._save()

    async def _close_doors(self) -> None:
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.sockets.close_all()
        if self._runner is not None:
            await self._runner.cleanup()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        began, started = self._market_time, loop.time()
        while True:
            await asyncio.sleep(TICK_SECONDS)
            try:
                self.core.tick()
                self._market_time = began + int((loop.time() - started) * 1000 * self._options.speed)
                steps = self._source.advance(self._market_time)
                self.core.walk((step.symbol, step.price) for step in steps)
                self._hub.flush()
                self.sockets.close_idle()
            except Exception:
                log.exception("a tick failed")

    async def _keep(self, keeper: Keeper) -> None:
        while True:
            await asyncio.sleep(SAVE_SECONDS)
            if not keeper.due:
                continue
            try:
                # What waits for the disk is not the event loop.
                await asyncio.to_thread(keeper.save, keeper.page(self._market_time))
            except Exception:
                log.exception("the state could not be saved; it is tried again")

    def _save(self) -> None:
        if self._keeper is not None:
            self._keeper.save(self._keeper.page(self._market_time))

    async def _info(self, request: web.Request) -> web.Response:
        try:
            return _json(self.info.answer(await _body(request)))
        except MalformedError as error:
            return _malformed(error)

    async def _exchange(self, request: web.Request) -> web.Response:
        try:
            return _json(self.gateway.submit(await _body(request)))
        except MalformedError as error:
            return _malformed(error)


async def serve(
    options: VenueOptions, port: int, ready: Callable[[int], None], state: Path | None = None
) -> None:
    """Run a venue until cancelled; `ready` is called once with the bound port, `state` is kept in its file.

    Raises OSError when the port is taken, ValueError for a price file or a state that cannot be used.
    """
    with nullcontext() if state is None else StateFile(state) as file:
        server = VenueServer(options, file=file)
        bound = await server.start(port)
        try:
            ready(bound)
            await asyncio.Event().wait()
        finally:
            await server.close()


async def _body(request: web.Request) -> object:
    try:
        return json.loads(await request.read(), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise MalformedError(str(error)) from None


def _no_constant(name: str) -> None:
    raise ValueError(f"not JSON: {name}")


def _json(data: Any) -> web.Response:
    return web.json_response(data)


def _malformed(error: MalformedError) -> web.Response:
    log.info("422: %s", error)
    return web.Response(status=422, text=MALFORMED)


@web.middleware
async def _keep_standing(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A mistake of ours costs the one request, not the venue."""
    try:
        return await handler(request)
    except web.HTTPException:
        raise
    except Exception:
        log.exception("%s %s failed", request.method, request.path)
        return web.json_response(None, status=500)
