"""What a guard measures, before it is judged: its figure against its limit, and whether that is reached."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from hypertui.core.phrases import usd
from hypertui.risk.guards import Guard

_SHOWN = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Measure:
    """`figure` is None while it is not known. `reached` says whether the limit is, `near` whether it is close
    to it, None where four fifths of the limit are. `doubt` says in words why a limit that is reached may be
    not, or a figure is not to be relied on: nothing trips by it, and nothing is risked."""

    guard: Guard
    figure: Decimal | None
    limit: Decimal
    reached: bool
    text: str
    near: bool | None = None
    doubt: str = ""
    at: int = 0  # when what it counts was read (ms), for those that are latched


def unknown(guard: Guard, limit: Decimal, text: str, doubt: str = "") -> Measure:
    """One whose figure is not known."""
    return Measure(guard, None, limit, reached=False, text=text, doubt=doubt)


def share(fraction: Decimal) -> str:
    """A figure as a percentage, cut so that one below a limit is never shown as the limit: 4.99 %."""
    return f"{(fraction * 100).quantize(_SHOWN, ROUND_DOWN)} %"


def usd_down(amount: Decimal) -> str:
    """A figure in USD, cut to cents likewise."""
    return usd(amount.quantize(_SHOWN, ROUND_DOWN))
