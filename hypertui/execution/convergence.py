"""Convergence: what to do next to bring what works at the exchange to what the ladder wants.

A pure function of the trade's state, the price and the time; nothing changes by asking. The rules that keep
coins covered and the exposure bounded:

- An order that is due is never cancelled.
- A stop is placed only for coins known to be held. To move one, the new one is placed and acknowledged before
  the old one is cancelled; a slot has at most one order that is not acknowledged.
- Each buy needs a slot of its own that holds nothing and has nothing alive. There are four slots and
  `trust_slots` more, so holdings and alive buys together can never exceed that number.
- Orders are never modified in place.
- Coins without a stop wait for nothing. All else waits for the action that is under way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from decimal import Decimal

from hypertui.core.market import ZERO, Order, Side, Source
from hypertui.execution import decisions
from hypertui.execution.order_tracker import OrderTracker
from hypertui.execution.orders import ClientIds, Decision, OwnOrder, Role
from hypertui.execution.own_orders import SeenPrice
from hypertui.execution.trade_inputs import DustSwept, OrderSent
from hypertui.execution.trading_state import Posture
from hypertui.strategy.ladder.ladder import Slot, Target, WantedBuy, WantedStop


@dataclass(frozen=True, slots=True)
class UnderWay:
    """What is on its way to the exchange: whether any action is, and the slots in which an order is being
    placed."""

    busy: bool = False
    placing: Set[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Proposals:
    """What to do next: `places` in one action, `cancels` in another, and the orders to ask about. Where
    something is to be `swept`, that comes first, and
    the rest is decided anew. `halted` says why the strategy can go on no more."""

    sweeps: tuple[DustSwept, ...] = ()
    places: tuple[OrderSent, ...] = ()
    cancels: tuple[OwnOrder, ...] = ()
    asks: tuple[OwnOrder, ...] = ()
    halted: str = ""


@dataclass(frozen=True, slots=True)
class Convergence:
    """One look at a trade at `now` (ms). `seen` is the newest price; `entry_block` says why no new risk is
    taken, empty when it may be."""

    tracker: OrderTracker
    ids: ClientIds
    posture: Posture
    seen: SeenPrice
    now: int
    entry_block: str = ""

    def propose(self, under_way: UnderWay) -> Proposals:
        """What to do next. While an action is under way there is no other, but for coins that have no stop
        and in whose slot nothing is being placed: what it leaves to do is then decided by what is known by
        then, and done all at once, instead of queueing up and expiring on the way."""
        target = self.tracker.ladder.target()
        if under_way.busy:
            places = self._cover_bare(target, under_way.placing)
            return Proposals(places=tuple(places), halted=target.halted)
        sweeps = tuple(self._sweeps(target))
        if sweeps:
            return Proposals(sweeps, halted=target.halted)
        places, cancels = self._converge_stops(target)
        if self.posture is Posture.TRADE:
            places += self._place_buys(target.buys)
            cancels += self._cancel_buys(target.buys)
        return Proposals(places=tuple(places), cancels=tuple(cancels), halted=target.halted)

    def close(self, size: Decimal, why: str, source: Source) -> OrderSent:
        """An order that closes a position of `size` coins at the market, whichever slots hold them; a
        negative one is bought back. `why` says in words what for, `source` who wants it."""
        ladder, price = self.tracker.ladder, self.seen.price
        holder = max(ladder.slots, key=lambda slot: slot.coins)
        client_id, plan = self.ids.peek(holder.index), ladder.plan
        order = plan.sale(client_id, price, size) if size > 0 else plan.cover(client_id, price, -size)
        decision = decisions.close(ladder, price, why, source)
        return self._sent(order, Role.CLOSE, holder, ladder.unit, decision)

    # Stops

    def _cover_bare(self, target: Target, placing: Set[int]) -> list[OrderSent]:
        places: list[OrderSent] = []
        for want in target.stops:
            slot = self.tracker.ladder.slots[want.slot]
            spare = self._spare(places)
            bare = slot.coins > 0 and not self._is_dust(want, spare) and not self._stops_of(slot)
            if bare and slot.index not in placing and self.tracker.may_retry(slot, self.now):
                places.append(self._cover(slot, want, [], spare))
        return places

    def _converge_stops(self, target: Target) -> tuple[list[OrderSent], list[OwnOrder]]:
        wanted = {stop.slot: stop for stop in target.stops}
        places: list[OrderSent] = []
        cancels: list[OwnOrder] = []
        for slot in self.tracker.ladder.slots:
            stops = self._stops_of(slot)
            want, spare = wanted.get(slot.index), self._spare(places)
            if slot.coins == 0 or (want is not None and self._is_dust(want, spare)):
                cancels += [stop for stop in stops if stop.acknowledged and not stop.cancelling]
                continue
            if want is None:
                continue  # a sale is due: until that is proven, what else covers the coins stays
            right = self._right_stop(slot, want.unit, stops)
            if right is not None:
                if right.acknowledged:
                    cancels += [o for o in stops if o is not right and o.acknowledged and not o.cancelling]
                continue
            if all(stop.acknowledged for stop in stops) and self.tracker.may_retry(slot, self.now):
                places.append(self._cover(slot, want, stops, spare))
        return places, cancels

    def _stops_of(self, slot: Slot) -> list[OwnOrder]:
        return [o for o in self.tracker.of(slot) if o.order.side is Side.SELL and not o.due]

    def _spare(self, places: Sequence[OrderSent]) -> Decimal:
        """What was swept joins the next order that is placed for coins, and only that one."""
        return ZERO if places else self.tracker.ladder.dust

    def _cover(self, slot: Slot, want: WantedStop, stops: Sequence[OwnOrder], dust: Decimal) -> OrderSent:
        if not stops and self._stop_passed(slot):
            return self._sell(slot, slot.coins + dust)
        return self._stop(slot, want.unit, slot.coins + dust, stops)

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

    def _sweeps(self, target: Target) -> Iterable[DustSwept]:
        """Remainders that no order may be placed for, not even together with those before them."""
        spare = self.tracker.ladder.dust
        for stop in target.stops:
            slot = self.tracker.ladder.slots[stop.slot]
            if self._is_dust(stop, spare) and not any(self.tracker.of(slot)):
                spare += slot.coins
                yield DustSwept(self.now, slot.index)

    def _is_dust(self, stop: WantedStop, spare: Decimal) -> bool:
        """Whether no order may be placed for these coins, not even together with what was swept before."""
        ladder = self.tracker.ladder
        plan, coins = ladder.plan, stop.size + max(spare, ZERO)
        value = plan.stop_value(ladder.grid, stop.unit, coins)
        return stop.size > 0 and value < plan.instrument.min_order_value

    def _stop_passed(self, slot: Slot) -> bool:
        if self.tracker.said_passed(slot):
            return True
        if slot.stop_unit is None or not self.tracker.is_news_to(slot, self.seen):
            return False
        return self.seen.price <= self.tracker.ladder.grid.price(slot.stop_unit)

    def _stop(self, slot: Slot, unit: int, size: Decimal, alive: Sequence[OwnOrder]) -> OrderSent:
        ladder = self.tracker.ladder
        order = ladder.plan.stop(self.ids.peek(slot.index), ladder.grid.price(unit), size)
        decision = decisions.stop(ladder, slot, unit, alive, self.tracker.last_stop(slot))
        return self._sent(order, Role.STOP, slot, unit, decision)

    def _sell(self, slot: Slot, size: Decimal) -> OrderSent:
        ladder, price = self.tracker.ladder, self.seen.price
        order = ladder.plan.sale(self.ids.peek(slot.index), price, size)
        unit = slot.stop_unit if slot.stop_unit is not None else ladder.unit
        decision = decisions.sale(ladder, unit, price, self.tracker.last_stop(slot))
        return self._sent(order, Role.SALE, slot, unit, decision)

    # Buys

    def _cancel_buys(self, wanted: Sequence[WantedBuy]) -> list[OwnOrder]:
        sizes = {buy.unit: buy.size for buy in wanted}
        working = [o for o in self.tracker.buys() if not o.due and not o.cancelling and o.acknowledged]
        off_target = [o for o in working if o.unit not in sizes or o.missed or o.altered]
        wrong_size = [o for o in working if o not in off_target and o.order.size != sizes[o.unit]]
        resizing = any(order.cancelling and order.unit in sizes for order in self.tracker.buys())
        if wrong_size and not resizing and not self.entry_block:
            off_target.append(max(wrong_size, key=lambda order: order.unit))
        return off_target

    def _place_buys(self, wanted: Sequence[WantedBuy]) -> list[OrderSent]:
        if self.entry_block:
            return []
        ladder, tracker = self.tracker.ladder, self.tracker
        units = {order.unit for order in tracker.buys()}
        free = [s for s in ladder.slots if s.coins == 0 and s.due is None and not any(tracker.of(s))]
        places: list[OrderSent] = []
        for buy in wanted:
            trigger = ladder.grid.price(buy.unit)
            if not free or buy.unit in units or trigger <= self.seen.price:
                continue
            if not tracker.may_retry(free[0], self.now):
                continue
            slot = free.pop(0)
            order = ladder.plan.buy(self.ids.peek(slot.index), trigger, buy.size)
            places.append(self._sent(order, Role.BUY, slot, buy.unit, decisions.buy(ladder, buy.unit)))
        return places

    # Both

    def _sent(self, order: Order, role: Role, slot: Slot, unit: int, decision: Decision) -> OrderSent:
        return OrderSent(self.now, order, role, slot.index, unit, decision)
