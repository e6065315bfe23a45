"""What an engine is given that puts a share of each day's profit aside, and what that says of a look."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from hypertui.core.accumulation import AccumulationState
from hypertui.exchange.protocol import Exchange


@dataclass(frozen=True, slots=True)
class Accumulated:
    """What a look has come to, in words: a day's share has got to `state`, or None where it waits for
    something."""

    state: AccumulationState | None
    text: str


@dataclass(frozen=True, slots=True)
class Reserve:
    """What has to stay of an account's margin. `needed` (USD) is what entries may still ask for; of the rest
    no more than `room` (USD) may go, lest a liquidation comes before a last stop. None where no coins are
    held."""

    needed: Decimal
    room: Decimal | None = None

    def beside(self, other: Reserve) -> Reserve:
        """That of two trades of one account."""
        rooms = [room for room in (self.room, other.room) if room is not None]
        return Reserve(self.needed + other.needed, min(rooms, default=None))

    def free(self, withdrawable: Decimal) -> Decimal:
        """What may go of so much (USD) that the exchange would let go."""
        free = withdrawable - self.needed
        return free if self.room is None else min(free, self.room)


class Accumulation(Protocol):
    """Puts it aside, in an account, once for each day."""

    async def refusal(self, exchange: Exchange) -> str:
        """Why nothing of this account could ever be put aside, in words; empty where it can. Raises an
        ExchangeError."""

    async def look(self, exchange: Exchange, reserve: Reserve | None, now: int) -> Accumulated | None:
        """Do what is due at `now` (ms). `reserve` is what the account's trades need, None while that is not
        known. None where nothing is due, or another look has done it."""
