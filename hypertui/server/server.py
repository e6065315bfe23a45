"""The engine's end of the control socket: a thread and a loop of its own, which the engine never waits for.

A client is given nothing that could hold up the engine or another client: lines are short, answers are waited
for only so long, there are only so many clients, and commands have a measured pace.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from contextlib import suppress
from operator import itemgetter
from pathlib import Path
from types import TracebackType
from typing import Self

from hypertui.port.engine import ServedEngine
from hypertui.server import addresses, protocol
from hypertui.server.connection import ClientConnection
from hypertui.server.session import Session
from hypertui.server.view_codec import prepare

_LOG = logging.getLogger(__name__)

_LOOK = 0.05
_LAST_WORDS = 2.0
_MOST_CLIENTS = 64


class ControlServer:
    """A context manager: serves `engine` from a socket in the network's state folder while it is open, as
    soon as one of its trades has an account, and with that its lock. Where no socket can be made, the log
    says so, and the engine trades without one."""

    def __init__(self, engine: ServedEngine, state: Path) -> None:
        self._engine = engine
        self._folder = addresses.folder_of(state)
        self._loop = asyncio.new_event_loop()
        self._session = Session(engine)
        self._thread = threading.Thread(target=self._run, name="control", daemon=True)
        self._clients: dict[asyncio.Task[None], ClientConnection] = {}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with suppress(RuntimeError):  # it has given up already
            self._loop.call_soon_threadsafe(self._session.over.set)
        self._thread.join(_LAST_WORDS + 1)

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        except OSError as error:
            _LOG.warning("no control socket in %s: %s", self._folder, error)
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        prepare()  # before there is a trade that it could be in the way of
        while not any(trade.account for trade in self._engine.view.trades):
            if await self._session.is_over(_LOOK):
                return
        listening, path = addresses.listen(self._folder)
        server = await asyncio.start_unix_server(self._accept, sock=listening, limit=protocol.MOST_BYTES)
        try:
            await self._session.look_for_news()
        finally:
            server.close()
            path.unlink(missing_ok=True)
            if self._clients:
                await asyncio.wait(set(self._clients), timeout=_LAST_WORDS)
            left = set(self._clients)
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None, "every client has one"
        client = ClientConnection(self._session, reader, writer)
        room = len(self._clients) < _MOST_CLIENTS or self._make_room()
        self._clients[task] = client
        try:
            await client.serve("" if room else f"more than {_MOST_CLIENTS} clients")
        except (OSError, TimeoutError):
            pass  # it has gone, or does not read
        finally:
            self._clients.pop(task, None)
            writer.transport.abort()

    def _make_room(self) -> bool:
        """Let the client go that has been silent for longest: whoever has something to say goes before those
        who only hold a place. False where all are being answered."""
        idle = [(client.idle_since, task) for task, client in self._clients.items() if client.idle]
        if not idle:
            return False
        _, longest = min(idle, key=itemgetter(0))
        self._clients.pop(longest).let_go()
        return True
