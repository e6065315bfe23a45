"""The courier: carries actions to the exchange and brings what became of them back to the inbox."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence, Set
from functools import partial

from hypertui.core.market import Fill, OrderType
from hypertui.core.phrases import counted
from hypertui.exchange.protocol import Exchange, OrderReport, RateLimited, Rejected, Unknown, Unreachable
from hypertui.execution.convergence import Action, AskAbout, Cancel, Place
from hypertui.execution.order_tracker import OrderTracker
from hypertui.execution.orders import OwnOrder
from hypertui.runtime.clock_sync import ClockSync
from hypertui.runtime.event_queue import EventQueue
from hypertui.runtime.request_budget import Purpose, RequestBudget

_FILLS_MARGIN_MS = 60_000


class OrderGateway:
    """Carries each action beside the events.

    `book` takes fills that were asked for; `answered` is told of each answer when its action was sent (ms);
    `trouble` is told, in words, when an action did not take effect, or None when one did again; `refused` is
    told before of one that the venue refused as a whole; `doubt` is called when nobody knows whether one
    did.
    """

    def __init__(
        self,
        exchange: Exchange,
        symbol: str,
        tracker: OrderTracker,
        inbox: EventQueue,
        clock: Callable[[], int],
        rations: RequestBudget,
        skew: ClockSync,
        book: Callable[[Fill], None],
        answered: Callable[[int], None],
        trouble: Callable[[str | None], None],
        refused: Callable[[Rejected], None],
        doubt: Callable[[], None],
    ) -> None:
        self._exchange = exchange
        self._symbol = symbol
        self._tracker = tracker
        self._inbox = inbox
        self._clock = clock
        self._rations = rations
        self._skew = skew
        self._book = book
        self._answered = answered
        self._trouble = trouble
        self._refused = refused
        self._doubt = doubt
        self._under_way: list[Place | Cancel] = []

    @property
    def busy(self) -> bool:
        """Whether what became of an action is still to come."""
        return bool(self._under_way)

    @property
    def placing(self) -> Set[int]:
        """The slots of orders whose placement has not been answered."""
        places = (action for action in self._under_way if isinstance(action, Place))
        return {order.slot for place in places for order in place.orders}

    def prepare(self, actions: Sequence[Action]) -> None:
        """Have done what placements need before they may be sent, beside whatever comes next."""
        for action in actions:
            if isinstance(action, Place):
                expires_at = self._skew.at_venue(action.orders[0].expires_at)
                self._exchange.prepare([o.order for o in action.orders], expires_at)

    def send(self, action: Action) -> None:
        """Start to carry an action; what becomes of it arrives in the inbox."""
        match action:
            case Place():
                self._act(action, partial(self._place, action))
            case Cancel():
                self._act(action, partial(self._cancel, action))
            case AskAbout(order):
                self._inbox.spawn(self._ask(order))

    def _act(self, action: Place | Cancel, work: Callable[[], Coroutine[None, None, None]]) -> None:
        self._under_way.append(action)
        self._inbox.spawn(self._seen_through(action, work))

    async def _seen_through(
        self, action: Place | Cancel, work: Callable[[], Coroutine[None, None, None]]
    ) -> None:
        try:
            await work()
        except Exception:
            self._under_way.remove(action)  # a defect ends the trade, and its wind-down has to act
            raise

    async def _place(self, action: Place) -> None:
        orders, purpose, sent = action.orders, action.purpose, self._clock()
        try:
            expires_at = self._skew.expiry(orders[0].expires_at)
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
                self._tracker.on_placed(order, answer, self._clock())

        self._acted(action, take)

    def _unanswered(self, text: str) -> None:
        self._trouble(text)
        self._doubt()

    def _not_placed(self, orders: Sequence[OwnOrder], purpose: Purpose, error: Exception) -> None:
        self._rations.refused(purpose, error)
        self._tell(f"{counted(len(orders), 'order')} not placed: {error}", error)
        self._tracker.on_not_placed(orders, str(error), self._clock())

    def _tell(self, text: str, error: Exception) -> None:
        if isinstance(error, Rejected):
            self._refused(error)
        self._trouble(text)

    async def _cancel(self, action: Cancel) -> None:
        orders, purpose, sent = action.orders, action.purpose, self._clock()
        try:
            expires_at = self._skew.expiry(min(order.cancel_expires_at for order in orders))
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
                self._tracker.on_cancel_answer(order, outcome, self._clock())

        self._acted(action, take)

    def _not_cancelled(self, orders: Sequence[OwnOrder], purpose: Purpose, error: Exception) -> None:
        self._rations.refused(purpose, error)
        self._tell(f"{counted(len(orders), 'order')} not cancelled: {error}", error)
        self._tracker.on_not_cancelled(orders, self._clock())

    async def _ask(self, order: OwnOrder) -> None:
        asked_at = self._clock()
        try:
            report = await self._exchange.order_report(order.client_id)
            fills: Sequence[Fill] = ()
            if _may_have_fills(report, order):
                since = max(order.sent_at, self._tracker.compared_until) - _FILLS_MARGIN_MS
                fills = await self._exchange.fills_since(self._symbol, since)
        except (Rejected, Unknown, RateLimited, Unreachable) as error:
            self._inbox.post(partial(self._not_answered, order, error))
            return

        def take() -> None:
            self._rations.answered(Purpose.ASK)
            for fill in fills:
                self._book(fill)
            self._tracker.on_answer(order, report, asked_at, self._clock())

        self._inbox.post(take)

    def _acted(self, action: Place | Cancel, handle: Callable[[], None]) -> None:
        """An action is over: what became of it is taken before the next one is decided."""

        def take() -> None:
            self._under_way.remove(action)
            handle()

        self._inbox.post(take)

    def _not_answered(self, order: OwnOrder, error: Exception) -> None:
        if isinstance(error, RateLimited):
            self._rations.refused(Purpose.ASK, error)
        self._tracker.on_unanswered(order, self._clock())

    def _took_effect(self, sent: int, purpose: Purpose) -> None:
        self._rations.answered(purpose)
        self._trouble(None)
        self._answered(sent)


def _may_have_fills(report: OrderReport | None, order: OwnOrder) -> bool:
    if report is None:
        return False
    if report.state.ended:
        return True
    return report.remaining < order.remaining or order.order.type is OrderType.IOC
