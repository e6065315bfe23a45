"""The best settings by several measures, beside what their neighbours give."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from hypertui.backtest.evaluation import Evaluation
from hypertui.evidence.drawdown import return_over_drawdown
from hypertui.evidence.neighbours import GridPlace, neighbours_median
from hypertui.evidence.sharpe import block_returns, sharpe_ratio
from hypertui.sweep.results import SweepRow


class RankBy(StrEnum):
    """What makes one setting better than another."""

    NET_PNL = "net-pnl"
    DRAWDOWN = "return-over-drawdown"
    SHARPE = "sharpe"

    @property
    def words(self) -> str:
        """Its name, for people."""
        return {
            RankBy.NET_PNL: "net PnL",
            RankBy.DRAWDOWN: "return over drawdown",
            RankBy.SHARPE: "Sharpe ratio",
        }[self]

    def of(self, found: Evaluation) -> float | None:
        """The figure, the higher the better; None where there is none. The Sharpe ratio is that of a part,
        of 256."""
        if found.refused:
            return None
        match self:
            case RankBy.NET_PNL:
                return found.net_pnl
            case RankBy.DRAWDOWN:
                return return_over_drawdown(found.net_pnl, found.max_drawdown)
            case RankBy.SHARPE:
                return sharpe_ratio(block_returns(found.blocks, found.stake))


@dataclass(frozen=True, slots=True)
class RankedBest:
    """The best row by a measure, its figure, and the median of that figure among its neighbours, None where
    it has none."""

    by: RankBy
    row: SweepRow
    figure: float
    neighbours: float | None


def ranked(rows: Sequence[SweepRow], by: RankBy) -> RankedBest | None:
    """The best of the rows of one stretch by a measure; the first of equals, None where no row has it."""
    scored = [(figure, row) for row in rows if (figure := by.of(row.found)) is not None]
    if not scored:
        return None
    figure, best = max(scored, key=lambda each: each[0])
    units, positions = _ranks(rows)
    beside = {
        _place(row, units, positions): other
        for other, row in scored
        if (row.setting.reinvest, row.setting.exits) == (best.setting.reinvest, best.setting.exits)
    }
    return RankedBest(by, best, figure, neighbours_median(beside, _place(best, units, positions)))


def _ranks(rows: Iterable[SweepRow]) -> tuple[Mapping[float, int], Mapping[object, int]]:
    """The places of the unit and of the position sizes that there are."""
    units = sorted({row.found.unit_size for row in rows})
    positions = sorted({row.setting.position_size for row in rows})
    return {unit: rank for rank, unit in enumerate(units)}, {
        each: rank for rank, each in enumerate(positions)
    }


def _place(row: SweepRow, units: Mapping[float, int], positions: Mapping[object, int]) -> GridPlace:
    return units[row.found.unit_size], positions[row.setting.position_size]
