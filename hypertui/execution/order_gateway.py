"""The gateway: carries actions to the exchange and brings what became of them back to the queue."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from functools import partial
from typing import Protocol

from hypertui.core.market import Fill, OrderType
from hypertui.core.phrases import counted
from hypertui.exchange.protocol import OrderReport, RateLimited, Rejected, Unknown, Unreachable
from hypertui.execution.actions import Action, AskAbout, Cancel, Place, is_resting_stop
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
from hypertui.runtime.request_budget import Purpose

_FILLS_MARGIN_MS = 60_000
_PREPARE_AFTER = 0.001  # seconds


class Complaints(Protocol):
    """Who is told how the exchange takes whole actions."""

    def trouble(self, text: str | None) -> None:
        """An action did not take effect, in words; None when one did again."""

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
        """What is on its way, and in which slots. What waits for the journal keeps nothing else waiting."""
        places = (action for action in self._under_way if isinstance(action, Place))
        has_left = len(self._under_way) > self._waiting
        return UnderWay(has_left, {order.slot for place in places for order in place.orders})

    def prepare(self, actions: Sequence[Action]) -> None:
        """Have done what placements need before they leave."""
        for action in actions:
            if isinstance(action, Place) and not self._durability.problem:
                expires_at = self._clock_sync.at_venue(action.orders[0].expires_at)
                self._exchange.prepare([order.order for order in action.orders], expires_at)

    def send(self, action: Action) -> None:
        """Start to carry an action; what becomes of it arrives in the queue."""
        match action:
            case Place():
                for part in self._parts(action):
                    self._act(part, partial(self._place, part))
            case Cancel():
                self._act(action, partial(self._cancel, action))
            case AskAbout(order):
                self._queue.spawn(self._ask(order))

    def _parts(self, action: Place) -> Iterator[Place]:
        """What may leave at once, and what has to wait; no buys at all while nothing can be written."""
        if self._durability.problem:
            kept = self._without_buys(action.orders, self._durability.problem)
            if kept:
                yield Place(kept)
        elif not self._durability.behind:
            yield action
        else:
            stops = tuple(order for order in action.orders if is_resting_stop(order.order))
            others = tuple(order for order in action.orders if not is_resting_stop(order.order))
            yield from (Place(part) for part in (stops, others) if part)

    def _without_buys(self, orders: Sequence[OwnOrder], problem: str) -> tuple[OwnOrder, ...]:
        """What protects; the buys, which could not be made durable, are taken back."""
        buys = [order for order in orders if order.role is Role.BUY]
        if buys:
            self._recorder.take(OrdersNotPlaced(self._clock(), _ids(buys), problem))
        return tuple(order for order in orders if order.role is not Role.BUY)

    async def _written(self, action: Place | Cancel) -> str:
        """Wait for the journal, and prepare a placement meanwhile. Returns why the journal cannot be written,
        empty where that is done."""
        receipt = self._durability.receipt()
        self._waiting += 1
        try:
            if isinstance(action, Place):
                await asyncio.wait([receipt], timeout=_PREPARE_AFTER)  # by then stops beside it have left
                self.prepare([action])
            return await receipt
        finally:
            self._waiting -= 1

    def _act(self, action: Place | Cancel, work: Callable[[], Coroutine[None, None, None]]) -> None:
        self._under_way.append(action)
        self._queue.spawn(self._seen_through(action, work))

    async def _seen_through(
        self, action: Place | Cancel, work: Callable[[], Coroutine[None, None, None]]
    ) -> None:
        try:
            await work()
        except Exception:
            self._under_way.remove(action)  # a defect ends the trade, and its wind-down has to act
            raise

    async def _place(self, action: Place) -> None:
        waits = not action.only_rests and self._durability.behind and not self._durability.problem
        if waits and (problem := await self._written(action)):
            self._acted(action, partial(self._release, action.orders, problem))
            return
        orders, purpose, sent = action.orders, action.purpose, self._clock()
        try:
            expires_at = self._clock_sync.expiry(orders[0].expires_at)
            answers = await self._exchange.place([o.order for o in orders], expires_at)
        except Unknown as error:
            self._acted(action, partial(self._unanswered, f"no answer to a placement: {error}"))
            return  # the orders stay unacknowledged, and are asked for
        except (Rejected, RateLimited, Unreachable) as error:
            self._acted(action, partial(self._not_placed, orders, purpose, error))
            return

        def take() -> None:
            self._took_effect(sent, purpose)
            for order, answer in zip(orders, answers, strict=True):
                self._recorder.take(OrderAnswered(self._clock(), order.client_id, answer))

        self._acted(action, take)

    def _release(self, orders: Sequence[OwnOrder], problem: str) -> None:
        """The journal cannot be written: what protects goes all the same."""
        kept = self._without_buys(orders, problem)
        if kept:
            self.send(Place(kept))

    def _unanswered(self, text: str) -> None:
        self._complaints.trouble(text)
        self._doubt()

    def _not_placed(self, orders: Sequence[OwnOrder], purpose: Purpose, error: Exception) -> None:
        self._budget.refused(purpose, error)
        self._tell(f"{counted(len(orders), 'order')} not placed: {error}", error)
        self._recorder.take(OrdersNotPlaced(self._clock(), _ids(orders), str(error)))

    def _tell(self, text: str, error: Exception) -> None:
        if isinstance(error, Rejected):
            self._complaints.refused(error)
        self._complaints.trouble(text)

    async def _cancel(self, action: Cancel) -> None:
        if self._durability.behind:
            await self._written(action)  # while that cannot be, it goes all the same
        orders, purpose, sent = action.orders, action.purpose, self._clock()
        try:
            expires_at = self._clock_sync.expiry(min(order.cancel_expires_at for order in orders))
            outcomes = await self._exchange.cancel(self._symbol, [o.client_id for o in orders], expires_at)
        except Unknown as error:
            self._acted(action, partial(self._unanswered, f"no answer to a cancel: {error}"))
            return
        except (Rejected, RateLimited, Unreachable) as error:
            self._acted(action, partial(self._not_cancelled, orders, purpose, error))
            return

        def take() -> None:
            self._took_effect(sent, purpose)
            for order, outcome in zip(orders, outcomes, strict=True):
                self._recorder.take(CancelAnswered(self._clock(), order.client_id, outcome))

        self._acted(action, take)

    def _not_cancelled(self, orders: Sequence[OwnOrder], purpose: Purpose, error: Exception) -> None:
        self._budget.refused(purpose, error)
        self._tell(f"{counted(len(orders), 'order')} not cancelled: {error}", error)
        self._recorder.take(CancelsNotSent(self._clock(), _ids(orders)))

    async def _ask(self, order: OwnOrder) -> None:
        asked_at = self._clock()
        try:
            report = await self._exchange.order_report(order.client_id)
            fills: Sequence[Fill] = ()
            if _may_have_fills(report, order):
                since = max(order.sent_at, self._tracker.compared_until) - _FILLS_MARGIN_MS
                fills = await self._exchange.fills_since(self._symbol, since)
        except (Rejected, Unknown, RateLimited, Unreachable) as error:
            self._queue.post(partial(self._not_answered, order, error))
            return

        def take() -> None:
            self._budget.answered(Purpose.ASK)
            for fill in fills:
                self._bookkeeper.book(fill)
            mark, now = self._recorder.mark, self._clock()
            self._recorder.take(QuestionAnswered(now, order.client_id, report, asked_at, mark))

        self._queue.post(take)

    def _acted(self, action: Place | Cancel, handle: Callable[[], None]) -> None:
        """An action is over: what became of it is taken before the next one is decided."""

        def take() -> None:
            self._under_way.remove(action)
            handle()

        self._queue.post(take)

    def _not_answered(self, order: OwnOrder, error: Exception) -> None:
        if isinstance(error, RateLimited):
            self._budget.refused(Purpose.ASK, error)
        self._recorder.take(QuestionFailed(self._clock(), order.client_id))

    def _took_effect(self, sent: int, purpose: Purpose) -> None:
        self._budget.answered(purpose)
        self._complaints.trouble(None)
        self._context.market.on_answer(sent)


def _ids(orders: Sequence[OwnOrder]) -> tuple[str, ...]:
    return tuple(order.client_id for order in orders)


def _may_have_fills(report: OrderReport | None, order: OwnOrder) -> bool:
    if report is None:
        return False
    if report.state.ended:
        return True
    return report.remaining < order.remaining or order.order.type is OrderType.IOC
