"""In how many of the newest candles each indicator was on."""

from __future__ import annotations

from collections import Counter, deque
from decimal import Decimal

from hypertui.core.candles import Interval
from hypertui.core.market import Side
from hypertui.signals.names import Indicator
from hypertui.signals.watch import SignalRow

SPAN = 30 * Interval.DAY


class RecentRates:
    """Of the candles that ended within 30 days before the newest one."""

    def __init__(self) -> None:
        self._kept: deque[tuple[int, tuple[Indicator, ...], tuple[tuple[Indicator, Side], ...]]] = deque()
        self._known: Counter[Indicator] = Counter()
        self._on: Counter[tuple[Indicator, Side]] = Counter()

    def __len__(self) -> int:
        return len(self._kept)

    def add(self, row: SignalRow) -> None:
        """Count one more, and no longer what is too old."""
        known = tuple(each for each, reading in row.readings.items() if reading is not None)
        on = tuple((each, side) for side in Side for each in row.on(side))
        self._kept.append((row.at, known, on))
        self._known.update(known)
        self._on.update(on)
        while self._kept[0][0] <= row.at - SPAN:
            _, known, on = self._kept.popleft()
            self._known.subtract(known)
            self._on.subtract(on)

    def known(self, indicator: Indicator) -> int:
        """The number of the candles in which it was known."""
        return self._known[indicator]

    def rate(self, indicator: Indicator, side: Side) -> Decimal | None:
        """The share of the candles in which it was on, of those in which it was known; None of none."""
        known = self._known[indicator]
        return Decimal(self._on[indicator, side]) / known if known else None
