"""Taps that write down when bytes come and go, and change nothing of what is done with them.

They are read from all threads' one list of events: (nanoseconds of `perf_counter_ns`, kind, what it says).
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

from websockets.asyncio.client import ClientConnection
from websockets.frames import Frame, Opcode

from hypertui.exchange.hyperliquid.feed_connection import FeedConnection
from hypertui.exchange.hyperliquid.line import Line
from hypertui.exchange.hyperliquid.session import Body
from hypertui.journal import Journal
from hypertui.journal.batch import Refusals

# The last bytes of a text frame were taken from the feed's socket, by the event loop; the frames follow in
# the same order.
ARRIVED = "arrived"
# A text frame reached the feed; its text.
FRAME = "frame"
# The journal has made durable what was queued; the ns that it took.
COMMITTED = "committed"
# The client is about to send a signed action; what it says.
ACTION = "action"
# The last bytes of an action were given to its socket; what it says.
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
        taken, processed, framed = (
            ClientConnection.data_received,
            ClientConnection.process_event,
            FeedConnection._take,
        )
        acted, written = Line.act, Body.write_with_length
        committed = Journal.write
        came_at = 0

        def data_received(socket: ClientConnection, data: bytes) -> None:
            nonlocal came_at
            came_at = time.perf_counter_ns()
            taken(socket, data)

        def process_event(socket: ClientConnection, event: Any) -> None:
            if isinstance(event, Frame) and event.opcode is Opcode.TEXT:
                self._events.append((came_at, ARRIVED, ""))
            processed(socket, event)

        def take(connection: FeedConnection, text: str | bytes) -> bool:
            self._note(FRAME, str(text))
            return framed(connection, text)

        def commit(journal: Journal, *how: Any) -> Refusals:
            began = time.perf_counter_ns()
            refused = committed(journal, *how)
            self._note(COMMITTED, str(time.perf_counter_ns() - began))
            return refused

        async def act(line: Line, action: bytes, symbol: str, *, protects: bool = False) -> Any:
            kind = action.partition(b'"type": "')[2].partition(b'"')[0].decode()
            self._note(ACTION, action.decode())
            answer = await acted(line, action, symbol, protects=protects)
            self._note(ANSWER, kind)
            self._answered(kind)
            return answer

        async def write(body: Body, *how: Any) -> None:
            await written(body, *how)
            left_at, text = time.perf_counter_ns(), body.decode()
            if text.startswith('{"action"'):
                self._events.append((left_at, SENT, text))

        with ExitStack() as patches:
            patches.enter_context(mock.patch.object(ClientConnection, "data_received", data_received))
            patches.enter_context(mock.patch.object(ClientConnection, "process_event", process_event))
            patches.enter_context(mock.patch.object(FeedConnection, "_take", take))
            patches.enter_context(mock.patch.object(Journal, "write", commit))
            patches.enter_context(mock.patch.object(Line, "act", act))
            patches.enter_context(mock.patch.object(Body, "write_with_length", write))
            yield

    def _note(self, kind: str, says: str = "") -> None:
        self._events.append((time.perf_counter_ns(), kind, says))
