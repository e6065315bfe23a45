"""Who listens to a feed: each to what is told of one symbol."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import NoReturn

from hypertui.exchange.protocol import FeedMessage


class Topic:
    """One who listens to a symbol. `over` never has a result: it fails when `deliver` does."""

    def __init__(self, symbol: str, deliver: Callable[[FeedMessage], None]) -> None:
        self.symbol = symbol
        self.over: asyncio.Future[NoReturn] = asyncio.get_running_loop().create_future()
        self._deliver = deliver

    def hear(self, message: FeedMessage) -> None:
        """Deliver a message. What that raises ends the topic, and nothing else."""
        if self.over.done():
            return
        try:
            self._deliver(message)
        except Exception as error:  # noqa: BLE001 - raised where the topic is followed
            self.fail(error)

    def fail(self, error: Exception) -> None:
        """Deliver nothing any more, and let whoever follows the topic know why."""
        if not self.over.done():
            self.over.set_exception(error)
            self.over.exception()  # seen, even if whoever follows it is called off right now


class Topics:
    """All who listen, in the order in which they came."""

    def __init__(self) -> None:
        self._topics: list[Topic] = []

    def __iter__(self) -> Iterator[Topic]:
        return iter(tuple(self._topics))

    def __bool__(self) -> bool:
        return bool(self._topics)

    @property
    def symbols(self) -> list[str]:
        """What is listened to, each symbol once."""
        return list(dict.fromkeys(topic.symbol for topic in self._topics))

    def add(self, topic: Topic) -> None:
        """Somebody begins to listen."""
        self._topics.append(topic)

    def remove(self, topic: Topic) -> None:
        """Somebody listens no more."""
        self._topics.remove(topic)

    def tell(self, message: FeedMessage, symbol: str | None = None) -> None:
        """Deliver a message to those who listen to `symbol`, or to all."""
        for topic in self:
            if symbol is None or topic.symbol == symbol:
                topic.hear(message)

    def fail(self, error: Exception) -> None:
        """Nothing is delivered to anybody any more."""
        for topic in self:
            topic.fail(error)
