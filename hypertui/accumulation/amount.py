"""How much of a day's profit moves, and why nothing does. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from hypertui.core.market import ZERO
from hypertui.core.phrases import usd

LEAST = Decimal(1)  # USD; less is not worth a transfer
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Portion:
    """What is to move (USD, whole cents; 0 for nothing), and in words of what it is, or why nothing moves."""

    amount: Decimal
    text: str


def portion(net: Decimal, share: Decimal, free: Decimal | None = None) -> Portion:
    """The `share` (a fraction) of a day's `net` result (USD) that may move where so much margin is `free`
    beside what the trades need; None where nobody has asked for that yet."""
    part = f"{(share * 100).normalize():f} % of {usd(net)} USD"
    if net <= ZERO:
        return Portion(ZERO, f"the net result is {usd(net)} USD, no gain")
    amount = (net * share).quantize(_CENT, ROUND_DOWN)
    if amount < LEAST:
        return Portion(ZERO, f"{part} is {usd(amount)} USD, less than {usd(LEAST)}")
    if free is not None and amount > free:
        room = usd(max(free, ZERO).quantize(_CENT, ROUND_DOWN))
        text = f"{part} is {usd(amount)} USD, and {room} USD of margin are free beside what the trades need"
        return Portion(ZERO, text)
    return Portion(amount, part)
