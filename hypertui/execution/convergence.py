"""Convergence: what to do next to bring what works at the exchange to what the strategy wants.

A pure function of the trade's state, the price and the time; nothing changes by asking. The rules that keep
coins covered and the exposure bounded:

- An order that is due is never cancelled.
- What protects or reduces is moved by placing the new order, having it acknowledged, and cancelling the old
  one after that. A key has at most one order that is not acknowledged.
- What opens a position needs a key of which nothing is alive: the strategy gives no more keys than it has
  room for.
- Orders are never modified in place.
- Coins without a stop wait for nothing. All else waits for the action that is under way.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from decimal import Decimal
from operator import attrgetter

from hypertui.core.market import ONE, ZERO, Grouping, Order, OrderType, Side, Source
from hypertui.core.order_key import CLOSE, OrderKey
from hypertui.core.purpose import Purpose
from hypertui.execution import decisions
from hypertui.execution.order_tracker import OrderTracker
from hypertui.execution.orders import ClientIds, Closing, Decision, OwnOrder, Role
from hypertui.execution.own_orders import SeenPrice
from hypertui.execution.trade_inputs import CoinsGivenUp, OrderSent
from hypertui.execution.trading_state import Posture
from hypertui.strategy.base import Target, WantedOrder
from hypertui.strategy.exits.native import is_exit

_ROLES = {Purpose.PROTECT: Role.STOP, Purpose.REDUCE: Role.TARGET, Purpose.OPEN: Role.BUY}


@dataclass(frozen=True, slots=True)
class UnderWay:
    """What is on its way to the exchange: whether any action is, and the keys of which an order is being
    placed."""

    busy: bool = False
    placing: Set[OrderKey] = frozenset()


@dataclass(frozen=True, slots=True)
class Proposals:
    """What to do next: `places` in one action for each grouping, `cancels` in another, and the orders to ask
    about. Where something is to be `swept`, that comes first, and the rest is decided anew. `halted` says why
    the strategy can go on no more."""

    sweeps: tuple[CoinsGivenUp, ...] = ()
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

    def propose(self, target: Target, under_way: UnderWay) -> Proposals:
        """What to do next for the `target` of this moment. While an action is under way there is no other,
        but for coins that have no stop and of whose key nothing is being placed: what it leaves to do is then
        decided by what is known by then, and done all at once, instead of queueing up and expiring on the
        way."""
        if under_way.busy:
            places = self._cover_bare(target, under_way.placing)
            return Proposals(places=tuple(places), halted=target.halted)
        if target.swept:
            sweeps = tuple(CoinsGivenUp(self.now, key) for key in target.swept)
            return Proposals(sweeps, halted=target.halted)
        places, cancels = self._converge_exits(target)
        if self.posture is Posture.TRADE:
            entries = [want for want in target.orders if want.purpose is Purpose.OPEN]
            places += self._place_entries(entries)
            cancels += self._cancel_entries(entries)
            places.sort(key=attrgetter("is_child"))  # after their parents
        elif self.tracker.withdrawn:
            cancels += self._cancel_entries([])  # what a pause has left live
        return Proposals(places=tuple(places), cancels=tuple(cancels), halted=target.halted)

    def close(self, size: Decimal, why: Closing) -> OrderSent:
        """An order that closes a position of `size` coins at the market; a negative one is bought back."""
        side = Side.SELL if size > 0 else Side.BUY
        strategy = self.tracker.strategy
        decision = decisions.close(strategy.moves, self.seen.price, why)
        order = self._at_market(CLOSE, side, abs(size), why.within)
        return OrderSent(self.now, order, Role.CLOSE, CLOSE, strategy.level, decision)

    # What protects, and what reduces

    def _cover_bare(self, target: Target, placing: Set[OrderKey]) -> list[OrderSent]:
        places: list[OrderSent] = []
        for want in target.orders:
            if want.purpose is not Purpose.PROTECT or is_exit(want.key):
                continue
            spare = self._spare(places, want, target)
            bare = not self._is_dust(want, spare) and not self._exits_of(want)
            if bare and want.key not in placing and self._may_place(want):
                places.append(self._cover(want, [], spare))
        return places

    def _converge_exits(self, target: Target) -> tuple[list[OrderSent], list[OwnOrder]]:
        places: list[OrderSent] = []
        cancels: list[OwnOrder] = []
        wanted = {want.key: want for want in _exits(target)}
        let_go = self._stops_are_live(target)
        for own in self.tracker.alive:
            unwanted = own.role in _EXITS and own.key not in wanted and own.key not in target.kept
            if unwanted and _may_go(own) and (let_go or not is_exit(own.key)):
                cancels.append(own)
        for want in wanted.values():
            alive = self._exits_of(want)
            spare = self._spare(places, want, target)
            cancels += [own for own in self.tracker.of(want.key) if _left_behind(own, want) and _may_go(own)]
            if self._is_dust(want, spare):
                cancels += [own for own in alive if _may_go(own)]
                continue
            right = self._right_one(want, alive)
            if right is not None:
                if right.acknowledged:
                    cancels += [own for own in alive if own is not right and _may_go(own)]
                continue
            if all(own.acknowledged for own in alive) and self._may_place(want):
                places.append(self._cover(want, alive, spare))
        return places, cancels

    def _stops_are_live(self, target: Target) -> bool:
        """Whether each stop that is wanted is known to be at the exchange where it is wanted, so that an exit
        of the trade which stood for their coins may go."""
        stops = (want for want in target.orders if want.purpose is Purpose.PROTECT and not is_exit(want.key))
        return all(
            any(own.is_live and stands_at(own, want) for own in self.tracker.of(want.key)) for want in stops
        )

    def _may_place(self, want: WantedOrder) -> bool:
        """Whether an exit may be placed: while one of its key is due, or was left behind in the book and may
        be filled there yet, its coins may be gone."""
        going = any(own.due or _left_behind(own, want) for own in self.tracker.of(want.key))
        return not going and self._may_retry(want.key)

    def _spare(self, places: Sequence[OrderSent], want: WantedOrder, target: Target) -> Decimal:
        """What was swept joins the next order that protects coins, and only that one."""
        joins = want.purpose is Purpose.PROTECT and want.size and not places
        return target.loose if joins else ZERO

    def _exits_of(self, want: WantedOrder) -> list[OwnOrder]:
        return [own for own in self.tracker.of(want.key) if not (own.due or _left_behind(own, want))]

    def _cover(self, want: WantedOrder, alive: Sequence[OwnOrder], spare: Decimal) -> OrderSent:
        last = self.tracker.find(want.replaces)
        step = self.tracker.strategy.moves
        if not alive and self._is_passed(want):
            assert want.passed is not None, "it has been passed"
            size = want.size + spare if want.size else self.tracker.strategy.protectable
            order = self._at_market(want.key, want.side, size)
            decision = decisions.sale(self._source(want), want, self.seen.price, last, step)
            return OrderSent(self.now, order, Role.SALE, want.key, want.passed.level, decision)
        decision = decisions.exit_order(self._source(want), want, alive, last, step)
        return self._sent(want, want.size + spare, decision)

    def _right_one(self, want: WantedOrder, alive: Sequence[OwnOrder]) -> OwnOrder | None:
        """What covers the coins where the strategy wants it; where nothing may be moved, the nearest
        one that covers them."""
        covering = [
            own for own in alive if own.remaining == want.size and not (own.cancelling or own.altered)
        ]
        right = next((own for own in covering if stands_at(own, want)), None)
        if right is None and self.posture is Posture.PROTECT and not is_exit(want.key):
            return max(covering, key=_nearness, default=None)
        return right

    def _is_dust(self, want: WantedOrder, spare: Decimal) -> bool:
        """Whether no order may be placed for these coins, not even together with what was swept before. An
        order of size 0 is for all of the position."""
        if not want.size:
            return False
        size = want.size + max(spare, ZERO)
        return size * want.limit < self.tracker.strategy.instrument.min_order_value

    def _is_passed(self, want: WantedOrder) -> bool:
        """Whether the last trigger of the coins is no more, and the price is through it. A price from before
        they were bought has not passed it, however far away it is: a purchase may become known before the
        prices that led to it."""
        passed = want.passed
        if passed is None:
            return False
        if self.tracker.said_passed(want.key):
            return True
        if self.seen.at < passed.since:
            return False
        beyond = self.seen.price - passed.price
        falling = (want.side is Side.SELL) is not want.type.takes_profit
        return beyond <= 0 if falling else beyond >= 0

    # What opens a position

    def _cancel_entries(self, wanted: Sequence[WantedOrder]) -> list[OwnOrder]:
        by_key = {want.key: want for want in wanted}
        entries = self.tracker.buys()

        def want_of(own: OwnOrder) -> WantedOrder | None:
            want = by_key.get(own.key)
            return want if want is not None and stands_at(own, want) else None

        off_target, wrong_size = [], []
        for own in entries:
            if own.due or own.cancelling or not own.acknowledged:
                continue
            want = want_of(own)
            if want is None or _left_behind(own, want) or own.altered:
                off_target.append(own)
            elif own.order.size != want.size:
                wrong_size.append(own)
        resizing = any(own.cancelling and want_of(own) is not None for own in entries)
        if wrong_size and not resizing and not self.entry_block:
            off_target.append(max(wrong_size, key=self._distance))
        return off_target

    def _place_entries(self, wanted: Sequence[WantedOrder]) -> list[OrderSent]:
        if self.entry_block:
            return []
        places: list[OrderSent] = []
        for want in wanted:
            if any(self.tracker.of(want.key)) or self._is_behind(want) or not self._may_retry(want.key):
                continue
            step = self.tracker.strategy.moves
            decision = decisions.entry_order(self._source(want), want, self.seen.price, step)
            places.append(self._sent(want, want.size, decision))
        return places

    def _is_behind(self, want: WantedOrder) -> bool:
        """Whether the price is at or through its trigger already."""
        if want.trigger is None:
            return False
        ahead = want.trigger - self.seen.price
        return ahead <= 0 if want.side is Side.BUY else ahead >= 0

    def _distance(self, own: OwnOrder) -> Decimal:
        return abs(own.order.stands_at - self.seen.price)

    # Both

    def _source(self, want: WantedOrder) -> Source:
        return want.source or self.tracker.strategy.source

    def _may_retry(self, key: OrderKey) -> bool:
        return self.tracker.pacing.may_retry(key, self.now)

    def _sent(self, want: WantedOrder, size: Decimal, decision: Decision) -> OrderSent:
        order = want.order(self.ids.peek(want.key), self.tracker.strategy.instrument.symbol, size)
        role, grouping = role_of(want), want.grouping
        if grouping is Grouping.NORMAL and self.tracker.strategy.coins(want.key):
            grouping = Grouping.NONE  # what its parent bought is held: it waits for nothing any more
        return OrderSent(self.now, order, role, want.key, want.level, decision, grouping)

    def _at_market(self, key: OrderKey, side: Side, size: Decimal, within: Decimal | None = None) -> Order:
        """A reduce-only order at the price of now, with the strategy's slippage where no other is said."""
        strategy = self.tracker.strategy
        instrument, slippage = strategy.instrument, strategy.slippage if within is None else within
        limit = instrument.round_price(self.seen.price * (ONE + side.sign * slippage))
        client_id = self.ids.peek(key)
        return Order(client_id, instrument.symbol, side, size, OrderType.IOC, limit, reduce_only=True)


