"""The process with the door: it faces the world, and has neither a key, nor the journal, nor a trade.

The engine starts it with two open sockets: the wire to the engine, and the one that listens. It goes when the
wire is cut, and by no signal that is meant for the engine.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress

from hypertui.core.clock import CLOCK, wall_ms
from hypertui.webhook.requests import Door
from hypertui.webhook.secrets import Hooks
from hypertui.webhook.server import WebhookServer
from hypertui.webhook.wire import LONGEST_OPENING, opening_of
from hypertui.webhook.wire_taker import WireTaker

_NICER = 5  # than the engine


def main(clock: Callable[[], int] = CLOCK, wall: Callable[[], int] = wall_ms) -> int:
    """Serve the door by the descriptors of the two sockets, on the command line, until the engine has gone.
    `clock` (ms) is what limits go by, `wall` what senders share."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    with suppress(OSError):
        os.nice(_NICER)
    wire, listening = (socket.socket(fileno=int(each)) for each in sys.argv[1:3])
    asyncio.run(_served(wire, listening, clock, wall))
    return 0


async def _served(
    wire: socket.socket, listening: socket.socket, clock: Callable[[], int], wall: Callable[[], int]
) -> None:
    reader, writer = await asyncio.open_unix_connection(sock=wire, limit=LONGEST_OPENING)
    opening = opening_of(await reader.readline())
    taker = WireTaker(writer)
    logging.basicConfig(level=logging.WARNING, handlers=[_ToTheEngine(taker)], force=True)
    door = Door(taker, Hooks(opening.secrets), opening.hooks, opening.trusted, clock, wall)
    server = WebhookServer(taker, door, listening, opening.pace)
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(server.serve())
        living = group.create_task(taker.live())
        with suppress(ConnectionError):
            await taker.hear(reader)
        serving.cancel()
        living.cancel()


class _ToTheEngine(logging.Handler):
    """The log of this process is the engine's. Of what others log only the fact is told: their words may
    repeat a request."""

    def __init__(self, taker: WireTaker) -> None:
        super().__init__()
        self._taker = taker

    def emit(self, record: logging.LogRecord) -> None:
        """Tell it."""
        ours = record.name.startswith("hypertui.")
        self._taker.complain(record.getMessage()[:500] if ours else f"{record.levelname} of {record.name}")
