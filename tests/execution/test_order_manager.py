"""What is done next towards the target, and what is never done."""

from __future__ import annotations

from decimal import Decimal

import pytest

from hypertui.core.market import Fill, OrderType, Side
from hypertui.core.order_key import KeyKind, OrderKey
from hypertui.core.purpose import Purpose
from hypertui.core.round_trips import SLOTS
from hypertui.exchange.protocol import Allowance, OrderState, RateLimited, Refusal
from hypertui.execution.actions import AskAbout, Cancel, Place
from hypertui.execution.orders import OwnOrder, Role
from hypertui.execution.trade_inputs import DustCorrected, OrderAltered, OrdersNotPlaced, PatienceSet
from hypertui.execution.trading_state import Posture
from hypertui.strategy.ladder.plan import Reinvest
from tests.execution.desk import Desk, units
from tests.support.ladders import windows_of


def test_at_rest_the_target_works_and_nothing_is_done() -> None:
    desk = Desk()
    assert desk.units(Side.SELL) == [-4, -3, -2, -1]
    assert desk.tracker.settled
    assert desk.converge() == []


def test_a_stop_is_moved_by_placing_the_new_one_first() -> None:
    desk = Desk()
    lowest = desk.stop(-4)
    desk.mark(101)
    (moved,) = desk.places()
    assert moved.level == 0
    assert desk.converge() == []  # one order of a slot that is not acknowledged, and the old one stays
    desk.acknowledge(moved)
    assert desk.cancels() == [lowest]


def test_a_stop_whose_move_was_refused_is_kept() -> None:
    desk = Desk()
    lowest = desk.stop(-4)
    desk.mark(101)
    (moved,) = desk.places()
    desk.refuse(moved)
    assert desk.converge() == []
    assert not lowest.dead


def test_the_old_stop_stays_while_the_new_one_is_due_and_unproven() -> None:
    desk = Desk()
    desk.mark(101)
    (moved,) = desk.places()  # and it never arrives
    old = desk.stop(-4)
    desk.mark(100)
    assert moved.due
    assert old not in [o for a in desk.converge() if isinstance(a, Cancel) for o in a.orders]
    desk.fill(moved)
    assert old in desk.cancels()


def test_a_due_order_is_never_cancelled_and_its_replacement_keeps_its_unit() -> None:
    desk = Desk(trust_slots=0)
    desk.mark(99)
    stop = desk.stop(-1)
    assert desk.converge() == []  # the buy has to wait for the sale
    assert [buy.unit for buy in windows_of(desk.tracker).buys] == [0]
    desk.fill(stop)
    assert units(desk.places()) == [0]


@pytest.mark.parametrize("trust_slots", [0, 1, 2])
def test_slots_that_hold_and_alive_buys_never_exceed_the_bound(trust_slots: int) -> None:
    desk = Desk(trust_slots)
    desk.mark(96)  # all four stops are due, none is proven
    placed = desk.places()
    assert len(placed) == trust_slots
    assert units(placed) == [-3, -2, -1, 0][:trust_slots]  # nearest first
    for count, unit in enumerate((-1, -2, -3, -4), start=1):
        desk.fill(desk.stop(unit))
        desk.places()
        held = sum(slot.coins > 0 for slot in desk.ladder.slots)
        assert held == SLOTS - count
        assert held + len(desk.tracker.buys()) <= SLOTS + trust_slots
    assert desk.units(Side.BUY)[:SLOTS] == [-3, -2, -1, 0]


def test_only_coins_that_are_held_get_a_stop() -> None:
    desk = Desk()
    desk.mark(99)
    desk.fill(desk.stop(-1))
    desk.settle()
    buy = desk.buy(0)
    desk.mark(100)
    assert buy.due
    assert desk.places() == []
    desk.fill(buy, 4)
    (stop,) = desk.places()
    assert (stop.level, stop.order.size, stop.order.reduce_only) == (-1, 4, True)
    desk.acknowledge(stop)
    desk.fill(buy)
    (whole,) = desk.places()
    assert whole.order.size == buy.order.size
    desk.acknowledge(whole)
    assert desk.cancels() == [stop]


def test_coins_whose_stop_came_to_nothing_are_sold_where_the_price_has_passed_it() -> None:
    desk = Desk()
    stop = desk.stop(-1)
    desk.mark(99)
    desk.tell(stop, OrderState.REJECTED, stop.remaining)
    sale = next(order for order in desk.places() if order.role is Role.SALE)
    assert (sale.order.type, sale.order.size, sale.order.reduce_only) == (OrderType.IOC, 10, True)
    assert sale.due


