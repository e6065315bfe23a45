"""A trade of the ladder at an exchange that answers when it likes: late, in parts, or that nothing was placed
and then that it was filled.

Whatever the order of events, keys go to free slots alone, asking changes nothing, no coin is lost, and once
everything is answered exactly the target works.
"""

from __future__ import annotations

import copy
from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from hypertui.core.market import ZERO, Fill, IngestVia, Side
from hypertui.core.order_key import KeyKind
from hypertui.core.purpose import Purpose
from hypertui.exchange.protocol import CancelOutcome, Refusal, Refused, Resting
from hypertui.execution.orders import ClientIds, OwnOrder
from hypertui.execution.own_orders import SeenPrice
from hypertui.execution.timing import Timing
from hypertui.execution.trade import Trade
from hypertui.execution.trade_inputs import (
    CancelAnswered,
    CancelSent,
    FillReceived,
    Input,
    OrderAnswered,
    OrdersNotPlaced,
    PriceMoved,
    StrategyHalted,
)
from hypertui.strategy.ladder.plan import Reinvest
from hypertui.strategy.ladder.strategy import LadderStrategy
from tests.strategy.driver import COIN, fill_of, plan_of

MOST_ROUNDS = 200
AN_HOUR = 3_600_000  # ms: no refusal is waited for that long


