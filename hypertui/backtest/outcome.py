"""What a backtest has come to, whichever engine has walked it: the one result that reports read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from hypertui.backtest.engine_kind import Engine
from hypertui.backtest.guarding import GuardEvent
from hypertui.core.market import ZERO
from hypertui.strategy.ladder.ladder import Phase
from hypertui.strategy.ladder.plan import Plan


@dataclass(frozen=True, slots=True)
class WalkedPrices:
    """Where the prices came from: how many rows, the first and the last time (ms, None where there are
    none), and what was not self-evident, a sentence each."""

    rows: int
    first_time: int | None
    last_time: int | None
    notes: Sequence[str] = ()


@dataclass(slots=True, kw_only=True)
class Outcome:
    """A backtest that is over. Money in USD, sizes in coins; costs are positive, `funding` is what was
    received. `stake` is what the entry cost, `max_drawdown` the deepest fall of the net PnL from an earlier
    high, `blocks` the net PnL at the end of each part of the series, `slippage_cost` what fills have cost
    beyond their triggers, by gaps and by slippage. `remark` says what is to be known of the engine."""

    plan: Plan
    source: WalkedPrices
    engine: Engine = Engine.EXACT
    remark: str = ""
    entry_price: Decimal = ZERO
    entry_coins: Decimal = ZERO
    stake: Decimal = ZERO
    ticks: int = 0
    steps: int = 0
    fills: int = 0
    last_price: Decimal = ZERO
    unit: int = 0
    phase: Phase = Phase.ADVANCE
    position: Decimal = ZERO
    fragment: Decimal = ZERO
    realized_pnl: Decimal = ZERO
    unrealized_pnl: Decimal = ZERO
    net_pnl: Decimal = ZERO
    other_way: Decimal | None = (
        None  # the net PnL of the same candles walked the other way, where that was done
    )
    fees: Decimal = ZERO
    slippage_cost: Decimal = ZERO
    funding: Decimal = ZERO
    whipsaw_cost: Decimal = ZERO
    round_trips: int = 0
    max_drawdown: Decimal = ZERO
    phase_steps: Mapping[str, int] = field(default_factory=dict)
    phase_pnl: Mapping[str, Decimal] = field(default_factory=dict)  # net, and made in each phase
    blocks: Sequence[float] = ()
    halted: str = ""
    ended_by: str = ""  # the exit or the guard, where one has ended it
    guards: Sequence[GuardEvent] = ()  # oldest first
    equity: Decimal | None = None  # that the account began with (USD), where guards have watched
