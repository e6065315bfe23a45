"""A ladder whose orders fill at once, at their triggers, and the same strategy written down a second time."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from hypertui.core.fifo import FifoBook, Lot
from hypertui.core.market import ZERO, Fill, Instrument, Side
from hypertui.core.trade_book import TradeBook
from hypertui.strategy.base import Move
from hypertui.strategy.ladder.ladder import Ladder
from hypertui.strategy.ladder.plan import Plan, Reinvest
from hypertui.strategy.ladder.position_map import PositionMap
from hypertui.strategy.ladder.slots import Slot
from hypertui.strategy.ladder.trade_plan import LadderPlan

COIN = Instrument("COIN", 2, 20)


def plan_of(**changes: object) -> LadderPlan:
    """Unit 1 and position 2000: from a price of 100 that is 20 coins, 5 in a slot, 500 USD each."""
    return LadderPlan(
        **{"instrument": COIN, "unit_size": Decimal(1), "position_size": Decimal(2000), **changes}
    )


def fill_of(
    side: Side,
    size: Decimal | str,
    price: Decimal | str,
    fee: Decimal | str = ZERO,
    number: int = 1,
    client_id: str | None = None,
) -> Fill:
    return Fill("COIN", side, Decimal(size), Decimal(price), Decimal(fee), number, number, number, client_id)


def ladder_from(plan: Plan, fills: Iterable[Fill]) -> Ladder:
    """The ladder that an entry with these fills opens."""
    book = TradeBook()
    for fill in fills:
        book.book(fill)
    return Ladder.open(plan, book)


def bought(ladder: Ladder, slot: Slot, unit: int, client_id: str | None, fill: Fill) -> None:
    """Book a purchase, and tell the ladder of it."""
    ladder.book.book(fill)
    ladder.bought(slot, unit, client_id, fill)


def sold(ladder: Ladder, slot: Slot, client_id: str | None, fill: Fill) -> None:
    """Book a sale, and tell the ladder of it."""
    ladder.sold(slot, client_id, fill, ladder.book.book(fill))


class _NoMap(PositionMap):
    """Remembers nothing, so that walks can share one."""

    def filled(self, client_id: str, fill: Fill, realized_pnl: Decimal) -> None:
        pass


@dataclass
class Walk:
    """A ladder and the orders that work for it: `stops` slot -> unit, `buys` unit -> size, and `filling` the
    slot that each of the buys is for, unit -> slot."""

    ladder: Ladder
    fee_rate: Decimal
    stops: dict[int, int] = field(default_factory=dict)
    buys: dict[int, Decimal] = field(default_factory=dict)
    filling: dict[int, int] = field(default_factory=dict)

    @classmethod
    def start(cls, plan: Plan | None = None, price: Decimal | int = 100, fee_rate: str = "0") -> Walk:
        plan = plan or plan_of()
        price, rate = Decimal(price), Decimal(fee_rate)
        size = plan.entry_size(price)
        ladder = ladder_from(plan, [fill_of(Side.BUY, size, price, size * price * rate)])
        ladder.position_map = _NoMap()
        walk = cls(ladder, rate)
        walk._converge()
        return walk

    def to(self, price: Decimal | int | str) -> list[Move]:
        """Move the price, and the ladder with it."""
        moves = []
        while (move := self.ladder.touch(Decimal(price))) is not None:
            self._fire(move)
            moves.append(move)
        return moves

    def path(self, *prices: Decimal | int | str) -> Walk:
        for price in prices:
            self.to(price)
        return self

    @property
    def trailing_stop(self) -> list[int]:
        return [stop.unit for stop in self.ladder.windows().stops]

    @property
    def trailing_buy(self) -> list[int]:
        return [buy.unit for buy in self.ladder.windows().buys]

    def stop_coins(self) -> dict[int, Decimal]:
        return {stop.unit: stop.size for stop in self.ladder.windows().stops}

    def buy_coins(self) -> dict[int, Decimal]:
        return {buy.unit: buy.size for buy in self.ladder.windows().buys}

    def clone(self) -> Walk:
        ladder = copy.copy(self.ladder)
        ladder.slots = [copy.copy(slot) for slot in self.ladder.slots]
        ladder.cycles = copy.copy(self.ladder.cycles)
        ladder.round_trips = copy.deepcopy(self.ladder.round_trips)
        ladder._buy_sizes = dict(self.ladder._buy_sizes)
        book = copy.copy(self.ladder.book)
        book.executions = copy.copy(book.executions)
        book.fifo = fifo = copy.copy(book.fifo)
        fifo._lots = type(fifo._lots)(Lot(lot.fill, lot.size, lot.fee) for lot in fifo._lots)
        ladder.book = book
        return Walk(ladder, self.fee_rate, dict(self.stops), dict(self.buys), dict(self.filling))

    def _fire(self, move: Move) -> None:
        ladder, price = self.ladder, move.touched
        if not move.upwards:
            for index, unit in list(self.stops.items()):
                if unit == move.level:
                    del self.stops[index]
                    slot = ladder.slots[index]
                    sold(ladder, slot, "", self._fill(Side.SELL, slot.coins, price))
        elif move.level in self.buys:
            slot = ladder.slots[self.filling.pop(move.level)]
            bought(ladder, slot, move.level, "", self._fill(Side.BUY, self.buys.pop(move.level), price))
            ladder.disarmed(move.level)
        self._converge()

    def _fill(self, side: Side, size: Decimal, price: Decimal) -> Fill:
        return fill_of(side, size, price, size * price * self.fee_rate)

    def _converge(self) -> None:
        windows = self.ladder.windows()
        if windows.halted:
            self.ladder.halt(windows.halted)
        for stop in windows.stops:
            self.stops[stop.slot] = stop.unit
            self.ladder.slots[stop.slot].stop_unit = stop.unit
        for unit in self.buys:
            self.ladder.disarmed(unit)
        self.buys = {buy.unit: buy.size for buy in windows.buys}
        self.filling = {unit: slot for unit, slot in self.filling.items() if unit in self.buys}
        for unit, size in self.buys.items():
            self.ladder.armed(unit, size)
            if unit not in self.filling:
                taken = set(self.filling.values())
                free = (slot.index for slot in self.ladder.slots if not slot.coins)
                self.filling[unit] = next(index for index in free if index not in taken)


@dataclass
class Table:
    """The strategy's table of steps taken literally: lists of units that are pushed and popped, with prices
    that need no rounding. Shares no code with the ladder."""

    reinvest: Reinvest
    coins: Fraction
    fee_rate: Fraction
    entry: int = 100
    c: int = 0
    stops: list[tuple[int, Fraction]] = field(default_factory=list)
    buys: list[tuple[int, Fraction]] = field(default_factory=list)
    lots: list[tuple[Fraction, int]] = field(default_factory=list)
    realized: Fraction = Fraction(0)
    fragment: Fraction = Fraction(0)
    reinvested: Fraction = Fraction(0)
    phase: str = "advance"
    pure: str = "advance"

    def __post_init__(self) -> None:
        quarter = _floor(self.coins / 4)
        self.stops = [(unit, quarter) for unit in (-4, -3, -2, -1)]
        self.stops[0] = (-4, self.coins - 3 * quarter)
        self.lots = [(self.coins, self.entry)]
        self.fragment = self.coins * self.entry / 4

    def clone(self) -> Table:
        table = copy.copy(self)
        table.stops, table.buys, table.lots = list(self.stops), list(self.buys), list(self.lots)
        return table

    def up(self) -> None:
        old, self.c = self.c, self.c + 1
        if len(self.stops) == 4:
            _, coins = self.stops.pop(0)
        else:
            unit, coins = self.buys.pop(0)
            assert unit == self.c
            self.lots.append((coins, self.entry + unit))
        self.stops.append((old, coins))
        self._name_phase()

    def down(self) -> None:
        old, self.c = self.c, self.c - 1
        if self.stops:
            unit, coins = self.stops.pop()
            assert unit == self.c
            self._sell(coins, self.entry + unit)
            self.buys.insert(0, (old, self._size(old)))
        else:
            self.buys.pop()
            self.buys.insert(0, (old, self._size(old)))
        self._name_phase()

    def _size(self, unit: int) -> Fraction:
        fragment = self.fragment
        if self.reinvest is Reinvest.CONTINUOUS:
            fragment += self.realized / 4
        return _floor(fragment / (self.entry + unit))

    def _sell(self, coins: Fraction, price: int) -> None:
        self.realized -= coins * price * self.fee_rate
        while coins:
            held, cost = self.lots[0]
            part = min(held, coins)
            self.realized += part * (price - cost) - part * cost * self.fee_rate
            coins -= part
            self.lots[0] = (held - part, cost)
            if held == part:
                self.lots.pop(0)

    def _name_phase(self) -> None:
        before = self.phase
        if len(self.stops) == 4:
            self.phase = self.pure = "advance"
        elif not self.stops:
            self.phase = self.pure = "decline"
        else:
            self.phase = "recovery" if self.pure == "decline" else "retracement"
        if self.phase == "decline" != before:
            if self.reinvest is Reinvest.RECOVERY:
                self.fragment += (self.realized - self.reinvested) / 4
                self.reinvested = self.realized
            self.buys = [(unit, self._size(unit)) for unit, _ in self.buys]


def _floor(size: Fraction) -> Fraction:
    return Fraction(int(size * 100), 100)


def fifo_realized(fills: list[Fill]) -> Fraction:
    """What these fills have realised, first in, first out, net of fees: coin by coin, both ways."""
    lots: list[list[Fraction]] = []  # signed size, price, fee per coin
    realized = Fraction(0)
    for fill in fills:
        size, price = Fraction(fill.size) * fill.side.sign, Fraction(fill.price)
        fee = Fraction(fill.fee) / Fraction(fill.size)
        while size and lots and lots[0][0] * size < 0:
            lot = lots[0]
            part = min(abs(lot[0]), abs(size))
            sign = 1 if lot[0] > 0 else -1
            realized += part * ((price - lot[1]) * sign - lot[2] - fee)
            lot[0] -= part * sign
            size += part * sign
            if not lot[0]:
                lots.pop(0)
        if size:
            lots.append([size, price, fee])
    return realized


def book_of(fills: list[Fill]) -> FifoBook:
    book = FifoBook()
    for fill in fills:
        book.book(fill)
    return book