def test_coins_whose_stop_is_gone_above_it_get_a_new_one() -> None:
    desk = Desk()
    stop = desk.stop(-1)
    desk.tell(stop, OrderState.CANCELLED, stop.remaining)
    (again,) = desk.places()
    assert (again.role, again.level, again.order.size) == (Role.STOP, -1, 10)


def test_a_mark_older_than_the_purchase_does_not_sell_it() -> None:
    desk = Desk()
    desk.mark(96)
    for unit in (-1, -2, -3, -4):
        desk.fill(desk.stop(unit))
    desk.settle()
    buy = desk.buy(0)  # fires while no price comes through
    desk.fill(buy, from_feed=False)
    (stop,) = desk.places()
    assert stop.role is Role.STOP


def test_coins_said_to_be_gone_are_offered_less_and_less_often() -> None:
    desk = Desk()
    stop = desk.stop(-1)
    desk.tell(stop, OrderState.CANCELLED, stop.remaining)
    desk.answer(stop, OrderState.CANCELLED)
    for wait in (2, 4, 8, 16, 32, 64, 64):
        (again,) = desk.places()
        desk.refuse(again, Refusal.FLAT)
        desk.wait(wait * 1_000 - 100)
        assert desk.places() == []
        desk.wait(200)
    (again,) = desk.places()
    desk.acknowledge(again)


def test_once_it_is_explained_where_coins_went_nothing_waits_for_them() -> None:
    desk = Desk()
    stop = desk.stop(-1)
    desk.tell(stop, OrderState.CANCELLED, stop.remaining)
    desk.mark("99.5")
    for _ in range(5):
        (again,) = desk.places()
        desk.refuse(again, Refusal.FLAT)
        desk.wait(2_000 * 2**5)
    (again,) = desk.places()
    desk.refuse(again, Refusal.FLAT)
    desk.wait(2_000)
    assert desk.places() == []
    desk.adopt(Fill("SOL", Side.SELL, stop.order.size, Decimal(99), Decimal(0), desk.now, 9, 9))
    assert [order.level for order in desk.places() if order.role is Role.BUY] == [1]


def test_a_sale_refused_because_nothing_is_held_is_not_repeated_at_once() -> None:
    desk = Desk()
    stop = desk.stop(-1)
    desk.mark(99)
    desk.tell(stop, OrderState.REJECTED, stop.remaining)
    sale = next(order for order in desk.places() if order.role is Role.SALE)
    desk.refuse(sale, Refusal.FLAT)
    desk.mark("98.9")
    assert not any(order.role is Role.SALE for order in desk.places())
    desk.wait(desk.tracker.timing.confirm_after)
    assert any(order.role is Role.SALE for order in desk.places())


def test_a_gap_over_several_units_costs_no_more_actions_than_needed() -> None:
    desk = Desk()
    desk.mark("104.5")
    actions = desk.converge()
    assert len(actions) == 1
    placed = actions[0]
    assert isinstance(placed, Place)
    assert sorted(units(placed.orders)) == [0, 1, 2, 3]
    desk.acknowledge(*placed.orders)
    assert sorted(units(desk.cancels())) == [-4, -3, -2, -1]


@pytest.mark.parametrize(("mark", "role"), [(98, Role.SALE), ("99.5", Role.STOP)])
def test_remainders_that_are_worth_an_order_together_get_one(mark: int | str, role: Role) -> None:
    desk = Desk()
    left = {-1: Decimal("0.09"), -2: Decimal("0.08")}  # 8.91 and 7.84 USD
    stops = [desk.stop(unit) for unit in left]
    desk.mark(98)
    for stop in stops:
        desk.tell(stop, OrderState.CANCELLED, left[stop.level])
        desk.fill(stop, stop.remaining - left[stop.level])
    desk.mark(mark)
    placed = [order for order in desk.places() if order.order.side is Side.SELL]
    assert [(order.role, order.order.size) for order in placed] == [(role, sum(left.values()))]
    assert desk.ladder.dust == 0


def test_while_an_action_is_under_way_only_coins_without_a_stop_get_one() -> None:
    desk = Desk()
    desk.mark(99)
    desk.fill(desk.stop(-1))
    desk.settle()
    desk.mark(100)
    assert desk.acts(busy=True) == ([], [])
    bought = desk.buy(0)
    desk.fill(bought)
    desk.mark(101)  # all stops are to follow, and only the coins just bought have none
    assert desk.acts(busy=True, placing={_stop_of(bought)}) == ([], []), "the answer for this stop is awaited"
    placed, cancelled = desk.acts(busy=True)
    assert [(order.role, order.key) for order in placed] == [(Role.STOP, _stop_of(bought))]
    assert cancelled == []
    assert desk.acts(busy=True) == ([], []), "one is on its way"
    desk.wait(desk.tracker.timing.confirm_after)
    assert desk.acts(busy=True) == ([], [])


