"""What comes through the door is taken by the engine, at the other end of a wire."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter

from hypertui.core.intents import IntentReason
from hypertui.intents.gate import Alert
from hypertui.intents.received import NotWritten, Received
from hypertui.webhook.taker import Denial
from hypertui.webhook.wire import (
    LONGEST_TEXT,
    LONGEST_WORD,
    AlertWish,
    Rejection,
    Said,
    SignOfLife,
    Trouble,
    answer_of,
    said_line,
)

_LIFE_EVERY = 0.5  # seconds


class WireTaker:
    """An AlertTaker; to be used on one loop."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._numbers = itertools.count(1)
        self._asked: dict[int, asyncio.Future[Received]] = {}
        self._denied: Counter[Denial] = Counter()

    def deny(self, why: Denial) -> None:
        """Count somebody who was turned away; the next sign of life says so."""
        self._denied[why] += 1

    async def receive(self, name: str, alert: Alert) -> Received:
        """Hand an alert over. Raises NotWritten."""
        return await self._answered(AlertWish(next(self._numbers), name, alert))

    async def reject(self, name: str, verb: str, reason: IntentReason, text: str) -> Received:
        """Hand it over that what a source wanted came to nothing. Raises NotWritten."""
        verb, text = verb[:LONGEST_WORD], text[:LONGEST_TEXT]
        return await self._answered(Rejection(next(self._numbers), name, verb, reason, text))

    def complain(self, text: str) -> None:
        """Have a line written to the engine's log."""
        self._say(Trouble(text))

    async def live(self) -> None:
        """Show that the door is open, until cancelled."""
        while True:
            self._say(SignOfLife(dict(self._denied)))
            self._denied.clear()
            await asyncio.sleep(_LIFE_EVERY)

    async def hear(self, reader: asyncio.StreamReader) -> None:
        """Take the engine's answers, until it has gone."""
        while line := await reader.readline():
            answer = answer_of(line)
            future = self._asked.pop(answer.nr, None)
            if future is None or future.done():  # whoever asked has gone
                continue
            if answer.received is None:
                future.set_exception(NotWritten(answer.why))
            else:
                future.set_result(answer.received)

    async def _answered(self, said: AlertWish | Rejection) -> Received:
        future: asyncio.Future[Received] = asyncio.get_running_loop().create_future()
        self._asked[said.nr] = future
        try:
            self._say(said)
            return await future
        finally:
            self._asked.pop(said.nr, None)

    def _say(self, said: Said) -> None:
        self._writer.write(said_line(said))
