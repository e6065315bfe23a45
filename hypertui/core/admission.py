"""Who is let in at a listening socket: one for each place that is free, and so many in a second at most."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

_PAUSE = 0.5


async def admitted(
    listening: socket.socket, places: asyncio.Semaphore, pace: float
) -> AsyncIterator[socket.socket]:
    """The connections that come, `pace` seconds apart at least, without end. Each has taken one of the
    `places`, which whoever attends to it gives back."""
    loop = asyncio.get_running_loop()
    while True:
        await places.acquire()
        try:
            connection, _ = await loop.sock_accept(listening)
        except OSError:  # it has gone before it was let in, or there are no more descriptors
            places.release()
            await asyncio.sleep(_PAUSE)
            continue
        yield connection
        await asyncio.sleep(pace)
