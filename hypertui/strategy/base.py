"""The strategy seam: what a strategy is told, what it wants to work at the exchange, and what it must answer.

A strategy is pure: no clock, no I/O, no ids, no logging. Times are ms, money and prices USD, sizes coins.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol, TypeAlias

from hypertui.core.market import (
    Fill,
    Grouping,
    Instrument,
    Order,
    OrderType,
    Reason,
    Side,
    Source,
    TimeInForce,
)
from hypertui.core.order_key import OrderKey
from hypertui.core.purpose import Purpose
from hypertui.core.trade_book import TradeBook
from hypertui.strategy.aside import Aside
from hypertui.strategy.stay import Stay

# What it wants


@dataclass(frozen=True, slots=True)
class Passed:
    """The last trigger of an exit, which may be alive no more: once a price heard at or after
    `since` is at or through `price`, and nothing covers the coins, they are sold at the market. `level` is
    where it stood."""

    price: Decimal
    level: int | None
    since: int


@dataclass(frozen=True, slots=True)
class WantedOrder:
    """An order that should work, never how it gets there.

    `level` is where it stands on the strategy's own scale, None where that has none: two orders of a key at
    one level stand at one price. `why` says in words what it is for, and `replaces` names the order (client
    id) in whose place it goes, where the strategy knows one. Orders of one `grouping` are placed in one
    action. Whatever does not open a position only reduces it. `source` is who wants it, None for the strategy
    itself.

    An entry is cancelled before another of its key is placed; what protects or reduces is placed first, so
    that coins are never without it. A fired limit that rests unfilled is cancelled unless it `keeps_resting`.
    """

    key: OrderKey
    purpose: Purpose
    side: Side
    size: Decimal
    type: OrderType
    limit: Decimal
    reason: Reason
    trigger: Decimal | None = None
    tif: TimeInForce = TimeInForce.GTC
    level: int | None = None
    why: str = ""
    replaces: str | None = None
    passed: Passed | None = None
    grouping: Grouping = Grouping.NONE
    keeps_resting: bool = False
    source: Source | None = None

    @property
    def stands_at(self) -> Decimal:
        """The price (USD) at which it should stand: its trigger, or its limit where it has none."""
        return self.limit if self.trigger is None else self.trigger

    def order(self, client_id: str, symbol: str, size: Decimal) -> Order:
        """The order itself, of `size` coins."""
        return Order(
            client_id,
            symbol,
            self.side,
            size,
            self.type,
            self.limit,
            self.trigger,
            reduce_only=self.purpose is not Purpose.OPEN,
            tif=self.tif,
        )


@dataclass(frozen=True, slots=True)
class Target:
    """What should work now. The orders of keys that are `kept` stay as they are, those of any other key that
    is not wanted go. `swept` keys hold coins for which no order is taken: they are given up, and join what is
    `loose`, which the next protective order takes along. `halted` says why the strategy can go on no more,
    `finished` how it has come to its end, with nothing left to do; empty where neither is so."""

    orders: tuple[WantedOrder, ...]
    kept: frozenset[OrderKey] = frozenset()
    swept: tuple[OrderKey, ...] = ()
    loose: Decimal = Decimal(0)
    halted: str = ""
    finished: str = ""


class AliveOrder(Protocol):
    """An own order that is not proven dead, as far as a strategy may know it. It is `due` from the moment at
    which its trigger was passed until what became of it is proven."""

    @property
    def client_id(self) -> str: ...

    @property
    def key(self) -> OrderKey: ...

    @property
    def level(self) -> int | None: ...

    @property
    def order(self) -> Order: ...

    @property
    def due(self) -> bool: ...


# What it is told


@dataclass(frozen=True, slots=True)
class PriceSeen:
    """A price. It moves the strategy by one level at most, and is told again until it does not."""

    price: Decimal


@dataclass(frozen=True, slots=True)
class OrderBegun:
    """An order is about to be sent."""

    at: int
    key: OrderKey
    level: int | None
    order: Order
    status: str


@dataclass(frozen=True, slots=True)
class OrderNoted:
    """An order has a new status, in a word."""

    at: int
    client_id: str
    status: str


@dataclass(frozen=True, slots=True)
class OrderOver:
    """An order is proven dead."""

    key: OrderKey
    level: int | None


@dataclass(frozen=True, slots=True)
class CoinsTraded:
    """A fill has been booked, `made_at` by our clock, which realised `gain` USD. `key` and `level` are those
    of its order; None where no order of the strategy made it. Of an order that is not `known` only the key is
    told."""

    fill: Fill
    gain: Decimal
    made_at: int
    key: OrderKey | None = None
    level: int | None = None
    known: bool = True


@dataclass(frozen=True, slots=True)
class CoinsSwept:
    """The coins of a key are given up as too few for an order."""

    key: OrderKey


@dataclass(frozen=True, slots=True)
class CoinsCorrected:
    """The exchange holds `difference` coins more (or, negative, fewer) than the fills say, since `at` or
    before."""

    difference: Decimal
    at: int


@dataclass(frozen=True, slots=True)
class HaltTold:
    """It can go on no more, because of what its target said: no entries any more."""

    reason: str


@dataclass(frozen=True, slots=True)
class SellOutTold:
    """No entries any more, for good; what protects goes on until all is sold."""


@dataclass(frozen=True, slots=True)
class EntryTold:
    """`source` asks a flat strategy to enter, while the price is `seen` (USD), at a `price` of its own where
    it has one, and with so much at `most` (USD) where it says so: never with more than the plan's."""

    at: int
    source: Source
    seen: Decimal
    price: Decimal | None = None
    most: Decimal | None = None


