"""Fills as a venue would report them: start positions and closed PnL worked out exactly, by other means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

from hypertui.core.market import ZERO, Side
from hypertui.journal.records import FillRecord
from tests.ledger.helpers import ID

D = Decimal
_MICRO = D("0.000001")


def fill(
    side: Side, size: D | str, price: D | str | int, *, at: int, number: int = 0, fee: D | str = "0"
) -> FillRecord:
    """A fill of an order of its own; `number` orders those of one millisecond."""
    number = number or at
    role, reason = ("buy", "LADDER_BUY") if side is Side.BUY else ("stop", "LADDER_STOP")
    return FillRecord(
        ID, at, number, number, None, "BTC", role, 0, side, D(size), D(price), D(fee), ZERO, None, reason,
        "ladder", "feed", None, None,
    )  # fmt: skip


def told(fills: Sequence[FillRecord]) -> list[FillRecord]:
    """The same fills with the venue's words about each, in this order: what was held before it, and what it
    realised by average cost, to the venue's six decimals."""
    held, cost, out = Fraction(0), Fraction(0), []
    for each in fills:
        start, pnl = held, Fraction(0)
        size, price = Fraction(each.size) * each.side.sign, Fraction(each.price)
        if held * size < 0:
            closed = -held if abs(size) > abs(held) else size
            pnl = -closed * (price - cost / held)
            cost += closed * cost / held
            held += closed
            size -= closed
        held += size
        cost += size * price
        realised = (D(pnl.numerator) / D(pnl.denominator)).quantize(_MICRO, ROUND_HALF_EVEN)
        position = D(start.numerator) / D(start.denominator)
        out.append(replace(each, start_position=position, closed_pnl=realised))
    return out
