"""A local venue for tests: in a thread of its own, on a free loopback port, with prices set by hand."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from typing import Any, Self, TypeVar

from hypertui.core.clock import wall_ms
from hypertui.venue.core import Core
from hypertui.venue.market.prices import ManualPrices
from hypertui.venue.model.options import VenueOptions
from hypertui.venue.server import VenueServer

Result = TypeVar("Result")
DEADLINE = 10.0


class VenueClock:
    """A venue's clock that may be set `ahead` (ms) of this machine's, though not back."""

    def __init__(self) -> None:
        self.ahead = 0

    def __call__(self) -> int:
        return wall_ms() + self.ahead


class LocalVenue:
    """A context manager; usable as it is in a fixture: `with LocalVenue() as venue: yield venue`.

    `prices` are the first prices in USD by symbol (markets left out start where they always do); further
    keywords are fields of VenueOptions.
    """

    def __init__(
        self,
        prices: dict[str, Decimal] | None = None,
        clock: Callable[[], int] = wall_ms,
        **options: Any,
    ) -> None:
        self._options = replace(VenueOptions(), **options)
        self._prices = prices
        self._clock = clock
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="local-venue", daemon=True)
        self._server: VenueServer | None = None
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        try:
            self.port = self._wait(self._start())
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *exception: object) -> None:
        try:
            self._wait(self.server.close())
        finally:
            self._stop()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws"

    @property
    def server(self) -> VenueServer:
        if self._server is None:
            raise RuntimeError("the venue is not running")
        return self._server

    @property
    def core(self) -> Core:
        """The exchange itself; it belongs to the venue's thread, so reach it through `call`."""
        return self.server.core

    def set_price(self, symbol: str, price: Decimal | int | str) -> None:
        """Move a market. Returns when the core has dealt with it, triggers included, and every message about
        it was handed to its socket."""
        self._wait(self._set_price(symbol, Decimal(price)))

    def call(self, function: Callable[[], Result]) -> Result:
        """Run a function on the venue's thread and return its result; its messages are handed to the sockets
        before this returns."""
        return self._wait(self._call(function))

    def fail(self, name: str, **terms: Any) -> None:
        """Switch a fault on; the terms are those of Faults.on."""
        self.call(lambda: self.server.faults.on(name, **terms))

    def drop_sockets(self) -> None:
        """Cut every WebSocket connection without a word."""
        self.call(self.server.sockets.abort_all)

    async def _start(self) -> int:
        source = ManualPrices(self._prices, self._options.markets)
        self._server = VenueServer(self._options, source, self._clock)
        return await self._server.start(0)

    async def _set_price(self, symbol: str, price: Decimal) -> None:
        self.core.set_price(symbol, price)
        await self._drain()

    async def _call(self, function: Callable[[], Result]) -> Result:
        result = function()
        await self._drain()
        return result

    async def _drain(self) -> None:
        # A test may have a client on purpose that does not read; it must not hold up the others.
        with suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                await self.server.sockets.drained()

    def _wait(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(DEADLINE)

    def _stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(DEADLINE)
        self._loop.close()
