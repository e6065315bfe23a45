"""A ladder driven as live trading drives it: gaps, fills late and in parts, orders that come to nothing.

The venue here answers placements and cancels at once, but fills only when told to. Whatever the order of
events, once everything is proven the working orders are exactly the target, and the target is the invariant.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from hypertui.core.market import ZERO, Fill, Side
from hypertui.core.round_trips import SLOTS
from hypertui.strategy.ladder.ladder import Ladder
from hypertui.strategy.ladder.plan import Reinvest
from hypertui.strategy.ladder.slots import Due, Slot, expected
from tests.strategy.driver import COIN, bought, fifo_realized, fill_of, ladder_from, plan_of, sold

TRUST_SLOTS = 1
FEE_RATE = Decimal("0.00045")


@dataclass
class Working:
    client_id: str
    side: Side
    unit: int
    left: Decimal
    slot: Slot
    due: bool = False


class LadderMachine(RuleBasedStateMachine):
    @initialize(reinvest=st.sampled_from(Reinvest), position=st.sampled_from(["2000", "2003.99", "500"]))
    def enter(self, reinvest: Reinvest, position: str) -> None:
        plan = plan_of(reinvest=reinvest, position_size=Decimal(position), trust_slots=TRUST_SLOTS)
        self.mark = Decimal(100)
        entry = self._fill(Side.BUY, plan.entry_size(self.mark), self.mark, 0)
        self.fills = [entry]
        self.funding = ZERO
        self.orders: list[Working] = []
        self.placed = 0
        self.ladder: Ladder = ladder_from(plan, [entry])
        self._converge()

    @rule(units=st.integers(-6, 6), part=st.sampled_from(["0", "0.01", "0.5", "0.99"]))
    def price(self, units: int, part: str) -> None:
        unit = max(-40, min(40, self.ladder.unit + units))
        self.mark = Decimal(100) + unit + Decimal(part)
        while self.ladder.touch(self.mark) is not None:
            self._mark_due()
        self._mark_due()
        self._converge()

    def _due(self) -> list[Working]:
        return [order for order in self.orders if order.due]

    def _due_by_slot(self) -> dict[int, Due]:
        return {order.slot.index: Due(order.side, order.unit) for order in self._due()}

    @precondition(lambda self: self._due())
    @rule(data=st.data(), whole=st.booleans(), slip=st.integers(-3, 3))
    def fill(self, data: st.DataObject, whole: bool, slip: int) -> None:
        order = data.draw(st.sampled_from(self._due()))
        size = order.left if whole else max(COIN.floor_size(order.left / 3), COIN.lot)
        self._execute(order, size, slip)

    @precondition(lambda self: self._due())
    @rule(data=st.data())
    def comes_to_nothing(self, data: st.DataObject) -> None:
        """The venue says that it has ended with what it had filled so far."""
        self._end(data.draw(st.sampled_from(self._due())))
        self._converge()

    @rule(cents=st.integers(-200, 200))
    def funding_comes(self, cents: int) -> None:
        self.ladder.book.funding += Decimal(cents) / 100
        self.funding += Decimal(cents) / 100
        self._converge()

    @invariant()
    def coins_are_conserved(self) -> None:
        held = sum((slot.coins for slot in self.ladder.slots), ZERO)
        assert held == self.ladder.book.position
        assert held == sum((fill.size * fill.side.sign for fill in self.fills), ZERO)
        assert held >= 0

    @invariant()
    def money_adds_up(self) -> None:
        realized = fifo_realized(self.fills) + Fraction(self.funding)
        assert abs(Fraction(self.ladder.book.realized_pnl) - realized) < Fraction(1, 10**12)
        cash = -sum((fill.value * fill.side.sign + fill.fee for fill in self.fills), ZERO) + self.funding
        worth = cash + self.ladder.book.position * self.mark
        assert abs(self.ladder.book.net_pnl(self.mark) - worth) < Decimal("1e-12")

    @invariant()
    def exposure_is_bounded(self) -> None:
        buys = [order.slot.index for order in self.orders if order.side is Side.BUY]
        holding = [slot.index for slot in self.ladder.slots if slot.coins > 0]
        assert len(set(buys) | set(holding)) <= SLOTS + TRUST_SLOTS
        assert len(buys) == len(set(buys))

    @invariant()
    def the_target_has_the_shape_of_the_invariant(self) -> None:
        due = self._due_by_slot()
        target = self.ladder.windows(due)
        stops, buys = [s.unit for s in target.stops], [b.unit for b in target.buys]
        k = sum(expected(slot, due.get(slot.index)) is not None for slot in self.ladder.slots)
        c = self.ladder.unit
        assert stops == list(range(c - k, c))
        if not self.ladder.halted:
            assert buys == list(range(c + 1, c + 5 - k))
        else:
            assert buys == []

    @invariant()
    def at_rest_the_orders_are_the_target(self) -> None:
        if self._due():
            return
        target = self.ladder.windows()
        k = self.ladder.long_slots
        stops = sorted((o.unit, o.left) for o in self.orders if o.side is Side.SELL)
        buys = sorted((o.unit, o.left) for o in self.orders if o.side is Side.BUY)
        assert stops == [(stop.unit, stop.size) for stop in target.stops]
        assert buys == [(buy.unit, buy.size) for buy in target.buys]
        assert len({order.unit for order in self.orders}) == len(self.orders)
        assert len(stops) == k
        assert sum((size for _, size in stops), ZERO) == self.ladder.book.position
        if not self.ladder.halted:
            assert len(self.orders) == max(SLOTS, k)

    def teardown(self) -> None:
        """Prove what is open, however long it takes, and look once more."""
        if not hasattr(self, "ladder"):
            return
        while due := self._due():
            self._execute(due[0], due[0].left, 0)
        self.coins_are_conserved()
        self.money_adds_up()
        self.at_rest_the_orders_are_the_target()

    # The venue

    def _mark_due(self) -> None:
        for order in self.orders:
            trigger = self.ladder.grid.price(order.unit)
            passed = self.mark <= trigger if order.side is Side.SELL else self.mark >= trigger
            if passed and not order.due:
                order.due = True

    def _execute(self, order: Working, size: Decimal, slip: int) -> None:
        price = self.ladder.grid.price(order.unit) + Decimal(slip) / 10
        fill = self._fill(order.side, size, price, len(self.fills))
        self.fills.append(fill)
        order.left -= size
        if order.side is Side.BUY:
            bought(self.ladder, order.slot, order.unit, order.client_id, fill)
        else:
            sold(self.ladder, order.slot, order.client_id, fill)
        if order.left == 0:
            self._end(order)
        self._converge()

    def _end(self, order: Working) -> None:
        self.orders.remove(order)
        if order.side is Side.BUY:
            self.ladder.disarmed(order.unit)

    def _place(self, side: Side, unit: int, size: Decimal, slot: Slot) -> Working:
        self.placed += 1
        order = Working(str(self.placed), side, unit, size, slot)
        self.ladder.position_map.placed(unit, order.client_id, side, size, 0, "live")
        self.orders.append(order)
        return order

    def _converge(self) -> None:
        due = self._due_by_slot()
        target = self.ladder.windows(due)
        for stop in target.stops:
            slot = self.ladder.slots[stop.slot]
            if slot.coins == 0 or slot.index in due:
                continue
            old = [order for order in self.orders if order.slot is slot]
            if any(order.unit == stop.unit and order.left == slot.coins for order in old):
                continue
            if not old and slot.stop_unit is not None and self.mark <= self.ladder.grid.price(slot.stop_unit):
                order = self._place(Side.SELL, slot.stop_unit, slot.coins, slot)
                order.due = True
                return self._converge()
            self._place(Side.SELL, stop.unit, slot.coins, slot)
            slot.stop_unit = stop.unit
            self.orders = [order for order in self.orders if order not in old]
        wanted = {buy.unit: buy.size for buy in target.buys}
        for order in list(self.orders):
            if order.side is Side.BUY and not order.due and wanted.get(order.unit) != order.left:
                self.orders.remove(order)
                self.ladder.disarmed(order.unit)
        working = {order.unit for order in self.orders if order.side is Side.BUY}
        for unit, size in wanted.items():
            taken = [order.slot for order in self.orders]
            free = [slot for slot in self.ladder.slots if slot.coins == 0 and slot not in taken]
            if unit not in working and free:
                self._place(Side.BUY, unit, size, free[0])
                self.ladder.armed(unit, size)
        return None

    @staticmethod
    def _fill(side: Side, size: Decimal, price: Decimal, number: int) -> Fill:
        return fill_of(side, size, price, size * price * FEE_RATE, number)


TestLadderMachine = LadderMachine.TestCase
TestLadderMachine.settings = settings(max_examples=150, stateful_step_count=40)
