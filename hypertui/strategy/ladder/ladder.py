"""The unit ladder: price decides the current unit, fills decide the slots, the target follows from both.

With `k` long slots at current unit `c` the target is always stop-sells at `c-k … c-1` and stop-buys at
`c+1 … c+4-k`. The ladder moves one unit at a time and never asks whether an order worked out; whoever carries
orders tells it what was filled (`bought`, `sold`), and with each question which orders the price has passed
though nobody has confirmed that yet (`due`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from hypertui.core.kept import GIVEN
from hypertui.core.market import ZERO, Fill, plain
from hypertui.core.phrases import at_price, usd
from hypertui.core.round_trips import SLOTS, RoundTrips
from hypertui.core.trade_book import TradeBook
from hypertui.strategy.aside import Aside
from hypertui.strategy.base import Move
from hypertui.strategy.ladder.cycle_stats import CycleStats
from hypertui.strategy.ladder.grid import UnitGrid
from hypertui.strategy.ladder.plan import Plan, Reinvest
from hypertui.strategy.ladder.position_map import PositionMap
from hypertui.strategy.ladder.slots import Due, Slot, assign, by_stop, expected

_NOTHING_DUE: Mapping[int, Due] = {}


class Phase(StrEnum):
    """Names for people; only the reinvestment rule reads one."""

    ADVANCE = "advance"  # all slots long
    RETRACEMENT = "retracement"  # mixed, after an advance
    DECLINE = "decline"  # all slots cash
    RECOVERY = "recovery"  # mixed, after a decline


@dataclass(frozen=True, slots=True)
class WantedStop:
    """A stop-sell that is wanted for a slot's coins (0 while a due buy is unproven)."""

    slot: int
    unit: int
    size: Decimal


@dataclass(frozen=True, slots=True)
class WantedBuy:
    """A stop-buy that is wanted; any cash slot can carry it."""

    unit: int
    size: Decimal


@dataclass(frozen=True, slots=True)
class Windows:
    """The orders that should be working, each list ascending by unit. `halted` says why the ladder cannot go
    on, empty where it can."""

    stops: tuple[WantedStop, ...]
    buys: tuple[WantedBuy, ...]
    halted: str = ""


