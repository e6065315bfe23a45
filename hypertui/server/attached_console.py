"""One attached console: it is sent the whole view once, then what changes, so often and no more."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from hypertui.server.protocol import SubscribeRequest
from hypertui.server.session import Session


class AttachedConsole:
    """`who` it is for the audit. Holds the pen if it asks for it and may have it."""

    def __init__(self, session: Session, asked: SubscribeRequest, who: str) -> None:
        self._session = session
        self._every = 1 / asked.hz
        self._version, self._seq = 0, asked.after
        self._wrote: bool | None = None
        self.who = who
        self.read_only = asked.read_only
        session.attached += 1
        if not asked.read_only:
            session.pen.take(self, who, over=asked.takeover)

    @property
    def writes(self) -> bool:
        """Whether it holds the pen."""
        return self._session.pen.held_by(self)

    def take_pen(self) -> str:
        """Take the pen from whoever holds it; returns why that cannot be, in words."""
        if self.read_only:
            return "this console is attached to read only"
        self._session.pen.take(self, self.who, over=True)
        return ""

    def end(self) -> None:
        """The console has gone."""
        self._session.attached -= 1
        self._session.pen.release(self)

    async def send(self, write: Callable[[bytes], Awaitable[None]]) -> None:
        """Send what changes until the engine leaves. Raises what `write` raises. What a console does not
        read is not made: the newest of it is, once it reads again."""
        self._session.feed.refresh()
        await self._update(write)
        while True:
            # All consoles of one pace are sent the same at the same moment.
            now = asyncio.get_running_loop().time()
            over = await self._session.is_over(self._every - now % self._every)
            self._session.feed.refresh()
            await self._update(write)
            if over:
                await write(b'{"type":"end"}\n')
                return

    async def _update(self, write: Callable[[bytes], Awaitable[None]]) -> None:
        new = self._session.feed.since(self._version, self._seq)
        if new is None and self._wrote == self.writes:
            return
        parts = [b'"type":"update"']
        if self._wrote != self.writes:
            self._wrote = self.writes
            parts.append(b'"writes":true' if self._wrote else b'"writes":false')
        if new is not None:
            changes, self._version, self._seq = new
            parts.append(changes)
        await write(b"{%b}\n" % b",".join(parts))