def test_buys_move_one_by_one_to_a_new_size_the_farthest_first() -> None:
    desk = Desk(reinvest=Reinvest.RECOVERY)
    desk.mark(98)
    for unit in (-1, -2):
        desk.fill(desk.stop(unit))
    desk.settle()
    desk.mark(96)
    for unit in (-3, -4):
        desk.fill(desk.stop(unit))
    nearer, farther = desk.buy(-1), desk.buy(0)
    sizes = [buy.size for buy in windows_of(desk.tracker).buys]
    assert [nearer.order.size, farther.order.size] != sizes[2:]
    placed, cancelled = desk.acts()
    assert [(order.level, order.order.size) for order in placed] == [(-3, sizes[0]), (-2, sizes[1])]
    assert cancelled == [farther]
    desk.acknowledge(*placed)
    assert desk.acts() == ([], [])  # its unit stays taken until it is dead
    desk.tell(farther, OrderState.CANCELLED, farther.remaining)
    (right,), cancelled = desk.acts()
    assert (right.level, right.order.size) == (0, sizes[3])
    assert cancelled == [nearer]


def test_a_remainder_below_the_minimum_joins_the_next_stop() -> None:
    desk = Desk()
    stop = desk.stop(-1)
    desk.mark(99)
    desk.tell(stop, OrderState.CANCELLED, Decimal("0.05"))
    desk.fill(stop, stop.remaining - Decimal("0.05"))
    assert stop.dead
    (buy,) = desk.places()
    assert desk.ladder.dust == Decimal("0.05")
    desk.acknowledge(buy)
    desk.mark(100)
    desk.fill(buy)
    (again,) = desk.places()
    assert again.order.size == buy.order.size + Decimal("0.05")
    desk.acknowledge(again)
    assert desk.ladder.book.held == desk.ladder.book.position


def test_paused_there_are_no_buys_and_no_moves_but_what_fired_gets_its_stop() -> None:
    desk = Desk()
    desk.mark(99)
    desk.fill(desk.stop(-1))
    desk.settle()
    desk.pose(Posture.PROTECT)
    desk.mark(98)
    desk.fill(desk.stop(-2))
    assert desk.converge() == []
    desk.mark(100)
    desk.fill(desk.buy(0))
    (stop,) = desk.places()
    assert (stop.role, stop.level) == (Role.STOP, -1)
    desk.acknowledge(stop)
    desk.mark(102)
    assert desk.converge() == []


def test_hands_off_only_questions_are_asked() -> None:
    desk = Desk()
    desk.pose(Posture.HANDS_OFF)
    desk.mark(99)
    desk.wait(desk.tracker.timing.confirm_after)
    assert all(isinstance(action, AskAbout) for action in desk.converge())


def test_nothing_is_sent_before_the_venue_may_be_reached_again() -> None:
    desk = Desk()
    desk.mark(99)
    (buy,) = desk.places()
    desk.take(OrdersNotPlaced(desk.now, (buy.client_id,), "no connection"))
    desk.rations.refused(Purpose.OPEN, RateLimited("less, please", 0.5))
    assert desk.converge() == []
    desk.wait(5_000)
    assert units(desk.places()) == [0]


def test_a_pause_that_the_venue_asks_for_is_for_cancels_and_buys_first() -> None:
    desk = Desk()
    desk.mark(101)
    desk.rations.refused(Purpose.OPEN, RateLimited("less, please", 10))
    (moved,) = desk.places()
    assert moved.role is Role.STOP, "a stop is tried all the same"
    desk.acknowledge(moved)
    assert desk.converge() == [], "the old stop is cancelled later"
    desk.wait(15_000)
    (cancel,) = desk.converge()
    assert isinstance(cancel, Cancel)


def test_what_is_left_of_the_weight_is_kept_for_stops() -> None:
    desk = Desk()
    desk.mark(99)
    desk.left = Allowance(150, 1_200)
    assert desk.converge() == [], "no buy"
    desk.left = Allowance(0, 1_200)
    desk.fill(desk.stop(-1))
    desk.mark(100)
    (moved,) = desk.places()
    assert moved.role is Role.STOP


def test_with_a_clock_that_is_far_off_nothing_is_sent_but_questions() -> None:
    desk = Desk()
    desk.skew.measure(0, 100, 40_000)
    desk.mark(101)
    assert desk.converge() == []
    desk.skew.measure(0, 100, 60)
    assert units(desk.places()) == [0]


