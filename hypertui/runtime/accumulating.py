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


class Accumulation(Protocol):
    """Puts it aside, in an account, once for each day."""

    async def refusal(self, exchange: Exchange) -> str:
        """Why nothing of this account could ever be put aside, in words; empty where it can. Raises an
        ExchangeError."""

    async def look(self, exchange: Exchange, needed: Decimal | None, now: int) -> Accumulated | None:
        """Do what is due at `now` (ms). `needed` is the margin (USD) that the account's trades may still ask
        for, None while that is not known. None where nothing is due, or another look has done it."""
