"""The bracket by itself, whatever happens to its orders: it never buys more than it was told, is never short,
and wants a stop whenever it holds coins; its entries come to an end."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal as D

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hypertui.core.market import OPERATOR, Fill, Instrument, Order, OrderType, Side, TimeInForce
from hypertui.core.order_key import OrderKey
from hypertui.core.purpose import Purpose
from hypertui.strategy.base import (
    CoinsCorrected,
    CoinsTraded,
    EntriesStand,
    EntryTold,
    OrderBegun,
    OrderNoted,
    OrderOver,
    PriceSeen,
    SellOutTold,
    StayEnded,
    Target,
)
from hypertui.strategy.bracket.entry_rules import EntryOrder, EntryRules, Unfilled
from hypertui.strategy.bracket.plan import BracketPlan
from hypertui.strategy.bracket.strategy import ENTRY, STOP, Bracket
from hypertui.strategy.bracket.terms import BracketTerms
from hypertui.strategy.exits.native import PROFIT, with_exits
from hypertui.strategy.exits.rules import TAKER_FEE, ExitRule, ExitRules, ExitTerms
from hypertui.strategy.exits.watch import ExitWatch

SOL = Instrument("SOL", 2, 20)
RULES = ExitRules(hard_stop=D("0.05"), take_profit=D("0.1"))


def plan(**terms: object) -> BracketPlan:
    given = {"position_size": D(1_000), "settled_at": D(100), "reenter_after": 60_000, **terms}
    return BracketTerms(**given).plan(SOL, 5)  # type: ignore[arg-type]


@dataclass
class Alive:
    client_id: str
    key: OrderKey
    order: Order
    filled: D = D(0)
    level: int | None = None
    due: bool = False


@dataclass
class World:
    """An exchange that does as it likes with one bracket's orders, and the exits' watch beside it."""

    bracket: Bracket
    watch: ExitWatch = field(default_factory=ExitWatch)
    price: D = D(100)
    at: int = 1_000
    alive: list[Alive] = field(default_factory=list)
    sent: int = 0
    trades: int = 0
    told_size: D = D(0)
    bought: D = D(0)
    lowest: D = D(0)  # where the hard stop stood when nothing of the stay had been sold

    def __post_init__(self) -> None:
        self.watch.set(ExitTerms(RULES, D(1_000), 0))
        self.watch.follow(self.bracket.stay)

    def apply(self, event: object) -> None:
        self.bracket.apply(event, self.alive)  # type: ignore[arg-type]
        self.watch.follow(self.bracket.stay)

    @property
    def target(self) -> Target:
        return with_exits(self.bracket.target(self.alive), self.watch, self.alive, self.bracket)

    def tell(self, price: D | None = None) -> None:
        if self.bracket.entry_refusal(self.at):
            return
        self.apply(EntryTold(self.at, OPERATOR, self.price, price))
        self.told_size = D(0) if self.bracket.entry is None else self.bracket.entry.size
        self.bought = D(0)

    def move(self, price: D) -> None:
        self.price = price
        if self.bracket.matters(price):
            self.apply(PriceSeen(price))

    def work(self) -> None:
        """Place and cancel as convergence does with an entry: nothing while anything of its key is alive."""
        wanted = [want for want in self.bracket.target(self.alive).orders if want.purpose is Purpose.OPEN]
        for order in [*self.alive]:
            kept = any(_stands(order.order, want.type, want.limit, want.trigger) for want in wanted)
            if not kept:
                self.end(order, "cancelled")
        for want in wanted if not self.alive else ():
            self.sent += 1
            order = want.order(f"0x{self.sent:032x}", "SOL", want.size)
            assert order.size > 0 and order.side is Side.BUY
            self.alive.append(Alive(order.client_id, want.key, order))
            self.apply(OrderBegun(self.at, want.key, None, order, "sent"))

    def end(self, order: Alive, status: str) -> None:
        self.alive.remove(order)
        self.apply(OrderOver(order.key, None))
        self.apply(OrderNoted(self.at, order.client_id, status))

    def fill(self, part: D) -> None:
        for order in self.alive[:1]:
            size = max(SOL.floor_size((order.order.size - order.filled) * part), SOL.lot)
            price = min(order.order.limit, self.price)
            order.filled += size
            self.bought += size
            self._book(Side.BUY, size, price, order.key)
            if order.filled >= order.order.size:
                self.end(order, "filled")

    def sell(self, part: D) -> None:
        """However it came to be sold. What the rest may lose by the hard stop, with what was lost by then, is
        never more than before, unless the sale itself was made below that."""
        held, before = self.bracket.book.position, self.hard_stop
        if before is None:
            return
        risked = self.loss_at(before)
        if not self.bracket.stay.sold:
            self.lowest = before
        self._book(Side.SELL, max(SOL.floor_size(held * part), SOL.lot), self.price, STOP)
        after = self.hard_stop
        if after is None:
            return
        assert after >= self.lowest, "a sale has let the stop down"
        if self.price >= before:
            assert self.loss_at(after) <= risked
        assert self.loss_at(after) <= RULES.hard_stop * self.bracket.stay.cost

    @property
    def hard_stop(self) -> D | None:
        return self.watch.price_of(ExitRule.HARD_STOP, self.bracket.book, SOL)

    def loss_at(self, price: D) -> D:
        """What the stay has lost (USD) once all that is held is sold at a price, both fees counted."""
        book = self.bracket.book
        return self.bracket.stay.made_before - book.net_pnl(price) + book.position * price * TAKER_FEE

    def _book(self, side: Side, size: D, price: D, key: OrderKey) -> None:
        self.trades += 1
        fill = Fill("SOL", side, size, price, size * price * D("0.00045"), self.at, self.trades, self.trades)
        gain = self.bracket.book.book(fill)
        self.apply(CoinsTraded(fill, gain, self.at, key))

    def correct(self, difference: D) -> None:
        """The exchange holds so many coins more than the books."""
        self.bracket.book.corrected += difference
        self.apply(CoinsCorrected(difference, self.at))

    def check(self) -> None:
        bracket, target = self.bracket, self.target
        held = bracket.book.held
        assert held >= 0
        open_size = sum((each.order.size - each.filled for each in self.alive), D(0))
        assert self.bought + open_size <= self.told_size
        assert len(self.alive) <= 1
        if bracket.entry is not None:
            assert bracket.entry.moves <= bracket.plan.entry.reprices
        stops = [want for want in target.orders if want.key == STOP]
        assert len(stops) == (held > 0)
        if held > 0:
            (stop,) = stops
            assert stop.size == 0 and stop.purpose is Purpose.PROTECT
            paid = bracket.stay.cost / (held + bracket.stay.sold)
            assert stop.stands_at > D("0.9") * paid
            if not bracket.stay.sold:
                assert stop.stands_at < paid
            assert bracket.stay.has_begun and bracket.coins(STOP) == held
        assert all(want.size > 0 for want in target.orders if want.key not in (STOP, PROFIT))


def _stands(order: Order, kind: OrderType, limit: D, trigger: D | None) -> bool:
    return (order.type, order.limit, order.trigger) == (kind, limit, trigger)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("move"), st.decimals("80", "120", places=2)),
        st.tuples(st.just("fill"), st.decimals("0.05", "1", places=2)),
        st.tuples(st.just("sell"), st.sampled_from([D("0.2"), D("0.5"), D(1), D(1)])),
        st.tuples(
            st.sampled_from(["tell", "work", "work", "reject", "cancel", "recall", "lose", "wait", "dust"]),
            st.none(),
        ),
        st.tuples(st.just("stand"), st.sampled_from([D(0), D(1)])),
    ),
    max_size=40,
)


@settings(max_examples=150)
@given(
    STEPS,
    st.sampled_from(EntryOrder),
    st.sampled_from(Unfilled),
    st.integers(0, 4),
    st.one_of(st.none(), st.decimals("90", "110", places=2)),
)
def test_whatever_happens_it_is_never_short_and_never_bare_and_never_buys_too_much(
    steps: list[tuple[str, D | None]], order: EntryOrder, unfilled: Unfilled, reprices: int, price: D | None
) -> None:
    world = World(Bracket(plan(entry=EntryRules(order, reprices, unfilled), entry_price=price)))
    world.tell()
    for what, figure in steps:
        match what, figure:
            case "move", D():
                world.move(figure)
            case "fill", D():
                world.fill(figure)
            case "sell", D():
                world.sell(figure)
            case "stand", _:
                world.apply(EntriesStand(stand=bool(figure)))
            case "tell", _:
                world.tell()
            case "work", _:
                world.work()
            case "wait", _:
                world.at += 61_000
            case "dust", _:
                world.correct(-world.bracket.book.held)
            case "recall", _ if world.alive:
                world.apply(OrderNoted(world.at, world.alive[0].client_id, "cancelling"))
                world.end(world.alive[0], "cancelled")
            case status, _ if world.alive and status != "recall":
                words = {"reject": "rejected", "cancel": "cancelled", "lose": "not placed"}
                world.end(world.alive[0], words[status])
        world.check()


def entering(**terms: object) -> World:
    world = World(Bracket(plan(**terms)))
    world.tell()
    world.work()
    return world


def test_a_limit_is_post_only_at_the_price_and_follows_it_up_so_often() -> None:
    world = entering(entry=EntryRules(reprices=2))
    (order,) = world.alive
    assert (order.order.limit, order.order.tif, order.order.type) == (
        D(100),
        TimeInForce.ALO,
        OrderType.LIMIT,
    )
    world.move(D("100.09"))  # less than 0.1 %
    world.move(D("99"))  # never down
    world.work()
    assert world.alive == [order]
    for price in (D("100.2"), D("100.5")):
        world.move(price)
        world.work()
        assert world.alive[0].order.limit == price
    world.move(D("100.8"))
    assert world.bracket.entry is None
    assert world.bracket.given_up == "the entry was moved 2 times and is given up"


def test_what_was_bought_before_it_is_given_up_stays_and_is_protected() -> None:
    world = entering(entry=EntryRules(reprices=0), reenter_after=None)
    world.fill(D("0.3"))
    world.move(D("101"))
    world.work()
    assert world.alive == [] and world.bracket.book.position == D("3")
    assert not world.bracket.target([]).finished
    world.check()


def test_a_refusal_is_tried_again_once_with_each_other_price_and_a_tick_lower() -> None:
    world = entering(entry=EntryRules(reprices=3))
    world.end(world.alive[0], "rejected")
    world.work()
    assert world.alive == [], "not while the price stays as it is"
    assert not world.bracket.matters(D(100))
    world.move(D("100.05"))
    world.work()
    assert world.alive[0].order.limit == D("100.04")
    world.end(world.alive[0], "rejected")
    world.move(D("100.04"))
    world.work()
    assert world.alive[0].order.limit == D("100.02")


def test_a_limit_with_a_price_of_its_own_stays_there() -> None:
    world = entering(entry_price=D("98.5"))
    world.move(D("104"))
    world.work()
    assert [order.order.limit for order in world.alive] == [D("98.5")]


def test_a_stop_buys_at_the_market_where_the_price_is_there_already() -> None:
    world = entering(entry=EntryRules(EntryOrder.STOP), entry_price=D(102))
    assert world.alive[0].order.type is OrderType.STOP_MARKET
    passed = entering(entry=EntryRules(EntryOrder.STOP), entry_price=D(99))
    assert passed.alive[0].order.type is OrderType.IOC


def test_what_an_order_at_the_market_leaves_is_not_chased() -> None:
    world = entering(entry=EntryRules(EntryOrder.MARKET))
    world.fill(D("0.4"))
    world.end(world.alive[0], "cancelled")
    world.work()
    assert world.alive == [] and world.bracket.entry is None and world.bracket.book.position == 4


def test_whatever_sells_ends_the_entry() -> None:
    world = entering()
    world.fill(D("0.5"))
    world.sell(D("0.2"))
    world.work()
    assert world.alive == []


def test_it_cools_down_and_may_be_told_again() -> None:
    world = entering(entry=EntryRules(EntryOrder.MARKET))
    world.fill(D(1))
    world.move(D(90))
    world.sell(D(1))
    world.apply(StayEnded(world.at))
    assert world.bracket.entry_refusal(world.at) == "it cools down for 1 min more"
    assert world.bracket.entry_refusal(world.at + 60_000) == ""
    assert world.bracket.stay.number == 2 and world.bracket.stay.made_before < 0
    world.apply(SellOutTold())
    assert "buys no more" in world.bracket.entry_refusal(world.at + 60_000)


def test_the_exits_of_a_second_stay_know_nothing_of_the_first_ones_loss() -> None:
    world = entering(entry=EntryRules(EntryOrder.MARKET))
    prices = []
    for _ in range(2):
        world.fill(D(1))
        prices.append(next(want.stands_at for want in world.target.orders if want.key == STOP))
        world.sell(D(1))
        world.at += 61_000
        world.tell()
        world.work()
    assert prices[0] == prices[1]


def test_it_ends_after_its_one_stay_and_when_it_gives_up() -> None:
    world = entering(entry=EntryRules(EntryOrder.MARKET), reenter_after=None)
    world.fill(D(1))
    assert not world.target.finished
    world.sell(D(1))
    assert world.target.finished == "the position is closed"
    given_up = entering(entry=EntryRules(reprices=0), reenter_after=None)
    given_up.move(D(102))
    assert "given up" in given_up.bracket.target([]).finished


@pytest.mark.parametrize("rule", [ExitRule.HARD_STOP, ExitRule.SOFT_STOP])
@pytest.mark.parametrize("sold_at", [D(100), D(112)])
def test_a_sale_lets_no_stop_down(rule: ExitRule, sold_at: D) -> None:
    """By what the stay has made the rest might lose all that the sold half has saved, or has won."""
    world = entering(entry=EntryRules(EntryOrder.MARKET))
    world.watch.set(ExitTerms(ExitRules(hard_stop=D("0.05"), soft_stop=D("0.03")), D(1_000), 0))
    world.fill(D(1))
    before = world.watch.price_of(rule, world.bracket.book, SOL)
    world.move(sold_at)
    world.sell(D("0.5"))
    assert world.watch.price_of(rule, world.bracket.book, SOL) == before


def test_what_was_sold_at_a_greater_loss_draws_the_stop_up() -> None:
    """All of it together loses what was set, and no more."""
    world = entering(entry=EntryRules(EntryOrder.MARKET))
    world.fill(D(1))
    world.move(D(93))
    world.sell(D("0.5"))
    stop = world.hard_stop
    assert stop is not None and stop > 97
    assert D(50) - world.bracket.book.position * SOL.tick(stop) < world.loss_at(stop) <= 50


def test_while_it_stands_no_price_moves_its_entry_or_ends_it() -> None:
    world = entering(entry=EntryRules(reprices=1))
    world.apply(EntriesStand(stand=True))
    for price in (D(101), D(102), D(103)):
        world.move(price)
    world.work()
    (order,) = world.alive
    assert order.order.limit == 100 and world.bracket.entry is not None and world.bracket.entry.moves == 0
    world.apply(EntriesStand(stand=False))
    world.move(D(103))
    world.work()
    assert [each.order.limit for each in world.alive] == [D(103)]


def test_what_the_exchange_takes_away_again_and_again_comes_to_an_end() -> None:
    """An entry without margin, say: each new one waits for another price, and there are so many."""
    world = entering(entry=EntryRules(reprices=2))
    for price in (D("100.01"), D("100.02"), D("100.03"), D("100.04")):
        if world.alive:
            world.end(world.alive[0], "cancelled")
        world.work()
        assert world.alive == [], "not at the price of then"
        world.move(price)
        world.work()
    assert world.sent == 3 and world.bracket.entry is None
    assert world.bracket.given_up == "the entry was moved 2 times and is given up"


def test_what_was_recalled_goes_out_again() -> None:
    """A guard or an operator takes it away; nothing is counted for that."""
    world = entering(entry=EntryRules(reprices=0))
    for _ in range(3):
        world.apply(OrderNoted(world.at, world.alive[0].client_id, "cancelling"))
        world.end(world.alive[0], "cancelled")
        world.work()
    assert world.sent == 4 and world.alive[0].order.limit == 100


def test_coins_that_the_exchange_does_not_hold_are_no_position() -> None:
    """Too few for an order, and sold by another hand: it is flat, whatever the books still have."""
    world = entering(entry=EntryRules(EntryOrder.MARKET))
    world.fill(D(1))
    world.sell(D("0.99"))
    assert world.bracket.protectable == D("0.1") and world.hard_stop is not None
    world.correct(D("-0.1"))
    assert world.bracket.stay.number == 2 and world.target.orders == ()
    world.at += 61_000
    world.tell()
    world.work()
    world.fill(D(1))
    assert world.bracket.protectable == 10
    world.sell(D("0.9"))
    assert world.bracket.stay.number == 2
    world._book(Side.SELL, world.bracket.protectable, D(100), STOP)
    assert world.bracket.stay.number == 3 and world.bracket.protectable == 0


def test_risk_makes_the_size() -> None:
    terms = BracketTerms(D(0), D("0.05"), risk=D(50), risk_slippage=D("0.05"))
    settled = terms.settled(SOL, D(100), D("0.00045"))
    assert settled.plan(SOL, 5).position_size == 500
    assert settled.stop_distance == 5
    assert BracketTerms.recorded(settled.record()) == settled


def test_the_entrys_key_is_its_only_one() -> None:
    assert {want.key for want in entering().bracket.target([]).orders} == {ENTRY}


def test_a_moved_entry_is_for_what_is_left() -> None:
    world = entering()
    world.fill(D("0.3"))
    world.move(D("100.5"))
    world.work()
    assert [order.order.size for order in world.alive] == [D(7)]
    world.check()


@given(st.decimals("0.01", 100_000, places=2), st.decimals("0.5", 10_000, places=1))
def test_an_entry_is_worth_no_more_than_the_plan_nor_than_was_said(most: D, seen: D) -> None:
    bracket = Bracket(plan())
    bracket.apply(EntryTold(1_000, OPERATOR, seen, None, most), ())
    worth = sum((order.size * seen for order in bracket.target(()).orders), D(0))
    limit = min(most, D(1_000))
    assert worth <= limit
    if worth:
        assert worth > limit - SOL.floor_size(D("0.01")) * seen, "no lot less than it could be"
    else:
        assert limit < 10 + D("0.01") * seen, "too few for an order"
