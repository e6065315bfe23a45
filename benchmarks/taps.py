"""Taps that write down when bytes come and go, and change nothing of what is done with them.

They are read from all threads' one list of events: (nanoseconds of `perf_counter_ns`, kind, what it says).
"""

import http.client
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

from websockets.asyncio.client import ClientConnection

from hypertui.exchange.hyperliquid.feed import Feed
from hypertui.exchange.hyperliquid.sdk import Actions
from hypertui.journal import Journal

# Bytes were taken from the feed's socket, by the event loop.
CHUNK = "chunk"
# A text frame reached the feed; its text.
FRAME = "frame"
# The journal has made durable what was queued; the ns that it took.
COMMIT = "commit"
# The client is about to post an action; its type.
ACTION = "action"
# Bytes of an action were given to its socket.
SENT = "sent"
# The answer to an action was read; the action's type.
ANSWER = "answer"

Event = tuple[int, str, str]


class Recorder:
    """The events of the engine's feed, journal and actions, in the order in which they happened.

    `answered` is called after each answer, on the thread that read it.
    """

    def __init__(self, answered: Callable[[str], None]) -> None:
        self._answered = answered
        self._events: list[Event] = []
        self._posting = threading.local()

    def take(self) -> list[Event]:
        """What was recorded since the last call."""
        events, self._events = self._events, []
        return sorted(events, key=lambda event: event[0])

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Record for as long as the context lasts."""
        taken, framed = ClientConnection.data_received, Feed._take
        posted, sent = Actions.post, http.client.HTTPConnection.send
        committed = Journal.commit

        def data_received(socket: ClientConnection, data: bytes) -> None:
            self._note(CHUNK)
            taken(socket, data)

        def take(feed: Feed, channels: Any, text: str | bytes, heard: float) -> bool:
            self._note(FRAME, str(text))
            return framed(feed, channels, text, heard)

        def commit(journal: Journal, *how: Any) -> None:
            began = time.perf_counter_ns()
            committed(journal, *how)
            self._note(COMMIT, str(time.perf_counter_ns() - began))

        def post(actions: Actions, url_path: str, payload: Any = None) -> Any:
            kind = payload["action"]["type"]
            self._posting.now = True
            self._note(ACTION, kind)
            try:
                answer = posted(actions, url_path, payload)
            finally:
                self._posting.now = False
            self._note(ANSWER, kind)
            self._answered(kind)
            return answer

        def send(connection: http.client.HTTPConnection, data: Any) -> None:
            sent(connection, data)
            if getattr(self._posting, "now", False):
                self._note(SENT)

        with ExitStack() as patches:
            patches.enter_context(mock.patch.object(ClientConnection, "data_received", data_received))
            patches.enter_context(mock.patch.object(Feed, "_take", take))
            patches.enter_context(mock.patch.object(Journal, "commit", commit))
            patches.enter_context(mock.patch.object(Actions, "post", post))
            patches.enter_context(mock.patch.object(http.client.HTTPConnection, "send", send))
            yield

    def _note(self, kind: str, says: str = "") -> None:
        self._events.append((time.perf_counter_ns(), kind, says))
