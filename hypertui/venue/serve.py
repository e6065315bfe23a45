"""A venue from its options to its end: prices, state, doors."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

from hypertui.venue.control import ControlDoor
from hypertui.venue.market.sources import open_prices
from hypertui.venue.model.options import VenueOptions
from hypertui.venue.server import VenueServer
from hypertui.venue.state.store import StateFile


async def serve(
    options: VenueOptions,
    port: int,
    ready: Callable[[int, int | None], None],
    state: Path | None = None,
    control_port: int | None = None,
) -> None:
    """Run a venue until cancelled; `ready` is called once with the bound ports, that of the control door None
    without one; `state` is kept in its file.

    Raises OSError when a port is taken, ValueError for prices or a state that cannot be used.
    """
    async with AsyncExitStack() as stack:
        file = None if state is None else stack.enter_context(StateFile(state))
        source = await stack.enter_async_context(open_prices(options))
        server = VenueServer(options, source, file=file)
        bound = await server.start(port)
        stack.push_async_callback(server.close)
        control = None
        if control_port is not None:
            door = ControlDoor(server)
            control = await door.start(control_port)
            stack.push_async_callback(door.close)
        ready(bound, control)
        await asyncio.Event().wait()
