"""Cycles and round trips, counted again from fills and steps.

A cycle ends when all slots are long again after a decline; here that is seen at the first step of phase
advance after one of phase decline. Round trips are counted by the strategy's own `RoundTrips`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from hypertui.ledger.history import OrderedFill
from hypertui.ledger.records import StepRecord
from hypertui.ledger.reports.scope import iso
from hypertui.ledger.rows import BookedFill
from hypertui.market import ZERO
from hypertui.round_trips import RoundTrips

_SLOTS = 4


@dataclass(slots=True)
class Cycle:
    """One cycle of a trade. Units are the highest and lowest touched, times ms; it goes on while `ended_at`
    is None."""

    trade_id: str
    number: int
    began_at: int
    peak_unit: int
    valley_unit: int
    steps: int = 0
    fills: int = 0
    pnl: Decimal = ZERO
    fees: Decimal = ZERO
    ended_at: int | None = None


class _Trade:
    """Where a trade is."""

    def __init__(self, trade_id: str) -> None:
        self.id = trade_id
        self.trips = RoundTrips()
        self.cycle: Cycle | None = None
        self.declined = False
        self.long_slots = _SLOTS
        self.filled: dict[int, Decimal] = {}  # of orders that are filled in part, by order id


class Cycles:
    """Fed in the order of time, trade beside trade."""

    def __init__(self) -> None:
        self.all: list[Cycle] = []
        self._trades: dict[str, _Trade] = {}

    @property
    def ended(self) -> int:
        """How many have come to their end."""
        return sum(cycle.ended_at is not None for cycle in self.all)

    @property
    def round_trips(self) -> int:
        return sum(trade.trips.count for trade in self._trades.values())

    @property
    def whipsaw_cost(self) -> Decimal:
        """Over the round trips that bought back higher: what that cost, with both fees (USD)."""
        return sum((trade.trips.whipsaw_cost for trade in self._trades.values()), ZERO)

    def name(self, trade_id: str) -> str:
        """The cycle that a trade is in, as text that sorts."""
        trade = self._trades.get(trade_id)
        number = 1 if trade is None or trade.cycle is None else trade.cycle.number
        return f"{trade_id} {number:04d}"

    def on_fill(self, booked: BookedFill) -> None:
        fill = booked.fill
        assert isinstance(fill, OrderedFill)
        trade = self._trade(fill.trade_id)
        cycle = self._cycle(trade, fill.time, fill.unit)
        cycle.fills += 1
        cycle.pnl += booked.pnl
        cycle.fees += fill.fee
        if fill.slot is None or fill.role not in ("stop", "sale", "buy"):
            return
        filled = trade.filled.pop(fill.order_id, ZERO) + fill.size
        complete = fill.order_size is None or filled >= fill.order_size
        if not complete:
            trade.filled[fill.order_id] = filled
        if fill.role == "buy":
            trade.trips.bought(fill.slot, fill.fill, refills=filled == fill.size)
        else:
            trade.trips.sold(fill.slot, fill.fill, complete)

    def on_step(self, step: StepRecord) -> None:
        trade = self._trade(step.trade_id)
        cycle = self._cycle(trade, step.at, step.unit)
        cycle.steps += 1
        cycle.peak_unit = max(cycle.peak_unit, step.unit)
        cycle.valley_unit = min(cycle.valley_unit, step.unit)
        # What each step fires, by the ladder's table: that is decided at the touch, before any fill is told.
        if step.direction == "up":
            trade.long_slots = min(_SLOTS, trade.long_slots + 1)
        elif trade.long_slots:
            trade.long_slots -= 1
        else:
            trade.trips.rotate()
        if step.phase == "decline":
            trade.declined = True
        elif step.phase == "advance" and trade.declined:
            trade.declined = False
            cycle.ended_at = step.at
            trade.cycle = self._begin(trade, step.at, step.unit, cycle.number + 1)

    def rows(self) -> Iterator[dict[str, object]]:
        """One row for each cycle."""
        for cycle in self.all:
            yield {
                "trade": cycle.trade_id,
                "cycle": cycle.number,
                "began": iso(cycle.began_at),
                "ended": None if cycle.ended_at is None else iso(cycle.ended_at),
                "peak_unit": cycle.peak_unit,
                "valley_unit": cycle.valley_unit,
                "steps": cycle.steps,
                "fills": cycle.fills,
                "pnl": cycle.pnl,
                "fees": cycle.fees,
            }

    def _trade(self, trade_id: str) -> _Trade:
        return self._trades.setdefault(trade_id, _Trade(trade_id))

    def _cycle(self, trade: _Trade, at: int, unit: int) -> Cycle:
        if trade.cycle is None:
            trade.cycle = self._begin(trade, at, unit, 1)
        return trade.cycle

    def _begin(self, trade: _Trade, at: int, unit: int, number: int) -> Cycle:
        cycle = Cycle(trade.id, number, at, unit, unit)
        self.all.append(cycle)
        return cycle
