"""Convergence without a ladder: a limit entry, a stop and a target in a trade without an exchange."""

from __future__ import annotations

from decimal import Decimal

from hypertui.core.market import Fill, Grouping, IngestVia, Instrument, OrderType, Side
from hypertui.core.order_key import OrderKey
from hypertui.exchange.protocol import (
    CancelOutcome,
    OpenOrder,
    OrderReport,
    OrderState,
    Placed,
    Refusal,
    Refused,
    Resting,
    Waiting,
)
from hypertui.execution.convergence import Proposals, UnderWay
from hypertui.execution.orders import ClientIds, OwnOrder, Role
from hypertui.execution.own_orders import SeenPrice
from hypertui.execution.recovery.reconciliation import Findings, compare
from hypertui.execution.timing import Timing
from hypertui.execution.trade import Trade
from hypertui.execution.trade_inputs import (
    CancelAnswered,
    CancelSent,
    FillReceived,
    OrderAnswered,
    PriceMoved,
    QuestionAnswered,
)
from hypertui.execution.trade_snapshot import dump, load
from tests.support.triple import ENTRY, STOP, TARGET, TriplePlan
from tests.support.whole_state import difference

D = Decimal
SOL = Instrument("SOL", 2, 20)


class Venue:
    """Plays the exchange by hand. `now` is in ms."""

    def __init__(
        self, grouping: Grouping = Grouping.NONE, stop_type: OrderType = OrderType.STOP_MARKET
    ) -> None:
        self.plan = TriplePlan(SOL, 5, D(2), D(149), D(147), D(153), grouping=grouping, stop_type=stop_type)
        self.trade = Trade(self.plan.start(()), Timing(), ClientIds(7))
        self.price, self.now, self._fills = D(150), 1_000, 0
        self.mark("150")

    def mark(self, price: str) -> None:
        self.now += 10
        self.price = D(price)
        self.trade.apply(PriceMoved(self.now, self.price, True))

    def decide(self, block: str = "", busy: UnderWay = UnderWay()) -> Proposals:  # noqa: B008 - it is frozen
        return self.trade.decide(SeenPrice(self.price, self.now), self.now, busy, block)

    def serve(self, *, acknowledge: bool = True) -> list[OwnOrder]:
        """Place what is wanted; returns the orders."""
        self.now += 10
        placed = []
        for sent in self.decide().places:
            self.trade.apply(sent)
            order = self.order(sent.order.client_id)
            placed.append(order)
            if acknowledge:
                self.acknowledge(order)
        return placed

    def acknowledge(self, order: OwnOrder) -> None:
        self.answer(order, Resting(len(self.trade.tracker.alive)))

    def answer(self, order: OwnOrder, answer: Placed) -> None:
        self.trade.apply(OrderAnswered(self.now, order.client_id, answer))

    def found(self, order: OwnOrder, state: OrderState) -> None:
        """The answer to a question about an order that is not filled."""
        size = order.order.size
        report = OrderReport(
            "SOL", 5, order.client_id, order.order.side, state, state.value, size, size, self.now
        )
        self.trade.apply(QuestionAnswered(self.now, order.client_id, report, self.now, self.price))

    def order(self, client_id: str) -> OwnOrder:
        order = self.trade.tracker.find(client_id)
        assert order is not None
        return order

    def of(self, key: OrderKey) -> OwnOrder:
        (order,) = self.trade.tracker.of(key)
        return order

    def fill(self, order: OwnOrder, size: str) -> None:
        self.now += 10
        self._fills += 1
        price = order.order.trigger or order.order.limit
        fill = Fill("SOL", order.order.side, D(size), price, D(0), self.now, 1, self._fills, order.client_id)
        self.trade.apply(FillReceived(self.now, fill, self.now, IngestVia.FEED))


def entered(grouping: Grouping = Grouping.NONE) -> Venue:
    """Two coins held, and both exits at work."""
    venue = Venue(grouping)
    (entry,) = venue.serve()
    venue.fill(entry, "2")
    assert {order.key for order in venue.serve()} == {STOP, TARGET}
    assert venue.trade.tracker.settled
    return venue


def test_nothing_is_bought_while_no_new_risk_is_taken() -> None:
    venue = Venue()
    assert venue.decide("no new risk").places == ()
    assert [sent.key for sent in venue.decide().places] == [ENTRY]


