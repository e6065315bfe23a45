"""The order tracker: what each price, fill, notice and answer proves about the own orders.

It does no I/O, and the time (ms) is passed in. Fills are booked here, once each, and the strategy is told of
them. An order whose trigger the price has touched is *due*: it counts as done until its fill, its end or a
later answer proves what became of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from hypertui.core.market import Fill, IngestVia, OrderType
from hypertui.core.purpose import Purpose
from hypertui.exchange.protocol import (
    CancelOutcome,
    Filled,
    FundingPayment,
    OrderReport,
    OrderState,
    Placed,
    Refusal,
    Refused,
    Resting,
    Waiting,
)
from hypertui.execution.orders import LIVE, SENT, Decision, OwnOrder, Role, key_of
from hypertui.execution.own_orders import OwnOrders, SeenPrice
from hypertui.execution.plausible import start_of
from hypertui.execution.trade_inputs import OrderSent
from hypertui.execution.trade_news import FillBooked, OrderChanged, StrategyMoved
from hypertui.strategy.base import (
    CoinsTraded,
    Move,
    OrderBegun,
    OrderNoted,
    OrderOver,
    PriceSeen,
    StrategyEvent,
)
from hypertui.strategy.exits.native import is_exit

MOST_MOVES = 1_000  # by one price
_PLAIN_ENDS = ("filled", "canceled")  # the venue's words for what needs no explanation


@dataclass(slots=True)
class OrderTracker(OwnOrders):
    """What each input proves about the own orders. Everything that changes them is an input of the trade."""

    def on_price(self, price: Decimal, changed: bool, now: int) -> None:
        """Take a price: it moves the strategy by a level at most, and is to be given again until it does not;
        what has become due by then is marked."""
        self.price, self.price_is_heard = SeenPrice(price, now), False
        if changed:
            self.pacing.on_price()
        if not self._moved(price, now):
            self._mark_due(price, now)

    def on_fill(self, fill: Fill, made_at: int, now: int, via: IngestVia) -> None:
        """Book a fill of an own order, made at `made_at` by our clock, once."""
        order = self.find(fill.client_id)
        if order is None or fill.key in self._fills:
            return
        gain = self._book(fill, order.decision, order.level, order.decision.target)
        key = None if is_exit(order.key) else order.key
        self._tell(CoinsTraded(fill, gain, made_at, key, order.level))
        order.filled += fill.size
        if (start := start_of(fill)) is not None:
            order.starts.add(start)
        order.filled_at = now
        order.order_id = fill.order_id
        order.acknowledged = True
        if not (order.dead or order.missed or order.rests):
            self.expect_fill(order, now)
        self._update(order, "partly filled", now)
        if order.dead and order.purpose is Purpose.OPEN:
            self._arm_children_of(order)
        if via is IngestVia.FEED:
            self._heard_of_touch(order, now)
        self.news.append(FillBooked(fill, order.role, order.level, order.decision, gain, via))

    def adopt(self, fill: Fill, role: Role, decision: Decision, via: IngestVia) -> None:
        """Book a fill that no own order known here made; one that an exit made is for the coins that its id
        names."""
        key = key_of(fill.client_id) if role in (Role.STOP, Role.TARGET) else None
        gain = self._book(fill, decision)
        self._tell(CoinsTraded(fill, gain, fill.time, key, known=False))
        level = self.strategy.level
        if role is Role.ENTRY and level is not None:
            level = 0  # where the trade was opened
        self.news.append(FillBooked(fill, role, level, decision, gain, via))

    def _book(
        self, fill: Fill, decision: Decision, level: int | None = None, target: Decimal | None = None
    ) -> Decimal:
        self._fills.add(fill.key)
        self.fills_booked += 1
        self.pacing.booked()
        return self.strategy.book.book(fill, level, target, decision.reason.value)

    def on_placed(self, order: OwnOrder, answer: Placed, now: int) -> None:
        """Take the venue's answer to a placement."""
        order.acknowledged = True
        if not isinstance(answer, Refused):
            self.pacing.accepted(order.key, order.purpose)
        match answer:
            case Resting(order_id):
                order.order_id = order_id
                self._working(order, now)
            case Waiting(armed):
                order.armed = armed or self._is_filled(order.parent)  # the answer may be older than that fill
                self._working(order, now)
            case Filled(order_id, size):
                order.order_id = order_id
                final = size if order.order.is_immediate else order.order.size
                self._ended(order, OrderState.FILLED, final, now)
            case Refused(kind, text):
                order.note = text
                self._ended(order, OrderState.REJECTED, order.filled, now)
                if kind is Refusal.PASSED and order.role is Role.EXIT:
                    kind = Refusal.OTHER  # no sale at the market follows: its rule looks at another price
                self.pacing.refused(
                    order.key,
                    kind,
                    text,
                    purpose=order.purpose,
                    is_stop=order.role is Role.STOP,
                    now=now,
                )

    def _arm_children_of(self, parent: OwnOrder) -> None:
        """What waited for an entry to be filled completely waits for its trigger now."""
        for order in self._alive.values():
            if order.parent == parent.client_id:
                order.armed = True

    def _is_filled(self, client_id: str | None) -> bool:
        order = self.find(client_id)
        return order is not None and order.remaining <= 0

    def on_not_placed(self, orders: Iterable[OwnOrder], reason: str, now: int) -> None:
        """An action that never took effect: its orders do not exist."""
        for order in orders:
            order.never_placed = True
            order.note = reason
            self._update(order, "not placed", now)

    def on_cancel_answer(self, order: OwnOrder, outcome: CancelOutcome, now: int) -> None:
        """Take the venue's answer to a cancel. A refused cancel proves nothing: the order is asked for."""
        if outcome is CancelOutcome.CANCELLED and not (order.missed or order.rests):
            self._ended(order, OrderState.CANCELLED, order.filled, now)
        else:
            order.ask_at = now  # an order that rested in the book may also have been filled in part

    def on_not_cancelled(self, orders: Iterable[OwnOrder]) -> None:
        """A cancel that never took effect."""
        for order in orders:
            order.cancel_sent_at = None

    def on_report(self, report: OrderReport, now: int, from_feed: bool) -> None:
        """Take what the venue says of an order, by the feed or in an answer."""
        order = self.find(report.client_id)
        if order is None or order.dead:
            return
        order.acknowledged = True
        order.order_id = report.order_id
        match report.state:
            case OrderState.FILLED | OrderState.CANCELLED | OrderState.REJECTED:
                if report.state is OrderState.REJECTED and not order.due:
                    self.pacing.await_price(order.key, now)  # the answer will say why
                # What remains is only a hint of what was filled; a wrong one is found out by asking.
                self._named_ended(order, report, order.order.size - report.remaining, now)
            case OrderState.TRIGGERED:
                self.expect_fill(order, now)
            case OrderState.OPEN:
                self._working(order, now)
        if from_feed and report.state in (OrderState.FILLED, OrderState.TRIGGERED):
            self._heard_of_touch(order, now)

    def on_answer(
        self, order: OwnOrder, report: OrderReport | None, asked_at: int, mark: Decimal | None, now: int
    ) -> None:
        """Take the answer to a question sent at `asked_at`; fills that came with it are booked already.
        `mark` is the newest price."""
        self.on_unanswered(order, now)
        if order.dead:
            return
        if report is None:
            if asked_at > order.expires_at:
                order.never_placed = True
                self._update(order, "not placed", now)
            return
        if report.state.ended:
            # Its fills were fetched after it had ended: there are no others, unless it must have some.
            order.final = None if report.state is OrderState.FILLED and not order.filled else order.filled
            self._named_ended(order, report, order.order.size, now)
            return
        order.acknowledged = True
        order.order_id = report.order_id
        if order.cancelling and asked_at > order.cancel_expires_at:
            order.cancel_sent_at = None
        if report.state is OrderState.TRIGGERED:
            self._found_triggered(order, now)
            return
        through = mark is not None and order.passed_by(mark)
        stale_evidence = order.touched_at is None or asked_at > order.touched_at
        if order.due and order.ended is None and stale_evidence and not through:
            order.due = False
        self._working(order, now)

    def on_altered(self, order: OwnOrder) -> None:
        """An order works with another size or price than it was sent with: it covers nothing, and goes as
        soon as another one stands in its place."""
        order.altered = True

    def on_unanswered(self, order: OwnOrder, now: int) -> None:
        """A question brought no answer; it will be asked again."""
        order.asked_at = None
        order.ask_at = now + self.patience

    def on_compared(self, until: int) -> None:
        """All fills that the venue had at `until` (ms) are booked: nobody need ask for older ones again."""
        self.compared_until = max(until, self.compared_until)
        self.forget_the_dead()

    # What is done about it

    def sent(self, sent: OrderSent) -> None:
        """Write down an order that is about to be sent."""
        order, key, level, now = sent.order, sent.key, sent.level, sent.at
        own = OwnOrder(
            order,
            sent.role,
            key,
            level,
            sent_at=now,
            expires_at=now + self.timing.expires_after,
            decision=sent.decision,
            statuses=[(now, SENT)],
            ask_at=now + self.patience,
            parent=self._newest_entry() if sent.is_child else None,
        )
        self._orders[own.client_id] = own
        self._alive[own.client_id] = own
        self._tell_of(own, OrderBegun(now, key, level, order, own.status))
        self.news.append(OrderChanged(own, own.status, None, ""))
        if own.role is Role.SALE:
            self.expect_fill(own, now)  # the price that it was decided at is its touch

    def _newest_entry(self) -> str | None:
        """A child is sent right after its parent."""
        return next((order.client_id for order in reversed(self.buys())), None)

    def fund(self, payment: FundingPayment) -> None:
        """Book funding."""
        self.funded_until = payment.time
        self.strategy.book.funding += payment.amount

    def cancel_sent(self, orders: Iterable[OwnOrder], now: int) -> None:
        """Write down that cancels are about to be sent."""
        for order in orders:
            order.cancel_sent_at = now
            order.cancel_expires_at = now + self.timing.expires_after
            self._update(order, "cancelling", now)

    def asked(self, order: OwnOrder, now: int) -> None:
        """A question about an order is about to be sent."""
        order.asked_at = now

    def forget_questions(self) -> None:
        """Whoever asked is no more: no answer comes."""
        for order in self._alive.values():
            order.asked_at = None

    # Proofs

    def _moved(self, price: Decimal, now: int) -> bool:
        move = self._tell(PriceSeen(price))
        if move is None:
            return False
        self._mark_due(move.touched, now)
        self.news.append(StrategyMoved(self.strategy.record(move, self.of_strategy)))
        return True

    def _heard_of_touch(self, order: OwnOrder, now: int) -> None:
        """The feed said that a trigger fired. If that is ahead of the mark, it is a touch like one."""
        price = order.order.trigger
        if order.touched_at is None and price is not None:
            order.touched_at = now
            self.price, self.price_is_heard = SeenPrice(price, now), True
            # A price is never so far away that this ends nowhere: the next one goes on from there.
            for _ in range(MOST_MOVES):
                if not self._moved(price, now):
                    break

    def _mark_due(self, price: Decimal, now: int) -> None:
        passed = [o for o in self._alive.values() if o.waiting and o.passed_by(price)]
        for order in passed:
            order.touched_at = now
            self.expect_fill(order, now)

    def expect_fill(self, order: OwnOrder, now: int) -> None:
        """Count an order as done although its fill is not known yet."""
        if not order.due:
            order.due = True
            self._update(order, "fired", now)

    def _named_ended(self, order: OwnOrder, report: OrderReport, final: Decimal, now: int) -> None:
        order.acknowledged = True
        order.order_id = report.order_id
        if report.status not in _PLAIN_ENDS:
            order.note = report.status
        self._ended(order, report.state, final if order.final is None else order.final, now)

    def _ended(self, order: OwnOrder, state: OrderState, final: Decimal, now: int) -> None:
        # Its fills may still be on their way: until they are booked the order counts as due, and nothing can
        # take that back.
        order.ended = state
        order.final = final
        if order.whole and state is OrderState.FILLED:
            order.final = order.filled or None  # only its fills say of how much
        if order.dead:
            self._update(order, state.value, now)
        else:
            self.expect_fill(order, now)

    def _found_triggered(self, order: OwnOrder, now: int) -> None:
        # A market order that has fired will be filled or end at once; a limit order rests in the book, and
        # the price has run away from it: a missed buy is not chased.
        if order.order.type in (OrderType.STOP_LIMIT, OrderType.TAKE_PROFIT_LIMIT):
            order.missed = True
            order.due = False
            self._update(order, "missed", now)
        else:
            self.expect_fill(order, now)

    def _working(self, order: OwnOrder, now: int) -> None:
        if not order.due and not order.cancelling:
            self._update(order, LIVE, now)

    def _update(self, order: OwnOrder, status: str, now: int) -> None:
        if order.dead:
            if self._alive.pop(order.client_id, None) is not None:
                self._tell_of(order, OrderOver(order.key, order.level))
            if order.remaining <= 0 and not order.whole:
                status = OrderState.FILLED.value
            elif order.ended is not None:
                status = order.ended.value
        if order.status == status:
            return
        order.statuses.append((now, status))
        order.ask_at = now + self.patience
        self._tell_of(order, OrderNoted(now, order.client_id, status))
        self.news.append(OrderChanged(order, status, order.order_id, order.note))

    def _tell_of(self, order: OwnOrder, event: StrategyEvent) -> None:
        if not is_exit(order.key):
            self._tell(event)

    def _tell(self, event: StrategyEvent) -> Move | None:
        return self.strategy.apply(event, self.of_strategy)
