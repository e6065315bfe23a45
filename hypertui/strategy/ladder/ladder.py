"""The unit ladder: price decides the current unit, fills decide the slots, the target follows from both.

With `k` long slots at current unit `c` the target is always stop-sells at `c-k … c-1` and stop-buys at
`c+1 … c+4-k`. The ladder moves one unit at a time and never asks whether an order worked out; whoever carries
orders tells it what was filled (`bought`, `sold`) and what the price has passed but nobody has confirmed yet
(`expect`, `settle`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from hypertui.core.fifo import FifoBook
from hypertui.core.market import ZERO, Fill, Side, plain
from hypertui.core.round_trips import RoundTrips
from hypertui.strategy.aside import Aside
from hypertui.strategy.ladder.cycle_stats import CycleStats
from hypertui.strategy.ladder.grid import UnitGrid
from hypertui.strategy.ladder.plan import SLOTS, Plan, Reinvest
from hypertui.strategy.ladder.position_map import PositionMap


class Direction(StrEnum):
    UP = "up"
    DOWN = "down"


class Phase(StrEnum):
    """Names for people; only the reinvestment rule reads one."""

    ADVANCE = "advance"  # all slots long
    RETRACEMENT = "retracement"  # mixed, after an advance
    DECLINE = "decline"  # all slots cash
    RECOVERY = "recovery"  # mixed, after a decline


@dataclass(slots=True)
class Slot:
    """One fragment. It is long while it holds coins, else cash.

    `stop_unit` is the unit of its last stop, or one below the unit at which it bought. `due` names the side
    of an order whose trigger the price has passed and whose fill is not known yet.
    """

    index: int
    coins: Decimal = ZERO
    stop_unit: int | None = None
    due: Side | None = None

    @property
    def expected_long(self) -> bool:
        """Whether the target counts the slot as long: due orders count as done."""
        return self.due is Side.BUY or (self.coins > 0 and self.due is not Side.SELL)


@dataclass(frozen=True, slots=True)
class WantedStop:
    """A stop-sell that the target wants for a slot's coins (0 while a due buy is unproven)."""

    slot: int
    unit: int
    size: Decimal


@dataclass(frozen=True, slots=True)
class WantedBuy:
    """A stop-buy that the target wants; any cash slot can carry it."""

    unit: int
    size: Decimal


@dataclass(frozen=True, slots=True)
class Target:
    """What should be working, each list ascending by unit. `halted` says why the ladder cannot go on, empty
    where it can."""

    stops: tuple[WantedStop, ...]
    buys: tuple[WantedBuy, ...]
    halted: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """The current unit moved by one. `seq` counts from 1; `price` is the one that moved it."""

    seq: int
    direction: Direction
    unit: int
    price: Decimal


