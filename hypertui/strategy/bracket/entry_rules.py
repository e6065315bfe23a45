"""How a bracket is to enter, as somebody has set it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class EntryOrder(StrEnum):
    """What an entry is."""

    LIMIT = "limit"  # post only: it rests, and pays no taker fee
    STOP = "stop"  # buys at the market once the price has risen to it
    MARKET = "market"


class Unfilled(StrEnum):
    """What becomes of a limit entry that the price has run away from too often."""

    GIVE_UP = "give-up"
    CROSS = "cross"  # what is not bought yet is bought at the market


@dataclass(frozen=True, slots=True)
class EntryRules:
    """How an entry goes about it: it is moved `reprices` times at most. At the market it pays up to
    `slippage` (a fraction) above the price, as a stop does above its trigger."""

    order: EntryOrder = EntryOrder.LIMIT
    reprices: int = 5
    unfilled: Unfilled = Unfilled.GIVE_UP
    slippage: Decimal = Decimal("0.01")

    def moves_in_words(self) -> str:
        """How often a limit follows the price, and what becomes of it then."""
        then = "given up" if self.unfilled is Unfilled.GIVE_UP else "bought at the market"
        return f"moved {self.reprices} times at most, then {then}"
