"""The own orders of one trade, and questions about them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal

from hypertui.core.kept import GIVEN
from hypertui.core.market import ZERO, Fill, Grouping
from hypertui.core.order_key import OrderKey
from hypertui.core.purpose import Purpose
from hypertui.execution.orders import OwnOrder, Role
from hypertui.execution.pacing import Pacing
from hypertui.execution.timing import Timing
from hypertui.execution.trade_news import TradeNews
from hypertui.strategy.base import Strategy, Target, WantedOrder
from hypertui.strategy.exits.native import is_exit, with_exits
from hypertui.strategy.exits.watch import ExitWatch

# A dead order is forgotten so long (ms) after every fill of its time has been booked: nothing of it can come
# any more. Its fills stay known: should the exchange tell of one again, it is not booked twice.
_KEPT = 600_000


@dataclass(frozen=True, slots=True)
class SeenPrice:
    """A price (USD) and when it was heard (ms)."""

    price: Decimal
    at: int


@dataclass(slots=True)
class OwnOrders:
    """What the inputs have proven so far. Times are ms."""

    strategy: Strategy = field(metadata=GIVEN)
    timing: Timing = field(metadata=GIVEN)
    exits: ExitWatch = field(metadata=GIVEN)
    patience: int = field(init=False)  # before what has not been answered is asked about
    news: list[TradeNews] = field(default_factory=list, metadata=GIVEN)  # since somebody last took it
    price: SeenPrice | None = None  # the newest one that mattered
    withdrawn: bool = False  # a guard has tripped: no entry is wanted until it is reset
    price_is_heard: bool = False  # of a trigger that fired, and no price has come since
    compared_until: int = 0  # every fill before that has been asked for and booked
    funded_until: int | None = None  # when the newest funding that is booked was paid
    pacing: Pacing = field(init=False)
    _orders: dict[str, OwnOrder] = field(default_factory=dict)
    _alive: dict[str, OwnOrder] = field(default_factory=dict, metadata=GIVEN)
    fills_booked: int = 0  # how many have been
    _fills: set[tuple[int, int, int]] = field(
        default_factory=set, metadata=GIVEN
    )  # of all that have been booked

    def __post_init__(self) -> None:
        self.patience = self.timing.confirm_after
        self.pacing = Pacing(self.timing.confirm_after)

    @property
    def alive(self) -> Collection[OwnOrder]:
        """Orders not proven dead, oldest first."""
        return self._alive.values()

    @property
    def of_strategy(self) -> Collection[OwnOrder]:
        """Those of the strategy, oldest first: it knows of no others."""
        return [order for order in self._alive.values() if not is_exit(order.key)]

    def target(self) -> Target:
        """What the strategy wants to work now, without what opens a position where that is withdrawn, and the
        exits that rest beside it."""
        wanted = self.strategy.target(self.of_strategy)
        if self.withdrawn:
            wanted = replace(wanted, orders=tuple(each for each in wanted.orders if not self._opens(each)))
        staying = [order for order in self._alive.values() if not order.cancelling]
        return with_exits(wanted, self.exits, staying, self.strategy)

    def _opens(self, want: WantedOrder) -> bool:
        """Whether it opens a position, or waits for an order that does."""
        waits = want.grouping is Grouping.NORMAL and not self.strategy.coins(want.key)
        return want.purpose is Purpose.OPEN or waits

    def find(self, client_id: str | None) -> OwnOrder | None:
        """An own order by its client id, dead ones too."""
        return None if client_id is None else self._orders.get(client_id)

    @property
    def quiet(self) -> bool:
        """Nothing sent, due or cancelling is unproven."""
        return not any(order.unproven for order in self._alive.values())

    @property
    def settled(self) -> bool:
        """Nothing is unproven, and exactly the target works."""
        if not self.quiet or any(order.altered for order in self._alive.values()):
            return False
        target = self.target()
        wanted = {_as_wanted(want) for want in target.orders}
        working = [_as_works(order) for order in self._alive.values()]
        return len(working) == len(target.orders) and set(working) == wanted

    @property
    def stopped(self) -> Decimal:
        """Coins that live stops cover which have not fired: one of the whole position covers all that can
        have one."""
        stops = [order for order in self._alive.values() if order.protects and not order.due]
        if any(stop.whole for stop in stops):
            return self.strategy.protectable
        return sum((stop.remaining for stop in stops), ZERO)

    def of(self, key: OrderKey) -> Iterator[OwnOrder]:
        """Alive orders of a key."""
        return (order for order in self._alive.values() if order.key == key)

    def buys(self) -> list[OwnOrder]:
        """Alive orders that open a position."""
        return [order for order in self._alive.values() if order.role is Role.BUY]

    def said_passed(self, key: OrderKey) -> bool:
        """Whether the venue has refused the key's stop again and again because the price has passed it, with
        no mark since that would say so or otherwise."""
        return self.pacing.said_passed(key)

    def matters(self, price: Decimal, changed: bool) -> bool:
        """Whether a price changes anything but what the newest price is; `changed` tells whether it differs
        from the one before."""
        if self.price_is_heard or (changed and self.pacing.awaits_price):
            return True
        if self.strategy.matters(price):
            return True
        return any(order.waiting and order.passed_by(price) for order in self._alive.values())

    def booked(self, fill: Fill) -> bool:
        """Whether this fill has been booked."""
        return fill.key in self._fills

    def unanswered(self, now: int) -> list[OwnOrder]:
        """Orders that have to be asked about now; none of those whose answer is awaited."""
        alive = self._alive.values()
        return [o for o in alive if o.unproven and o.asked_at is None and now >= o.ask_at]

    def forget_the_dead(self) -> None:
        """Let go of dead orders of which nothing can come any more."""
        last = {want.replaces for want in self.target().orders}
        over = self.compared_until - _KEPT
        for order in list(self._orders.values()):
            if order.dead and order.since < over and order.client_id not in last:
                del self._orders[order.client_id]


def _as_wanted(want: WantedOrder) -> tuple[object, ...]:
    return want.key, want.stands_at, want.size


def _as_works(own: OwnOrder) -> tuple[object, ...]:
    return own.key, own.order.stands_at, own.wanted_size