@dataclass(slots=True)
class Ladder:
    """The state of one trade after its entry. Built by `Ladder.open`.

    The position map, the round trips and the cycles are for people: they are kept inside `statistics`, so
    that a defect in them makes them wrong and nothing else.
    """

    plan: Plan
    grid: UnitGrid
    entry_coins: Decimal
    slots: list[Slot]
    book: FifoBook
    fragment_at_entry: Decimal
    position_map: PositionMap = field(default_factory=PositionMap)
    round_trips: RoundTrips = field(default_factory=lambda: RoundTrips(SLOTS))
    cycles: CycleStats = field(default_factory=CycleStats)
    statistics: Aside = field(default_factory=Aside)
    unit: int = 0
    steps: int = 0
    phase: Phase = Phase.ADVANCE
    halted: str | None = None
    selling_out: bool = False
    funding: Decimal = ZERO
    dust: Decimal = ZERO
    oversold: Decimal = ZERO
    _pure_phase: Phase = Phase.ADVANCE
    _fragment: Decimal = ZERO
    _reinvested: Decimal = ZERO
    _buy_sizes: dict[int, Decimal] = field(default_factory=dict)

    @classmethod
    def open(cls, plan: Plan, fills: Sequence[Fill], entry_price: Decimal | None = None) -> Ladder:
        """Start a ladder from the entry's fills: four slots with a quarter each, in whole lots, and the
        remainder in the slot with the lowest stop. `entry_price` defaults to the average fill price (USD).

        Raises ValueError when nothing was filled.
        """
        coins = sum((fill.size for fill in fills), ZERO)
        if coins <= 0:
            raise ValueError("the entry bought nothing")
        price = entry_price or sum((fill.value for fill in fills), ZERO) / coins
        book = FifoBook()
        for fill in fills:
            book.book(fill)
        slots = [Slot(index, size, index - SLOTS) for index, size in enumerate(plan.split(coins))]
        slots += [Slot(SLOTS + extra) for extra in range(plan.trust_slots)]
        fragment = coins * price / SLOTS
        grid = UnitGrid(price, plan.unit_size, plan.instrument)
        ladder = cls(plan, grid, coins, slots, book, fragment, _fragment=fragment)
        with ladder.statistics:
            for fill in fills:
                ladder.position_map.filled(None, fill, ZERO)
        return ladder

    # What is so

    @property
    def long_slots(self) -> int:
        """How many slots hold coins, by fills alone."""
        return sum(slot.coins > 0 for slot in self.slots)

    @property
    def position(self) -> Decimal:
        """Coins held, by fills alone."""
        return self.book.position

    @property
    def held(self) -> Decimal:
        """Coins held as the slots count them, with the dust: the position unless the dust was corrected."""
        return sum((slot.coins for slot in self.slots), self.dust) - self.oversold

    @property
    def realized_pnl(self) -> Decimal:
        """First in, first out, net of fees, with the funding received, in USD."""
        return self.book.realized_pnl + self.funding

    @property
    def fragment(self) -> Decimal:
        """USD that one cash slot buys with now."""
        if self.plan.reinvest is Reinvest.CONTINUOUS:
            return self.fragment_at_entry + self.realized_pnl / SLOTS
        return self._fragment

    def net_pnl(self, price: Decimal) -> Decimal:
        """All that the trade has made with the coins valued at `price`: realised and not, less every fee."""
        return self.realized_pnl + self.book.unrealized_pnl(price) - self.book.open_fees

    def value(self, price: Decimal) -> Decimal:
        """What the entry's stake has become at `price`, in USD."""
        return self.fragment_at_entry * SLOTS + self.net_pnl(price)

    # Price

    def direction(self, price: Decimal) -> Direction | None:
        """Which way `price` moves the ladder by a unit; touching counts."""
        if price >= self.grid.price(self.unit + 1):
            return Direction.UP
        if price <= self.grid.price(self.unit - 1):
            return Direction.DOWN
        return None

    def touch(self, price: Decimal) -> Step | None:
        """Move one unit if `price` says so. Call it again until it answers None."""
        direction = self.direction(price)
        if direction is None:
            return None
        unit = self.unit + (1 if direction is Direction.UP else -1)
        if not self.grid.distinct(unit):
            self.halted = (
                f"unit size {plain(self.plan.unit_size)} is too small near {plain(price)}: "
                f"units next to {unit} round to one price"
            )
            return None
        self.unit = unit
        self.steps += 1
        with self.statistics:
            self.cycles.reached(unit)
            if direction is Direction.DOWN:
                self.round_trips.stepped_down(unit)
        return Step(self.steps, direction, unit, price)

    def halt(self, reason: str) -> None:
        """Want no buys any more, because of what the target says; the stops stay."""
        self.halted = reason

    # Fills

    def bought(self, slot: Slot, unit: int, client_id: str | None, fill: Fill) -> None:
        """Book a fill of the buy at `unit` to its slot; `client_id` is None if no order of the ladder made
        it."""
        self.book.book(fill)
        with self.statistics:
            self.position_map.filled(client_id, fill, ZERO)
            if client_id is not None:  # round trips are the ladder's own
                self.round_trips.bought(slot.index, unit, fill, refills=slot.coins == 0)
        if slot.coins == 0:
            slot.stop_unit = unit - 1
        already_sold = min(self.oversold, fill.size)
        self.oversold -= already_sold
        slot.coins += fill.size - already_sold
        self._fills_changed(fill.price)

    def sold(self, slot: Slot, client_id: str | None, fill: Fill) -> None:
        """Book a sale to its slot. Coins beyond it come from the slot with the highest stop, or, if no slot
        is known to hold any, from the next buy's fill."""
        allocations = self.book.book(fill)
        left = fill.size
        by_stop = sorted(self.slots, key=_stop_unit, reverse=True)
        for holder in [slot, *(other for other in by_stop if other is not slot)]:
            taken = min(left, holder.coins)
            holder.coins -= taken
            left -= taken
            if left == 0:
                break
        swept = min(left, self.dust)
        self.dust -= swept
        self.oversold += left - swept
        with self.statistics:
            gain = sum((part.pnl for part in allocations), ZERO)
            self.position_map.filled(client_id, fill, gain)
            if client_id is not None:
                self.round_trips.sold(slot.index, self._sale_unit(slot), fill, complete=slot.coins == 0)
            elif slot.coins == 0:
                self.round_trips.swept(slot.index, self._sale_unit(slot))
        self._fills_changed(fill.price)

    def fund(self, amount: Decimal) -> None:
        """Book funding received (negative when paid), in USD."""
        self.funding += amount

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

    # Orders that the price has passed

    def expect(self, slot: Slot, side: Side, unit: int) -> None:
        """Count an order at `unit` as done although its fill is not known yet."""
        slot.due = side
        if side is Side.BUY and slot.coins == 0:
            slot.stop_unit = unit - 1

    def settle(self, slot: Slot) -> None:
        """The due order of a slot is proven, one way or the other."""
        slot.due = None

    # Target

    def target(self) -> Target:
        """The orders that should be working now. It is halted where the fragment has become too small to buy
        coins whose stop the venue would take."""
        longs = sorted((slot for slot in self.slots if slot.expected_long), key=_stop_unit)
        count = len(longs)
        stop_units = range(self.unit - count, self.unit)
        stops = sorted(
            (WantedStop(slot.index, unit, slot.coins) for slot, unit in _assign(longs, stop_units)),
            key=lambda wanted: wanted.unit,
        )
        buys, halted = self._wanted_buys(range(self.unit + 1, self.unit + 1 + SLOTS - count))
        return Target(tuple(stops), buys, halted)

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
        if self.halted is not None or self.selling_out:
            return (), self.halted or ""
        instrument = self.plan.instrument
        wanted = []
        for unit in units:
            size = self._buy_sizes.get(unit)
            if size is None:
                size = self._buy_size(unit)
            value = self.plan.stop_value(self.grid, unit - 1, size)
            if value < instrument.min_order_value:
                return (), (
                    f"a fragment of {self.fragment:.2f} USD buys {plain(size)} {instrument.symbol} at "
                    f"{plain(self.grid.price(unit))}, whose stop would be worth {plain(value)} USD, "
                    f"below the minimum order value of {plain(instrument.min_order_value)} USD"
                )
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
        self._fragment += (self.realized_pnl - self._reinvested) / SLOTS
        self._reinvested = self.realized_pnl
        self._buy_sizes = {unit: self._buy_size(unit) for unit in self._buy_sizes}


def _stop_unit(slot: Slot) -> int:
    # A slot without a stop of its own sorts lowest; it holds no coins.
    return -(10**9) if slot.stop_unit is None else slot.stop_unit


def _assign(longs: Sequence[Slot], units: Iterable[int]) -> list[tuple[Slot, int]]:
    """Give each slot a stop unit: those that stand right stay, the others take what is missing, in order."""
    missing = set(units)
    assigned, others = [], []
    for slot in longs:
        if slot.stop_unit in missing:
            missing.remove(slot.stop_unit)
            assigned.append((slot, slot.stop_unit))
        else:
            others.append(slot)
    return assigned + list(zip(others, sorted(missing), strict=True))
