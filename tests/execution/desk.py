"""A tracker and a manager without I/O: a test plays the venue by hand, in whatever order it likes."""

from __future__ import annotations

import json
from collections.abc import Sequence, Set
from dataclasses import replace
from decimal import Decimal
from random import Random

from hypertui.core.market import OTHERS, Fill, IngestVia, Instrument, Reason, Side
from hypertui.core.order_key import OrderKey
from hypertui.exchange.protocol import (
    Allowance,
    OrderReport,
    OrderState,
    Placed,
    Refusal,
    Refused,
    Resting,
)
from hypertui.execution.actions import Action, AskAbout, Cancel, Place
from hypertui.execution.convergence import UnderWay
from hypertui.execution.granting import Granting
from hypertui.execution.input_codec import JournalledInput
from hypertui.execution.orders import ClientIds, Closing, Decision, OwnOrder, Role
from hypertui.execution.own_orders import SeenPrice
from hypertui.execution.playback import replay
from hypertui.execution.recorder import TradeRecorder
from hypertui.execution.timing import Timing
from hypertui.execution.trade import Trade
from hypertui.execution.trade_events import TradeEvents
from hypertui.execution.trade_inputs import (
    FillAdopted,
    FillReceived,
    FillsCompared,
    OrderAnswered,
    OrderReported,
    QuestionAnswered,
    StateSet,
)
from hypertui.execution.trading_state import Posture
from hypertui.runtime.clock_sync import ClockSync
from hypertui.runtime.event_log import EventLog
from hypertui.runtime.health_tally import HealthTally
from hypertui.runtime.request_budget import RequestBudget
from hypertui.strategy.ladder.plan import BuyOrder, Reinvest
from hypertui.strategy.ladder.trade_plan import LadderPlan
from tests.support.ladders import ladder_of
from tests.support.memory_journal import MemoryJournal

SOL = Instrument("SOL", 2, 20)
PLAN = LadderPlan(SOL, Decimal(1), Decimal(4_000), reinvest=Reinvest.OFF)
START = 1_000_000


class Desk:
    """A trade entered at 100 with 10 coins in each slot, its four stops acknowledged. `now` is in ms;
    `entry_block` says why no new risk is taken."""

    def __init__(
        self,
        trust_slots: int = 1,
        reinvest: Reinvest = Reinvest.OFF,
        buy_order: BuyOrder = BuyOrder.STOP_MARKET,
    ) -> None:
        self.now = START
        self.entry_block = ""
        self._fill_id = 0
        self.entry = Fill("SOL", Side.BUY, Decimal(40), Decimal(100), Decimal(0), START, 1, 0)
        self.plan = replace(PLAN, trust_slots=trust_slots, reinvest=reinvest, buy_order=buy_order)
        self.trade = self.opened()
        self.ladder, self.tracker = ladder_of(self.trade.tracker), self.trade.tracker
        self.journal = MemoryJournal()
        self.log = EventLog(lambda: self.now)
        events = TradeEvents(self.log, lambda: self.now, self.journal, HealthTally(START))
        self.recorder = TradeRecorder(self.trade, self.journal, events)
        self.take = self.recorder.take
        self.left = Allowance(1_200, 1_200)
        self.skew = ClockSync()
        self.rations = RequestBudget(lambda: self.left, self.skew, lambda: self.now, Random(1))
        self.granting = Granting(self.recorder, self.rations)
        self.mark(100)
        self.settle()

    def opened(self) -> Trade:
        """The trade just after its entry."""
        return Trade(self.plan.start([self.entry]), Timing(), ClientIds(7))

    # What a restart has

    @property
    def journalled(self) -> list[JournalledInput]:
        """The inputs as a journal gives them back."""
        return [
            JournalledInput(kept.kind, kept.at, json.loads(json.dumps(kept.data)))
            for kept in self.journal.inputs
        ]

    def played_back(self) -> Trade:
        """The trade that a restart would have."""
        trade = self.opened()
        replay(trade, self.journalled)
        return trade

    # What the world does

    def wait(self, ms: int) -> None:
        self.now += ms

    def mark(self, price: int | str) -> None:
        self.wait(1)
        self.recorder.take_price(Decimal(price), self.now)

    def acknowledge(self, *orders: OwnOrder) -> None:
        self.wait(1)
        for order in orders:
            self._answered(order, Resting(hash(order.client_id) % 10**6))

    def refuse(self, order: OwnOrder, kind: Refusal = Refusal.OTHER) -> None:
        self.wait(1)
        self._answered(order, Refused(kind, "no"))

    def _answered(self, order: OwnOrder, answer: Placed) -> None:
        self.take(OrderAnswered(self.now, order.client_id, answer))

    def fill(self, order: OwnOrder, size: Decimal | int | None = None, from_feed: bool = True) -> Fill:
        self.wait(1)
        self._fill_id += 1
        price = order.order.trigger or Decimal(100)
        coins = order.remaining if size is None else Decimal(size)
        made = Fill(
            "SOL", order.order.side, coins, price, Decimal(0), self.now, 9, self._fill_id, order.client_id
        )
        via = IngestVia.FEED if from_feed else IngestVia.COMPARISON
        self.take(FillReceived(self.now, made, self.now, via))
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
        self.take(OrderReported(self.now, self.report(order, state, remaining), from_feed=True))

    def answer(self, order: OwnOrder, state: OrderState | None, asked_at: int | None = None) -> None:
        """Answer a question that was sent at `asked_at`, by default just now; None is "unknown"."""
        self.wait(2)
        report = None if state is None else self.report(order, state, order.remaining)
        asked_at = self.now - 1 if asked_at is None else asked_at
        self.take(QuestionAnswered(self.now, order.client_id, report, asked_at, self.recorder.mark))

    def adopt(self, fill: Fill) -> None:
        """Take a fill that no order of the trade made into the books."""
        self.take(
            FillAdopted(self.now, fill, Role.ADOPTED, Decision(Reason.MANUAL, OTHERS), IngestVia.ADOPTION)
        )

    def compared(self) -> None:
        """All fills until now are booked."""
        self.take(FillsCompared(self.now, self.now))

    def pose(self, posture: Posture) -> None:
        """Let convergence do so much by itself."""
        self.take(StateSet(self.now, self.trade.state.with_posture(posture)))

    # What the trade does

    def converge(self, under_way: UnderWay = UnderWay()) -> list[Action]:  # noqa: B008 - it is frozen
        self.wait(1)
        return self.granting.decided(under_way, self.entry_block, self.now)

    def close(self, size: Decimal, price: Decimal, why: str) -> OwnOrder:
        """An order that closes so many coins at the market."""
        return self.granting.close(size, SeenPrice(price, self.now), Closing(why), self.now).orders[0]

    def acts(
        self, busy: bool = False, placing: Set[OrderKey] = frozenset()
    ) -> tuple[list[OwnOrder], list[OwnOrder]]:
        """The orders that are placed next, and those that are cancelled."""
        actions = self.converge(UnderWay(busy, placing))
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
        return sorted(_level(order) for order in self.tracker.alive if order.order.side is side)

    def _one(self, side: Side, unit: int) -> OwnOrder:
        found = [o for o in self.tracker.alive if o.order.side is side and o.level == unit]
        assert len(found) == 1, found
        return found[0]


def units(orders: Sequence[OwnOrder]) -> list[int]:
    return [_level(order) for order in orders]


def _level(order: OwnOrder) -> int:
    assert order.level is not None, "the ladder's orders have one"
    return order.level
