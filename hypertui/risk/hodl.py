"""Coins that are held whatever happens: how far they have fallen, and when that is said."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from hypertui.core.market import ZERO, plain
from hypertui.risk.measure import share

FALL = Decimal("0.10")  # of what the coins have cost, at which it is said
_BACK = FALL * Decimal(
    "0.95"
)  # below which it is over, so that one that flickers about the line says it once


@dataclass(frozen=True, slots=True)
class HodlVerdict:
    """How a coin on the list stands: its position, the loss as a fraction of its cost (negative for a gain,
    None where nothing is held), and whether that is to be said."""

    symbol: str
    size: Decimal
    loss: Decimal | None
    is_low: bool

    @property
    def used(self) -> Decimal:
        """How much of the fall that is said has happened."""
        return max(self.loss or ZERO, ZERO) / FALL

    @property
    def text(self) -> str:
        """How it stands, in words."""
        if self.loss is None:
            return "nothing is held"
        way = "below" if self.loss > 0 else "above"
        return f"{plain(self.size)} {self.symbol}, {share(abs(self.loss))} {way} what they have cost"


def judge_hodl(symbol: str, size: Decimal, change: Decimal, *, was_low: bool) -> HodlVerdict:
    """Judge a position of `size` coins whose value has changed by a fraction of its cost; `was_low` is what
    was said of it last."""
    if not size:
        return HodlVerdict(symbol, size, None, is_low=False)
    loss = -change
    return HodlVerdict(symbol, size, loss, is_low=loss >= (_BACK if was_low else FALL))
