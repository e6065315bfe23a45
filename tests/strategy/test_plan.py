"""Plans: what is refused and why, the split of the entry, and the orders that a plan makes."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hypertui.core.market import KNOWN_INSTRUMENTS, Fill, Instrument, Order, OrderType, Side
from hypertui.execution.orders import ClientIds, Closing
from hypertui.execution.own_orders import SeenPrice
from hypertui.execution.timing import Timing
from hypertui.execution.trade import Trade
from hypertui.strategy.ladder.grid import UnitGrid
from hypertui.strategy.ladder.plan import BuyOrder, Plan
from hypertui.strategy.ladder.strategy import LadderStrategy
from hypertui.strategy.ladder.trade_plan import LadderPlan
from hypertui.strategy.plans import PlanError
from tests.strategy.driver import COIN, Walk, fill_of, plan_of

D = Decimal


def refusal(plan: Plan, price: str | None = "100") -> str:
    with pytest.raises(PlanError) as caught:
        if price is None:
            plan.check()
        else:
            plan.check_at(D(price))
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_a_sound_plan_is_accepted() -> None:
    plan_of().check()
    plan_of().check_at(D(100))
    plan_of(leverage=20, trust_slots=0, stop_slippage=D(0), entry_slippage=D(0)).check_at(D(100))


@pytest.mark.parametrize(
    ("changes", "figures"),
    [
        ({"unit_size": D(0)}, ("unit size 0 ", "not above 0")),
        ({"unit_size": D("-0.5")}, ("unit size -0.5", "not above 0")),
        ({"position_size": D(0)}, ("position size 0 ", "not above 0")),
        ({"position_size": D(-2000)}, ("position size -2000", "not above 0")),
        ({"leverage": 0}, ("leverage 0", "below 1")),
        ({"leverage": 21}, ("leverage 21", "above the 20 of COIN")),
        ({"position_size": D("39.99")}, ("39.99", "9.9975", "minimum order value of 10")),
        ({"trust_slots": -1}, ("trust slots -1",)),
        ({"stop_slippage": D(1)}, ("stop slippage 1 ",)),
        ({"entry_slippage": D("-0.01")}, ("entry slippage -0.01",)),
    ],
)
def test_what_is_wrong_at_any_price(changes: dict[str, object], figures: tuple[str, ...]) -> None:
    for price in (None, "100"):
        text = refusal(plan_of(**changes), price)
        assert all(figure in text for figure in figures), text


def test_a_unit_below_the_tick() -> None:
    assert refusal(plan_of(unit_size=D("0.009"))) == (
        "unit size 0.009 is below the price tick of 0.01 that COIN has at 100"
    )
    plan_of(unit_size=D("0.01")).check_at(D(100))


def test_neighbouring_units_that_round_to_one_price() -> None:
    # One tick apart, but from the middle between two ticks every other pair rounds to one price.
    text = refusal(plan_of(unit_size=D("0.01")), "100.005")
    assert "unit size 0.01 is too small" in text
    assert "round to one price near 100" in text
    # And where the tick grows tenfold above the entry.
    text = refusal(plan_of(unit_size=D("0.4"), position_size=D(20_000)), "9999.8")
    assert "unit size 0.4 is too small" in text


def test_a_lowest_stop_at_or_below_zero() -> None:
    assert refusal(plan_of(unit_size=D(25))) == (
        "unit size 25 puts the lowest stop at 0, not above 0, from a price of 100"
    )
    assert "at -20," in refusal(plan_of(unit_size=D(30)))
    assert "worth" in refusal(plan_of(unit_size=D("24.99")))  # 20 cents a coin: above 0, but too little


def test_the_smallest_stop_is_valued_at_its_own_limit_price() -> None:
    # The lowest stop is at 96, its limit at 86.4: 0.12 coins are worth 10.368, 0.11 only 9.504.
    plan_of(position_size=D(48)).check_at(D(100))
    text = refusal(plan_of(position_size=D("45")))
    assert "position size 45" in text
    assert "0.11 COIN" in text
    assert "worth 9.603 USD" in text  # 0.12 at -4 with the remainder, so the smallest is 0.11 at -3
    assert "minimum order value of 10 USD" in text
    plan_of(position_size=D(45), stop_slippage=D("0.05")).check_at(D(100))  # 0.11 at 97 * 0.95


def test_the_remainder_counts_for_the_lowest_stop() -> None:
    # 0.47 coins: 0.11 each and 0.14 at -4.
    plan = plan_of(position_size=D("47.99"), stop_slippage=D(0))
    assert plan.split(plan.entry_size(D(100))) == (D("0.14"), D("0.11"), D("0.11"), D("0.11"))
    plan.check_at(D(100))
    coarse = plan_of(position_size=D("41.5"), stop_slippage=D(0), instrument=replace(COIN, sz_decimals=1))
    assert coarse.split(coarse.entry_size(D(100))) == (D("0.1"), D("0.1"), D("0.1"), D("0.1"))
    assert "0.1 COIN worth 9.6 USD" in refusal(coarse)


@given(
    st.sampled_from([*KNOWN_INSTRUMENTS.values(), Instrument("TINY", 0, 3)]),
    st.decimals(min_value=D("0.0001"), max_value=D(90_000), places=6),
    st.decimals(min_value=D("0.00001"), max_value=D(5_000), places=5),
    st.decimals(min_value=D(1), max_value=D(100_000), places=2),
)
def test_an_accepted_plan_breaks_no_rule_of_the_venue(
    instrument: Instrument, price: Decimal, unit_size: Decimal, position_size: Decimal
) -> None:
    plan = LadderPlan(instrument, unit_size, position_size)
    try:
        plan.check_at(price)
    except PlanError as error:
        assert "\n" not in str(error)
        return
    coins = plan.entry_size(price)
    assert coins * price <= position_size
    assert sum(plan.split(coins)) == coins
    grid = UnitGrid(price, unit_size, instrument)
    triggers = [grid.price(unit) for unit in range(-4, 5)]
    assert triggers == sorted(set(triggers))
    entry = Fill(instrument.symbol, Side.BUY, coins, price, D(0), 1, 1, 1)
    wanted = plan.start([entry]).target(()).orders
    assert [(want.trigger, want.size) for want in wanted] == list(
        zip(triggers, plan.split(coins), strict=False)
    )
    for want in wanted:
        stop = want.order("id", instrument.symbol, want.size)
        assert stop.trigger is not None
        assert instrument.is_price(stop.limit)
        assert instrument.is_price(stop.trigger)
        assert instrument.is_size(stop.size)
        assert stop.size * stop.limit >= instrument.min_order_value


@given(st.integers(0, 10**7))
def test_the_split_gives_out_every_coin(lots: int) -> None:
    coins = D(lots).scaleb(-2)
    lowest, *others = plan_of().split(coins)
    assert lowest + sum(others) == coins
    assert set(others) == {others[0]}
    assert 0 <= lowest - others[0] <= 3 * COIN.lot


def test_prices_of_the_grid_are_rounded_once_and_half_even() -> None:
    grid = UnitGrid(D("100.005"), D("0.25"), COIN)
    assert [grid.price(unit) for unit in (-1, 0, 1, 2)] == [D("99.755"), D("100"), D("100.26"), D("100.5")]
    third = UnitGrid(D(100) / 3, D("0.01"), COIN)
    assert third.price(0) == D("33.333")
    assert third.price(1000) == D("43.333")


def orders_of(plan: LadderPlan, *prices: int) -> dict[str, Order]:
    """What a trade that was opened at 100 wants after these prices, by key, as orders."""
    walk = Walk.start(plan).path(*prices)
    wanted = LadderStrategy(walk.ladder).target(()).orders
    return {str(want.key): want.order("0x1", "COIN", want.size) for want in wanted}


def test_orders_are_triggers_that_can_only_do_their_job() -> None:
    plan = plan_of()
    stop = orders_of(plan)["stop/3"]
    assert (stop.client_id, stop.symbol) == ("0x1", "COIN")
    assert (stop.side, stop.type, stop.reduce_only) == (Side.SELL, OrderType.STOP_MARKET, True)
    assert (stop.trigger, stop.limit, stop.size) == (99, D("89.1"), 5)
    buy = orders_of(plan, 102, 101, 100)["entry/0"]
    assert (buy.side, buy.type, buy.reduce_only) == (Side.BUY, OrderType.STOP_MARKET, False)
    assert (buy.trigger, buy.limit, buy.size) == (101, D("111.1"), D("4.95"))
    exact = orders_of(plan_of(buy_order=BuyOrder.STOP_LIMIT), 102, 101, 100)["entry/0"]
    assert (exact.type, exact.trigger, exact.limit) == (OrderType.STOP_LIMIT, 101, 101)
    entry = plan.opening("0x4", D(100))
    assert (entry.client_id, entry.symbol) == ("0x4", "COIN")
    assert (entry.side, entry.type, entry.trigger, entry.reduce_only) == (
        Side.BUY,
        OrderType.IOC,
        None,
        False,
    )
    assert (entry.size, entry.limit) == (20, 101)


def test_a_sale_at_the_market_may_fill_at_the_slippage_below_the_price() -> None:
    trade = Trade(plan_of().start([fill_of(Side.BUY, 20, 100)]), Timing(), ClientIds(1))
    sale = trade.convergence(SeenPrice(D(100), 1), 1).close(D(5), Closing("")).order
    assert (sale.side, sale.type, sale.trigger, sale.reduce_only) == (Side.SELL, OrderType.IOC, None, True)
    assert (sale.size, sale.limit) == (5, 90)
    # Coins whose stop the price has passed are sold by an order of the same kind.
    (passed,) = [
        sent.order for sent in trade.decide(SeenPrice(D(99), 1), 1).places if sent.order.is_immediate
    ]
    assert (passed.side, passed.type, passed.trigger, passed.reduce_only) == (
        Side.SELL,
        OrderType.IOC,
        None,
        True,
    )
    assert (passed.size, passed.limit) == (5, D("89.1"))
