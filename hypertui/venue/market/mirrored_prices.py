"""The live prices of another venue, read over its WebSocket.

Nothing but subscriptions to public market data and pings is ever sent there: this module knows neither keys
nor signatures, and no other part of the venue talks to another machine.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn
from urllib.parse import urlsplit

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from hypertui.venue.market.prices import OtherPathError, PriceStep, same_kind
from hypertui.venue.model.listing import MARKETS
from hypertui.venue.model.markets import Market
from hypertui.venue.model.messages import text
from hypertui.venue.model.orders import Json

log = logging.getLogger(__name__)
MAINNET = "wss://api.hyperliquid.xyz/ws"
FIRST_PRICES_SECONDS = 10.0
PING_SECONDS = 20.0
SILENCE_SECONDS = 45.0
FIRST_WAIT = 0.5
LONGEST_WAIT = 30.0
LARGEST_FRAME = 4 * 2**20
_PING = '{"method":"ping"}'


class UpstreamError(ValueError):
    """The venue that is to be followed cannot be; the text is one line that names it."""


def stream_url(name: str) -> str:
    """The WebSocket of a venue by its base URL, or of "mainnet". Raises UpstreamError."""
    if name == "mainnet":
        return MAINNET
    parts = urlsplit(name)
    if parts.scheme not in ("http", "https", "ws", "wss") or not parts.netloc:
        raise UpstreamError(f"follow {name} is neither mainnet nor the URL of a venue")
    scheme = {"http": "ws", "https": "wss"}.get(parts.scheme, parts.scheme)
    path = parts.path.rstrip("/")
    return f"{scheme}://{parts.netloc}{path if path.endswith('/ws') else f'{path}/ws'}"


class FollowedPrices:
    """The latest prices (USD) of another venue, at `url`; `kind` says which: marks or mids of the book.

    A price source without market time of its own: it hands over what has come since it was asked last.
    """

    def __init__(self, url: str, kind: str = "mark", markets: Sequence[Market] = MARKETS) -> None:
        self._url = url
        self._kind = kind
        self._latest = {market.symbol: market.start for market in markets}
        self._new: dict[str, Decimal] = {}
        self._missing = set(self._latest)
        self._complete = asyncio.Event()
        self.connected = False

    def initial(self) -> Mapping[str, Decimal]:
        return dict(self._latest)

    def advance(self, until: int) -> Iterator[PriceStep]:
        new, self._new = self._new, {}
        return iter([PriceStep(until, symbol, price) for symbol, price in sorted(new.items())])

    def put(self, symbol: str, price: Decimal) -> None:
        """It stays until the other venue's price changes."""

    def dump(self) -> Json:
        return {"kind": "follow", "url": self._url}

    def restore(self, state: Json) -> None:
        same_kind(state, "follow")
        if text(state, "url") != self._url:
            raise OtherPathError(f"follows {state['url']}, not {self._url}")
        # The markets stand where they stood; what has come since is news to them.
        self._new.update(self._latest)

    async def ready(self) -> None:
        """Return once every market has had a price."""
        await self._complete.wait()

    async def run(self) -> NoReturn:
        """Read prices, for ever; after a break connect again with growing waits."""
        wait = FIRST_WAIT
        while True:
            try:
                await self._listen()
            except (OSError, TimeoutError, WebSocketException, ValueError) as error:
                log.warning("following %s: %s", self._url, error or type(error).__name__)
            if self.connected:
                wait = FIRST_WAIT
            self.connected = False
            await asyncio.sleep(wait)
            wait = min(2 * wait, LONGEST_WAIT)

    async def _listen(self) -> NoReturn:
        here = urlsplit(self._url).hostname in ("127.0.0.1", "localhost", "::1")
        async with connect(
            self._url, ping_interval=None, max_size=LARGEST_FRAME, proxy=None if here else True
        ) as socket:
            for subscription in self.subscriptions():
                await socket.send(json.dumps({"method": "subscribe", "subscription": subscription}))
            loop = asyncio.get_running_loop()
            heard = loop.time()
            while True:
                try:
                    async with asyncio.timeout(PING_SECONDS):
                        self.take(json.loads(await socket.recv()))
                    heard = loop.time()
                except TimeoutError:
                    if loop.time() - heard > SILENCE_SECONDS:
                        raise TimeoutError(f"nothing heard for {SILENCE_SECONDS:g} s") from None
                    await socket.send(_PING)

    def subscriptions(self) -> list[dict[str, str]]:
        """What is asked for: all mids to begin with, and what every market's price is made of."""
        feed = "activeAssetCtx" if self._kind == "mark" else "bbo"
        return [{"type": "allMids"}, *({"type": feed, "coin": symbol} for symbol in self._latest)]

    def take(self, message: Any) -> None:
        """Take a message of the other venue; what is not a price of a market here is skipped."""
        try:
            channel, data = message["channel"], message.get("data")
            if channel == "allMids":
                # The exact feed of a market is better than its entry here, once that has come.
                for symbol in tuple(self._missing):
                    if symbol in data["mids"]:
                        self._set(symbol, Decimal(data["mids"][symbol]))
            elif channel == "activeAssetCtx" and self._kind == "mark":
                self._set(data["coin"], Decimal(data["ctx"]["markPx"]))
            elif channel == "bbo" and self._kind == "mid" and None not in data["bbo"]:
                bid, ask = (Decimal(side["px"]) for side in data["bbo"])
                self._set(data["coin"], (bid + ask) / 2)
        except (KeyError, TypeError, AttributeError, InvalidOperation):
            log.warning("following %s: a message is not understood", self._url)

    def _set(self, symbol: str, price: Decimal) -> None:
        if symbol not in self._latest or not price.is_finite() or price <= 0:
            return
        self.connected = True
        self._missing.discard(symbol)
        if self._latest[symbol] != price:
            self._latest[symbol] = self._new[symbol] = price
        if not self._missing:
            self._complete.set()


@asynccontextmanager
async def following(
    name: str, kind: str, markets: Sequence[Market] = MARKETS
) -> AsyncIterator[FollowedPrices]:
    """The prices of a venue ("mainnet" or a base URL), with every market's first one. Raises UpstreamError if
    they do not come."""
    source = FollowedPrices(stream_url(name), kind, markets)
    task = asyncio.create_task(source.run())
    try:
        try:
            async with asyncio.timeout(FIRST_PRICES_SECONDS):
                await source.ready()
        except TimeoutError:
            raise UpstreamError(
                f"follow {name}: not every market had a price within {FIRST_PRICES_SECONDS:g} s"
            ) from None
        yield source
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
