"""The order manager: brings what works at the venue to what the ladder wants.

`converge` says what to do next, for somebody else to carry out. The rules that keep coins covered and the
exposure bounded:

- An order that is due is never cancelled.
- A stop is placed only for coins known to be held. To move one, the new one is placed and acknowledged before
  the old one is cancelled; a slot has at most one order that is not acknowledged.
- Each buy needs a slot of its own that holds nothing and has nothing alive. There are four slots and
  `trust_slots` more, so holdings and alive buys together can never exceed that number.
- Orders are never modified in place.
- Coins without a stop wait for nothing. All else waits for the action that is under way.
- Where not everything may be sent, stops go before cancels, and cancels before buys.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from hypertui.core.market import ZERO, Reason, Side
from hypertui.execution import decisions
from hypertui.execution.order_tracker import OrderTracker
from hypertui.execution.orders import ClientIds, OwnOrder, Role
from hypertui.runtime.request_budget import Purpose, RequestBudget
from hypertui.strategy.ladder.ladder import Slot, Target, WantedBuy, WantedStop


class Posture(StrEnum):
    """How much the manager may do by itself."""

    TRADE = "trade"  # all that the target wants; when everything is being sold, that is stops alone
    PROTECT = "protect"  # no buys, no moves; coins without a stop get one
    HANDS_OFF = "hands_off"  # nothing is placed or cancelled


@dataclass(frozen=True, slots=True)
class Place:
    """Send these orders as one action."""

    orders: tuple[OwnOrder, ...]

    @property
    def purpose(self) -> Purpose:
        """What the most important one of them is for."""
        return min(_purpose(order) for order in self.orders)


@dataclass(frozen=True, slots=True)
class Cancel:
    """Cancel these orders in one action."""

    orders: tuple[OwnOrder, ...]
    purpose: Purpose = Purpose.CANCEL


@dataclass(frozen=True, slots=True)
class AskAbout:
    """Ask the venue what became of this order, and for its fills if it may have any."""

    order: OwnOrder


Action = Place | Cancel | AskAbout


class OrderManager:
    """Decides the actions of one trade."""

    def __init__(self, tracker: OrderTracker, ids: ClientIds, rations: RequestBudget) -> None:
        self.tracker = tracker
        self.ladder = tracker.ladder
        self.posture = Posture.TRADE
        self.hold_buys = ""  # why no new risk is taken just now; empty when it may be
        self._ids = ids
        self._rations = rations

    def converge(self, now: int, busy: bool = False, placing: Set[int] = frozenset()) -> list[Action]:
        """What to do next towards the target: the questions that are due, at most one action that places and
        one that cancels.

        While an action is under way (`busy`) there is no other, but for coins that have no stop and in whose
        slot nothing is being placed (`placing`): what it leaves to do is then decided by what is known by
        then, and done all at once, instead of queueing up and expiring on the way.
        """
        asks: list[Action] = [AskAbout(order) for order in self.tracker.unanswered(now, self._may_ask)]
        mark = self.tracker.mark
        if self.posture is Posture.HANDS_OFF or mark is None:
            return asks
        return (self._cover_bare(placing, mark, now) if busy else self._approach(mark, now)) + asks

    def _cover_bare(self, placing: Set[int], mark: Decimal, now: int) -> list[Action]:
        places = []
        for want in self.ladder.target().stops:
            slot = self.ladder.slots[want.slot]
            bare = slot.coins > 0 and not self._is_dust(want) and not self._stops_of(slot)
            if bare and slot.index not in placing and self._may_cover(slot, now):
                places.append(self._cover(slot, want, [], mark, now))
        return [Place(_nearest_first(places, mark))] if places else []

    def _approach(self, mark: Decimal, now: int) -> list[Action]:
        """What protects and what trades, and what makes room for it, at once: each needs nothing of the
        other."""
        target = self._sweep_dust(self.ladder.target(), now)
        places, cancels = self._converge_stops(target, mark, now)
        if self.posture is Posture.TRADE:
            places += self._place_buys(target.buys, mark, now)
            cancels += self._cancel_buys(target.buys)
        actions: list[Action] = [Place(_nearest_first(places, mark))] if places else []
        if cancels and self._rations.allows(Purpose.CANCEL):
            self.tracker.cancel_sent(cancels, now)
            actions.append(Cancel(_nearest_first(cancels, mark)))
        return actions

    def _may_ask(self, order: OwnOrder) -> bool:
        return self._rations.allows_question(_purpose(order))

    def cancel(self, orders: Iterable[OwnOrder], now: int) -> list[Action]:
        """Cancel these orders whatever the target says, those excepted that are due or dying already. What an
        operator asks for goes before all else."""
        cancels = [order for order in orders if not order.dead and not order.due and not order.cancelling]
        if not cancels or not self._rations.allows(Purpose.PROTECT):
            return []
        self.tracker.cancel_sent(cancels, now)
        return [Cancel(tuple(cancels), Purpose.PROTECT)]

    def close(
        self, size: Decimal, mark: Decimal, now: int, why: str, reason: Reason = Reason.MANUAL
    ) -> OwnOrder:
        """An order that closes a position of `size` coins at the market, whichever slots hold them; a
        negative one is bought back. `why` says in words what for."""
        holder = max(self.ladder.slots, key=lambda slot: slot.coins)
        client_id, plan = self._ids.next(holder.index), self.ladder.plan
        order = plan.sale(client_id, mark, size) if size > 0 else plan.cover(client_id, mark, -size)
        decision = decisions.close(self.ladder, mark, why, reason)
        return self.tracker.sent(order, Role.CLOSE, holder, self.ladder.unit, now, decision)

    def _converge_stops(
        self, target: Target, mark: Decimal, now: int
    ) -> tuple[list[OwnOrder], list[OwnOrder]]:
        wanted = {stop.slot: stop for stop in target.stops}
        places: list[OwnOrder] = []
        cancels: list[OwnOrder] = []
        for slot in self.ladder.slots:
            stops = self._stops_of(slot)
            want = wanted.get(slot.index)
            if slot.coins == 0 or (want is not None and self._is_dust(want)):
                cancels += [stop for stop in stops if stop.acknowledged and not stop.cancelling]
                continue
            if want is None:
                continue  # a sale is due: until that is proven, what else covers the coins stays
            right = self._right_stop(slot, want.unit, stops)
            if right is not None:
                if right.acknowledged:
                    cancels += [o for o in stops if o is not right and o.acknowledged and not o.cancelling]
                continue
            if all(stop.acknowledged for stop in stops) and self._may_cover(slot, now):
                places.append(self._cover(slot, want, stops, mark, now))
        return places, cancels

    def _stops_of(self, slot: Slot) -> list[OwnOrder]:
        return [o for o in self.tracker.of(slot) if o.order.side is Side.SELL and not o.due]

    def _may_cover(self, slot: Slot, now: int) -> bool:
        return self.tracker.may_retry(slot, now) and self._rations.allows(Purpose.PROTECT)

    def _cover(
        self, slot: Slot, want: WantedStop, stops: Sequence[OwnOrder], mark: Decimal, now: int
    ) -> OwnOrder:
        if not stops and self._stop_passed(slot, mark):
            return self._sell(slot, mark, now)
        return self._stop(slot, want.unit, now, stops)

    def _right_stop(self, slot: Slot, unit: int, stops: Sequence[OwnOrder]) -> OwnOrder | None:
        """The stop that covers the slot's coins where the target wants it; where nothing may be moved, the
        highest that covers them."""
        covering = [
            stop
            for stop in stops
            if stop.remaining == slot.coins
            and not (stop.cancelling or stop.altered or stop.role is Role.CLOSE)
        ]
        at_unit = next((stop for stop in covering if stop.unit == unit), None)
        if at_unit is None and self.posture is Posture.PROTECT:
            return max(covering, key=lambda stop: stop.unit, default=None)
        return at_unit

    def _sweep_dust(self, target: Target, now: int) -> Target:
        """The target after remainders that no order may be placed for are out of their slots."""
        swept = False
        for stop in target.stops:
            slot = self.ladder.slots[stop.slot]
            if self._is_dust(stop) and not any(self.tracker.of(slot)):
                self.tracker.sweep(slot, now)
                swept = True
        return self.ladder.target() if swept else target

    def _is_dust(self, stop: WantedStop) -> bool:
        """Whether no order may be placed for these coins, not even together with what was swept before."""
        plan, coins = self.ladder.plan, stop.size + max(self.ladder.dust, ZERO)
        value = plan.stop_value(self.ladder.grid, stop.unit, coins)
        return stop.size > 0 and value < plan.instrument.min_order_value

    def _stop_passed(self, slot: Slot, mark: Decimal) -> bool:
        if self.tracker.said_passed(slot):
            return True
        if slot.stop_unit is None or not self.tracker.mark_is_news_to(slot):
            return False
        return mark <= self.ladder.grid.price(slot.stop_unit)

    def _cancel_buys(self, wanted: Sequence[WantedBuy]) -> list[OwnOrder]:
        sizes = {buy.unit: buy.size for buy in wanted}
        working = [o for o in self.tracker.buys() if not o.due and not o.cancelling and o.acknowledged]
        off_target = [o for o in working if o.unit not in sizes or o.missed or o.altered]
        wrong_size = [o for o in working if o not in off_target and o.order.size != sizes[o.unit]]
        resizing = any(order.cancelling and order.unit in sizes for order in self.tracker.buys())
        if wrong_size and not resizing and not self.hold_buys:
            off_target.append(max(wrong_size, key=lambda order: order.unit))
        return off_target

    def _place_buys(self, wanted: Sequence[WantedBuy], mark: Decimal, now: int) -> list[OwnOrder]:
        if self.hold_buys or not self._rations.allows(Purpose.BUY):
            return []
        units = {order.unit for order in self.tracker.buys()}
        free = [
            s for s in self.ladder.slots if s.coins == 0 and s.due is None and not any(self.tracker.of(s))
        ]
        places: list[OwnOrder] = []
        for buy in wanted:
            trigger = self.ladder.grid.price(buy.unit)
            if not free or buy.unit in units or trigger <= mark or not self.tracker.may_retry(free[0], now):
                continue
            slot = free.pop(0)
            order = self.ladder.plan.buy(self._ids.next(slot.index), trigger, buy.size)
            decision = decisions.buy(self.ladder, buy.unit)
            places.append(self.tracker.sent(order, Role.BUY, slot, buy.unit, now, decision))
        return places

    def _stop(self, slot: Slot, unit: int, now: int, alive: Sequence[OwnOrder]) -> OwnOrder:
        trigger = self.ladder.grid.price(unit)
        order = self.ladder.plan.stop(self._ids.next(slot.index), trigger, slot.coins + self.ladder.dust)
        decision = decisions.stop(self.ladder, slot, unit, alive, self.tracker.last_stop(slot))
        return self.tracker.sent(order, Role.STOP, slot, unit, now, decision)

    def _sell(self, slot: Slot, mark: Decimal, now: int) -> OwnOrder:
        order = self.ladder.plan.sale(self._ids.next(slot.index), mark, slot.coins + self.ladder.dust)
        unit = slot.stop_unit if slot.stop_unit is not None else self.ladder.unit
        decision = decisions.sale(self.ladder, unit, mark, self.tracker.last_stop(slot))
        sale = self.tracker.sent(order, Role.SALE, slot, unit, now, decision)
        self.tracker.expect_fill(sale, now)
        return sale


def _nearest_first(orders: Iterable[OwnOrder], mark: Decimal) -> tuple[OwnOrder, ...]:
    """What protects before what buys, and the nearest to the price first."""

    def rank(own: OwnOrder) -> tuple[bool, Decimal]:
        return own.role is Role.BUY, abs((own.order.trigger or mark) - mark)

    return tuple(sorted(orders, key=rank))


def _purpose(order: OwnOrder) -> Purpose:
    return Purpose.PROTECT if order.order.reduce_only else Purpose.BUY
