"""What a trade's sales have brought, as it adds up: its course, its deepest fall, sums by hour and reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from hypertui.core.market import ZERO

_POINTS = 512  # of the course, at most
_HOUR = 3_600_000  # ms


@dataclass(slots=True)
class SaleResults:
    """USD net of fees, without funding. `course` is the sum after every `stride`th sale (ms, USD), oldest
    first, the newest among them only if it was such a one; `hours` are those of the day (UTC)."""

    total: Decimal = ZERO
    highest: Decimal = ZERO
    deepest: Decimal = ZERO  # the largest fall below the highest so far
    count: int = 0
    stride: int = 1
    course: list[tuple[int, Decimal]] = field(default_factory=list)
    hours: dict[int, Decimal] = field(default_factory=dict)
    reasons: dict[str, Decimal] = field(default_factory=dict)

    def add(self, at: int, gain: Decimal, reason: str) -> None:
        """Count what a fill at `at` (ms) has realised (USD), for an order that was made for `reason`."""
        self.total += gain
        self.highest = max(self.highest, self.total)
        self.deepest = max(self.deepest, self.highest - self.total)
        hour = at // _HOUR % 24
        self.hours[hour] = self.hours.get(hour, ZERO) + gain
        self.reasons[reason] = self.reasons.get(reason, ZERO) + gain
        self.count += 1
        if self.count % self.stride == 0:
            self.course.append((at, self.total))
        if len(self.course) >= _POINTS:
            self.course, self.stride = self.course[1::2], 2 * self.stride
