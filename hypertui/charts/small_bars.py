"""A small bar beside each row of a table."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from hypertui.core.market import ZERO

_BAR = 100.0  # how long the longest bars of both sides are together


class SmallBars:
    """Bars that begin at one 0, to the right for a gain and, hollow, to the left for a loss."""

    def __init__(self, values: Sequence[Decimal]) -> None:
        low, high = min([ZERO, *values]), max([ZERO, *values])
        self._scale = _BAR / float(high - low) if high > low else 0.0
        self._zero = float(-low) * self._scale

    def bar(self, value: Decimal) -> str:
        long = abs(float(value)) * self._scale
        begin = self._zero if value > 0 else self._zero - long
        kind = "gain" if value > 0 else "loss"
        drawn = f'<rect class="{kind}" x="{begin:.2f}" y="1" width="{long:.2f}" height="8"/>' if long else ""
        drawn += f'<path class="zero" d="M{self._zero:.2f},0v10"/>'
        box = 'viewBox="-1 0 102 10" preserveAspectRatio="none" aria-hidden="true"'
        return f'<td class="bar"><svg {box}>{drawn}</svg></td>'
