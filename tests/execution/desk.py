"""A tracker and a manager without I/O: a test plays the venue by hand, in whatever order it likes."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import replace
from decimal import Decimal
from random import Random

from hypertui.core.market import Fill, Instrument, Side
from hypertui.exchange.protocol import Allowance, OrderReport, OrderState, Refusal, Refused, Resting
from hypertui.execution.convergence import Action, AskAbout, Cancel, OrderManager, Place
from hypertui.execution.order_tracker import OrderTracker, Timing
from hypertui.execution.orders import ClientIds, OwnOrder, Role
from hypertui.execution.recording import Record, RecordedTracker
from hypertui.runtime.clock_sync import ClockSync
from hypertui.runtime.request_budget import RequestBudget
from hypertui.strategy.ladder.ladder import Ladder, Step
from hypertui.strategy.ladder.plan import BuyOrder, Plan, Reinvest

SOL = Instrument("SOL", 2, 20)
PLAN = Plan(SOL, Decimal(1), Decimal(4_000), reinvest=Reinvest.OFF)
START = 1_000_000


class Deaf:
    def on_step(self, step: Step) -> None: ...

    def on_order(self, order: OwnOrder, status: str) -> None: ...


class Desk:
    """A trade entered at 100 with 10 coins in each slot, its four stops acknowledged. `now` is in ms."""

    def __init__(
        self,
        trust_slots: int = 1,
        reinvest: Reinvest = Reinvest.OFF,
        buy_order: BuyOrder = BuyOrder.STOP_MARKET,
        record: Record | None = None,
    ) -> None:
        self.now = START
        self._fill_id = 0
        entry = Fill("SOL", Side.BUY, Decimal(40), Decimal(100), Decimal(0), START, 1, 0)
        plan = replace(PLAN, trust_slots=trust_slots, reinvest=reinvest, buy_order=buy_order)
        self.entry = entry
        self.ladder = Ladder.open(plan, [entry])
        self.tracker = OrderTracker(self.ladder, Timing(), Deaf())
        if record is not None:
            self.tracker = RecordedTracker(self.ladder, Timing(), Deaf(), record)
        self.left = Allowance(1_200, 1_200)
        self.skew = ClockSync()
        self.rations = RequestBudget(lambda: self.left, self.skew, lambda: self.now, Random(1))
        self.manager = OrderManager(self.tracker, ClientIds(7), self.rations)
        self.mark(100)
        self.settle()

    # What the world does

    def wait(self, ms: int) -> None:
        self.now += ms

    def mark(self, price: int | str) -> None:
        self.wait(1)
        self.tracker.on_mark(Decimal(price), self.now)

    def acknowledge(self, *orders: OwnOrder) -> None:
        self.wait(1)
        for order in orders:
            self.tracker.on_placed(order, Resting(hash(order.client_id) % 10**6), self.now)

    def refuse(self, order: OwnOrder, kind: Refusal = Refusal.OTHER) -> None:
        self.wait(1)
        self.tracker.on_placed(order, Refused(kind, "no"), self.now)

    def fill(self, order: OwnOrder, size: Decimal | int | None = None, from_feed: bool = True) -> Fill:
        self.wait(1)
        self._fill_id += 1
        price = order.order.trigger or Decimal(100)
        coins = order.remaining if size is None else Decimal(size)
        made = Fill(
            "SOL", order.order.side, coins, price, Decimal(0), self.now, 9, self._fill_id, order.client_id
        )
        self.tracker.on_fill(made, self.now, from_feed)
        return made

    def report(
        self, order: OwnOrder, state: OrderState, remaining: Decimal | int = 0, status: str = ""
    ) -> OrderReport:
        return OrderReport(
            "SOL",
            9,
            order.client_id,
            order.order.side,
            state,
            status or state.value,
            order.order.size,
            Decimal(remaining),
            self.now,
        )

    def tell(self, order: OwnOrder, state: OrderState, remaining: Decimal | int = 0) -> None:
        self.wait(1)
        self.tracker.on_report(self.report(order, state, remaining), self.now, from_feed=True)

    def answer(self, order: OwnOrder, state: OrderState | None, asked_at: int | None = None) -> None:
        """Answer a question that was sent at `asked_at`, by default just now; None is "unknown"."""
        self.wait(2)
        report = None if state is None else self.report(order, state, order.remaining)
        self.tracker.on_answer(order, report, self.now - 1 if asked_at is None else asked_at, self.now)

    # What the manager does

    def converge(self) -> list[Action]:
        self.wait(1)
        return self.manager.converge(self.now)

    def acts(
        self, busy: bool = False, placing: Set[int] = frozenset()
    ) -> tuple[list[OwnOrder], list[OwnOrder]]:
        """The orders that are placed next, and those that are cancelled."""
        self.wait(1)
        actions = self.manager.converge(self.now, busy, placing)
        placed = [order for action in actions if isinstance(action, Place) for order in action.orders]
        return placed, [order for action in actions if isinstance(action, Cancel) for order in action.orders]

    def places(self) -> list[OwnOrder]:
        """The orders that are placed next; none may be cancelled."""
        placed, cancelled = self.acts()
        assert not cancelled, cancelled
        return placed

    def cancels(self) -> list[OwnOrder]:
        """The orders that are cancelled next; none may be placed."""
        placed, cancelled = self.acts()
        assert not placed, placed
        return cancelled

    def asks(self) -> list[OwnOrder]:
        return [action.order for action in self.converge() if isinstance(action, AskAbout)]

    def settle(self) -> int:
        """Let the venue do at once whatever is asked, until nothing is left to do; returns how many actions
        that took."""
        for count in range(50):
            actions = self.converge()
            if not actions:
                return count
            for action in actions:
                match action:
                    case Place(orders):
                        self.acknowledge(*orders)
                        for order in orders:
                            if order.role is Role.SALE:
                                self.fill(order)
                    case Cancel(orders):
                        for order in orders:
                            self.tell(order, OrderState.CANCELLED, order.remaining)
                    case AskAbout(order):
                        self.answer(order, OrderState.OPEN)
        raise AssertionError("it never comes to rest")

    # What is so

    def stop(self, unit: int) -> OwnOrder:
        return self._one(Side.SELL, unit)

    def buy(self, unit: int) -> OwnOrder:
        return self._one(Side.BUY, unit)

    def units(self, side: Side) -> list[int]:
        """Where orders of a side are alive."""
        return sorted(order.unit for order in self.tracker.alive if order.order.side is side)

    def _one(self, side: Side, unit: int) -> OwnOrder:
        found = [o for o in self.tracker.alive if o.order.side is side and o.unit == unit]
        assert len(found) == 1, found
        return found[0]


def units(orders: Sequence[OwnOrder]) -> list[int]:
    return [order.unit for order in orders]