_EXITS = (Role.STOP, Role.SALE, Role.TARGET, Role.CLOSE, Role.EXIT)


def role_of(want: WantedOrder) -> Role:
    """What an order is that is wanted so."""
    return Role.EXIT if is_exit(want.key) else _ROLES[want.purpose]


def _exits(target: Target) -> list[WantedOrder]:
    """What protects or reduces, by the numbers of their keys."""
    return sorted((want for want in target.orders if want.purpose is not Purpose.OPEN), key=_number)


def _number(want: WantedOrder) -> int:
    return want.key.code


def _may_go(own: OwnOrder) -> bool:
    return own.acknowledged and not own.cancelling and not own.due


def _left_behind(own: OwnOrder, want: WantedOrder) -> bool:
    """Whether it has fired, and rests in the book where it is not to rest: the price has run away from it."""
    return own.missed and not want.keeps_resting


def stands_at(own: OwnOrder, want: WantedOrder) -> bool:
    """Whether an order is at the price that is wanted."""
    if want.level is not None:
        return own.level == want.level
    order = own.order
    return (order.type, order.trigger, order.limit) == (want.type, want.trigger, want.limit)


def _nearness(own: OwnOrder) -> Decimal:
    """The greater, the sooner a falling price (for what buys, a rising one) comes to it."""
    return -own.order.side.sign * own.order.stands_at