def test_a_limit_order_that_is_filled_in_part_works_on_and_its_coins_are_covered() -> None:
    venue = Venue()
    (entry,) = venue.serve()
    venue.fill(entry, "0.5")
    assert not entry.due and not entry.unproven
    assert [(order.key, order.order.size) for order in venue.serve()] == [
        (STOP, D("0.5")),
        (TARGET, D("0.5")),
    ]
    venue.fill(entry, "1.5")
    assert entry.dead
    more = venue.serve()
    assert [(order.key, order.order.size) for order in more] == [(STOP, 2), (TARGET, 2)]
    assert len(venue.decide().cancels) == 2, "those of the first part, now that others cover the coins"


def test_an_exit_that_is_due_is_not_cancelled_although_nothing_is_held_any_more() -> None:
    venue = entered()
    stop, target = venue.of(STOP), venue.of(TARGET)
    venue.mark("146.5")
    assert stop.due
    venue.fill(target, "2")
    assert stop not in venue.decide().cancels


def test_one_exit_goes_when_the_other_has_sold_everything() -> None:
    venue = entered()
    stop = venue.of(STOP)
    venue.fill(venue.of(TARGET), "2")
    assert venue.decide().cancels == (stop,)
    venue.trade.apply(CancelSent(venue.now, (stop.client_id,)))
    venue.trade.apply(CancelAnswered(venue.now, stop.client_id, CancelOutcome.CANCELLED))
    assert (venue.decide().places, venue.trade.tracker.target().finished) == ((), "the exit is filled")


def test_an_exit_that_is_being_cancelled_covers_nothing() -> None:
    venue = entered()
    venue.trade.apply(CancelSent(venue.now, (venue.of(STOP).client_id,)))
    assert [sent.key for sent in venue.decide().places] == [STOP]


def test_an_order_that_was_filled_by_the_answer_lives_until_its_fills_are_booked() -> None:
    venue = entered()
    target = venue.of(TARGET)
    report = OrderReport(
        "SOL", 5, target.client_id, Side.SELL, OrderState.FILLED, "filled", D(2), D(0), venue.now
    )
    venue.trade.apply(QuestionAnswered(venue.now, target.client_id, report, venue.now, venue.price))
    assert not target.dead
    assert venue.of(STOP) not in venue.decide().cancels, "the coins are not known to be gone"
    venue.fill(target, "2")
    assert target.dead


def test_a_limit_order_that_was_cancelled_may_have_been_filled_in_part() -> None:
    venue = Venue()
    (entry,) = venue.serve()
    venue.trade.apply(CancelSent(venue.now, (entry.client_id,)))
    venue.trade.apply(CancelAnswered(venue.now, entry.client_id, CancelOutcome.CANCELLED))
    assert not entry.dead
    assert venue.decide().places == (), "it is asked for before anything is bought in its place"


def test_no_second_exit_is_placed_while_one_of_its_key_is_due() -> None:
    venue = entered()
    venue.mark("146.5")
    assert venue.of(STOP).due
    assert venue.decide().places == ()
    assert venue.decide(busy=UnderWay(True)).places == ()


def test_what_is_left_of_a_passed_stop_or_target_is_sold_at_the_market() -> None:
    for grouping, key, price in (
        (Grouping.NONE, STOP, "146.5"),
        (Grouping.POSITION, STOP, "146.5"),
        (Grouping.POSITION, TARGET, "153.5"),
    ):
        venue = Venue(grouping)
        (entry,) = venue.serve()
        venue.fill(entry, "2")
        for order in venue.serve(acknowledge=False):
            refused = order.key == key
            answer = Refused(Refusal.PASSED, "passed") if refused else Resting(5)
            venue.trade.apply(OrderAnswered(venue.now, order.client_id, answer))
        venue.mark(price)
        (sale,) = venue.decide().places
        assert (sale.role, sale.key, sale.order.size) == (Role.SALE, key, 2), "the coins, never a size of 0"
        assert (sale.order.type, sale.order.side, sale.order.reduce_only) == (OrderType.IOC, Side.SELL, True)


def test_an_order_for_the_whole_position_is_neither_born_dead_nor_too_small() -> None:
    venue = entered(Grouping.POSITION)
    stop = venue.of(STOP)
    assert (stop.order.size, stop.remaining, stop.dead) == (0, 0, False)
    venue.fill(stop, "1.2")
    venue.fill(stop, "0.8")
    assert venue.trade.strategy.book.position == 0