@dataclass(slots=True)
class Ladder:
    """The state of one trade after its entry. Built by `Ladder.open`. `book` is the trade's own, which takes
    each fill before the ladder is told of it.

    The position map, the round trips and the cycles are for people: they are kept inside `statistics`, so
    that a defect in them makes them wrong and nothing else.
    """

    plan: Plan = field(metadata=GIVEN)
    grid: UnitGrid = field(metadata=GIVEN)
    entry_coins: Decimal = field(metadata=GIVEN)
    slots: list[Slot]
    book: TradeBook
    fragment_at_entry: Decimal = field(metadata=GIVEN)
    position_map: PositionMap = field(default_factory=PositionMap)
    round_trips: RoundTrips = field(default_factory=lambda: RoundTrips(SLOTS))
    cycles: CycleStats = field(default_factory=CycleStats)
    statistics: Aside = field(default_factory=Aside)
    unit: int = 0
    moves: int = 0
    phase: Phase = Phase.ADVANCE
    halted: str = ""
    selling_out: bool = False
    dust: Decimal = ZERO
    oversold: Decimal = ZERO
    _pure_phase: Phase = Phase.ADVANCE
    _fragment: Decimal = ZERO
    _reinvested: Decimal = ZERO
    _buy_sizes: dict[int, Decimal] = field(default_factory=dict)

    @classmethod
    def open(cls, plan: Plan, book: TradeBook) -> Ladder:
        """Start a ladder from a book with nothing but the entry's fills: four slots with a quarter each, in
        whole lots, and the remainder in the slot with the lowest stop.

        Raises ValueError when nothing was filled.
        """
        coins = book.position
        if coins <= 0:
            raise ValueError("the entry bought nothing")
        price = book.average_price
        slots = [Slot(index, size, index - SLOTS) for index, size in enumerate(plan.split(coins))]
        slots += [Slot(SLOTS + extra) for extra in range(plan.trust_slots)]
        fragment = coins * price / SLOTS
        grid = UnitGrid(price, plan.unit_size, plan.instrument)
        return cls(plan, grid, coins, slots, book, fragment, _fragment=fragment)

    # What is so

    @property
    def long_slots(self) -> int:
        """How many slots hold coins, by fills alone."""
        return sum(slot.coins > 0 for slot in self.slots)

    @property
    def fragment(self) -> Decimal:
        """USD that one cash slot buys with now."""
        if self.plan.reinvest is Reinvest.CONTINUOUS:
            return self.fragment_at_entry + self.book.realized_pnl / SLOTS
        return self._fragment

    def value(self, price: Decimal) -> Decimal:
        """What the entry's stake has become at `price`, in USD."""
        return self.fragment_at_entry * SLOTS + self.book.net_pnl(price)

    # Price

    def moves_at(self, price: Decimal) -> int:
        """By how many units `price` moves the ladder next: 1, -1 or 0; touching counts."""
        if price >= self.grid.price(self.unit + 1):
            return 1
        return -1 if price <= self.grid.price(self.unit - 1) else 0

    def touch(self, price: Decimal) -> Move | None:
        """Move one unit if `price` says so. Call it again until it answers None."""
        way = self.moves_at(price)
        if not way:
            return None
        unit = self.unit + way
        if not self.grid.distinct(unit):
            self.halted = (
                f"unit size {plain(self.plan.unit_size)} is too small near {plain(price)}: "
                f"units next to {unit} round to one price"
            )
            return None
        self.unit = unit
        self.moves += 1
        with self.statistics:
            self.cycles.reached(unit)
            if way < 0:
                self.round_trips.stepped_down(unit)
        return Move(self.moves, price, unit, self.grid.price(unit), way > 0)

    def halt(self, reason: str) -> None:
        """Want no buys any more, because of what the target says; the stops stay."""
        self.halted = reason

    # Fills

    def bought(self, slot: Slot, unit: int, client_id: str | None, fill: Fill) -> None:
        """Book a fill of the buy at `unit` to its slot; `client_id` is None if no order of the ladder made
        it."""
        with self.statistics:
            if client_id is not None:  # round trips are the ladder's own
                self.position_map.filled(client_id, fill, ZERO)
                self.round_trips.bought(slot.index, unit, fill, refills=slot.coins == 0)
        if slot.coins == 0:
            slot.stop_unit, slot.last_stop = unit - 1, None
        already_sold = min(self.oversold, fill.size)
        self.oversold -= already_sold
        slot.coins += fill.size - already_sold
        self._fills_changed(fill.price)

    def sold(self, slot: Slot, client_id: str | None, fill: Fill, gain: Decimal) -> None:
        """Book a sale, which realised `gain` USD, to its slot. Coins beyond it come from the slot with the
        highest stop, or, if no slot is known to hold any, from the next buy's fill."""
        left = fill.size
        highest = sorted(self.slots, key=lambda each: by_stop(each.stop_unit), reverse=True)
        for holder in [slot, *(other for other in highest if other is not slot)]:
            taken = min(left, holder.coins)
            holder.coins -= taken
            left -= taken
            if left == 0:
                break
        swept = max(min(left, self.dust), ZERO)  # dust may be owed: fewer coins there than booked
        self.dust -= swept
        self.oversold += left - swept
        with self.statistics:
            if client_id is not None:
                self.position_map.filled(client_id, fill, gain)
                self.round_trips.sold(slot.index, self._sale_unit(slot), fill, complete=slot.coins == 0)
            elif slot.coins == 0:
                self.round_trips.swept(slot.index, self._sale_unit(slot))
        self._fills_changed(fill.price)

    def sweep(self, slot: Slot) -> None:
        """Take a remainder that no order may be placed for out of its slot; the next stop takes it along."""
        self.dust += slot.coins
        slot.coins = ZERO
        with self.statistics:
            self.round_trips.swept(slot.index, self._sale_unit(slot))
        self._fills_changed(self.grid.price(self.unit))

    def _sale_unit(self, slot: Slot) -> int:
        return self.unit if slot.stop_unit is None else slot.stop_unit

    def take_dust(self, slot: Slot) -> None:
        """Add what was swept to a slot that is about to get a stop."""
        slot.coins += self.dust
        self.dust = ZERO

    def correct_dust(self, difference: Decimal) -> None:
        """The venue holds that many coins more (or, negative, fewer) than the slots and the dust."""
        self.dust += difference

    # What is wanted

    def windows(self, due: Mapping[int, Due] = _NOTHING_DUE) -> Windows:
        """The orders that should be working now, with what is `due` by slot counted as done. It is halted
        where the fragment has become too small to buy coins whose stop the venue would take."""
        found = (expected(slot, due.get(slot.index)) for slot in self.slots)
        longs = sorted((each for each in found if each is not None), key=lambda each: by_stop(each.unit))
        count = len(longs)
        stops = sorted(
            (
                WantedStop(slot.index, unit, slot.coins)
                for slot, unit in assign(longs, range(self.unit - count, self.unit))
            ),
            key=lambda wanted: wanted.unit,
        )
        buys, halted = self._wanted_buys(range(self.unit + 1, self.unit + 1 + SLOTS - count))
        return Windows(tuple(stops), buys, halted)

    def sell_out(self) -> None:
        """Want no buys any more, for good; the stops go on following the price until all is sold."""
        self.selling_out = True

    def armed(self, unit: int, size: Decimal) -> None:
        """A buy of `size` coins has been placed at `unit`: that stays its size until all are re-sized, or it
        works no longer."""
        self._buy_sizes[unit] = size

    def disarmed(self, unit: int) -> None:
        """No buy works at `unit` any more: the next one has the size of its own moment."""
        self._buy_sizes.pop(unit, None)

    def _wanted_buys(self, units: range) -> tuple[tuple[WantedBuy, ...], str]:
        if self.halted or self.selling_out:
            return (), self.halted
        instrument = self.plan.instrument
        wanted = []
        for unit in units:
            size = self._buy_sizes.get(unit)
            if size is None:
                size = self._buy_size(unit)
            if self.plan.stop_value(self.grid, unit - 1, size) < instrument.min_order_value:
                return (), too_small(self.plan, self.grid, self.fragment, unit, size)
            wanted.append(WantedBuy(unit, size))
        return tuple(wanted), ""

    def _buy_size(self, unit: int) -> Decimal:
        return self.plan.instrument.floor_size(max(self.fragment, ZERO) / self.grid.price(unit))

    def _fills_changed(self, price: Decimal) -> None:
        count = self.long_slots
        if count >= SLOTS:
            phase = Phase.ADVANCE
        elif count == 0:
            phase = Phase.DECLINE
        else:
            phase = Phase.RECOVERY if self._pure_phase is Phase.DECLINE else Phase.RETRACEMENT
        before, self.phase = self.phase, phase
        if phase is Phase.DECLINE and before is not Phase.DECLINE:
            self._reinvest()
        if phase is Phase.ADVANCE and self._pure_phase is Phase.DECLINE:
            with self.statistics:
                self.cycles.ended(self.unit, self.value(price))
        if phase in (Phase.ADVANCE, Phase.DECLINE):
            self._pure_phase = phase

    def _reinvest(self) -> None:
        if self.plan.reinvest is Reinvest.OFF:
            return
        self._fragment += (self.book.realized_pnl - self._reinvested) / SLOTS
        self._reinvested = self.book.realized_pnl
        self._buy_sizes = {unit: self._buy_size(unit) for unit in self._buy_sizes}


def too_small(plan: Plan, grid: UnitGrid, fragment: Decimal, unit: int, size: Decimal) -> str:
    """Why the ladder halts that cannot buy at `unit`, in words: its fragment (USD) buys `size` coins there,
    too few for a stop one unit lower."""
    instrument, value = plan.instrument, plan.stop_value(grid, unit - 1, size)
    return (
        f"the buy size of {usd(fragment)} USD is too small: it buys {plain(size)} "
        f"{instrument.symbol} at {at_price(grid.price(unit))}, whose stop would be worth "
        f"{usd(value)} USD, below the minimum order value of "
        f"{plain(instrument.min_order_value)} USD"
    )
