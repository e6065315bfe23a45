"""The order tracker: what each price, fill, notice and answer proves about the own orders.

It does no I/O, and the time (ms) is passed in. Fills are booked to the ladder here, once each; an order
whose trigger the price has touched is *due*: it counts as done until its fill, its end or a later answer
proves what became of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from hypertui.core.market import Fill, IngestVia, Order, OrderType, Side
from hypertui.exchange.protocol import (
    CancelOutcome,
    Filled,
    FundingPayment,
    OrderReport,
    OrderState,
    Placed,
    Refused,
    Resting,
)
from hypertui.execution.orders import Decision, OwnOrder, Role, slot_of
from hypertui.execution.own_orders import OwnOrders, SeenPrice
from hypertui.execution.plausible import start_of
from hypertui.execution.trade_news import FillBooked, LadderMoved, OrderChanged
from hypertui.strategy.ladder.ladder import Slot
from hypertui.strategy.ladder.plan import SLOTS
from hypertui.strategy.ladder.trace import traced

_MOST_STEPS = 1_000  # by one mark
_PLAIN_ENDS = ("filled", "canceled")  # the venue's words for what needs no explanation


@dataclass(slots=True)
class OrderTracker(OwnOrders):
    """What each input proves about the own orders. Everything that changes them is an input of the trade."""

    def on_price(self, price: Decimal, changed: bool, now: int) -> None:
        """Take a price: step the ladder by as many units as it passed, and mark what has become due."""
        self.price, self.price_is_heard = SeenPrice(price, now), False
        if changed:
            self.pacing.on_price()
        self._touch(price, now)
        self._mark_due(price, now)

    def on_fill(self, fill: Fill, made_at: int, now: int, via: IngestVia) -> None:
        """Book a fill of an own order, made at `made_at` by our clock, once."""
        order = self.find(fill.client_id)
        if order is None or fill.key in self._fills:
            return
        before = self.ladder.book.realized_pnl
        self._fills.add(fill.key)
        self.fills_booked += 1
        self.pacing.booked()
        slot = self._slot_for_coins(order)
        order.filled += fill.size
        if (start := start_of(fill)) is not None:
            order.starts.add(start)
        order.filled_at = now
        order.order_id = fill.order_id
        order.acknowledged = True
        if order.order.side is Side.BUY:
            self._new_coins(slot)
            self.ladder.bought(slot, order.unit, order.client_id, fill)
            self._bought_at[slot.index] = max(made_at, self._bought_at.get(slot.index, 0))
        else:
            self.ladder.sold(slot, order.client_id, fill)
        if not order.dead and not order.missed:
            self.expect_fill(order, now)
        self._update(order, "partly filled", now)
        if via is IngestVia.FEED:
            self._heard_of_touch(order, now)
        gain = self.ladder.book.realized_pnl - before
        self.news.append(FillBooked(fill, order.role, order.unit, order.decision, gain, via))

    def adopt(self, fill: Fill, role: Role, decision: Decision, via: IngestVia) -> None:
        """Book a fill that no own order known here made. Coins sold come from the slot with the highest stop,
        those that a stop sold from the one that its id names; coins bought go to a free slot, or, with four
        long ones, to the one with the lowest stop."""
        before = self.ladder.book.realized_pnl
        self._fills.add(fill.key)
        self.fills_booked += 1
        self.pacing.booked()
        named = slot_of(fill.client_id) if role is Role.STOP else None
        if named is None:
            self._allot(fill)
        else:
            self.ladder.sold(self.ladder.slots[named], None, fill)
        gain = self.ladder.book.realized_pnl - before
        unit = 0 if role is Role.ENTRY else self.ladder.unit
        self.news.append(FillBooked(fill, role, unit, decision, gain, via))

    def _allot(self, fill: Fill) -> None:
        longs = sorted((slot for slot in self.ladder.slots if slot.coins > 0), key=_by_stop)
        if fill.side is Side.SELL:
            self.ladder.sold(longs[-1] if longs else self.ladder.slots[0], None, fill)
            return
        free = [slot for slot in self.ladder.slots if not slot.coins and not any(self.of(slot))]
        slot = free[0] if free and len(longs) < SLOTS else (longs or self.ladder.slots)[0]
        self._new_coins(slot)
        self.ladder.bought(slot, self.ladder.unit, None, fill)

    def on_placed(self, order: OwnOrder, answer: Placed, now: int) -> None:
        """Take the venue's answer to a placement."""
        order.acknowledged = True
        if not isinstance(answer, Refused):
            self.pacing.accepted(order.slot, order.order.reduce_only)
        match answer:
            case Resting(order_id):
                order.order_id = order_id
                self._working(order, now)
            case Filled(order_id, size):
                order.order_id = order_id
                final = size if order.order.type is OrderType.IOC else order.order.size
                self._ended(order, OrderState.FILLED, final, now)
            case Refused(kind, text):
                order.note = text
                self._ended(order, OrderState.REJECTED, order.filled, now)
                self.pacing.refused(
                    order.slot,
                    kind,
                    text,
                    sells=order.order.reduce_only,
                    is_stop=order.role is Role.STOP,
                    now=now,
                )

    def on_not_placed(self, orders: Iterable[OwnOrder], reason: str, now: int) -> None:
        """An action that never took effect: its orders do not exist."""
        for order in orders:
            order.never_placed = True
            order.note = reason
            self._update(order, "not placed", now)

    def on_cancel_answer(self, order: OwnOrder, outcome: CancelOutcome, now: int) -> None:
        """Take the venue's answer to a cancel. A refused cancel proves nothing: the order is asked for."""
        if outcome is CancelOutcome.CANCELLED and not order.missed:
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
                    self.pacing.await_price(order.slot, now)  # the answer will say why
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
            self._due_no_longer(order)
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

    def sent(self, order: Order, role: Role, slot: Slot, unit: int, now: int, decision: Decision) -> None:
        """Write down an order that is about to be sent."""
        own = OwnOrder(
            order,
            role,
            slot.index,
            unit,
            sent_at=now,
            expires_at=now + self.timing.expires_after,
            decision=decision,
            since=now,
            ask_at=now + self.patience,
        )
        self._orders[own.client_id] = own
        self._alive[own.client_id] = own
        with self.ladder.statistics:
            self.ladder.position_map.placed(unit, own.client_id, order.side, order.size, now, own.status)
        if role in (Role.STOP, Role.SALE) and order.size != slot.coins:
            self.ladder.take_dust(slot)
        if role is Role.STOP:
            slot.stop_unit = unit
            self._stops[slot.index] = own
        elif role is Role.BUY:
            self.ladder.armed(unit, order.size)
        self.news.append(OrderChanged(own, own.status, None, ""))
        if role is Role.SALE:
            self.expect_fill(own, now)  # the price that it was decided at is its touch

    def fund(self, payment: FundingPayment) -> None:
        """Book funding."""
        self.funded_until = payment.time
        self.ladder.fund(payment.amount)

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

    def _touch(self, price: Decimal, now: int) -> None:
        # A price is never so far away that this ends nowhere: the next mark goes on from there.
        for _ in range(_MOST_STEPS):
            step = self.ladder.touch(price)
            if step is None:
                return
            self._mark_due(self.ladder.grid.price(step.unit), now)
            self.news.append(LadderMoved(traced(step, self.ladder)))

    def _heard_of_touch(self, order: OwnOrder, now: int) -> None:
        """The feed said that a trigger fired. If that is ahead of the mark, it is a touch like one."""
        if order.touched_at is None and order.order.trigger is not None:
            order.touched_at = now
            price = self.ladder.grid.price(order.unit)
            self.price, self.price_is_heard = SeenPrice(price, now), True
            self._touch(price, now)

    def _mark_due(self, price: Decimal, now: int) -> None:
        passed = [o for o in self._alive.values() if o.waiting and o.passed_by(price)]
        for order in passed:
            order.touched_at = now
            self.expect_fill(order, now)

    def expect_fill(self, order: OwnOrder, now: int) -> None:
        """Count an order as done although its fill is not known yet."""
        if not order.due:
            order.due = True
            self.ladder.expect(self.ladder.slots[order.slot], order.order.side, order.unit)
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
        if order.dead:
            self._update(order, state.value, now)
        else:
            self.expect_fill(order, now)

    def _found_triggered(self, order: OwnOrder, now: int) -> None:
        # A market order that has fired will be filled or end at once; a limit order rests in the book, and
        # the price has run away from it: a missed buy is not chased.
        if order.order.type is OrderType.STOP_LIMIT:
            order.missed = True
            self._due_no_longer(order)
            self._update(order, "missed", now)
        else:
            self.expect_fill(order, now)

    def _due_no_longer(self, order: OwnOrder) -> None:
        order.due = False
        self.ladder.settle(self.ladder.slots[order.slot])

    def _new_coins(self, slot: Slot) -> None:
        """Stops of coins that were sold before are none of these coins'."""
        if slot.coins == 0:
            self._stops.pop(slot.index, None)

    def _slot_for_coins(self, order: OwnOrder) -> Slot:
        """The order's slot, or a free one for a purchase that becomes known after the slot was given away."""
        slot = self.ladder.slots[order.slot]
        given_away = order.dead and (slot.coins > 0 or any(self.of(slot)))
        if order.order.side is Side.SELL or not given_away:
            return slot
        free = (other for other in self.ladder.slots if not other.coins and not any(self.of(other)))
        return next(free, slot)

    def _working(self, order: OwnOrder, now: int) -> None:
        if not order.due and not order.cancelling:
            self._update(order, "working", now)

    def _update(self, order: OwnOrder, status: str, now: int) -> None:
        if order.dead:
            if self._alive.pop(order.client_id, None) is not None:
                slot = self.ladder.slots[order.slot]
                if not any(other.due for other in self.of(slot)):
                    self.ladder.settle(slot)
                if order.role is Role.BUY:
                    self.ladder.disarmed(order.unit)
            if order.remaining <= 0:
                status = OrderState.FILLED.value
            elif order.ended is not None:
                status = order.ended.value
        if order.status == status:
            return
        order.status, order.since = status, now
        order.ask_at = now + self.patience
        with self.ladder.statistics:
            self.ladder.position_map.status(order.client_id, status, now)
        self.news.append(OrderChanged(order, status, order.order_id, order.note))


def _by_stop(slot: Slot) -> int:
    assert slot.stop_unit is not None, "a slot that holds coins has had a stop unit since it bought them"
    return slot.stop_unit
