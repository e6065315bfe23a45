"""The venue's doors on the loopback interface: POST /info, POST /exchange, GET /ws; and what moves prices."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from decimal import Decimal

from aiohttp import web

from hypertui.core.clock import wall_ms
from hypertui.venue.api.endpoints import Doors
from hypertui.venue.api.gateway import Gateway
from hypertui.venue.api.http import LARGEST_BODY, HttpDoors, keep_standing
from hypertui.venue.api.info import Info
from hypertui.venue.api.sockets import Sockets
from hypertui.venue.api.throttle import Peers
from hypertui.venue.api.ws_sessions import Hub
from hypertui.venue.core import Core
from hypertui.venue.faults.faults import Faults
from hypertui.venue.faults.market_faults import MarketFaults
from hypertui.venue.market.past import give_past
from hypertui.venue.market.prices import PricePath
from hypertui.venue.market.sources import price_source
from hypertui.venue.model.clock import MarketClock
from hypertui.venue.model.options import VenueOptions
from hypertui.venue.state.store import Keeper, StateFile

log = logging.getLogger(__name__)
HOST = "127.0.0.1"
TICK_SECONDS = 0.25
SAVE_SECONDS = 0.25
CLOSE_SECONDS = 1.0


class VenueServer:
    """A core behind its doors. `source` defaults to what the options ask for, `clock` (ms) to the wall clock;
    without a `file` for its state it forgets.

    All methods belong to one event loop. Raises ValueError for a price file that cannot be used, StateError
    for a state.
    """

    def __init__(
        self,
        options: VenueOptions,
        source: PricePath | None = None,
        clock: Callable[[], int] = wall_ms,
        file: StateFile | None = None,
    ) -> None:
        self.options = options
        self.source = price_source(options) if source is None else source
        self.core = Core(options, clock, self.source.initial())
        self.gateway = Gateway(self.core)
        self.info = Info(self.core, self.gateway.asked_about)
        self.faults = Faults(lambda: self.core.now)
        self.peers = Peers(options, lambda: self.core.now)
        doors = Doors(self.core, self.info, self.gateway, self.faults)
        self._hub = Hub(self.core, self.info, doors, self.faults)
        self.sockets = Sockets(self._hub, options, self.peers, self.faults)
        self._http = HttpDoors(options, doors, self.peers, self.faults, self.sockets.drained)
        self._market_faults = MarketFaults(self.core, self.source, self.faults)
        self._runner: web.AppRunner | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._market_time = 0
        self._keeper: Keeper | None = None
        if file is not None:
            self._market_time = file.load(self.core, self.gateway, self.source)
        if options.past:
            for book in self.core.books.values():
                give_past(book, options, self.core.now)
        self.market_clock = MarketClock(options.speed, self._market_time, time.monotonic())
        if file is not None:
            self._keeper = Keeper(file, self.core, self.gateway, self.source)
            self._save()

    async def start(self, port: int) -> int:
        """Listen on 127.0.0.1 (port 0: any free one) and let the prices move; returns the port.

        Raises OSError when the port is taken.
        """
        app = web.Application(middlewares=[keep_standing], client_max_size=LARGEST_BODY)
        app.router.add_post("/info", self._http.info)
        app.router.add_post("/exchange", self._http.exchange)
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
        self._http.close()
        await self.sockets.close_all()
        if self._runner is not None:
            await self._runner.cleanup()

    def set_price(self, symbol: str, price: Decimal) -> None:
        """Move a market to a price (USD), from which its path goes on if it has one. Raises ValueError for a
        price that is none, KeyError for a market that is none."""
        self.core.set_price(symbol, price)
        self.source.put(symbol, price)

    @property
    def market_time(self) -> int:
        """How far the prices have come, in ms."""
        return self._market_time

    def pause(self) -> None:
        """Let the prices stand still."""
        self.market_clock.pause(time.monotonic())

    def resume(self) -> None:
        """Let the prices go on."""
        self.market_clock.resume(time.monotonic())

    def set_speed(self, speed: float) -> None:
        """Let so many market seconds pass in a second."""
        self.market_clock.set_speed(speed, time.monotonic())

    def step(self) -> None:
        """Do everything that time has made due."""
        self.core.tick()
        self._market_faults.tick()
        self._market_time = self.market_clock.read(time.monotonic())
        if not self.market_clock.paused:
            self.walk()
        self._hub.flush()
        self.sockets.close_idle()

    def walk(self) -> None:
        """Let the prices come as far as market time has, paused or not."""
        self._market_time = self.market_clock.read(time.monotonic())
        self.core.walk((step.symbol, step.price) for step in self.source.advance(self._market_time))

    async def _run(self) -> None:
        # A venue that was made long before it is started has missed nothing.
        self.market_clock.begin(time.monotonic())
        while True:
            await asyncio.sleep(TICK_SECONDS)
            try:
                self.step()
            except Exception:
                log.exception("a tick failed")

    async def _keep(self, keeper: Keeper) -> None:
        while True:
            await asyncio.sleep(SAVE_SECONDS)
            if not keeper.due:
                continue
            try:
                # What waits for the disk is not the event loop.
                await asyncio.to_thread(keeper.save, keeper.page(self._market_time, self.market_clock.speed))
            except Exception:
                log.exception("the state could not be saved; it is tried again")

    def _save(self) -> None:
        if self._keeper is not None:
            self._keeper.save(self._keeper.page(self._market_time, self.market_clock.speed))
