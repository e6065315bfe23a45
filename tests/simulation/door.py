"""The door between one engine and the world: once it is shut the process is dead, whatever its code does."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum

from hypertui.core.market import Source

_LOOK_AGAIN = 1.3


class Boundary(StrEnum):
    """Where a process may die."""

    TIME = "seconds after its start"
    LEAVING = "seconds after it was told to leave"
    COMMIT = "commits, the last not durable"
    COMMITTED = "commits, the last just durable"
    SENT = "requests, the last just sent"
    ARRIVED = "requests, the last just arrived"
    AHEAD = "stops, the last just sent and not durable"
    ANSWERED = "requests, the last just answered"
    NOTED = "rows of intents, the last not durable"
    KNOWN = "rows of intents, the last just durable"


@dataclass(frozen=True, slots=True)
class Kill:
    """The end of a process after so many of something; it stays dead for `down` seconds."""

    boundary: Boundary
    at: float
    down: float

    def __str__(self) -> str:
        return f"{self.at:.4g} {self.boundary}"


class Door:
    """Counts what passes and shuts when the kill's moment has come. Unarmed, it only counts; the kill then
    comes with the next of its kind after it is armed again."""

    def __init__(self, kill: Kill | None, armed: bool) -> None:
        self.kill = kill
        self.armed = armed
        self.shut = False
        self.closed = asyncio.Event()
        self.noted: set[str] = set()  # the orders and cancels that were written down, by client id
        self.written: set[str] = set()  # those of them that are durable
        self.left: set[str] = set()  # those that were sent
        self.outages: set[str] = set()  # the trades for which the journal is out of reach, by id
        self.entries: list[Source] = []  # by whom a trade was told to enter, each time
        self.begun: set[str] = set()  # the trades that were begun, by id
        self._passed: Counter[Boundary] = Counter()
        if kill is not None and kill.boundary is Boundary.TIME:
            self._shut_in(kill.at)

    def journal_works(self, client_id: str) -> bool:
        """Whether the trade of this order can have anything written down."""
        return client_id[2:18] not in self.outages

    def passes(self, boundary: Boundary) -> bool:
        """Something comes to a boundary; returns whether the process lives on."""
        self._passed[boundary] += 1
        kill = self.kill
        if self.armed and kill and kill.boundary is boundary and self._passed[boundary] >= kill.at:
            self.close()
        return not self.shut

    def passed(self, boundary: Boundary) -> int:
        """How often something came to a boundary."""
        return self._passed[boundary]

    def told_to_leave(self) -> None:
        """The process begins to leave."""
        if self.kill is not None and self.kill.boundary is Boundary.LEAVING:
            self.armed = True
            self._shut_in(self.kill.at)

    def close(self) -> None:
        """Nothing passes any more, in either direction."""
        self.shut = True
        self.closed.set()

    @property
    def ahead(self) -> set[str]:
        """The orders that were sent and are not durable."""
        return self.left - self.written

    async def never(self) -> None:
        """Where the code of a dead process waits until it is cleared away."""
        await asyncio.get_running_loop().create_future()

    def _shut_in(self, seconds: float) -> None:
        asyncio.get_running_loop().call_later(seconds, self._time_is_up)

    def _time_is_up(self) -> None:
        if self.armed:
            self.close()
        elif not self.shut:
            self._shut_in(_LOOK_AGAIN)


def cancel_of(client_id: str) -> str:
    """How a door notes the cancel of an order."""
    return f"cancel of {client_id}"
