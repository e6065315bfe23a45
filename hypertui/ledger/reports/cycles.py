"""Cycles and round trips, counted from fills and steps.

A cycle ends when all slots are long again after a decline; here that is seen at the first step of phase
advance after one of phase decline. Round trips are counted by the strategy's own `RoundTrips`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from hypertui.core.market import ZERO
from hypertui.core.order_key import OrderKey
from hypertui.core.round_trips import SLOTS, RoundTrips
from hypertui.journal.history import OrderedFill
from hypertui.journal.records import StepRecord
from hypertui.journal.rows import BookedFill
from hypertui.ledger.scope import iso

_SLOTTED = ("stop", "sale", "buy")


@dataclass(slots=True)
class Cycle:
    """One cycle of a trade. Units are the highest and lowest touched, times ms; it goes on while `ended_at`
    is None. `shown`: some of it belongs to what the report is about."""

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
    shown: bool = False


class _Trade:
    """The state of one trade's count."""

    def __init__(self, trade_id: str) -> None:
        self.id = trade_id
        self.trips = RoundTrips(SLOTS)
        self.cycle: Cycle | None = None
        self.declined = False
        self.filled: dict[int, Decimal] = {}  # of orders that are filled in part, by order id


class Cycles:
    """Fed in the order of time, trade beside trade, with all fills and steps from the first on; `ended`, the
    round trips, and what those that bought back higher cost with both fees (USD), count those shown."""

    def __init__(self) -> None:
        self.all: list[Cycle] = []
        self.ended = 0
        self.round_trips = 0
        self.whipsaw_cost = ZERO
        self._trades: dict[str, _Trade] = {}

    def name(self, trade_id: str) -> str:
        """The name of a trade's current cycle; names sort by trade and number."""
        trade = self._trades.get(trade_id)
        number = 1 if trade is None or trade.cycle is None else trade.cycle.number
        return f"{trade_id} {number:04d}"

    def on_fill(self, booked: BookedFill, shown: bool) -> None:
        fill = booked.fill
        assert isinstance(fill, OrderedFill)
        trade = self._trade(fill.trade_id)
        cycle = self._cycle(trade, fill.time, fill.level)
        cycle.fills += 1
        cycle.pnl += booked.pnl
        cycle.fees += fill.fee
        cycle.shown |= shown
        if fill.key is None or fill.level is None or fill.order_size is None or fill.role not in _SLOTTED:
            return  # no order of a slot
        filled = trade.filled.pop(fill.order_id, ZERO) + fill.size
        complete = filled >= fill.order_size
        if not complete:
            trade.filled[fill.order_id] = filled
        trips = trade.trips
        count, cost = trips.count, trips.whipsaw_cost
        slot = OrderKey.parse(fill.key).number
        if fill.role == "buy":
            trips.bought(slot, fill.level, fill.fill, refills=filled == fill.size)
        else:
            trips.sold(slot, fill.level, fill.fill, complete)
        if shown:
            self.round_trips += trips.count - count
            self.whipsaw_cost += trips.whipsaw_cost - cost

    def on_step(self, step: StepRecord, shown: bool) -> bool:
        """Returns whether a cycle has ended by it."""
        trade = self._trade(step.trade_id)
        cycle = self._cycle(trade, step.at, step.level)
        cycle.steps += 1
        cycle.peak_unit = max(cycle.peak_unit, step.level)
        cycle.valley_unit = min(cycle.valley_unit, step.level)
        cycle.shown |= shown
        if step.direction == "down":
            trade.trips.stepped_down(step.level)
        if step.phase == "decline":
            trade.declined = True
        elif step.phase == "advance" and trade.declined:
            trade.declined = False
            cycle.ended_at = step.at
            self.ended += shown
            trade.cycle = self._begin(trade, step.at, step.level, cycle.number + 1)
            return True
        return False

    def rows(self) -> Iterator[dict[str, object]]:
        """One row for each cycle of which anything is shown, with all of it until then."""
        for cycle in (each for each in self.all if each.shown):
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

    def _cycle(self, trade: _Trade, at: int, unit: int | None) -> Cycle:
        if trade.cycle is None:
            trade.cycle = self._begin(trade, at, unit or 0, 1)
        return trade.cycle

    def _begin(self, trade: _Trade, at: int, unit: int, number: int) -> Cycle:
        cycle = Cycle(trade.id, number, at, unit, unit)
        self.all.append(cycle)
        return cycle