def test_exits_of_an_entry_that_is_filled_are_placed_without_it() -> None:
    """Their parent is gone: whoever waits for it protects nothing, and nobody takes them as its children."""
    venue = Venue(Grouping.NORMAL)
    entry, *children = sorted(venue.serve(), key=lambda order: order.key != ENTRY)
    assert [(order.key, order.parent) for order in children] == [
        (STOP, entry.client_id),
        (TARGET, entry.client_id),
    ]
    venue.fill(entry, "2")
    assert venue.trade.tracker.settled
    for order in children:
        venue.trade.apply(CancelSent(venue.now, (order.client_id,)))
        venue.trade.apply(CancelAnswered(venue.now, order.client_id, CancelOutcome.CANCELLED))
    assert [(sent.key, sent.grouping) for sent in venue.decide().places] == [
        (STOP, Grouping.NONE),
        (TARGET, Grouping.NONE),
    ]


def test_the_children_of_another_entry_wait_on() -> None:
    venue = Venue(Grouping.NORMAL)
    entry, stop, _ = sorted(venue.serve(), key=lambda order: order.key.kind is not ENTRY.kind)
    for order in (stop, entry):
        venue.answer(order, Waiting(armed=False) if order is stop else Resting(1))
    stop.parent = "another"
    venue.fill(entry, "2")
    assert not stop.armed and not stop.protects


def test_an_answer_that_is_older_than_the_entrys_fill_disarms_nothing() -> None:
    venue = Venue(Grouping.NORMAL)
    entry, stop, target = sorted(
        venue.serve(acknowledge=False), key=lambda order: order.key.kind is not ENTRY.kind
    )
    venue.answer(entry, Resting(1))
    venue.fill(entry, "2")
    for order in (stop, target):
        venue.answer(order, Waiting(armed=False))
    assert stop.protects
    venue.mark("146.9")
    assert stop.due


def test_a_stop_that_was_left_behind_at_its_limit_goes_before_its_coins_are_sold() -> None:
    venue = Venue(stop_type=OrderType.STOP_LIMIT)
    (entry,) = venue.serve()
    venue.fill(entry, "2")
    venue.serve()
    stop = venue.of(STOP)
    venue.mark("146.9")
    venue.found(stop, OrderState.TRIGGERED)
    assert stop.missed and not stop.protects
    assert (venue.decide().places, venue.decide().cancels) == ((), (stop,)), "it may be filled there yet"
    venue.trade.apply(CancelSent(venue.now, (stop.client_id,)))
    assert venue.decide().places == ()
    venue.trade.apply(CancelAnswered(venue.now, stop.client_id, CancelOutcome.CANCELLED))
    venue.found(stop, OrderState.CANCELLED)
    (sale,) = venue.decide().places
    assert (sale.role, sale.order.size, sale.order.type) == (Role.SALE, 2, OrderType.IOC)


def test_a_limit_order_that_somebody_moved_is_found() -> None:
    venue = entered()
    target = venue.of(TARGET)
    for limit, altered in ((target.order.limit, ()), (D(150), (target.client_id,))):
        listing = OpenOrder("SOL", 9, target.client_id, Side.SELL, D(2), limit, None, True, 1)
        found = Findings(venue.now, [listing], {}, [])
        assert compare(found, venue.trade.tracker, venue.trade.ids).altered == altered


def test_an_unknown_limit_order_is_no_duplicate_of_another_price() -> None:
    venue = entered()
    unknown = venue.trade.ids.peek(TARGET)
    for limit, duplicates in ((D(151), ()), (D(153), (unknown,))):
        listing = OpenOrder("SOL", 9, unknown, Side.SELL, D(2), limit, None, True, 1)
        found = compare(Findings(venue.now, [listing], {}, []), venue.trade.tracker, venue.trade.ids)
        assert (found.orphans, found.duplicates) == ((listing,), duplicates)


def test_a_kept_state_gives_the_same_trade() -> None:
    for grouping in Grouping:
        venue = Venue(grouping)
        venue.serve()
        venue.fill(venue.of(ENTRY), "0.7")
        venue.serve(acknowledge=False)
        again = Trade(venue.plan.start(()), Timing(), ClientIds(7))
        load(again, dump(venue.trade))
        assert not difference(again, venue.trade)
