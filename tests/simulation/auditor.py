"""What must be so at every instant, judged by the venue's own books."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal

from hypertui.core.market import ZERO, Order, OrderType, Side
from hypertui.core.order_key import KeyKind
from hypertui.core.round_trips import SLOTS
from hypertui.exchange.protocol import Placed, Refusal, Refused
from hypertui.execution.order_tracker import OrderTracker
from hypertui.execution.orders import OwnOrder, Role, key_of
from hypertui.strategy.bracket.strategy import Bracket
from hypertui.strategy.ladder.strategy import LadderStrategy
from hypertui.strategy.ladder.terms import LadderTerms
from hypertui.venue.model.events import Batch
from hypertui.venue.model.orders import VenueOrder
from tests.simulation.door import Door, cancel_of
from tests.simulation.network import Network
from tests.simulation.rest import covered_by
from tests.simulation.scenario import LATENCIES, Scenario
from tests.simulation.venue import ADDRESS, VenueMarket
from tests.support.ladders import slot_of, terms_of

# How long coins may be bare after something went wrong: asking, backing off and trying again take a while.
_PATIENCE_AFTER_TROUBLE = 45.0
# An answer that never comes, or a venue that asks for a pause, may be behind it that long before.
_TROUBLE_LASTS = 15.0
# The longest pause that a venue asks for.
_LONGEST_PAUSE = 10.0
# The shortest pause between two sales of a close.
_SELLS_AGAIN = 0.5
_COMMON = ("open", "filled", "triggered", "canceled", "badTriggerPxRejected")


class Auditor:
    """Listens to the venue and collects what is wrong of one trade, once for each kind. `time` is in loop
    seconds."""

    def __init__(
        self, scenario: Scenario, market: VenueMarket, network: Network, time: Callable[[], float]
    ) -> None:
        self.problems: dict[str, str] = {}
        self.tracker: OrderTracker | None = None
        config = scenario.config
        self._patience = _PATIENCE_AFTER_TROUBLE
        # A notice, the round trip of an action that was under way, an order that is refused because the price
        # has passed it, the next price (one each second), and the sale instead; each may wait for a beat.
        self._smooth = 8 * LATENCIES[scenario.pace][1] + 2.0 + 4 * config.timing.beat / 1000
        if scenario.options.passed_trigger == "reject" and scenario.options.trigger_reference == "mid":
            # A price that stands still between mark and mid is no news: the sale waits for its pause.
            self._smooth += 2 * config.timing.confirm_after / 1000
        # What was sent before the trouble is known to be there or not when it has expired.
        confirm_after = config.timing.confirm_after / 1000
        longest_trip = 2 * LATENCIES[scenario.pace][1]
        confirmed = max(confirm_after, 2 * longest_trip)
        self._to_be_sure = config.timing.expires_after / 1000 + 2 * confirmed
        self._patience += 3 * (confirmed - confirm_after)
        self._recovery = self._smooth + self._to_be_sure + _LONGEST_PAUSE
        others = scenario.faults.meddle or scenario.options.triggers_follow_position
        if others and scenario.loses_notices:
            # What others cancel, and no notice tells of, is found by the next reconciliation.
            self._patience += config.reconcile_every / 1000
            self._recovery += config.reconcile_every / 1000
        if config.strategy.slippage < Decimal("0.01"):
            self._patience *= 3  # the market runs away from the limits of its sales
        # The same order may be lost again and again, and the question about it too: up to 18 s each time.
        if scenario.faults.unanswered >= 0.3:
            self._patience *= 3
        elif scenario.faults.unanswered >= 0.12:
            self._patience *= 2
        self.excused = False  # nobody is supposed to cover coins just now
        self._scenario = scenario
        self._market = market
        self._network = network
        self._time = time
        self._cancelling = False
        self._foreign = ZERO
        self._entered = ZERO  # coins that a bracket's entries have bought
        self._told: dict[int, Decimal] = {}  # coins of a bracket's entry, by how often it had been told
        self._lots: list[Decimal] = []
        self._placed: set[str] = set()
        self._up_at = 0.0
        self._let_go: set[str] = set()  # exits (client id) that are being cancelled
        self._refused_at: dict[str, float] = {}  # by the part of the client id that names trade and slot
        self._bare: deque[list[float | Decimal]] = deque()
        self._orphans: dict[int, float] = {}  # since when, by order id
        market.venue.core.listeners.append(self._on_batch)

    @property
    def largest_lot(self) -> Decimal:
        """The largest size in coins that one slot was bought with."""
        return max(self._lots)

    def meddled(self, size: Decimal) -> None:
        """Somebody else trades so many coins: nobody covers them before the operator has said what they
        are."""
        self.excused = True
        self._foreign += max(size, ZERO)

    def settled(self) -> None:
        """What others did has been taken over by the trade."""
        self.excused = False

    def complain(self, kind: str, text: str) -> None:
        self.problems.setdefault(kind, f"at {self._time():.3f}: {kind}: {text}")

    def begins_anew(self) -> None:
        """Another trade begins in this market: the slots are not known."""
        self._lots.clear()
        self._bare.clear()

    def opened(self, tracker: OrderTracker, is_restart: bool) -> None:
        """The trade is taken up, by its first process or a later one; the slots are known."""
        self.tracker = tracker
        if is_restart:
            self._up_at = self._time()
        if not self._lots:
            self._lots = self._lots_of(tracker)
            self._note_bare()

    def _lots_of(self, tracker: OrderTracker) -> list[Decimal]:
        if isinstance(tracker.strategy, LadderStrategy):
            return [slot.coins for slot in tracker.strategy.ladder.slots[:SLOTS]]
        plan = self._scenario.config.plan(tracker.strategy.instrument)
        return [plan.entry_size(self._market.book.mark)]

    def _coins_of(self, order: OwnOrder, tracker: OrderTracker) -> Decimal:
        """What a stop is there to cover."""
        if isinstance(tracker.strategy, LadderStrategy):
            return tracker.strategy.ladder.slots[slot_of(order)].coins
        return tracker.strategy.protectable

    def owns(self, client_id: str) -> bool:
        """Whether the trade that is watched just now knows of an order."""
        return self.tracker is not None and self.tracker.find(client_id) is not None

    def closed(self) -> None:
        """The process is gone; nobody protects anything until the next one has come."""
        self.tracker = None
        self._refused_at.clear()

    @contextmanager
    def placing(self, orders: Sequence[Order]) -> Iterator[None]:
        """These orders of ours take effect inside."""
        for order in orders:
            if order.client_id in self._placed:
                self.complain("client id used twice", order.client_id)
            self._placed.add(order.client_id)
            key = key_of(order.client_id)
            enters = key is not None and key.kind is KeyKind.ENTRY
            if order.side is Side.BUY and (enters or order.type is not OrderType.IOC):
                self._lots.append(order.size)
        yield

    def answered(self, orders: Sequence[Order], answers: Sequence[Placed]) -> None:
        """The engine hears what became of its orders."""
        for order, answer in zip(orders, answers, strict=True):
            if isinstance(answer, Refused) and answer.kind is not Refusal.PASSED:
                self._refused_at[order.client_id[:22]] = self._time()

    def check_pace(self, orders: Sequence[Order]) -> None:
        """The engine places these now: what was refused is not tried again at once."""
        for order in orders:
            refused_at = self._refused_at.pop(order.client_id[:22], None)
            key = key_of(order.client_id)
            # Whoever closes a position does not wait as long: each of its sales half a second at least.
            closes = key is not None and key.kind is KeyKind.CLOSE
            pause = _SELLS_AGAIN if closes else self._scenario.config.timing.confirm_after / 1000
            if refused_at is not None and self._time() < refused_at + pause - 0.002 and not self.excused:
                self.complain(
                    "hurried", f"{order.client_id} {self._time() - refused_at:.3f} s after a refusal"
                )

    def check_written(self, orders: Sequence[Order], door: Door) -> None:
        """The engine places these now: all but resting stops are durable by then, buys always, and what sells
        unless the journal is out of reach."""
        for order in orders:
            rests = order.reduce_only and order.trigger is not None
            ahead = order.client_id in door.noted - door.written
            if (
                ahead
                and not door.shut
                and not rests
                and (door.journal_works(order.client_id) or not order.reduce_only)
            ):
                self.complain("sent before it was durable", f"{order.side.value} {order.client_id}")

    def check_cancel_written(self, client_ids: Sequence[str], door: Door) -> None:
        """The engine cancels these now: that is durable by then, unless the journal is out of reach."""
        ahead = {cancel_of(client_id) for client_id in client_ids if door.journal_works(client_id)} & (
            door.noted - door.written
        )
        if ahead:
            self.complain("sent before it was durable", ", ".join(sorted(ahead)))

    def check_tracker(self) -> None:
        """What must hold of the engine's own knowledge after each event."""
        tracker = self.tracker
        if tracker is None:
            return
        sent = [o for o in tracker.alive if not o.acknowledged and o.role is not Role.CLOSE]
        pending = Counter(order.key for order in sent)
        if pending and max(pending.values()) > 1:
            self.complain("unacknowledged", f"more than one of a key: {dict(pending)}")
        self._check_exits(tracker)
        self._check_entries(tracker)
        if not isinstance(tracker.strategy, LadderStrategy):
            return
        slots = tracker.strategy.ladder.slots
        held = {slot.index for slot in slots if slot.coins > 0}
        buys = [order for order in tracker.buys() if slot_of(order) not in held]
        if len(held) + len(buys) > SLOTS + terms_of(self._scenario.config).trust_slots:
            self.complain("exposure by slots", f"{len(held)} held, {len(buys)} buys besides")

    def _check_entries(self, tracker: OrderTracker) -> None:
        """All that a bracket has ever bought, however often it was told, is what was decided each time."""
        strategy = tracker.strategy
        if not isinstance(strategy, Bracket):
            return
        if strategy.entry is not None:
            known = self._told.get(strategy.told, ZERO)
            self._told[strategy.told] = max(known, strategy.entry.size)
        if self._entered > sum(self._told.values()):
            self.complain("double entry", f"{self._entered} bought, decided were {self._told}")

    def _check_exits(self, tracker: OrderTracker) -> None:
        """An exit that stands for coins which no stop sells goes only once another one is live, as of the
        moment at which that is decided."""
        for own in tracker.alive:
            if own.role is not Role.EXIT or not own.cancelling or own.client_id in self._let_go:
                continue
            self._let_go.add(own.client_id)
            others = any(each.acknowledged and not each.cancelling for each in tracker.of(own.key))
            if not others and not self.excused and _lacks_stops(tracker):
                self.complain("uncovered", f"the exit {own.key} is cancelled with no other")

    def check_time(self) -> None:
        """What can become wrong by time alone."""
        self._check_orphans()
        if not self._bare or self.excused or self.tracker is None:
            return
        since = max(float(self._bare[0][0]), self._up_at, self._network.deaf_at)
        allowed = self._allowance(since)
        coins = sum((Decimal(chunk[1]) for chunk in self._bare), ZERO)
        if self._time() - since > allowed:
            self.complain("bare", f"{coins} coins since {since:.3f}, allowed {allowed:.1f} s")
        calm = max(since, self._network.trouble_at)
        if self._time() - calm > self._recovery:
            text = f"{coins} coins, and no trouble since {calm:.3f}, allowed {self._recovery:.1f} s"
            self.complain("bare in calm", text)

    def _check_orphans(self) -> None:
        """A stop that works at the venue, and of which the engine knows nothing or that it is over, would one
        day sell what something else has bought."""
        working = self._market.working()
        if self.excused or self.tracker is None:
            self._orphans.clear()
            return
        alive = {order.client_id for order in self.tracker.alive}
        orphans = [o for o in working if o.waiting and o.request.reduce_only and o.request.cloid not in alive]
        self._orphans = {order.oid: self._orphans.get(order.oid, self._time()) for order in orphans}
        for order in orphans:
            if self._time() - self._orphans[order.oid] > self._patience:
                self.complain("orphan", f"a stop {order.request.cloid} works that the engine does not know")

    def _allowance(self, since: float) -> float:
        if self._network.trouble_at >= since - _TROUBLE_LASTS:
            return self._patience
        return self._smooth if since > self._up_at else self._smooth + self._to_be_sure

    def _on_batch(self, batch: Batch) -> None:
        rows = [row for row in batch.orders.get(ADDRESS, ()) if row["order"]["coin"] == self._market.symbol]
        traded = any(row["coin"] == self._market.symbol for row in batch.fills.get(ADDRESS, ()))
        if not (rows or traded or self._market.symbol in batch.moved):
            return
        for fill in batch.fills.get(ADDRESS, ()):
            key = key_of(fill.get("cloid"))
            if fill["coin"] == self._market.symbol and key is not None and key.kind is KeyKind.ENTRY:
                self._entered += Decimal(fill["sz"])
        position = self._market.position
        working = self._market.working()
        if position < 0:
            self.complain("oversold", f"position {position}")
        if self._lots:
            self._check_exposure(position, working)
            self._check_units(working)
            self._note_bare()
        for row in rows:
            # An order came to nothing by itself: the engine has to find another way.
            cut_short = row["status"] in ("canceled", "filled") and Decimal(row["order"]["sz"]) > 0
            if row["status"] not in _COMMON or (cut_short and not self._cancelling):
                self._network.trouble()

    def _check_exposure(self, position: Decimal, working: Sequence[VenueOrder]) -> None:
        terms = self._scenario.config.strategy
        count = SLOTS + terms.trust_slots if isinstance(terms, LadderTerms) else 1
        # The bound counts slots, whose coins may have grown by the remainders of some others.
        dust = 2 * self._market.market.instrument.min_order_value / self._market.book.mark
        bound = sum(sorted(self._lots)[-count:], dust + self._foreign)
        buys = sum((order.remaining for order in working if order.side is Side.BUY), ZERO)
        if position + buys > bound:
            self.complain("exposure by coins", f"{position} held, {buys} in buys, at most {bound}")

    def _check_units(self, working: Sequence[VenueOrder]) -> None:
        triggers = Counter(
            order.request.trigger.price
            for order in working
            if order.side is Side.BUY and order.waiting and order.request.trigger is not None
        )
        doubles = [price for price, count in triggers.items() if count > 1]
        if doubles:
            self.complain("two buys at one unit", f"at {doubles}")

    @contextmanager
    def cancelling(self) -> Iterator[None]:
        """A cancel of ours takes effect inside."""
        self._cancelling = True
        yield
        self._cancelling = False

    def check_cancel(self, client_ids: Sequence[str]) -> None:
        """The engine cancels these now: a stop may only go when another one is known to work. One that has
        ended while the cancel waited for its rows uncovers nothing."""
        if self.tracker is None or self.excused:
            return
        for client_id in client_ids:
            order = self.tracker.find(client_id)
            if order is None or order.dead or order.order.side is Side.BUY:
                continue
            others = [o for o in self.tracker.of(order.key) if o.acknowledged and not o.cancelling]
            if order.role not in (Role.STOP, Role.SALE):
                continue
            coins = self._coins_of(order, self.tracker)
            dust = coins * self._market.book.mark < self._market.market.instrument.min_order_value * 2
            # A remainder may have joined the coins while the cancel waited for the disk.
            least = coins - self._market.market.instrument.min_order_value / self._market.book.mark
            if not dust and not any(o.whole or least < o.remaining <= coins for o in others):
                self.complain("uncovered", f"the order {order.key} is cancelled with no other")

    def _note_bare(self) -> None:
        orders = self._market.working()
        covered = covered_by(orders, self._market.position)
        bare = max(ZERO, self._market.position - covered)
        # Remainders too small for an order wait for the next stop.
        if bare * self._market.book.mark < self._market.market.instrument.min_order_value * Decimal("1.3"):
            bare = ZERO
        known = sum((Decimal(chunk[1]) for chunk in self._bare), ZERO)
        if bare > known:
            self._bare.append([self._time(), bare - known])
        while known > bare:
            oldest = Decimal(self._bare[0][1])
            gone = min(oldest, known - bare)
            known -= gone
            self._bare[0][1] = oldest - gone
            if gone == oldest:
                self._bare.popleft()


def _lacks_stops(tracker: OrderTracker) -> bool:
    """Whether coins are held that no live stop sells, and nothing sells already, while no exit ends the
    trade; those too few for an order wait."""
    if tracker.exits.acted is not None or tracker.exits.fired is not None:
        return False
    selling = (own for own in tracker.alive if own.order.side is Side.SELL and own.due)
    sold = tracker.stopped + sum((own.remaining for own in selling), ZERO)
    strategy = tracker.strategy
    bare = (strategy.protectable - sold) * strategy.book.average_price
    return bare > strategy.instrument.min_order_value * Decimal("1.3")
