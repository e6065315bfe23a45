"""`python -m benchmarks.market`: the local venue in a process of its own, its prices set by lines on stdin.

A line has markets and prices in turn, which are one event there. It says its address in one line on stdout,
and ends with its stdin.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal

from hypertui.venue.market.prices import ManualPrices
from hypertui.venue.model.listing import LISTINGS
from hypertui.venue.model.options import VenueOptions
from hypertui.venue.server import HOST, VenueServer

SYMBOL = "BTC"
# Sets the prices (USD) of markets at one moment.
SetPrices = Callable[[Mapping[str, Decimal]], None]
_PATIENCE = 10.0
_CHUNK = 4096


@contextmanager
def running() -> Iterator[tuple[str, SetPrices]]:
    """A venue for as long as the context lasts: its address, and what sets prices there."""
    command = [sys.executable, "-m", "benchmarks.market"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    inlet = process.stdin

    def set_prices(prices: Mapping[str, Decimal]) -> None:
        inlet.write(" ".join(f"{symbol} {price}" for symbol, price in prices.items()) + "\n")
        inlet.flush()

    try:
        url = process.stdout.readline().strip()
        if not url:
            raise RuntimeError("the venue did not start")
        yield url, set_prices
    finally:
        process.stdin.close()
        process.wait(_PATIENCE)
        process.stdout.close()


async def _serve() -> None:
    # The bare SDK and the engine would share one address, and its request weight.
    markets = LISTINGS["dozen"]
    server = VenueServer(VenueOptions(rate_limits="off", markets=markets), ManualPrices(markets=markets))
    print(f"http://{HOST}:{await server.start(0)}", flush=True)
    try:
        await _follow(server, sys.stdin.fileno())
    finally:
        await server.close()


async def _follow(server: VenueServer, source: int) -> None:
    ended = asyncio.Event()
    rest = b""

    def read() -> None:
        nonlocal rest
        chunk = os.read(source, _CHUNK)
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            words = line.decode().split()
            server.core.walk(zip(words[::2], map(Decimal, words[1::2]), strict=True))
        if not chunk:
            ended.set()

    asyncio.get_running_loop().add_reader(source, read)
    await ended.wait()


if __name__ == "__main__":
    asyncio.run(_serve())
