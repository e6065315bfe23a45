"""One client of the control socket: it is told who the engine is, and answered until it goes."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Coroutine, Mapping
from contextlib import suppress

from pydantic_core import to_json

from hypertui.core.market import plain
from hypertui.core.redaction import printable
from hypertui.port.commands import Command, CommandState
from hypertui.port.engine import Event
from hypertui.port.snapshot import Snapshot
from hypertui.server import addresses, protocol
from hypertui.server.attached_console import AttachedConsole
from hypertui.server.protocol import (
    CommandRequest,
    PenRequest,
    Request,
    StatusRequest,
    SubscribeRequest,
    WireError,
)
from hypertui.server.session import Session

_LOG = logging.getLogger(__name__)

_IDLE = 60.0  # seconds for a client to finish a line
_READ = 5.0  # seconds for a client to take an answer
_ANSWER = 5.0  # seconds for the engine's first answer
_FOLLOW = 600.0  # seconds until nobody waits for an outcome any more
_MOST_ATTACHED = 48  # consoles: fewer than clients, so that ctl always finds a place
_MOST_AT_ONCE = 256  # commands that a client waits for
_FINAL = (CommandState.CONFIRMED, CommandState.REFUSED, CommandState.FAILED)


class ClientConnection:
    """Requests are taken one by one, and answered as soon as each answer is there."""

    def __init__(self, session: Session, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._session = session
        self._engine = session.engine
        self._reader = reader
        self._writer = writer
        self._writer.transport.set_write_buffer_limits(high=0)  # an answer is read before the next is made
        self._writing = asyncio.Lock()
        self._peer: addresses.PeerProcess | None = None
        self._work: set[asyncio.Task[None]] = set()
        self._console: AttachedConsole | None = None
        self._asking = False
        self.idle_since = time.monotonic()

    @property
    def idle(self) -> bool:
        """Whether it only holds a place."""
        return not self._asking and not self._work  # a subscription is work, to its end

    def let_go(self) -> None:
        """Cut the line."""
        self._writer.transport.abort()

    async def serve(self, crowd: str = "") -> None:
        """Answer until the client has gone; with `crowd` only say that. Raises OSError and TimeoutError when
        it cannot be answered."""
        peer = self._peer = addresses.peer_of(self._writer.get_extra_info("socket"))
        if peer is not None and peer.uid not in (os.getuid(), 0):
            return
        try:
            if crowd:
                self._asking = True
                await self._error(crowd)
                return
            await self._send(protocol.hello(self._engine.view, os.getpid()))
            while (asked := await self._next()) is not None:
                self._asking = True
                await self._take(asked)
                self._asking, self.idle_since = False, time.monotonic()
            if self._session.over.is_set() and self._work:
                await asyncio.wait(set(self._work), timeout=_READ)  # what became of their commands
        except WireError as error:
            await self._error(str(error))
        finally:
            if self._console is not None:
                self._console.end()
            for task in set(self._work):
                task.cancel()

    async def _take(self, asked: Request) -> None:
        match asked:
            case StatusRequest(id):
                view = self._session.feed.view()
                await self._write(b'{"type":"status","id":%b,"view":%b}\n' % (to_json(id), view))
            case CommandRequest():
                if len(self._work) >= _MOST_AT_ONCE:
                    raise WireError(f"more than {_MOST_AT_ONCE} commands at once")
                self._beside(self._command(asked))
            case SubscribeRequest():
                if self._console is not None:
                    raise WireError("this console is attached already")
                if self._session.attached >= _MOST_ATTACHED:
                    raise WireError(f"more than {_MOST_ATTACHED} consoles are attached")
                self._console = AttachedConsole(self._session, asked, self._who("attach"))
                self._beside(self._console.send(self._write))
            case PenRequest(id):
                await self._take_pen(id)

    async def _take_pen(self, id: str) -> None:
        if self._console is None:
            raise WireError("takeover is for a console that is attached")
        why_not = self._console.take_pen()
        await self._ack(id, CommandState.REFUSED if why_not else CommandState.CONFIRMED, 0, why_not)

    def _beside(self, work: Coroutine[None, None, None]) -> None:
        """Do this while further requests are taken; a client that cannot be answered goes."""
        task = asyncio.create_task(self._or_let_go(work))
        self._work.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._work.discard(task)
        self.idle_since = time.monotonic()

    async def _or_let_go(self, work: Coroutine[None, None, None]) -> None:
        try:
            await work
        except (OSError, TimeoutError):
            self.let_go()
        except Exception:  # noqa: BLE001 - it is logged, and ends this client alone
            # A console that is told nothing any more must not look like one of an engine that stands still.
            _LOG.exception("a client of the control socket could not be answered")
            self.let_go()

    async def _next(self) -> Request | None:
        """The next request; None when the client or the engine leaves."""
        reading = asyncio.ensure_future(self._reader.readline())
        over = asyncio.ensure_future(self._session.over.wait())
        try:
            while True:
                done, _ = await asyncio.wait(
                    [reading, over], timeout=_IDLE, return_when=asyncio.FIRST_COMPLETED
                )
                if reading in done:
                    break
                if done or self.idle:
                    return None
            data = reading.result()
        except ValueError:
            raise WireError(f"the line is longer than {protocol.MOST_BYTES} bytes") from None
        finally:
            reading.cancel()
            over.cancel()
        return protocol.request(data) if data.endswith(b"\n") else None

    def _who(self, way: str) -> str:
        return f"somebody by {way}" if self._peer is None else self._peer.named(way)

    async def _command(self, asked: CommandRequest) -> None:
        refusal = self._refusal(asked)
        if refusal:
            await self._ack(asked.id, CommandState.REFUSED, 0, refusal)
            return
        way = "ctl" if self._console is None else "attach"
        began, took = time.monotonic(), 0
        with suppress(TimeoutError):  # then what becomes of it is seen in the events, if it is taken up
            async with asyncio.timeout(_ANSWER):
                ack = await self._engine.command(
                    Command(
                        asked.id,
                        asked.verb,
                        self._who(way),
                        trade=asked.trade,
                        alarms=asked.alarms,
                        guard=asked.guard,
                        reason=asked.reason,
                    )
                )
            state = CommandState.ACKNOWLEDGED if ack.accepted else CommandState.REFUSED
            took = _ms_since(began)
            await self._ack(asked.id, state, took, ack.text)
            if not ack.accepted:
                return
        if self._console is None:  # an attached console sees it in the view
            await self._follow(asked.id, began, took)

    def _meant(self, trade: str) -> Snapshot | None:
        view = self._engine.view
        return view.first if not trade and len(view.trades) == 1 else view.trade(trade)

    def _refusal(self, asked: CommandRequest) -> str:
        if self._console is not None and not self._console.writes:
            return self._without_pen(self._console)
        trade = self._meant(asked.trade)
        if trade is None:
            names = ", ".join(each.name for each in self._engine.view.trades)
            said = f"there is no trade {printable(asked.trade, 40)}" if asked.trade else "it names no trade"
            return f"{said}: there are {names}"
        if asked.position is not None and asked.position != trade.position:
            return f"the position is {plain(trade.position)} now, not {plain(asked.position)}: look again"
        if not self._session.may_command(trade.name):
            return f"more than {self._session.pace}"
        return ""

    def _without_pen(self, console: AttachedConsole) -> str:
        if console.read_only:
            return "this console is attached to read only"
        holder = self._session.pen.name
        return f"{holder} has the pen: take it over first" if holder else "nobody has the pen: take it first"

    async def _follow(self, id: str, began: float, answered: int) -> None:
        """Tell what becomes of a command, until its end or the engine's; `answered` is the ms that its first
        answer took."""
        events, end = self._session.follow(id)
        text = "the engine left before the outcome"
        try:
            async with asyncio.timeout(_FOLLOW):
                while (event := await events.get()) is not None:
                    if await self._told(id, event, answered):
                        return
        except TimeoutError:
            text = f"no outcome within {_FOLLOW:.0f} s, it is still wanted"
        finally:
            end()
        await self._ack(id, CommandState.FAILED, _ms_since(began), text)

    async def _told(self, id: str, event: Event, answered: int) -> bool:
        """Tell of an event of a command; returns whether it was its end."""
        state = CommandState(str(event.data["state"]))
        if state in _FINAL or event.data["text"]:
            # The engine counts from when it took the command up, the operator from when it was sent.
            took = event.data.get("took_ms")
            whole = answered + (took if isinstance(took, int) else 0)
            await self._ack(id, state, whole, str(event.data["text"]))
        return state in _FINAL

    async def _ack(self, id: str, state: CommandState, took: int, text: str) -> None:
        await self._send({"type": "ack", "id": id, "state": state.value, "took": took, "text": text})

    async def _error(self, text: str) -> None:
        await self._send({"type": "error", "text": text})

    async def _send(self, message: Mapping[str, object]) -> None:
        await self._write(protocol.line(message))

    async def _write(self, data: bytes) -> None:
        """Hand a line over, after those before it have been. Raises OSError, and TimeoutError for a client
        that does not read."""
        async with self._writing:
            self._writer.write(data)
            async with asyncio.timeout(_READ):
                await self._writer.drain()


def _ms_since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
