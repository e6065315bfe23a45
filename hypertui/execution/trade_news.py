"""What an input has changed, for people and for the journal's tables: nothing is decided by it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from hypertui.core.market import Fill, IngestVia
from hypertui.execution.orders import Decision, OwnOrder, Role
from hypertui.strategy.ladder.trace import TracedStep


@dataclass(frozen=True, slots=True)
class LadderMoved:
    """The current unit moved."""

    traced: TracedStep


@dataclass(frozen=True, slots=True)
class OrderChanged:
    """An own order has a new status; its id and the venue's words are those of that moment."""

    order: OwnOrder
    status: str
    order_id: int | None
    note: str


@dataclass(frozen=True, slots=True)
class FillBooked:
    """A fill is in the books, by an order of this role, unit and decision, or by none of the trade's.
    `realized_pnl` in USD."""

    fill: Fill
    role: Role
    unit: int
    decision: Decision
    realized_pnl: Decimal
    via: IngestVia


TradeNews: TypeAlias = LadderMoved | OrderChanged | FillBooked
