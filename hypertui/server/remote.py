"""An engine in another process, as a console knows any engine: watched and commanded through its socket."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from hypertui.port.commands import Ack, Command, CommandState, Stop, StopReason
from hypertui.port.engine import Attachment, EngineView, Event
from hypertui.port.snapshot import Mode
from hypertui.server.protocol import Hello, WireError
from hypertui.server.remote_line import RemoteLine, dial
from hypertui.server.view_codec import ViewDecoder

_MOST_EVENTS = 2_000
_SHORTEST, _LONGEST = 0.25, 5.0  # seconds between two attempts to reconnect
_ENDED, _HALTED = 0, 3


@dataclass(frozen=True, slots=True)
class AttachOptions:
    """How a console is attached: updates a second; whether it never writes; whether it takes the pen from
    whoever has it."""

    hz: float = 4.0
    read_only: bool = False
    takeover: bool = False


class RemoteEngine:
    """Fulfils `EnginePort`. Begins with what the engine at `path` said when it was asked who it is, and
    reconnects to it, or to the next one that trades the same, when the connection is lost."""

    def __init__(self, path: Path, hello: Hello, view: EngineView, options: AttachOptions) -> None:
        self._path = path
        self._hello = hello
        self._view = view
        self._options = options
        self._takeover = options.takeover
        self._decoder = ViewDecoder()
        self._events: tuple[Event, ...] = ()
        self._before = 0  # by which the numbers of this engine's events are moved: others came before
        self._line: RemoteLine | None = None
        self._writes: bool | None = None  # not known before the first update
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def view(self) -> EngineView:
        """The newest that has come."""
        return self._view

    @property
    def attachment(self) -> Attachment:
        """Whether it may write now, and whether there is a connection."""
        if self._line is None or self._writes is None:
            return Attachment.CUT
        if self._options.read_only:
            return Attachment.READ_ONLY
        return Attachment.WRITER if self._writes else Attachment.OBSERVER

    def events_after(self, seq: int) -> Sequence[Event]:
        """The events after `seq` that have come and are still kept, oldest first."""
        events = self._events
        if not events or events[-1].seq <= seq:
            return ()
        return tuple(event for event in events if event.seq > seq)

    async def command(self, command: Command) -> Ack:
        """Hand a command over; the engine writes down who this process belongs to. Raises ConnectionError
        and TimeoutError where no answer comes: what has become of it is seen in the view then."""
        args: dict[str, object] = {"alarms": command.alarms} if command.alarms else {}
        if command.guard:
            args |= {"guard": command.guard, "reason": command.reason}
        found = await self._asked(
            {
                "type": "command",
                "id": command.id,
                "verb": command.verb.value,
                "trade": command.trade,
                "args": args,
            }
        )
        accepted = found.get("state") != CommandState.REFUSED
        return Ack(command.id, accepted, str(found.get("text", "")))

    async def take_pen(self) -> str:
        """Become the console that writes; returns why that cannot be. Raises as `command` does."""
        found = await self._asked({"type": "takeover", "id": "takeover"})
        refused = found.get("state") == CommandState.REFUSED
        if not refused:
            self._writes = True
        return str(found.get("text", "")) if refused else ""

    async def _asked(self, message: dict[str, object]) -> dict[str, Any]:
        line, loop = self._line, self._loop
        if line is None or loop is None or not loop.is_running():
            raise ConnectionError("there is no connection to the engine")
        asking = line.ask(message)
        try:
            answer = asyncio.run_coroutine_threadsafe(asking, loop)
        except RuntimeError:  # it has closed since
            asking.close()
            raise ConnectionError("there is no connection to the engine") from None
        return await asyncio.wrap_future(answer)

    # Watching

    async def run(self, stop: Stop) -> StopReason:
        """Watch until asked to stop, or until the engine has left; then it says how."""
        loop = self._loop = asyncio.get_running_loop()
        left = asyncio.Event()

        def leave() -> None:
            with suppress(RuntimeError):  # asked again once this is over
                loop.call_soon_threadsafe(left.set)

        stop.on_request(leave)
        leaving = asyncio.create_task(left.wait())
        watching = asyncio.create_task(self._watch())
        try:
            await asyncio.wait([leaving, watching], return_when=asyncio.FIRST_COMPLETED)
            if watching.done():
                return watching.result()
            connected = self._line is not None
        finally:
            for task in (leaving, watching):
                task.cancel()
            await asyncio.gather(leaving, watching, return_exceptions=True)
        named = f"hypertui process {self._hello.pid}"
        if connected:
            return StopReason(_ENDED, f"detached: the engine trades on ({named})")
        return StopReason(_ENDED, f"detached without a connection: see hypertui ctl status ({named})")

    async def _watch(self) -> StopReason:
        """Stay connected until the engine says that it leaves."""
        attempts = 0
        while True:
            with suppress(OSError, WireError):
                line = await dial(self._path, self._hello)
                try:
                    self._begin(line)
                    while (found := await line.receive()) is not None:
                        attempts = 0  # what has come, not what was opened, is a connection
                        self._take(found)
                    return self._how_it_ended()
                finally:
                    self._line, self._writes = None, None
                    line.close()
            # Half of it by chance, so that many consoles do not come all at once.
            pause = min(_LONGEST, _SHORTEST * 2**attempts)
            await asyncio.sleep(pause * random.uniform(0.5, 1))
            attempts = min(attempts + 1, 10)

    def _begin(self, line: RemoteLine) -> None:
        last = self._events[-1].seq if self._events else 0
        if line.hello.pid != self._hello.pid:
            self._before = last  # another engine counts its events anew
        self._path, self._hello = line.path, line.hello
        self._decoder = ViewDecoder()
        options = self._options
        line.send(
            {
                "type": "subscribe",
                "id": "attach",
                "hz": options.hz,
                "after": last - self._before,
                "read_only": options.read_only,
                "takeover": self._takeover,
            }
        )
        self._takeover = False  # once: whoever takes it over later keeps it
        self._line = line

    def _take(self, found: dict[str, Any]) -> None:
        """An update. Raises WireError for one that cannot be."""
        if "events" in found:
            self._take_events(found["events"])
        if "to" in found:
            self._view = self._decoder.update(found)
        if "writes" in found:
            self._writes = bool(found["writes"])

    def _take_events(self, found: object) -> None:
        try:
            events = _codec().validate_python(found)
        except ValidationError as error:
            raise WireError(f"the engine's events cannot be read: {error.errors()[0]['loc']}") from None
        moved = (replace(event, seq=event.seq + self._before) for event in events)
        self._events = (*self._events, *moved)[-_MOST_EVENTS:]

    def _how_it_ended(self) -> StopReason:
        trades = self._view.trades
        good = all(trade.mode is Mode.STOPPED for trade in trades)
        words = "; ".join(
            f"{trade.name}: {trade.reason or trade.mode.value}" if len(trades) > 1 else trade.reason
            for trade in trades
        )
        return StopReason(_ENDED if good else _HALTED, words)


@cache
def _codec() -> TypeAdapter[list[Event]]:
    return TypeAdapter(list[Event])
