"""The bracket by itself, whatever happens to its orders: it never buys more than it was told, is never short,
and wants a stop whenever it holds coins; its entries come to an end."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal as D

from hypothesis import given, settings
from hypothesis import strategies as st

from hypertui.core.market import OPERATOR, Fill, Instrument, Order, OrderType, Side, TimeInForce
from hypertui.core.order_key import OrderKey
from hypertui.core.purpose import Purpose
from hypertui.strategy.base import (
    CoinsTraded,
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
from hypertui.strategy.exits.rules import ExitRules, ExitTerms
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
        held = self.bracket.book.position
        if held > 0:
            self._book(Side.SELL, max(SOL.floor_size(held * part), SOL.lot), self.price, STOP)

    def _book(self, side: Side, size: D, price: D, key: OrderKey) -> None:
        self.trades += 1
        fill = Fill("SOL", side, size, price, size * price * D("0.00045"), self.at, self.trades, self.trades)
        gain = self.bracket.book.book(fill)
        self.apply(CoinsTraded(fill, gain, self.at, key))

    def check(self) -> None:
        bracket, target = self.bracket, self.target
        held = bracket.book.position
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
            if bracket.stay.cost == bracket.book.fifo.cost:  # nothing of it has been sold
                assert D("0.9") * bracket.book.average_price < stop.stands_at < bracket.book.average_price
            assert bracket.stay.has_begun and bracket.coins(STOP) == held
        assert all(want.size > 0 for want in target.orders if want.key not in (STOP, PROFIT))


def _stands(order: Order, kind: OrderType, limit: D, trigger: D | None) -> bool:
    return (order.type, order.limit, order.trigger) == (kind, limit, trigger)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("move"), st.decimals("80", "120", places=2)),
        st.tuples(st.just("fill"), st.decimals("0.05", "1", places=2)),
        st.tuples(st.just("sell"), st.sampled_from([D("0.5"), D(1), D(1)])),
        st.tuples(st.sampled_from(["tell", "work", "work", "reject", "cancel", "lose", "wait"]), st.none()),
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
            case "tell", _:
                world.tell()
            case "work", _:
                world.work()
            case "wait", _:
                world.at += 61_000
            case status, _ if world.alive:
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
