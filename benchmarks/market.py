"""`python -m benchmarks.market`: the local venue in a process of its own, its price set by lines on stdin.

It says its address in one line on stdout, and ends with its stdin.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal

from hypertui.venue.market.prices import ManualPrices
from hypertui.venue.model.options import VenueOptions
from hypertui.venue.server import HOST, VenueServer

SYMBOL = "BTC"
_PATIENCE = 10.0
_CHUNK = 4096


@contextmanager
def running() -> Iterator[tuple[str, Callable[[Decimal], None]]]:
    """A venue for as long as the context lasts: its address, and a function that sets the price in USD."""
    command = [sys.executable, "-m", "benchmarks.market"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    inlet = process.stdin

    def set_price(price: Decimal) -> None:
        inlet.write(f"{price}\n")
        inlet.flush()

    try:
        url = process.stdout.readline().strip()
        if not url:
            raise RuntimeError("the venue did not start")
        yield url, set_price
    finally:
        process.stdin.close()
        process.wait(_PATIENCE)
        process.stdout.close()


async def _serve() -> None:
    # The bare SDK and the engine would share one address, and its request weight.
    server = VenueServer(VenueOptions(rate_limits="off"), ManualPrices())
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
            server.core.set_price(SYMBOL, Decimal(line.decode()))
        if not chunk:
            ended.set()

    asyncio.get_running_loop().add_reader(source, read)
    await ended.wait()


if __name__ == "__main__":
    asyncio.run(_serve())
