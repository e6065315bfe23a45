"""Takes notices out of the queue, and gives them to the channels' threads."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from queue import Empty, SimpleQueue
from random import Random
from typing import TypeVar

from hypertui.notices.channels import Channel
from hypertui.notices.conditions import Notice
from hypertui.notices.outbox import Outbox, QueuedNotice
from hypertui.notices.sender import TITLE, Delivered, Letter, Sender
from hypertui.runtime.backoff import Backoff

_FIRST, _LONGEST = 1.0, 300.0  # seconds: the span of the pause after the first failure, and of any
# How long nobody makes another attempt while one is under way (ms).
_LEASE = 60_000
_LOG = logging.getLogger(__name__)

Result = TypeVar("Result")


class Dispatcher:
    """The queue's one user in this process, in one thread. What its file does not take waits in memory, and
    the log says so. `clock` in ms. Raises nothing."""

    def __init__(
        self,
        channels: Sequence[Channel],
        file: Path,
        random: Random,
        clock: Callable[[], int],
        network: str,
    ) -> None:
        self._network = network
        self._clock = clock
        self._file = file
        self._backoff = Backoff(random, _LONGEST, _FIRST)
        self._arrived: SimpleQueue[Delivered] = SimpleQueue()
        self._senders = {channel.name: Sender(channel, self._arrived.put, clock) for channel in channels}
        self._under_way: dict[str, tuple[Outbox, QueuedNotice]] = {}
        self._kept: Outbox | None = None
        self._in_memory: Outbox | None = None
        self._trouble = ""

    def begin(self) -> None:
        """Go on with what is in the queue. In the thread that uses it from then on."""
        self._in_memory = Outbox.in_memory()
        self._kept = self._tried(lambda: Outbox.open(self._file), None)
        if (kept := self._kept) is not None:
            self._tried(lambda: kept.give_up(list(self._senders), self._clock()), None)
        for sender in self._senders.values():
            sender.start()

    def queue(self, notice: Notice, *, once: bool = False) -> None:
        """Queue a notice for each channel that takes it; `once` unless one of its key was queued before."""
        names = [name for name, each in self._senders.items() if each.channel.takes(notice.severity)]
        for outbox in self._outboxes():
            if self._tried(lambda to=outbox: to.add(notice, names, once=once) or True, False):  # type: ignore[misc]
                return

    def knows(self, keys: str) -> bool:
        """Whether a notice with such a key was queued before; a * stands for anything."""
        return any(self._tried(lambda of=outbox: of.knows(keys), False) for outbox in self._outboxes())  # type: ignore[misc]

    def hand_out(self) -> None:
        """Give each channel that has nothing to do what is due for it."""
        now = self._clock()
        for name, sender in self._senders.items():
            for outbox in self._outboxes():
                if name in self._under_way:
                    break
                begun = self._tried(lambda of=outbox, to=name: of.begin(to, now, now + _LEASE), None)  # type: ignore[misc]
                if begun is not None:
                    self._under_way[name] = outbox, begun
                    sender.give(letter(begun.notice, self._network))

    def settle(self, wait: float) -> None:
        """Note what has become of what was given out, waiting so many seconds for the first news of that."""
        try:
            self._settle(self._arrived.get(timeout=wait))
            while True:
                self._settle(self._arrived.get_nowait())
        except Empty:
            return

    def is_idle(self) -> bool:
        """Whether nothing is on its way, and nothing due that could be."""
        now = self._clock()
        return not self._under_way and not any(
            self._tried(lambda of=outbox, to=name: of.is_due(to, now), False)  # type: ignore[misc]
            for outbox in self._outboxes()
            for name in self._senders
        )

    def close(self) -> None:
        """Let go of the queue. What is on its way is sent once more after the next start, unless it arrives
        and that is heard of before."""
        for outbox in self._outboxes():
            outbox.close()

    def _outboxes(self) -> Sequence[Outbox]:
        return [outbox for outbox in (self._kept, self._in_memory) if outbox is not None]

    def _settle(self, delivered: Delivered) -> None:
        outbox, row = self._under_way.pop(delivered.channel)
        if not delivered.trouble:
            self._tried(lambda: outbox.sent(row.id), None)
            return
        now = self._clock()
        again = now + round(self._backoff.wait(0, row.attempts) * 1_000)
        self._tried(lambda: outbox.not_sent(row.id, now, again, delivered.trouble), None)

    def _tried(self, job: Callable[[], Result], otherwise: Result) -> Result:
        """What `job` gives, or `otherwise` where the file is of no use, which the log says once."""
        try:
            result = job()
        except (OSError, sqlite3.Error) as error:
            if str(error) != self._trouble:
                _LOG.warning("the queue of notices %s is of no use: %s", self._file, error)
            self._trouble = str(error)
            return otherwise
        return result


def letter(notice: Notice, network: str) -> Letter:
    """A notice as it is sent, with the network that it is of."""
    name = f" {notice.trade}" if notice.trade else ""
    return Letter(notice.severity, f"{TITLE} {network}{name}: {notice.severity.value}", notice.text)