@dataclass(frozen=True, slots=True)
class EntriesStand:
    """Whether entries are to `stand` as they are for now: none is placed or moved."""

    stand: bool


@dataclass(frozen=True, slots=True)
class StayEnded:
    """An exit of the trade has been seen through: nothing is held any more, and nothing works."""

    at: int


StrategyEvent: TypeAlias = (
    PriceSeen
    | OrderBegun
    | OrderNoted
    | OrderOver
    | CoinsTraded
    | CoinsSwept
    | CoinsCorrected
    | HaltTold
    | SellOutTold
    | EntryTold
    | EntriesStand
    | StayEnded
)


@dataclass(frozen=True, slots=True)
class Move:
    """The strategy went to another level: the `number`th such move, from 1, by `price`. `touched` is the
    level's own price, `upwards` the way."""

    number: int
    price: Decimal
    level: int
    touched: Decimal
    upwards: bool


@dataclass(frozen=True, slots=True)
class MoveRecord:
    """A move with the strategy's state just after it, as JSON can say it."""

    move: Move
    state: Mapping[str, object]


# What it must answer


class Strategy(Protocol):
    """One strategy in one trade. `alive` are the trade's orders that are not proven dead, oldest first."""

    @property
    def book(self) -> TradeBook:
        """What the trade holds and has made. The trade owns it, the strategy reads it."""

    @property
    def statistics(self) -> Aside:
        """What is counted for people: a defect in it makes it wrong and nothing else."""

    @property
    def instrument(self) -> Instrument:
        """What it trades."""

    @property
    def source(self) -> Source:
        """Who its orders are by."""

    @property
    def slippage(self) -> Decimal:
        """How far from the price an order at the market may fill, as a fraction of it."""

    @property
    def level(self) -> int | None:
        """Where it stands on its own scale, None where it has none."""

    @property
    def moves(self) -> int | None:
        """How many moves it has made, None where it makes none."""

    @property
    def cycles(self) -> int | None:
        """How many cycles have ended, None where it has none."""

    @property
    def protectable(self) -> Decimal:
        """Coins held that orders can be placed for: all but what is loose."""

    def coins(self, key: OrderKey) -> Decimal:
        """Coins held that orders of this key are for."""

    @property
    def halted(self) -> str:
        """Why it can go on no more, empty where it can."""

    @property
    def selling_out(self) -> bool:
        """Whether no entries are wanted any more."""

    @property
    def stay(self) -> Stay | None:
        """Its stay in the market, by which the exits of its trade go, and whose stop is its own; None of a
        strategy that is in it from the trade's opening to its end, with stops of its own."""

    @property
    def reenters(self) -> bool:
        """Whether it goes on after an exit of its trade, and may be told to enter again."""

    @property
    def enters_now(self) -> bool:
        """Whether it is to be told to enter as soon as it trades, by its own plan."""

    def entry_refusal(self, at: int) -> str:
        """Why it would not enter if it were told so at `at` (ms), in words; empty where it would."""

    @property
    def unworkable(self) -> str:
        """Why the trade that has just been opened must be closed at once, empty where it need not."""

    def in_words(self) -> str:
        """Where the coins are, for an operator."""

    def matters(self, price: Decimal) -> bool:
        """Whether a price changes anything for it."""

    def apply(self, event: StrategyEvent, alive: Collection[AliveOrder]) -> Move | None:
        """Take what has happened; a move where a price made it. The only thing that changes it."""

    def target(self, alive: Collection[AliveOrder]) -> Target:
        """What should work now. Nothing changes by asking."""

    def record(self, move: Move, alive: Collection[AliveOrder]) -> MoveRecord:
        """The state just after a move."""
