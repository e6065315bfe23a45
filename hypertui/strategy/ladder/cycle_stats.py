"""What a trade has been through, cycle by cycle."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from decimal import Decimal

_CYCLES_KEPT = 100


@dataclass(frozen=True, slots=True)
class FinishedCycle:
    """A cycle that is over: its units, and what the trade was worth (USD) when it began (None for the first)
    and when it ended."""

    number: int
    peak_unit: int
    valley_unit: int
    base_value: Decimal | None
    value: Decimal


@dataclass(slots=True)
class CycleStats:
    """A cycle ends each time all slots are long again after a decline. Units are those of the present cycle;
    `base_value` is what the trade was worth (USD) when it began, None in the first one. `finished` keeps the
    newest of those before, oldest first."""

    number: int = 1
    peak_unit: int = 0
    valley_unit: int = 0
    base_value: Decimal | None = None
    finished: deque[FinishedCycle] = field(default_factory=lambda: deque(maxlen=_CYCLES_KEPT))

    def reached(self, unit: int) -> None:
        self.peak_unit = max(self.peak_unit, unit)
        self.valley_unit = min(self.valley_unit, unit)

    def ended(self, unit: int, value: Decimal) -> None:
        self.finished.append(
            FinishedCycle(self.number, self.peak_unit, self.valley_unit, self.base_value, value)
        )
        self.number += 1
        self.peak_unit = self.valley_unit = unit
        self.base_value = value
