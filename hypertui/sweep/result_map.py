"""The results of a sweep as a map: unit sizes across, everything else that was varied down."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from hypertui.backtest.evaluation import Evaluation, Setting
from hypertui.core.phrases import at_price
from hypertui.evidence.drawdown import return_over_drawdown
from hypertui.evidence.neighbours import best_place, neighbours_median, plateau
from hypertui.sweep.results import SweepRow

_IN_SHADES = 0.9


class ResultMeasure(NamedTuple):
    """A figure that settings are ranked by, the higher the better; `unit` is what it is in."""

    name: str
    of: Callable[[Evaluation], float]
    unit: str = "USD"


def _over_drawdown(made: Evaluation) -> float:
    return return_over_drawdown(made.net_pnl, made.max_drawdown) or 0.0


NET = ResultMeasure("net PnL", lambda made: made.net_pnl)
MEASURES = (
    NET,
    ResultMeasure("net PnL over drawdown", _over_drawdown, ""),
    ResultMeasure("drawdown", lambda made: -made.max_drawdown),
    ResultMeasure("whipsaw cost", lambda made: -made.whipsaw_cost),
    ResultMeasure("fees, slippage and funding", lambda made: made.funding - made.fees - made.slippage_cost),
)


def row_name(setting: Setting, varied: frozenset[str]) -> str:
    """All of a setting that was varied, but its unit."""
    parts = []
    if "position_size" in varied:
        parts.append(f"{at_price(setting.position_size)} USD")
    if "reinvest" in varied or not varied:
        parts.append(setting.reinvest.value)
    if "exits" in varied:
        parts.append(setting.exits.in_words())
    return ", ".join(parts)


@dataclass(frozen=True)
class ResultMap:
    """What was tried so far, of settings that the series and the market allow. There is one at least."""

    tried: Sequence[SweepRow]

    @cached_property
    def units(self) -> list[str]:
        """The unit sizes as they were written, the smallest first."""
        sizes = {each.setting.unit_size: each.found.unit_size for each in self.tried}
        return sorted(sizes, key=lambda unit: sizes[unit])

    @cached_property
    def rows(self) -> list[str]:
        """Everything else that was varied, in the order in which it was tried."""
        return list(dict.fromkeys(self._row(each.setting) for each in self.tried))

    @cached_property
    def placed(self) -> dict[tuple[int, int], SweepRow]:
        """By row and column; of a setting that was tried twice the last."""
        columns = {unit: index for index, unit in enumerate(self.units)}
        rows = {name: index for index, name in enumerate(self.rows)}
        return {(rows[self._row(each.setting)], columns[each.setting.unit_size]): each for each in self.tried}

    def values(self, measure: ResultMeasure) -> tuple[tuple[float | None, ...], ...]:
        """The figure of each place; None where nothing was tried."""
        return tuple(
            tuple(
                measure.of(self.placed[row, column].found) if (row, column) in self.placed else None
                for column in range(len(self.units))
            )
            for row in range(len(self.rows))
        )

    def scale(self, measure: ResultMeasure = NET) -> float:
        """What a map draws in full: nine of ten figures are no larger, so that few huge ones leave the others
        their shades."""
        sizes = sorted(abs(measure.of(each.found)) for each in self.placed.values())
        return sizes[int(len(sizes) * _IN_SHADES)] or sizes[-1] or 1.0

    def best(self, measure: ResultMeasure = NET) -> tuple[int, int]:
        """The place with the highest figure."""
        row, column = best_place({place: measure.of(each.found) for place, each in self.placed.items()})
        return row, column

    def plateau(self, measure: ResultMeasure = NET) -> frozenset[tuple[int, int]]:
        """The places about the best that are nearly as good, in its row: what is varied down has no order."""
        row, _ = self.best(measure)
        return frozenset((row, column) for (column,) in plateau(self._in_row(row, measure)))

    def neighbours(self, place: tuple[int, int], measure: ResultMeasure = NET) -> float | None:
        """The median of the settings next to one; None where there is none."""
        row, column = place
        return neighbours_median(self._in_row(row, measure), (column,))

    def ranked(self, measure: ResultMeasure = NET) -> list[tuple[tuple[int, int], SweepRow]]:
        """All places, the best first."""
        return sorted(self.placed.items(), key=lambda each: (-measure.of(each[1].found), each[0]))

    def _in_row(self, row: int, measure: ResultMeasure) -> dict[tuple[int, ...], float]:
        return {(column,): measure.of(each.found) for (at, column), each in self.placed.items() if at == row}

    def _row(self, setting: Setting) -> str:
        return row_name(setting, self._varied)

    @cached_property
    def _varied(self) -> frozenset[str]:
        names = ("position_size", "reinvest", "exits")
        kinds: dict[str, set[object]] = {name: set() for name in names}
        for each in self.tried:
            for name in names:
                kinds[name].add(getattr(each.setting, name))
        return frozenset(name for name, found in kinds.items() if len(found) > 1)


def walked(tried: Iterable[SweepRow]) -> list[SweepRow]:
    """Those that could be walked."""
    return [each for each in tried if not each.found.refused]
