"""The order gateway: sends actions to the exchange and brings back what became of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import replace
from typing import Protocol

from hypertui.core.market import Fill, Grouping, IngestVia
from hypertui.core.phrases import counted
from hypertui.core.purpose import Purpose
from hypertui.exchange.protocol import (
    CancelOutcome,
    ExchangeError,
    OrderReport,
    Placed,
    RateLimited,
    Rejected,
    Unknown,
)
from hypertui.execution.actions import Action, AskAbout, Cancel, Place, is_resting_stop
from hypertui.execution.arrivals import (
    ActionArrival,
    ActionEnded,
    ActionOutcome,
    CancelHeld,
    LookUpFailed,
    OrderLookedUp,
    PlacementHeld,
)
from hypertui.execution.bookkeeping import Bookkeeper
from hypertui.execution.convergence import UnderWay
from hypertui.execution.orders import OwnOrder, Role
from hypertui.execution.recorder import TradeRecorder
from hypertui.execution.trade_context import TradeContext
from hypertui.execution.trade_inputs import (
    CancelAnswered,
    CancelsNotSent,
    OrderAnswered,
    OrdersNotPlaced,
    QuestionAnswered,
    QuestionFailed,
)

_FILLS_MARGIN_MS = 60_000
_NO_ANSWER = "no answer"
# Seconds from the decision until what waits for its rows is signed: by then stops beside it have left, and
# whoever writes the rows has nothing left to do but wait for the disk.
_PREPARE_AFTER = 0.001


class Complaints(Protocol):
    """Who is told how the exchange takes whole actions."""

    def trouble(self, text: str | None) -> None:
        """An action did not take effect, in words; None when one did again."""

    def unanswered(self, text: str) -> None:
        """Nobody knows whether an action took effect, in words."""

    def proven(self) -> None:
        """What became of every order is known now."""

    def refused(self, error: Rejected) -> None:
        """The exchange has refused a whole action."""


class OrderGateway:
    """Carries each action beside the events, and gives the trade what became of it. `doubt` is called when
    nobody knows whether one took effect.

    What adds risk, sells at once or cancels leaves when all that was written down by then is durable. Resting
    stops leave at once: an order that the next start does not know is found at the exchange, and a stop is
    one that may be found. Nor does a question wait."""

    def __init__(
        self,
        context: TradeContext,
        recorder: TradeRecorder,
        bookkeeper: Bookkeeper,
        complaints: Complaints,
        doubt: Callable[[], None],
    ) -> None:
        self._context = context
        self._exchange = context.exchange
        self._symbol = context.config.symbol
        self._recorder = recorder
        self._tracker = recorder.trade.tracker
        self._queue = context.queue
        self._clock = context.clock
        self._budget = context.budget
        self._clock_sync = context.clock_sync
        self._bookkeeper = bookkeeper
        self._complaints = complaints
        self._doubt = doubt
        self._durability = context.durability
        self._under_way: list[Place | Cancel] = []
        self._waiting = 0  # how many of these wait for their rows

    @property
    def busy(self) -> bool:
        """Whether what became of an action is still to come."""
        return bool(self._under_way)

    @property
    def under_way(self) -> UnderWay:
        """What is on its way, and of which keys. What waits for the journal keeps nothing else waiting."""
        places = (action for action in self._under_way if isinstance(action, Place))
        has_left = len(self._under_way) > self._waiting
        return UnderWay(has_left, {order.key for place in places for order in place.orders})

    def send(self, action: Action) -> None:
        """Start to carry an action; what becomes of it arrives in the queue."""
        match action:
            case Place():
                for part in self._parts(action):
                    self._act(part)
            case Cancel():
                self._act(action)
            case AskAbout(order):
                self._queue.spawn(self._ask(order))

    def _parts(self, action: Place) -> Iterator[Place]:
        """What may leave at once, and what has to wait; no buys at all while nothing can be written."""
        if self._durability.problem:
            yield from self._without_buys(action, self._durability.problem)
        elif not self._durability.behind or action.grouping is Grouping.NORMAL:
            yield action  # a parent and what waits for it are one action
        else:
            stops = tuple(order for order in action.orders if is_resting_stop(order.order))
            others = tuple(order for order in action.orders if not is_resting_stop(order.order))
            yield from (replace(action, orders=part) for part in (stops, others) if part)

    def _without_buys(self, action: Place, problem: str) -> Iterator[Place]:
        """What protects, if any of it does; the buys, which could not be made durable, are taken back."""
        # What waits for a buy to fill goes with it.
        whole = action.grouping is Grouping.NORMAL
        buys = [order for order in action.orders if whole or order.role is Role.BUY]
        if buys:
            self._recorder.take(OrdersNotPlaced(self._clock(), _ids(buys), problem))
        kept = tuple(order for order in action.orders if order not in buys)
        if kept:
            yield replace(action, orders=kept)

    def _act(self, action: Place | Cancel) -> None:
        self._under_way.append(action)
        rows: asyncio.Future[str] | None = None
        if self._durability.behind and not self._durability.problem and not _may_be_ahead(action):
            rows = self._durability.receipt()
            self._waiting += 1
        self._queue.spawn(self._carry(action, rows, self._covered(action)))

    async def _carry(
        self, action: Place | Cancel, rows: asyncio.Future[str] | None, covered: Set[str]
    ) -> None:
        problem = "" if rows is None else await self._written(action, rows)
        if problem and isinstance(action, Place):
            self._queue.post(PlacementHeld(action, problem))
            return
        if isinstance(action, Cancel) and covered - self._covered(action):
            self._queue.post(CancelHeld(action))
            return
        sent_at = self._clock()
        outcome = await self._outcome(action)
        self._queue.post(ActionEnded(action, sent_at, outcome))

    def _covered(self, action: Place | Cancel) -> Set[str]:
        """The exits (client ids) among what is cancelled whose coins another order is known to cover, or that
        have sold them. What an operator has cancelled needs no cover."""
        if isinstance(action, Place) or action.purpose is not Purpose.CANCEL:
            return set()
        exits = [order for order in action.orders if order.purpose is not Purpose.OPEN]
        return {order.client_id for order in exits if order.dead or self._is_covered(order)}

    def _is_covered(self, order: OwnOrder) -> bool:
        return any(other is not order and other.is_live for other in self._tracker.of(order.key))

    async def _written(self, action: Place | Cancel, rows: asyncio.Future[str]) -> str:
        """Wait for the journal, and prepare a placement meanwhile. Returns why the journal cannot be written,
        empty where that is done."""
        try:
            if isinstance(action, Place):
                await asyncio.wait([rows], timeout=_PREPARE_AFTER)
                self._prepare(action)
            return await rows
        finally:
            self._waiting -= 1

    def _prepare(self, action: Place) -> None:
        expires_at = self._clock_sync.at_venue(action.orders[0].expires_at)
        self._exchange.prepare([order.order for order in action.orders], expires_at, action.grouping)

    async def _outcome(self, action: Place | Cancel) -> ActionOutcome:
        try:
            return await (self._place(action) if isinstance(action, Place) else self._cancel(action))
        except ExchangeError as error:
            return error
        except Exception:
            self._under_way.remove(action)  # a defect ends the trade, and its wind-down has to act
            raise

    async def _place(self, action: Place) -> Sequence[Placed]:
        expires_at = self._clock_sync.expiry(action.orders[0].expires_at)
        return await self._exchange.place(
            [order.order for order in action.orders], expires_at, action.grouping
        )

    async def _cancel(self, action: Cancel) -> Sequence[CancelOutcome]:
        expires_at = self._clock_sync.expiry(min(order.cancel_expires_at for order in action.orders))
        return await self._exchange.cancel(self._symbol, _ids(action.orders), expires_at)

    async def _ask(self, order: OwnOrder) -> None:
        asked_at = self._clock()
        try:
            report = await self._exchange.order_report(order.client_id)
            fills: Sequence[Fill] = ()
            if _may_have_fills(report, order):
                since = max(order.sent_at, self._tracker.compared_until) - _FILLS_MARGIN_MS
                fills = await self._exchange.fills_since(self._symbol, since)
        except ExchangeError as error:
            self._queue.post(LookUpFailed(order, error))
        else:
            self._queue.post(OrderLookedUp(order, asked_at, report, fills))

    # What became of it

    def take(self, arrival: ActionArrival) -> None:
        """An answer has come, or it is known that none does."""
        match arrival:
            case ActionEnded(action, sent_at, outcome):
                self._under_way.remove(action)
                self._ended(action, sent_at, outcome)
            case PlacementHeld(action, problem):
                self._under_way.remove(action)
                for kept in self._without_buys(action, problem):
                    self.send(kept)
            case CancelHeld(action):
                self._under_way.remove(action)
                self._recorder.take(CancelsNotSent(self._clock(), _ids(action.orders)))
            case OrderLookedUp(order, asked_at, report, fills):
                self._budget.answered(Purpose.ASK)
                for fill in fills:
                    self._bookkeeper.book(fill, IngestVia.ANSWER)
                mark, now = self._recorder.mark, self._clock()
                if self._knows(order):
                    self._recorder.take(QuestionAnswered(now, order.client_id, report, asked_at, mark))
                if self._tracker.quiet:
                    self._complaints.proven()
            case LookUpFailed(order, error):
                if isinstance(error, RateLimited):
                    self._budget.refused(Purpose.ASK, error)
                if self._knows(order):
                    self._recorder.take(QuestionFailed(self._clock(), order.client_id))

    def _knows(self, order: OwnOrder) -> bool:
        """Whether it is not forgotten: an answer may come after its order has long been dead."""
        return self._tracker.find(order.client_id) is order

    def _ended(self, action: Place | Cancel, sent_at: int, outcome: ActionOutcome) -> None:
        is_placement = isinstance(action, Place)
        if isinstance(outcome, Unknown):
            # The orders stay unproven, and are asked about.
            said = str(outcome)
            why = "" if said == _NO_ANSWER else f": {said}"
            self._unanswered(f"{_NO_ANSWER} to a {'placement' if is_placement else 'cancel'}{why}")
        elif isinstance(outcome, ExchangeError):
            self._budget.refused(action.purpose, outcome)
            orders = [order for order in action.orders if self._knows(order)]
            said = (
                f"{counted(len(orders), 'order')} not {'placed' if is_placement else 'cancelled'}: {outcome}"
            )
            self._tell(said, outcome)
            now, ids = self._clock(), _ids(orders)
            self._recorder.take(
                OrdersNotPlaced(now, ids, str(outcome)) if is_placement else CancelsNotSent(now, ids)
            )
        else:
            self._took_effect(sent_at, action.purpose)
            for order, answer in zip(action.orders, outcome, strict=True):
                if self._knows(order):
                    self._recorder.take(_answered(self._clock(), order, answer))

    def _unanswered(self, text: str) -> None:
        self._complaints.unanswered(text)
        self._doubt()

    def _tell(self, text: str, error: ExchangeError) -> None:
        if isinstance(error, Rejected):
            self._complaints.refused(error)
        self._complaints.trouble(text)

    def _took_effect(self, sent_at: int, purpose: Purpose) -> None:
        self._budget.answered(purpose)
        self._complaints.trouble(None)
        self._context.market.on_answer(sent_at)
        self._context.tally.answered(self._clock() - sent_at)


def _may_be_ahead(action: Place | Cancel) -> bool:
    """Whether it may leave before its rows are durable."""
    return isinstance(action, Place) and action.only_rests


def _answered(now: int, order: OwnOrder, answer: Placed | CancelOutcome) -> OrderAnswered | CancelAnswered:
    if isinstance(answer, CancelOutcome):
        return CancelAnswered(now, order.client_id, answer)
    return OrderAnswered(now, order.client_id, answer)


def _ids(orders: Sequence[OwnOrder]) -> tuple[str, ...]:
    return tuple(order.client_id for order in orders)


def _may_have_fills(report: OrderReport | None, order: OwnOrder) -> bool:
    if report is None:
        return False
    if report.state.ended:
        return True
    return report.remaining < order.remaining or order.order.is_immediate
