"""Taps that write down when bytes come and go, and change nothing of what is done with them.

They are read from all threads' one list of events: (nanoseconds of `perf_counter_ns`, kind, what it says).
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

from websockets.asyncio.client import ClientConnection

from hypertui.exchange.hyperliquid.feed_connection import FeedConnection
from hypertui.exchange.hyperliquid.line import Line
from hypertui.exchange.hyperliquid.session import Body
from hypertui.journal import Journal

# Bytes were taken from the feed's socket, by the event loop.
CHUNK = "chunk"
# A text frame reached the feed; its text.
FRAME = "frame"
# The journal has made durable what was queued; the ns that it took.
COMMITTED = "committed"
# The client is about to send a signed action; what it says.
ACTION = "action"
# Bytes of an action were given to its socket.
SENT = "sent"
# The answer to an action was read; the action's type.
ANSWER = "answer"

Event = tuple[int, str, str]


class Recorder:
    """The events of the engine's feed, journal and actions, in the order in which they happened.

    `answered` is called after each answer, on the engine's thread.
    """

    def __init__(self, answered: Callable[[str], None]) -> None:
        self._answered = answered
        self._events: list[Event] = []

    def take(self) -> list[Event]:
        """What was recorded since the last call."""
        events, self._events = self._events, []
        return sorted(events, key=lambda event: event[0])

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Record for as long as the context lasts."""
        taken, framed = ClientConnection.data_received, FeedConnection._take
        acted, written = Line.act, Body.write_with_length
        committed = Journal.commit

        def data_received(socket: ClientConnection, data: bytes) -> None:
            self._note(CHUNK)
            taken(socket, data)

        def take(connection: FeedConnection, text: str | bytes) -> bool:
            self._note(FRAME, str(text))
            return framed(connection, text)

        def commit(journal: Journal, *how: Any) -> None:
            began = time.perf_counter_ns()
            committed(journal, *how)
            self._note(COMMITTED, str(time.perf_counter_ns() - began))

        async def act(line: Line, action: bytes) -> Any:
            kind = action.partition(b'"type": "')[2].partition(b'"')[0].decode()
            self._note(ACTION, action.decode())
            answer = await acted(line, action)
            self._note(ANSWER, kind)
            self._answered(kind)
            return answer

        async def write(body: Body, *how: Any) -> None:
            await written(body, *how)
            if body.decode().startswith('{"action"'):
                self._note(SENT)

        with ExitStack() as patches:
            patches.enter_context(mock.patch.object(ClientConnection, "data_received", data_received))
            patches.enter_context(mock.patch.object(FeedConnection, "_take", take))
            patches.enter_context(mock.patch.object(Journal, "commit", commit))
            patches.enter_context(mock.patch.object(Line, "act", act))
            patches.enter_context(mock.patch.object(Body, "write_with_length", write))
            yield

    def _note(self, kind: str, says: str = "") -> None:
        self._events.append((time.perf_counter_ns(), kind, says))
