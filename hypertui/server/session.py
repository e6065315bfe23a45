"""What all connections of one engine's control socket share: the engine, and what becomes of commands."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from hypertui.port.engine import Event, EventKind, ServedEngine
from hypertui.server.feed import ConsoleFeed
from hypertui.server.pen import Pen

_LOOK = 0.05  # seconds between two looks for news
_BURST, _PER_SECOND = 10.0, 2.0  # commands for one trade, of all clients together

Follower = asyncio.Queue[Event | None]


class Session:
    """For as long as the socket is open; on the server's own loop. `over` is set when the engine leaves."""

    def __init__(self, engine: ServedEngine) -> None:
        self.engine = engine
        self.over = asyncio.Event()
        self.feed = ConsoleFeed(engine)
        self.pen = Pen(partial(setattr, engine, "pen"))
        self.attached = 0  # consoles
        self._paces: dict[str, _Pace] = {}
        self._followers: dict[str, list[Follower]] = {}
        self._seen = 0

    def may_command(self, trade: str) -> bool:
        """Whether another command for this trade may be handed over now."""
        return self._paces.setdefault(trade, _Pace()).allows(time.monotonic())

    @property
    def pace(self) -> str:
        """How many commands are taken, in words."""
        return f"{_PER_SECOND:.0f} commands a second"

    async def is_over(self, seconds: float) -> bool:
        """Whether the engine leaves, within so many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.over.wait()
        return self.over.is_set()

    async def look_for_news(self) -> None:
        """Hand what becomes of commands to those who follow them, until the engine leaves; then None."""
        while not await self.is_over(_LOOK):
            self._hand_out()
        self._hand_out()
        for followers in self._followers.values():
            for follower in followers:
                follower.put_nowait(None)

    def _hand_out(self) -> None:
        if not self._followers:
            return
        for event in self.engine.events_after(self._seen):
            self._seen = event.seq
            if event.kind is EventKind.COMMAND:
                for follower in self._followers.get(str(event.data.get("id")), ()):
                    follower.put_nowait(event)

    def follow(self, id: str) -> tuple[Follower, Callable[[], None]]:
        """All events of the command with this id, those of before too, and how to end that."""
        follower: Follower = asyncio.Queue()
        self._hand_out()
        for event in self.engine.events_after(0):
            if event.seq > self._seen:
                break  # the later ones come with the others'
            if event.kind is EventKind.COMMAND and event.data.get("id") == id:
                follower.put_nowait(event)
        followers = self._followers.setdefault(id, [])
        followers.append(follower)

        def end() -> None:
            followers.remove(follower)
            if not followers:
                self._followers.pop(id, None)

        return follower, end


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
