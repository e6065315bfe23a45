"""The engine's end of the control socket: a thread and a loop of its own, which the engine never waits for.

A client is given nothing that could hold up the engine or another client: lines are short, answers are waited
for only so long, there are only so many clients, and commands have a measured pace.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from operator import itemgetter
from pathlib import Path
from types import TracebackType
from typing import Self

from hypertui.core.market import plain
from hypertui.port.commands import Command, CommandState
from hypertui.port.engine import EnginePort, EventKind
from hypertui.server import addresses, protocol
from hypertui.server.protocol import CommandRequest, StatusRequest, WireError

_LOG = logging.getLogger(__name__)

_LOOK = 0.05
_IDLE = 60.0  # seconds for a client to finish a line
_READ = 5.0  # seconds for a client to take an answer
_ANSWER = 5.0  # seconds for the engine's first answer
_FOLLOW = 600.0  # seconds until nobody waits for an outcome any more
_LAST_WORDS = 2.0
_MOST_CLIENTS = 16
_BURST, _PER_SECOND = 10.0, 2.0  # commands, of all clients together
_FINAL = (CommandState.CONFIRMED, CommandState.REFUSED, CommandState.FAILED)


class ControlServer:
    """A context manager: serves `engine` from a socket in the network's state folder while it is open, as
    soon as the engine has an account, and with that its lock. Where no socket can be made, the log says so,
    and the engine trades without one."""

    def __init__(self, engine: EnginePort, state: Path) -> None:
        self._engine = engine
        self._folder = addresses.folder_of(state)
        self._loop = asyncio.new_event_loop()
        self._over = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="control", daemon=True)
        self._clients: dict[asyncio.Task[None], _Client] = {}
        self._pace = _Pace()

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
            self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(_LAST_WORDS + 1)

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        except OSError as error:
            _LOG.warning("no control socket in %s: %s", self._folder, error)
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        while not self._engine.view.first.account:
            if await self._is_over(_LOOK):
                return
        snapshot = self._engine.view.first
        listening, path = addresses.listen(self._folder, snapshot.account, snapshot.instrument.symbol)
        mine = path.stat().st_ino
        server = await asyncio.start_unix_server(self._accept, sock=listening, limit=protocol.MOST_BYTES)
        try:
            await self._over.wait()
        finally:
            server.close()
            if path.exists() and path.stat().st_ino == mine:
                path.unlink()
            if self._clients:
                await asyncio.wait(set(self._clients), timeout=_LAST_WORDS)
            left = set(self._clients)
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    async def _is_over(self, seconds: float) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._over.wait()
        return self._over.is_set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None, "every client has one"
        client = _Client(self, reader, writer)
        room = len(self._clients) < _MOST_CLIENTS or self._make_room()
        self._clients[task] = client
        try:
            await client.serve(one_too_many=not room)
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

    @property
    def engine(self) -> EnginePort:
        return self._engine

    def may_command(self) -> bool:
        """Whether another command may be handed over now."""
        return self._pace.allows(time.monotonic())

    async def wait_until_over(self) -> None:
        """Return when the engine leaves."""
        await self._over.wait()

    async def leaves(self) -> bool:
        """Whether the engine leaves; asked again and again, it takes a moment each time."""
        return await self._is_over(_LOOK)


class _Pace:
    """So many commands at once, and so many for each second."""

    def __init__(self) -> None:
        self._left, self._at = _BURST, 0.0

    def allows(self, now: float) -> bool:
        self._left = min(_BURST, self._left + (now - self._at) * _PER_SECOND)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class _Client:
    """One connection, one request at a time."""

    def __init__(
        self, server: ControlServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._server = server
        self._engine = server.engine
        self._reader = reader
        self._writer = writer
        self._writer.transport.set_write_buffer_limits(high=0)  # an answer is read before the next is made
        self._who = ""
        self.idle = True
        self.idle_since = time.monotonic()

    def let_go(self) -> None:
        """Cut the line of a client that asks for nothing."""
        self._writer.transport.abort()

    async def serve(self, *, one_too_many: bool) -> None:
        """Answer until the client has gone. Raises OSError and TimeoutError when it cannot be answered."""
        peer = addresses.peer_of(self._writer.get_extra_info("socket"))
        if peer is not None and peer.uid not in (os.getuid(), 0):
            return
        self._who = "somebody by ctl" if peer is None else str(peer)
        if one_too_many:
            self.idle = False
            await self._error(f"more than {_MOST_CLIENTS} clients")
            return
        await self._hello()
        try:
            while (asked := await self._next()) is not None:
                self.idle = False
                match asked:
                    case StatusRequest(id):
                        found = protocol.snapshot_to_json(self._engine.view.first)
                        await self._send({"type": "status", "id": id, "snapshot": found})
                    case CommandRequest():
                        await self._command(asked)
                self.idle, self.idle_since = True, time.monotonic()
        except WireError as error:
            await self._error(str(error))

    async def _next(self) -> StatusRequest | CommandRequest | None:
        """The next request; None when the client or the engine leaves."""
        reading = asyncio.ensure_future(self._reader.readline())
        over = asyncio.ensure_future(self._server.wait_until_over())
        try:
            done, _ = await asyncio.wait([reading, over], timeout=_IDLE, return_when=asyncio.FIRST_COMPLETED)
            if reading not in done:
                return None
            data = reading.result()
        except ValueError:
            raise WireError(f"the line is longer than {protocol.MOST_BYTES} bytes") from None
        finally:
            reading.cancel()
            over.cancel()
        return protocol.request(data) if data.endswith(b"\n") else None

    async def _hello(self) -> None:
        snapshot = self._engine.view.first
        await self._send(
            {
                "type": "hello",
                "version": protocol.VERSION,
                "network": snapshot.network.value,
                "account": snapshot.account,
                "symbol": snapshot.instrument.symbol,
                "mode": snapshot.mode.value,
                "pid": os.getpid(),
            }
        )

    async def _command(self, asked: CommandRequest) -> None:
        refusal = self._refusal(asked)
        if refusal:
            await self._ack(asked.id, CommandState.REFUSED, 0, refusal)
            return
        began, took = time.monotonic(), 0
        with suppress(TimeoutError):  # then what becomes of it is seen in the events, if it is taken up
            async with asyncio.timeout(_ANSWER):
                ack = await self._engine.command(Command(asked.id, asked.verb, self._who))
            state = CommandState.ACKNOWLEDGED if ack.accepted else CommandState.REFUSED
            took = _ms_since(began)
            await self._ack(asked.id, state, took, ack.text)
            if not ack.accepted:
                return
        await self._follow(asked.id, began, took)

    def _refusal(self, asked: CommandRequest) -> str:
        position = self._engine.view.first.position
        if asked.position is not None and asked.position != position:
            return f"the position is {plain(position)} now, not {plain(asked.position)}: look again"
        if not self._server.may_command():
            return f"more than {_PER_SECOND:.0f} commands a second"
        return ""

    async def _follow(self, id: str, began: float, answered: int) -> None:
        """Tell what becomes of a command, until its end or the engine's; `answered` is the ms that its first
        answer took."""
        seen, leaves = 0, False
        while True:
            for event in self._engine.events_after(seen):
                seen = event.seq
                if event.kind is not EventKind.COMMAND or event.data.get("id") != id:
                    continue
                state = CommandState(str(event.data["state"]))
                if state in _FINAL or event.data["text"]:
                    # The engine counts from when it took the command up, the operator from when it was sent.
                    took = event.data.get("took_ms")
                    whole = answered + (took if isinstance(took, int) else 0)
                    await self._ack(id, state, whole, str(event.data["text"]))
                if state in _FINAL:
                    return
            late = time.monotonic() - began > _FOLLOW
            if leaves or late or self._reader.at_eof():
                text = (
                    f"no outcome within {_FOLLOW:.0f} s, it is still wanted"
                    if late
                    else "the engine left before the outcome"
                )
                await self._ack(id, CommandState.FAILED, _ms_since(began), text)
                return
            leaves = await self._server.leaves()

    async def _ack(self, id: str, state: CommandState, took: int, text: str) -> None:
        await self._send({"type": "ack", "id": id, "state": state.value, "took": took, "text": text})

    async def _error(self, text: str) -> None:
        await self._send({"type": "error", "text": text})

    async def _send(self, message: Mapping[str, object]) -> None:
        self._writer.write(protocol.line(message))
        async with asyncio.timeout(_READ):
            await self._writer.drain()


def _ms_since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
