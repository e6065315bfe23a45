"""Who listens to a feed in a test, and what each has heard."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Coroutine
from typing import Any

from hypertui.exchange.protocol import FeedMessage, FeedUp

Deliver = Callable[[FeedMessage], None]


class Listeners:
    """Some who follow a feed, each by a name; `follow` listens for one of them until it is cancelled. Only a
    failing test waits for the `deadline` (seconds)."""

    def __init__(self, follow: Callable[[str, Deliver], Coroutine[Any, Any, None]], deadline: float) -> None:
        self.heard: dict[str, list[FeedMessage]] = defaultdict(list)
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self._follow = follow
        self._deadline = deadline
        self._news = asyncio.Event()

    def join(self, name: str, broken: Exception | None = None) -> None:
        """Listen; one that is `broken` raises that whenever it hears anything."""

        def deliver(message: FeedMessage) -> None:
            self.heard[name].append(message)
            self._news.set()
            if broken is not None:
                raise broken

        self.tasks[name] = asyncio.create_task(self._follow(name, deliver))

    async def leave(self, name: str) -> None:
        """Listen no more."""
        task = self.tasks.pop(name)
        task.cancel()
        await asyncio.wait([task])

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until what was heard fulfils a condition."""
        async with asyncio.timeout(self._deadline):
            while not condition():
                self._news.clear()
                await self._news.wait()

    async def until_up(self, *names: str, times: int = 1) -> None:
        """Wait until each of them has heard so often that the feed is up."""
        await self.until(lambda: all(self.heard[name].count(FeedUp()) == times for name in names))

    def of(self, name: str, kind: type[Any]) -> list[Any]:
        """The messages of a kind that one has heard."""
        return [message for message in self.heard[name] if isinstance(message, kind)]
