"""A sign of life to an address elsewhere, so that somebody else notices when it ends.

It is given by the loop that trades, and by no other: a loop that stalls gives none. What becomes of it is
nothing to that loop.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import aiohttp

_TIMEOUT = 5.0  # seconds for all of one
_GOOD = range(200, 300)
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class HeartbeatFigure:
    """How many signs of life were given and how many of them arrived, when the last of these did (ms, None
    before the first), and in a word why the newest did not (empty where it did)."""

    given: int = 0
    arrived: int = 0
    last: int | None = None
    trouble: str = ""

    def age(self, now: int) -> int | None:
        """How long ago the last one arrived (ms)."""
        return None if self.last is None else now - self.last


def refuse_address(url: str) -> None:
    """Raise ValueError, without repeating it, for an address that is neither https nor http on loopback."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError("is no address") from None
    if not host or any(c.isspace() for c in url):
        raise ValueError("is no address")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host)):
        raise ValueError("is neither https nor http on loopback")


def _is_loopback(host: str) -> bool:
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


class Heartbeat:
    """Pings `url`, a secret, each `every` seconds; `clock` in ms. `connector` makes what connects, on the
    loop; by default what the library has."""

    def __init__(
        self,
        url: str,
        every: float,
        clock: Callable[[], int],
        timeout: float = _TIMEOUT,
        connector: Callable[[], aiohttp.BaseConnector | None] = lambda: None,
    ) -> None:
        self._url = url
        self._connector = connector
        self._every = every
        self._clock = clock
        self._timeout = timeout
        self.figure = HeartbeatFigure()

    async def run(self) -> None:
        """Go on until cancelled, on the loop whose life it is a sign of. Raises nothing else."""
        import aiohttp  # with the client of the exchange, not before the first paint

        limit = aiohttp.ClientTimeout(total=self._timeout)
        async with aiohttp.ClientSession(timeout=limit, connector=self._connector()) as session:
            loop = asyncio.get_running_loop()
            while True:
                next_one = loop.time() + self._every
                self._note(await self._ping(session))
                await asyncio.sleep(max(0, next_one - loop.time()))

    async def _ping(self, session: aiohttp.ClientSession) -> str:
        """Give one sign of life; returns why it did not arrive, without the words of whoever says so: these
        may hold the address."""
        try:
            async with session.get(self._url, allow_redirects=False) as answer:
                return "" if answer.status in _GOOD else f"answered {answer.status}"
        except TimeoutError:
            return "no answer in time"
        except Exception as error:  # noqa: BLE001 - whatever it is, the loop trades on
            return type(error).__name__

    def _note(self, trouble: str) -> None:
        if trouble and trouble != self.figure.trouble:
            _LOG.warning("no sign of life arrives: %s", trouble)
        figure = replace(self.figure, given=self.figure.given + 1, trouble=trouble)
        if not trouble:
            figure = replace(figure, arrived=figure.arrived + 1, last=self._clock())
        self.figure = figure