class LadderTradeMachine(RuleBasedStateMachine):
    @initialize(
        reinvest=st.sampled_from(Reinvest),
        position=st.sampled_from(["2000", "2003.99", "500"]),
        trust_slots=st.integers(0, 2),
    )
    def enter(self, reinvest: Reinvest, position: str, trust_slots: int) -> None:
        plan = plan_of(reinvest=reinvest, position_size=Decimal(position), trust_slots=trust_slots)
        self.now, self.numbers = 1_000, 1
        self.mark = Decimal(100)
        self.strategy: LadderStrategy = plan.start([fill_of(Side.BUY, plan.entry_size(self.mark), self.mark)])
        self.trade = Trade(self.strategy, Timing(), ClientIds(1))
        self.lost: list[OwnOrder] = []  # of which the exchange has said that they were not placed
        self.serve()

    # What happens

    @rule(units=st.integers(-6, 6), part=st.sampled_from(["0", "0.01", "0.5", "0.99"]))
    def price(self, units: int, part: str) -> None:
        unit = max(-40, min(40, self.strategy.ladder.unit + units))
        self._price(Decimal(100) + unit + Decimal(part))

    @rule()
    def serve(self) -> None:
        """Send what the trade wants sent."""
        self._serve()

    def _unanswered(self) -> list[OwnOrder]:
        return [own for own in self.trade.tracker.alive if not own.acknowledged]

    def _due(self) -> list[OwnOrder]:
        return [own for own in self.trade.tracker.alive if own.due]

    def _cancelling(self) -> list[OwnOrder]:
        return [own for own in self.trade.tracker.alive if own.cancelling and not own.due]

    @precondition(lambda self: self._unanswered())
    @rule(data=st.data())
    def placed(self, data: st.DataObject) -> None:
        self._placed(data.draw(st.sampled_from(self._unanswered())))

    @precondition(lambda self: self._unanswered())
    @rule(data=st.data(), kind=st.sampled_from([Refusal.PASSED, Refusal.NO_MATCH, Refusal.FLAT]))
    def refused(self, data: st.DataObject, kind: Refusal) -> None:
        own = data.draw(st.sampled_from(self._unanswered()))
        self._take(OrderAnswered(self.now, own.client_id, Refused(kind, "no")))

    @precondition(lambda self: self._unanswered())
    @rule(data=st.data())
    def not_placed(self, data: st.DataObject) -> None:
        own = data.draw(st.sampled_from(self._unanswered()))
        self._take(OrdersNotPlaced(self.now, (own.client_id,), "lost"))
        if not own.filled:
            self.lost.append(own)

    @precondition(lambda self: self.lost)
    @rule(data=st.data())
    def placed_after_all(self, data: st.DataObject) -> None:
        """A fill of an order that was said not to exist."""
        own = data.draw(st.sampled_from(self.lost))
        self.lost.remove(own)
        if own.order.side is Side.SELL:
            return  # it only reduces: the exchange would fill no more than is held
        slots, taken = self.strategy.ladder.slots, self._taken()
        free = {slot.index for slot in slots if slot.coins == 0 and slot.index not in taken}
        before = [slot.coins for slot in slots]
        self._fill(own, own.remaining)
        grown = [slot.index for slot in slots if slot.coins > before[slot.index]]
        if free and grown:
            assert set(grown) <= free
            assert own.key.number not in free or grown == [own.key.number]

    @precondition(lambda self: self._due())
    @rule(data=st.data(), whole=st.booleans())
    def fill(self, data: st.DataObject, whole: bool) -> None:
        own = data.draw(st.sampled_from(self._due()))
        size = own.remaining if whole else max(COIN.floor_size(own.remaining / 3), COIN.lot)
        self._fill(own, size)

    @precondition(lambda self: self._cancelling())
    @rule(data=st.data())
    def cancelled(self, data: st.DataObject) -> None:
        own = data.draw(st.sampled_from(self._cancelling()))
        self._take(CancelAnswered(self.now, own.client_id, CancelOutcome.CANCELLED))

    # What is always so

    @invariant()
    def no_coin_is_lost(self) -> None:
        ladder = self.strategy.ladder
        in_slots = sum((slot.coins for slot in ladder.slots), ladder.dust) - ladder.oversold
        assert in_slots == self.strategy.book.held
        assert all(slot.coins >= 0 for slot in ladder.slots)

    @invariant()
    def asking_changes_nothing(self) -> None:
        before = copy.deepcopy(self.strategy)
        target = self.trade.tracker.target()
        assert self.trade.tracker.target() == target
        self.trade.decide(SeenPrice(self.mark, self.now), self.now)
        assert self.strategy == before

    @invariant()
    def keys_go_to_free_slots(self) -> None:
        target, alive, taken = self.trade.tracker.target(), self.trade.tracker.alive, self._taken()
        keys = [want.key for want in target.orders]
        assert len(keys) == len(set(keys))
        standing = {(own.key, own.level) for own in alive}
        for want in target.orders:
            slot = self.strategy.ladder.slots[want.key.number]
            if want.purpose is Purpose.PROTECT:
                assert want.size == slot.coins > 0
                assert want.key not in target.kept
            elif (want.key, want.level) not in standing:
                assert slot.coins == 0
                assert slot.index not in taken
        assert not {key.number for key in target.swept} & taken
        entries = [own.key for own in alive if own.key.kind is KeyKind.ENTRY]
        assert len(entries) == len(set(entries))

    def teardown(self) -> None:
        """Answer everything, and look what works."""
        if not hasattr(self, "trade"):
            return
        for _ in range(MOST_ROUNDS):
            self.now += AN_HOUR
            self._price(self.mark)
            for own in self._unanswered():
                if not own.due:
                    self._placed(own)
            for own in self._due():
                self._fill(own, own.remaining)
            for own in self._cancelling():
                self._take(CancelAnswered(self.now, own.client_id, CancelOutcome.CANCELLED))
            if not self._serve():
                break
        assert self.trade.tracker.quiet
        ladder, alive = self.strategy.ladder, self.trade.tracker.alive
        windows = ladder.windows()
        stops = sorted((own.level, own.remaining) for own in alive if own.order.side is Side.SELL)
        buys = sorted((own.level, own.remaining) for own in alive if own.order.side is Side.BUY)
        assert stops == [(stop.unit, stop.size) for stop in windows.stops if stop.size]
        assert buys == [(buy.unit, buy.size) for buy in windows.buys][: len(ladder.slots) - len(stops)]
        assert self.trade.tracker.settled

    # The exchange

    def _taken(self) -> set[int]:
        return {own.key.number for own in self.trade.tracker.alive}

    def _take(self, given: Input) -> None:
        self.trade.apply(given)
        self.now += 1

    def _price(self, price: Decimal) -> None:
        changed, self.mark = price != self.mark, price
        while self.trade.matters(price, changed, self.now):
            moves = self.strategy.moves
            self._take(PriceMoved(self.now, price, changed))
            changed = False
            if self.strategy.moves == moves:
                return

    def _serve(self) -> bool:
        """Whether there was anything to send."""
        proposed = self.trade.decide(SeenPrice(self.mark, self.now), self.now)
        if proposed.halted and not self.strategy.halted:
            self._take(StrategyHalted(self.now, proposed.halted))
        for sweep in proposed.sweeps:
            self._take(sweep)
        for sent in proposed.places:
            self._take(sent)
        if proposed.cancels:
            self._take(CancelSent(self.now, tuple(own.client_id for own in proposed.cancels)))
        return bool(proposed.sweeps or proposed.places or proposed.cancels)

    def _placed(self, own: OwnOrder) -> None:
        self.numbers += 1
        self._take(OrderAnswered(self.now, own.client_id, Resting(self.numbers)))

    def _fill(self, own: OwnOrder, size: Decimal) -> None:
        self.numbers += 1
        held = self.strategy.book.position
        if own.order.side is Side.SELL:
            size = min(size, held)  # it only reduces
        if size <= 0:
            self._take(OrderAnswered(self.now, own.client_id, Refused(Refusal.FLAT, "nothing is held")))
            return
        price = own.order.trigger or self.mark
        fee = size * price * Decimal("0.00045")
        fill: Fill = fill_of(own.order.side, size, price, fee, self.numbers, own.client_id)
        self._take(FillReceived(self.now, fill, self.now, IngestVia.FEED))
        assert self.strategy.book.position == held + size * own.order.side.sign
        assert self.strategy.book.corrected == ZERO


TestLadderTradeMachine = LadderTradeMachine.TestCase
TestLadderTradeMachine.settings = settings(max_examples=60, stateful_step_count=40)
