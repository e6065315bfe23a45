"""What a trade has been through, cycle by cycle."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(slots=True)
class CycleStats:
    """A cycle ends each time all slots are long again after a decline. Units are those of the present cycle;
    `base_value` is what the trade was worth (USD) when it began, None in the first one."""

    number: int = 1
    peak_unit: int = 0
    valley_unit: int = 0
    base_value: Decimal | None = None

    def reached(self, unit: int) -> None:
        self.peak_unit = max(self.peak_unit, unit)
        self.valley_unit = min(self.valley_unit, unit)

    def ended(self, unit: int, value: Decimal) -> None:
        self.number += 1
        self.peak_unit = self.valley_unit = unit
        self.base_value = value
