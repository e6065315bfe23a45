"""What an input has changed, for people and for the journal's tables: nothing is decided by it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from hypertui.core.market import Fill, IngestVia, Source
from hypertui.execution.orders import Decision, OwnOrder, Role
from hypertui.risk.guards import Guard
from hypertui.strategy.base import MoveRecord
from hypertui.strategy.exits.rules import ExitRule
from hypertui.strategy.exits.watch import ExitVerdict


@dataclass(frozen=True, slots=True)
class StrategyMoved:
    """The strategy went to another level."""

    record: MoveRecord


@dataclass(frozen=True, slots=True)
class OrderChanged:
    """An own order has a new status; its id and the venue's words are those of that moment."""

    order: OwnOrder
    status: str
    order_id: int | None
    note: str


@dataclass(frozen=True, slots=True)
class FillBooked:
    """A fill is in the books, by an order of this role, level and decision, or by none of the trade's.
    `realized_pnl` in USD."""

    fill: Fill
    role: Role
    level: int | None
    decision: Decision
    realized_pnl: Decimal
    via: IngestVia


@dataclass(frozen=True, slots=True)
class ExitsChanged:
    """The trade goes by other rules, in words."""

    text: str


@dataclass(frozen=True, slots=True)
class StopTrailed:
    """The trailing stop was armed, where there was none `before`, or has moved up, under a `peak`. Prices in
    USD."""

    before: Decimal | None
    stop: Decimal
    peak: Decimal


@dataclass(frozen=True, slots=True)
class ExitActed:
    """A rule ends the trade at `price` (USD), because of what it says; what each of them said then. Where the
    trade `goes_on`, it ends its stay in the market."""

    rule: ExitRule
    price: Decimal
    text: str
    verdicts: tuple[ExitVerdict, ...] = ()
    goes_on: bool = False


@dataclass(frozen=True, slots=True)
class EntryAsked:
    """Somebody has told the strategy to enter, while the price was `seen`, at a `price` and with so much at
    `most` where either was said (USD)."""

    source: Source
    seen: Decimal
    price: Decimal | None
    most: Decimal | None


@dataclass(frozen=True, slots=True)
class EntryOpen:
    """The trade has left the market and goes on flat: it may be told to enter again."""


@dataclass(frozen=True, slots=True)
class GuardsChanged:
    """The trade has other limits, in words."""

    text: str


@dataclass(frozen=True, slots=True)
class GuardReset:
    """Somebody has reset a guard, and said why."""

    guard: Guard
    by: str
    reason: str


TradeNews: TypeAlias = (
    StrategyMoved
    | OrderChanged
    | FillBooked
    | ExitsChanged
    | StopTrailed
    | ExitActed
    | EntryAsked
    | EntryOpen
    | GuardsChanged
    | GuardReset
)
