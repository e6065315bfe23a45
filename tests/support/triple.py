"""A second strategy, to hold the seam against: one limit entry, one stop and one target that cancel each
other."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from hypertui.core.findings import Finding
from hypertui.core.kept import GIVEN
from hypertui.core.market import (
    Fill,
    Grouping,
    Instrument,
    Order,
    OrderType,
    Reason,
    Side,
    Source,
    SourceKind,
    TimeInForce,
)
from hypertui.core.order_key import KeyKind, OrderKey
from hypertui.core.purpose import Purpose
from hypertui.core.trade_book import TradeBook
from hypertui.core.volatility import AtrReading
from hypertui.strategy.aside import Aside
from hypertui.strategy.base import (
    AliveOrder,
    CoinsTraded,
    HaltTold,
    Move,
    MoveRecord,
    OrderBegun,
    Passed,
    SellOutTold,
    StrategyEvent,
    Target,
    WantedOrder,
)
from hypertui.strategy.plans import LeftOrder, NotRebuilt, Prospect, Rebuilt, Rule

ENTRY, STOP, TARGET = OrderKey(KeyKind.ENTRY), OrderKey(KeyKind.STOP), OrderKey(KeyKind.TARGET)


@dataclass(slots=True)
class Triple:
    """Buys `size` coins at a limit, protects each of them from the first fill on, and is finished once all
    are sold."""

    plan: TriplePlan = field(metadata=GIVEN)
    book: TradeBook = field(default_factory=TradeBook)
    statistics: Aside = field(default_factory=Aside)
    halted: str = ""
    selling_out: bool = False
    bought_at: int = 0
    sold: bool = False
    newest: dict[str, str] = field(default_factory=dict)  # by key, the order (client id) that was sent last

    def apply(self, event: StrategyEvent, alive: Collection[AliveOrder]) -> Move | None:
        match event:
            case OrderBegun(_, key, _, order):
                self.newest[str(key)] = order.client_id
            case CoinsTraded(fill, _, made_at) if fill.side is Side.BUY:
                self.bought_at = max(made_at, self.bought_at)
            case CoinsTraded():
                self.sold = True
            case SellOutTold():
                self.selling_out = True
            case HaltTold(reason):
                self.halted = reason
        return None

    def target(self, alive: Collection[AliveOrder]) -> Target:
        held, entered = self.book.position, self.bought_at > 0
        # An entry that is filled in part works on; what its end left unbought is not bought any more.
        enters = not (self.sold or self.selling_out or self.halted)
        entry = (self._entry(),) if enters and (not entered or _works(alive)) else ()
        if entry and self.plan.grouping is Grouping.NORMAL and not entered:
            return Target((*entry, self._stop(self.plan.size), self._target(self.plan.size)))
        if held > 0:
            return Target((self._stop(held), self._target(held), *entry))
        return Target(entry, finished="" if entry else "the exit is filled")

    def _entry(self) -> WantedOrder:
        plan, kind = self.plan, OrderType.LIMIT
        return WantedOrder(
            ENTRY, Purpose.OPEN, Side.BUY, plan.size, kind, plan.entry, Reason.ENTRY, tif=plan.tif,
            why="flat", grouping=Grouping.NORMAL if plan.grouping is Grouping.NORMAL else Grouping.NONE,
        )  # fmt: skip

    def _stop(self, held: Decimal) -> WantedOrder:
        plan, passed = self.plan, Passed(self.plan.stop, None, self.bought_at)
        limit, kind = plan.instrument.round_price(plan.stop * (1 - plan.slippage)), plan.stop_type
        size = Decimal(0) if plan.grouping is Grouping.POSITION else held
        return WantedOrder(
            STOP, Purpose.PROTECT, Side.SELL, size, kind, limit, Reason.HARD_STOP, plan.stop, why="held",
            replaces=self.newest.get(str(STOP)), passed=passed, grouping=plan.grouping,
        )  # fmt: skip

    def _target(self, held: Decimal) -> WantedOrder:
        plan = self.plan
        if plan.grouping is not Grouping.NONE:
            size = Decimal(0) if plan.grouping is Grouping.POSITION else held
            limit, kind = plan.instrument.round_price(plan.goal * (1 - plan.slippage)), OrderType.TAKE_PROFIT
            return WantedOrder(
                TARGET, Purpose.REDUCE, Side.SELL, size, kind, limit, Reason.TAKE_PROFIT, plan.goal,
                why="held", replaces=self.newest.get(str(TARGET)),
                passed=Passed(plan.goal, None, self.bought_at), grouping=plan.grouping,
            )  # fmt: skip
        kind = OrderType.LIMIT
        return WantedOrder(
            TARGET, Purpose.REDUCE, Side.SELL, held, kind, plan.goal, Reason.TAKE_PROFIT, why="held",
            replaces=self.newest.get(str(TARGET)),
        )  # fmt: skip

    # What the rest of the house asks of any strategy

    level = moves = cycles = stay = None
    unworkable = ""
    reenters = enters_now = False

    def entry_refusal(self, at: int) -> str:
        return "it enters by itself"

    @property
    def instrument(self) -> Instrument:
        return self.plan.instrument

    @property
    def source(self) -> Source:
        return self.plan.source

    @property
    def slippage(self) -> Decimal:
        return self.plan.slippage

    @property
    def protectable(self) -> Decimal:
        return self.book.position

    def coins(self, key: OrderKey) -> Decimal:
        return self.book.position if key in (STOP, TARGET) else Decimal(0)

    def in_words(self) -> str:
        return "one piece"

    def matters(self, price: Decimal) -> bool:
        return False

    def record(self, move: Move, alive: Collection[AliveOrder]) -> MoveRecord:
        raise AssertionError("it never moves")


def _works(alive: Collection[AliveOrder]) -> bool:
    return any(order.key == ENTRY for order in alive)


@dataclass(frozen=True, slots=True)
class TriplePlan:
    """`size` coins at `entry`, out at `stop` or `goal` (USD). The exits of `grouping` POSITION close the
    position, however large it is; those of NORMAL are placed with the entry, and wait for it."""

    instrument: Instrument
    leverage: int
    size: Decimal
    entry: Decimal
    stop: Decimal
    goal: Decimal
    tif: TimeInForce = TimeInForce.ALO
    grouping: Grouping = Grouping.NONE
    slippage: Decimal = Decimal("0.10")
    stop_type: OrderType = OrderType.STOP_MARKET
    source = Source(SourceKind.STRATEGY, "triple")
    opening_level = None
    enters = False
    headroom = Decimal(1)
    step = Decimal(0)

    @property
    def position_size(self) -> Decimal:
        return self.size * self.entry

    @property
    def stop_distance(self) -> Decimal:
        return self.entry - self.stop

    def check(self) -> None:
        pass

    def rules(self) -> Iterator[Rule]:
        yield from ()

    def rules_at(self, price: Decimal, coins: Decimal | None = None) -> Iterator[Rule]:
        yield from ()

    def outlook(self, prospect: Prospect) -> Iterator[Finding]:
        yield from ()

    def entry_size(self, price: Decimal) -> Decimal:
        return self.size

    def opening(self, client_id: str, mid: Decimal) -> Order | None:
        return None

    def start(self, fills: Sequence[Fill]) -> Triple:
        return Triple(self)

    def rebuild(
        self, opening: Sequence[Fill], traded: Collection[OrderKey], orders: Sequence[LeftOrder]
    ) -> Rebuilt:
        raise NotRebuilt("it cannot be")


@dataclass(frozen=True, slots=True)
class TripleTerms:
    """The settings of one."""

    size: Decimal
    entry: Decimal
    stop: Decimal
    goal: Decimal
    tif: TimeInForce = TimeInForce.ALO
    grouping: Grouping = Grouping.NONE
    strategy = "triple"
    slippage = Decimal("0.10")

    @property
    def position_size(self) -> Decimal:
        return self.size * self.entry

    @property
    def stop_distance(self) -> Decimal:
        return self.entry - self.stop

    is_settled = True
    needs_atr = False
    not_rebuilt = ""

    def step_at(self, entry: Decimal | None) -> Decimal | None:
        return None

    def settled(
        self, instrument: Instrument, entry: Decimal, taker_fee: Decimal, atr: AtrReading | None = None
    ) -> TripleTerms:
        return self

    def outline(self, instrument: Instrument, leverage: int) -> TriplePlan:
        return self.plan(instrument, leverage)

    def check(self, instrument: Instrument, leverage: int) -> None:
        self.plan(instrument, leverage).check()

    def recorded(self, record: Mapping[str, Any]) -> TripleTerms:
        return self

    def plan(self, instrument: Instrument, leverage: int) -> TriplePlan:
        return TriplePlan(
            instrument, leverage, self.size, self.entry, self.stop, self.goal, self.tif, self.grouping
        )

    def record(self) -> Mapping[str, Any]:
        return {"size": str(self.size)}
