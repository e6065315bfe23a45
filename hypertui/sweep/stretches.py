"""Which rows of a series are walked for what: the whole, or folds of a walk-forward."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from hypertui.series.ticks import Ticks


class StretchRole(StrEnum):
    """What a stretch of a series is walked for."""

    WHOLE = "whole"
    IN_SAMPLE = "in sample"  # the setting is chosen by it
    OUT_OF_SAMPLE = "out of sample"  # and measured on it


@dataclass(frozen=True, slots=True)
class SeriesStretch:
    """Rows from `first` up to but without `after`, of fold number `fold` from 1; 0 for the whole series."""

    role: StretchRole
    fold: int
    first: int
    after: int

    def of(self, ticks: Ticks) -> Ticks:
        """These rows of a series."""
        begin, end = self.first * ticks.per_row, self.after * ticks.per_row
        times = None if ticks.times is None else ticks.times[begin:end]
        return Ticks(ticks.prices[begin:end], times, ticks.decimals, ticks.per_row, ticks.notes)


def whole(rows: int) -> SeriesStretch:
    """All rows of a series."""
    return SeriesStretch(StretchRole.WHOLE, 0, 0, rows)


def folds(rows: int, count: int) -> Iterator[tuple[SeriesStretch, SeriesStretch]]:
    """A walk-forward of so many folds: of `count` + 1 equal parts each one but the last is in sample once,
    and the one after it out of sample. A trade begins anew in each. Raises ValueError for too few rows."""
    if not 1 <= count < rows // 2:
        raise ValueError(f"folds {count} is not from 1 to {max(rows // 2 - 1, 1):,}, half the series' rows")
    ends = [rows * part // (count + 1) for part in range(count + 2)]
    for fold in range(1, count + 1):
        first, middle, after = ends[fold - 1 : fold + 2]
        yield (
            SeriesStretch(StretchRole.IN_SAMPLE, fold, first, middle),
            SeriesStretch(StretchRole.OUT_OF_SAMPLE, fold, middle, after),
        )
