"""The ladder as a strategy: its slots and units in terms of orders, their keys and levels.

A level is a unit. The stop of slot 2 has the key `stop/2`, and the buy that fills that slot `entry/2`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from hypertui.core.market import ZERO, Instrument, OrderType, Reason, Side, Source, SourceKind, plain
from hypertui.core.order_key import KeyKind, OrderKey
from hypertui.core.phrases import counted
from hypertui.core.purpose import Purpose
from hypertui.core.round_trips import SLOTS
from hypertui.core.trade_book import TradeBook
from hypertui.strategy.aside import Aside
from hypertui.strategy.base import (
    AliveOrder,
    CoinsCorrected,
    CoinsSwept,
    CoinsTraded,
    HaltTold,
    Move,
    MoveRecord,
    OrderBegun,
    OrderNoted,
    OrderOver,
    Passed,
    PriceSeen,
    SellOutTold,
    StrategyEvent,
    Target,
    WantedOrder,
)
from hypertui.strategy.ladder.ladder import Ladder, WantedBuy, WantedStop, Windows
from hypertui.strategy.ladder.slots import Due, Slot
from hypertui.strategy.ladder.trace import traced

LADDER = Source(SourceKind.STRATEGY, "ladder")


@dataclass(slots=True)
class LadderStrategy:
    """Fulfils `Strategy` for one ladder. `closing` is the slot whose coins a close of everything sells
    first."""

    ladder: Ladder
    closing: int = 0

    # What is so

    @property
    def book(self) -> TradeBook:
        """The trade's."""
        return self.ladder.book

    @property
    def statistics(self) -> Aside:
        """In which the position map, the round trips and the cycles are kept."""
        return self.ladder.statistics

    @property
    def instrument(self) -> Instrument:
        """What it trades."""
        return self.ladder.plan.instrument

    @property
    def source(self) -> Source:
        """Who its orders are by."""
        return LADDER

    @property
    def slippage(self) -> Decimal:
        """How far from the price an order at the market may fill, as a fraction of it."""
        return self.ladder.plan.stop_slippage

    @property
    def level(self) -> int:
        """The current unit."""
        return self.ladder.unit

    @property
    def moves(self) -> int:
        """How many units it has stepped."""
        return self.ladder.moves

    @property
    def cycles(self) -> int:
        """How many times all slots were long again after a decline."""
        return self.ladder.cycles.number - 1

    @property
    def protectable(self) -> Decimal:
        """The coins of all slots."""
        return sum((slot.coins for slot in self.ladder.slots), ZERO)

    def coins(self, key: OrderKey) -> Decimal:
        """Those of the slot that a stop is for."""
        slots = self.ladder.slots
        is_stop = key.kind is KeyKind.STOP and key.number < len(slots)
        return slots[key.number].coins if is_stop else ZERO

    @property
    def halted(self) -> str:
        """Why it can go on no more."""
        return self.ladder.halted

    @property
    def selling_out(self) -> bool:
        """Whether it buys no more."""
        return self.ladder.selling_out

    @property
    def stay(self) -> None:
        """It is in the market from its entry to its end."""

    @property
    def reenters(self) -> bool:
        """An exit ends it."""
        return False

    @property
    def enters_now(self) -> bool:
        """It was opened with its entry."""
        return False

    def entry_refusal(self, at: int) -> str:
        """It enters with its opening, and by its own rule after that."""
        return "a ladder enters once, and goes by its units then"

    @property
    def unworkable(self) -> str:
        """Whether the entry has bought too little for its stops, in words."""
        ladder = self.ladder
        smallest = min(slot.coins for slot in ladder.slots[:SLOTS])
        if ladder.plan.stop_value(ladder.grid, -SLOTS, smallest) >= self.instrument.min_order_value:
            return ""
        return f"the entry was filled for {plain(self.book.position)} only, too little for {SLOTS} stops"

    def in_words(self) -> str:
        """How many slots hold coins."""
        return counted(self.ladder.long_slots, "slot")

    def matters(self, price: Decimal) -> bool:
        """Whether a price moves the ladder."""
        return self.ladder.moves_at(price) != 0

    # What happens

    def apply(self, event: StrategyEvent, alive: Collection[AliveOrder]) -> Move | None:
        """Take what has happened; a move where a price made it."""
        ladder = self.ladder
        match event:
            case PriceSeen(price):
                return ladder.touch(price)
            case OrderBegun():
                self._begun(event)
            case OrderNoted(at, client_id, status):
                with self.statistics:
                    ladder.position_map.status(client_id, status, at)
            case OrderOver(key, level) if key.kind is KeyKind.ENTRY and level is not None:
                ladder.disarmed(level)
            case CoinsTraded(key=None):
                self._allot(event, alive)
            case CoinsTraded():
                self._traded(event, alive)
            case CoinsSwept(key):
                ladder.sweep(ladder.slots[key.number])
            case CoinsCorrected(difference):
                ladder.correct_dust(difference)
            case HaltTold(reason):
                ladder.halt(reason)
            case SellOutTold():
                ladder.sell_out()
        return None

    def record(self, move: Move, alive: Collection[AliveOrder]) -> MoveRecord:
        """The state just after a step."""
        return traced(move, self.ladder, self._due(alive))

    def _begun(self, event: OrderBegun) -> None:
        ladder, key, order = self.ladder, event.key, event.order
        level = ladder.unit if event.level is None else event.level
        with self.statistics:
            ladder.position_map.placed(level, order.client_id, order.side, order.size, event.at, event.status)
        match key.kind:
            case KeyKind.STOP:
                slot = ladder.slots[key.number]
                if order.size != slot.coins:
                    ladder.take_dust(slot)
                if order.trigger is not None:
                    slot.stop_unit, slot.last_stop = level, order.client_id
            case KeyKind.ENTRY:
                ladder.armed(level, order.size)
            case KeyKind.CLOSE:
                self.closing = max(ladder.slots, key=lambda each: each.coins).index

    def _traded(self, event: CoinsTraded, alive: Collection[AliveOrder]) -> None:
        """An own order's fill."""
        ladder, fill = self.ladder, event.fill
        slot = self._slot_of(event, alive)
        if fill.side is Side.SELL:
            ladder.sold(slot, fill.client_id if event.known else None, fill, event.gain)
            return
        ladder.bought(slot, ladder.unit if event.level is None else event.level, fill.client_id, fill)
        slot.bought_at = max(event.made_at, slot.bought_at)

    def _slot_of(self, event: CoinsTraded, alive: Collection[AliveOrder]) -> Slot:
        """The order's slot, or a free one for a purchase that becomes known after the slot was given away."""
        assert event.key is not None, "it is an own order's"
        slots, client_id = self.ladder.slots, event.fill.client_id
        slot = slots[self._index(event.key)]
        if event.fill.side is Side.SELL or any(order.client_id == client_id for order in alive):
            return slot
        taken = self._taken(alive)
        if not slot.coins and slot.index not in taken:
            return slot
        return next((other for other in slots if not other.coins and other.index not in taken), slot)

    def _allot(self, event: CoinsTraded, alive: Collection[AliveOrder]) -> None:
        """Coins that no own order traded: sold ones come from the slot with the highest stop; bought ones go
        to a free slot, or, with four long ones, to the one with the lowest stop."""
        ladder, fill = self.ladder, event.fill
        longs = sorted((slot for slot in ladder.slots if slot.coins > 0), key=_unit_of_stop)
        if fill.side is Side.SELL:
            ladder.sold(longs[-1] if longs else ladder.slots[0], None, fill, event.gain)
            return
        taken = self._taken(alive)
        free = [slot for slot in ladder.slots if not slot.coins and slot.index not in taken]
        slot = free[0] if free and len(longs) < SLOTS else (longs or ladder.slots)[0]
        ladder.bought(slot, ladder.unit, None, fill)

    # What is wanted

    def target(self, alive: Collection[AliveOrder]) -> Target:
        """The orders of both windows, each with the key of its slot."""
        ladder, due = self.ladder, self._due(alive)
        windows = ladder.windows(due)
        selling = (slot for slot in ladder.slots if slot.coins and _is_sale(due.get(slot.index)))
        return Target(
            (*self._stops(windows), *self._entries(windows, alive)),
            frozenset(OrderKey(KeyKind.STOP, slot.index) for slot in selling),
            tuple(self._swept(windows, alive)),
            ladder.dust,
            windows.halted,
        )

    def _stops(self, windows: Windows) -> Iterator[WantedOrder]:
        ladder = self.ladder
        plan, grid = ladder.plan, ladder.grid
        for stop in windows.stops:
            slot, trigger = ladder.slots[stop.slot], grid.price(stop.unit)
            if not stop.size:
                continue
            assert slot.stop_unit is not None, (
                "a slot that holds coins has had a stop unit since it bought them"
            )
            yield WantedOrder(
                OrderKey(KeyKind.STOP, slot.index),
                Purpose.PROTECT,
                Side.SELL,
                stop.size,
                OrderType.STOP_MARKET,
                plan.stop_limit_price(trigger),
                Reason.LADDER_STOP,
                trigger,
                level=stop.unit,
                why=f"the first stop of {plain(stop.size)} coins",
                replaces=slot.last_stop,
                passed=Passed(grid.price(slot.stop_unit), slot.stop_unit, slot.bought_at),
            )

    def _entries(self, windows: Windows, alive: Collection[AliveOrder]) -> Iterator[WantedOrder]:
        """A slot that is free for each buy beyond those that work; where there is none, a buy waits."""
        taken = self._taken(alive)
        working = {order.level: order.key for order in alive if order.key.kind is KeyKind.ENTRY}
        free = (slot for slot in self.ladder.slots if not slot.coins and slot.index not in taken)
        for buy in windows.buys:
            key = working.get(buy.unit)
            if key is None:
                slot = next(free, None)
                if slot is None:
                    continue
                key = OrderKey(KeyKind.ENTRY, slot.index)
            yield self._entry(key, buy)

    def _entry(self, key: OrderKey, buy: WantedBuy) -> WantedOrder:
        ladder = self.ladder
        plan, trigger = ladder.plan, ladder.grid.price(buy.unit)
        why, replaces = f"unit {buy.unit:+d} is armed: {ladder.long_slots} slots are long", None
        before = [order for order in ladder.position_map.orders(buy.unit) if order.side is Side.BUY]
        if before and not before[-1].fills:
            why += f"; the buy before it is {before[-1].status}"
            replaces = before[-1].client_id
        return WantedOrder(
            key,
            Purpose.OPEN,
            Side.BUY,
            buy.size,
            plan.buy_type,
            plan.buy_limit_price(trigger),
            Reason.LADDER_BUY,
            trigger,
            level=buy.unit,
            why=why,
            replaces=replaces,
        )

    def _swept(self, windows: Windows, alive: Collection[AliveOrder]) -> Iterator[OrderKey]:
        """Slots whose coins no order may be placed for, not even together with those before them, and of
        which nothing is alive that could change that."""
        taken, spare = self._taken(alive), self.ladder.dust
        for stop in windows.stops:
            if self._is_dust(stop, spare) and stop.slot not in taken:
                spare += stop.size
                yield OrderKey(KeyKind.STOP, stop.slot)

    def _is_dust(self, stop: WantedStop, spare: Decimal) -> bool:
        ladder = self.ladder
        value = ladder.plan.stop_value(ladder.grid, stop.unit, stop.size + max(spare, ZERO))
        return stop.size > 0 and value < self.instrument.min_order_value

    # Orders and slots

    def _index(self, key: OrderKey) -> int:
        return self.closing if key.kind is KeyKind.CLOSE else key.number

    def _taken(self, alive: Collection[AliveOrder]) -> set[int]:
        """The slots of which an order is alive."""
        return {self._index(order.key) for order in alive}

    def _due(self, alive: Collection[AliveOrder]) -> Mapping[int, Due]:
        return {
            self._index(order.key): Due(order.order.side, self.level if order.level is None else order.level)
            for order in alive
            if order.due
        }


def _is_sale(due: Due | None) -> bool:
    return due is not None and due.side is Side.SELL


def _unit_of_stop(slot: Slot) -> int:
    assert slot.stop_unit is not None, "a slot that holds coins has had a stop unit since it bought them"
    return slot.stop_unit