def test_resumed_in_the_middle_of_a_cascade_it_finds_its_way_back() -> None:
    desk = Desk()
    desk.pose(Posture.PROTECT)
    desk.mark(97)
    desk.fill(desk.stop(-1))
    desk.pose(Posture.TRADE)
    desk.mark("95.5")
    for unit in (-2, -3, -4):
        desk.fill(desk.stop(unit))
    desk.settle()
    assert desk.tracker.settled
    assert desk.units(Side.BUY) == [-3, -2, -1, 0]


def test_an_off_target_buy_is_cancelled_before_it_is_missed() -> None:
    desk = Desk()
    desk.mark(96)
    for unit in (-1, -2, -3, -4):
        desk.fill(desk.stop(unit))
    desk.settle()
    highest = desk.buy(0)
    desk.mark(95)
    placed, cancelled = desk.acts()
    assert units(placed) == [-4]
    assert cancelled == [highest], "at once"


def test_a_stop_takes_missing_dust_along_once() -> None:
    desk = Desk()
    desk.take(DustCorrected(desk.now, Decimal("-0.02")))
    desk.mark(101)
    desk.settle()
    assert desk.units(Side.SELL) == [-3, -2, -1, 0]
    assert sum(order.remaining for order in desk.tracker.alive) == Decimal("39.98") == desk.ladder.book.held


def test_a_buy_that_fired_is_asked_for_although_the_account_has_few_actions_left() -> None:
    desk = Desk()
    desk.mark(99)
    desk.fill(desk.stop(-1))
    desk.settle()
    buy = desk.buy(0)
    desk.mark(100)
    desk.left = Allowance(1_200, 1_200, 20, 10_000)
    desk.rations.refused(Purpose.OPEN, RateLimited("too many requests", 60, actions_only=True))
    desk.wait(3_000)
    assert desk.asks() == [buy]
    desk.rations.refused(Purpose.ASK, RateLimited("less, please", 60))
    desk.answer(buy, OrderState.OPEN, asked_at=0)
    desk.wait(3_000)
    assert desk.asks() == [], "questions wait where the venue asks for fewer of them"


def _bought_and_refused(desk: Desk) -> OwnOrder:
    """Coins bought at 0 whose first stop, at -1, was refused because the price has passed it."""
    desk.mark(99)
    desk.fill(desk.stop(-1))
    desk.settle()
    desk.mark(100)
    desk.fill(desk.buy(0))
    (stop,) = desk.places()
    desk.refuse(stop, Refusal.PASSED)
    return stop


def test_a_passed_stop_is_not_left_to_a_feed_that_is_silent() -> None:
    desk = Desk()
    first = _bought_and_refused(desk)
    assert desk.places() == [], "the next price will say what to do"
    desk.wait(4_000)
    (again,) = desk.places()
    assert (again.role, again.level) == (Role.STOP, first.level)
    desk.refuse(again, Refusal.PASSED)
    desk.wait(4_000)
    (sale,) = desk.places()
    assert (sale.role, sale.order.size) == (Role.SALE, first.order.size)


def test_a_price_decides_about_a_stop_that_was_refused() -> None:
    desk = Desk()
    first = _bought_and_refused(desk)
    desk.wait(4_000)
    desk.refuse(desk.places()[0], Refusal.PASSED)
    desk.mark("99.5")
    (stop,) = desk.places()
    assert (stop.role, stop.level) == (Role.STOP, first.level)


def test_a_close_that_is_under_way_is_no_stop() -> None:
    desk = Desk()
    desk.pose(Posture.PROTECT)
    desk.mark(101)
    sale = desk.close(Decimal(10), Decimal(101), "by hand")
    desk.tell(sale, OrderState.OPEN, 10)
    assert desk.cancels() == [sale], "and the stop works on"


def test_an_order_is_asked_for_after_twice_the_way_to_the_venue_if_that_is_longer() -> None:
    desk = Desk()
    desk.take(PatienceSet(desk.now, 9_000))
    desk.mark(101)
    (moved,) = desk.places()
    desk.wait(8_900)
    assert desk.asks() == []
    desk.wait(100)
    assert desk.asks() == [moved]


def _stop_of(bought: OwnOrder) -> OrderKey:
    """The key of the stop for what an order has bought."""
    return OrderKey(KeyKind.STOP, bought.key.number)


def test_a_buy_that_works_otherwise_than_it_was_sent_goes_and_is_placed_again() -> None:
    desk = Desk()
    desk.mark(99)
    desk.fill(desk.stop(-1))
    desk.settle()
    buy = desk.buy(0)
    desk.take(OrderAltered(desk.now, buy.client_id))
    assert desk.cancels() == [buy]
    desk.tell(buy, OrderState.CANCELLED, buy.remaining)
    assert units(desk.places()) == [0]
