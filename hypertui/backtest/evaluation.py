"""What a sweep asks of a backtest, and what it gets: one setting in, one row of figures out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from hypertui.strategy.exits.rules import ExitRules
from hypertui.strategy.ladder.plan import Reinvest

_NO_EXITS = ExitRules()


@dataclass(frozen=True, slots=True)
class Setting:
    """A ladder to try. `unit_size` as it is written: USD (`65`) or a share of the first price (`0.4%`);
    `position_size` in USD."""

    unit_size: str
    position_size: Decimal
    reinvest: Reinvest = Reinvest.RECOVERY
    exits: ExitRules = _NO_EXITS


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What it has made of a series. Money in USD, as floats within 1e-9 of the exact engine's figures; costs
    are positive. `stake` is what the entry cost, `max_drawdown` the deepest fall of the net PnL from an
    earlier high, between crossings too. `blocks` is the net PnL at the end of each of so many equal parts of
    the series, of which the last is the whole. `refused` says why it cannot be walked; all else is 0 then."""

    unit_size: float = 0.0
    stake: float = 0.0
    net_pnl: float = 0.0
    realized_pnl: float = 0.0
    fees: float = 0.0
    slippage_cost: float = 0.0
    funding: float = 0.0  # received, negative when paid
    whipsaw_cost: float = 0.0
    round_trips: int = 0
    steps: int = 0
    fills: int = 0
    max_drawdown: float = 0.0
    last_price: float = 0.0
    final_unit: int = 0
    position: float = 0.0
    phase_pnl: Mapping[str, float] = field(default_factory=dict)  # net PnL made in each phase
    phase_steps: Mapping[str, int] = field(default_factory=dict)
    ended_by: str = ""
    halted: str = ""
    refused: str = ""
    blocks: tuple[float, ...] = ()
