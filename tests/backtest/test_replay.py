"""Replays: fills, bookkeeping and reports, on small series worked out by hand and on random ones."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hypertui.backtest.instant_exchange import Costs, InstantExchange
from hypertui.backtest.report import RunTime, in_words, summary
from hypertui.backtest.simulation import Run, replay
from hypertui.core.market import ZERO, Fill, Instrument, Side
from hypertui.core.price_series import Series
from hypertui.exchange.protocol import FundingPayment
from hypertui.execution.orders import ClientIds
from hypertui.execution.own_orders import SeenPrice
from hypertui.execution.timing import Timing
from hypertui.execution.trade import Trade
from hypertui.execution.trade_inputs import FundingBooked
from hypertui.strategy.base import MoveRecord
from hypertui.strategy.exits.rules import ExitRules
from hypertui.strategy.ladder.ladder import Windows
from hypertui.strategy.ladder.plan import Reinvest
from hypertui.strategy.ladder.trace import trace_row
from hypertui.strategy.ladder.trade_plan import LadderPlan
from hypertui.strategy.plans import PlanError
from tests.strategy.driver import COIN, Walk, fifo_realized, fill_of, plan_of

D = Decimal
FREE = Costs(fee_rate=ZERO)


def series_of(*prices: str | int | Decimal) -> Series:
    return Series(tuple(D(price) for price in prices), tuple(range(len(prices))))


def fills_of(run: Run, costs: Costs) -> list[Fill]:
    """The entry and every fill that the position map remembers, in order."""
    ladder = run.ladder
    price, size = ladder.grid.entry_price, ladder.entry_coins
    entry = fill_of(Side.BUY, size, price, size * price * costs.fee_rate)
    units = ladder.position_map
    rest = [fill for unit in units for order in units.orders(unit) for fill in order.fills]
    return [entry, *sorted(rest, key=lambda fill: fill.trade_id)]


def cash(fills: list[Fill]) -> Decimal:
    return -sum((fill.value * fill.side.sign + fill.fee for fill in fills), ZERO)


# By hand


def test_a_small_series_gives_this_trace() -> None:
    records = []

    def record(tick: int, move: MoveRecord) -> None:
        records.append(trace_row(move, tick))

    costs = Costs(fee_rate=D("0.001"))
    run = replay(series_of(100, "100.9", 101, "98.5", 99, 100), plan_of(), costs, record)
    # Entry 20 at 100, fee 2.00. From 101 a gap to 98.5 touches 100 and 99 and fills both sales at 98.5:
    # 5 * -1.5 less 0.4925 and 0.50 each. At 100 the buy of 99 … 100 refills: floor(500 / 100) = 5.
    expected = [
        (1, 2, "101", "up", 1, "advance", [-3, -2, -1, 0], [], "20", "0"),
        (2, 3, "98.5", "down", 0, "retracement", [-3, -2, -1], [1], "15", "-8.4925"),
        (3, 3, "98.5", "down", -1, "retracement", [-3, -2], [0, 1], "10", "-16.985"),
        (4, 5, "100", "up", 0, "retracement", [-3, -2, -1], [1], "15", "-16.985"),
    ]
    assert [tuple(record.values()) for record in records] == [(*row[:9], "500", row[9]) for row in expected]
    assert (run.ticks, run.fills, run.last_price) == (6, 4, 100)
    assert run.phase_steps == {"advance": 1, "retracement": 3}


def test_gaps_fill_at_the_price_that_is_worse() -> None:
    run = replay(series_of(100, "97.5", "99.2"), plan_of(), FREE)
    # Sold at 97.5 instead of 99 and 98; the buy at 99 filled at 99.2.
    assert [(fill.side, fill.price) for fill in fills_of(run, FREE)[1:]] == [
        (Side.SELL, D("97.5")),
        (Side.SELL, D("97.5")),
        (Side.BUY, D("99.2")),
    ]
    assert run.ladder.book.realized_pnl == -25
    assert run.ladder.round_trips.whipsaw_cost == D("5.05") * D("1.7")  # 500 / 99 coins bought


def test_slippage_and_fee_come_on_top_and_are_not_rounded() -> None:
    costs = Costs(fee_rate=D("0.00045"), slippage=D("0.000123"))
    run = replay(series_of(100, 99, 100), plan_of(), costs)
    entry, sale, buy = fills_of(run, costs)
    assert entry.price == 100  # the entry is the first price as it stands
    assert sale.price == 99 * D("0.999877")
    assert buy.price == 100 * D("1.000123")
    assert sale.fee == 5 * sale.price * D("0.00045")
    assert run.ladder.book.fees == entry.fee + sale.fee + buy.fee


def test_the_entry_price_is_not_rounded_but_units_are() -> None:
    run = replay(series_of("100.0078125", "99.01"), plan_of(), FREE)
    grid = run.ladder.grid
    assert grid.entry_price == D("100.0078125")
    assert (grid.price(0), grid.price(-1)) == (D("100.01"), D("99.008"))
    assert run.ladder.entry_coins == D("19.99")
    assert run.ladder.fragment_at_entry == D("19.99") * D("100.0078125") / 4
    assert run.ladder.moves == 0


def test_an_impossible_plan_is_refused_at_the_first_price() -> None:
    with pytest.raises(PlanError, match="unit size 30"):
        replay(series_of(100, 101), plan_of(unit_size=D(30)))


def test_a_halt_ends_the_run_in_the_middle_of_a_gap() -> None:
    ticks = []
    series = series_of(100, "99.5", 90, 80, 120)
    run = replay(series, plan_of(position_size=D(48)), FREE, lambda tick, move: ticks.append(tick))
    assert run.ladder.halted
    assert ticks == [2, 2, 2, 2]  # not the steps to 95 … 90
    assert (run.ladder.unit, run.ticks, run.last_price) == (-4, 3, 90)
    assert run.ladder.book.position == 0
    assert run.ladder.book.realized_pnl == D("-4.8")  # all 0.48 coins sold at 90
    assert "halted" in in_words(run, FREE, RunTime(0, 0))
    assert summary(run, RunTime(0, 0))["halted"] == run.ladder.halted


def test_a_unit_that_the_grid_cannot_tell_apart_ends_the_run() -> None:
    run = replay(
        series_of(9_990, 10_000, 10_010, 9_000), plan_of(unit_size=D("0.5"), position_size=D(20_000)), FREE
    )
    assert run.ladder.halted
    assert "too small" in run.ladder.halted
    assert run.ticks == 2


def test_resizing_leaves_a_buy_that_is_right_already_and_keeps_it() -> None:
    """Whole coins: F = 997.5 and F = 975 both buy 9 at 100; a later loss must not touch that order."""
    plan = plan_of(instrument=Instrument("WHOLE", 0, 20), position_size=D(4000), reinvest=Reinvest.CONTINUOUS)

    exchange = InstantExchange("WHOLE", FREE)
    strategy = plan.start([exchange.bought(plan.entry_size(D(100)), D(100), 0)])
    trade = Trade(strategy, Timing(), ClientIds(1))
    exchange.settle(trade, SeenPrice(D(100), 0))
    for tick, price in enumerate((100, 99, 98, 97, 96, 97, 98, 97)):
        for _ in exchange.take(trade, D(price), tick):
            if tick == 5:
                trade.apply(FundingBooked(tick, FundingPayment(tick, D(-400))))
    ladder = strategy.ladder
    assert [(order.size, order.status) for order in ladder.position_map.orders(0)] == [(9, "live")]
    assert ladder.fragment == 875


# Bookkeeping on random walks

walks = st.lists(st.integers(-350, 350), min_size=1, max_size=60).map(
    lambda moves: series_of(
        100, *[max(D(20), D(100) + D(total) / 100) for total in accumulate(moves, initial=0)]
    )
)
costs_of = st.builds(
    Costs, st.sampled_from([ZERO, D("0.00045"), D("0.01")]), st.sampled_from([ZERO, D("0.0007")])
)


@given(walks, costs_of, st.sampled_from(Reinvest), st.sampled_from([D(48), D(2000)]))
def test_the_books_balance(series: Series, costs: Costs, reinvest: Reinvest, position_size: Decimal) -> None:
    run = replay(series, plan_of(reinvest=reinvest, position_size=position_size), costs)
    ladder, book = run.ladder, run.ladder.book
    fills = fills_of(run, costs)
    assert len(fills) == run.fills
    assert ladder.book.position == sum((fill.size * fill.side.sign for fill in fills), ZERO)
    assert book.fees == sum((fill.fee for fill in fills), ZERO)
    assert float(ladder.book.realized_pnl) == pytest.approx(float(fifo_realized(fills)), abs=1e-12)

    net = ladder.book.net_pnl(run.last_price)
    assert net == ladder.book.realized_pnl + book.unrealized_pnl(run.last_price) - book.fifo.open_fees
    assert abs(net - cash(fills) - ladder.book.position * run.last_price) < D("1e-12")

    # The deepest fall from a high, price by price, out of the fills alone.
    highest = deepest = ZERO
    for tick in range(run.ticks):
        done = [fill for fill in fills if fill.time <= tick]
        held = sum((fill.size * fill.side.sign for fill in done), ZERO)
        worth = cash(done) + held * series.prices[tick]
        highest = max(highest, worth)
        deepest = max(deepest, highest - worth)
    assert abs(run.max_drawdown - deepest) < D("1e-12")


@given(walks, costs_of)
def test_the_position_map_tells_what_became_of_every_order(series: Series, costs: Costs) -> None:
    run = replay(series, plan_of(), costs)
    units = run.ladder.position_map
    windows = run.ladder.windows()
    working = {}
    for unit in units:
        for order in units.orders(unit):
            assert order.status in ("live", "filled", "cancelled")
            assert order.filled == (order.size if order.status == "filled" else 0)
            if order.status == "live":
                assert order is units.orders(unit)[-1]
                working[unit] = (order.side, order.size)
    wanted = {stop.unit: (Side.SELL, stop.size) for stop in windows.stops}
    assert working == wanted | {buy.unit: (Side.BUY, buy.size) for buy in windows.buys}
    realized = sum((units.at(unit).realized_pnl or ZERO for unit in units), ZERO)
    assert abs(realized - run.ladder.book.realized_pnl) < D("1e-12")


@given(
    st.lists(st.sampled_from([-1, 1]), min_size=1, max_size=80),
    st.sampled_from(Reinvest),
    st.sampled_from([0, 1]),
)
def test_unit_by_unit_a_replay_equals_orders_filled_at_their_triggers(
    moves: list[int], reinvest: Reinvest, trust_slots: int
) -> None:
    prices = [100 + total for total in accumulate(moves, initial=0)]
    plan = plan_of(reinvest=reinvest, trust_slots=trust_slots)
    run = replay(series_of(*prices), plan, Costs(D("0.001")))
    walk = Walk.start(plan, fee_rate="0.001").path(*prices[: run.ticks])
    assert run.ladder.book.realized_pnl == walk.ladder.book.realized_pnl
    assert run.ladder.book.position == walk.ladder.book.position
    assert run.ladder.fragment == walk.ladder.fragment
    found, expected = run.ladder.windows(), walk.ladder.windows()
    if trust_slots:  # which of several free slots a buy fills is nobody's business
        found, expected = slotless(found), slotless(expected)
    assert found == expected
    assert run.ladder.round_trips.count == walk.ladder.round_trips.count
    assert run.ladder.round_trips.whipsaw_cost == walk.ladder.round_trips.whipsaw_cost
    assert sum(run.phase_steps.values()) == run.ladder.moves == run.ticks - 1


def slotless(windows: Windows) -> Windows:
    return replace(windows, stops=tuple(replace(stop, slot=0) for stop in windows.stops))


# Reports


def small_run() -> Run:
    return replay(series_of(100, 99, 100, "100.5"), plan_of(), Costs(D("0.001")))


def test_the_summary_is_json_with_amounts_as_text() -> None:
    text = json.dumps(summary(small_run(), RunTime(load_s=0.5, run_s=2.0)))
    assert json.loads(text) == {
        "symbol": "COIN",
        "file": {
            "rows": 4,
            "first_time": "1970-01-01 00:00:00",
            "last_time": "1970-01-01 00:00:00",
            "notes": [],
        },
        "engine": "exact",
        "ticks": 4,
        "steps": 2,
        "fills": 3,
        "entry_price": "100",
        "final_unit": 0,
        "phase": "advance",
        "position": "20",
        "fragment_usd": "500",
        "realized_pnl": "-5.995",
        "unrealized_pnl": "10",
        "net_pnl": "2.005",
        "other_way_net_pnl": None,
        "fees": "2.995",
        "slippage_cost": "0",
        "funding": "0",
        "whipsaw_cost": "5.995",
        "round_trips": 1,
        # Just after the entry -2.00; at 99: -2 - 20 - 0.495; the peak is the 0 before the entry.
        "max_drawdown": "22.495",
        "phase_steps": {"advance": 1, "retracement": 1, "decline": 0, "recovery": 0},
        # Up to the sale -2.00, -20 and -0.495, then 15 less 0.50 up to the buy, and 10 after it.
        "phase_pnl": {"advance": "-12.495", "retracement": "14.5", "decline": "0", "recovery": "0"},
        "halted": None,
        "ended_by": None,
        "timing": {"load_s": 0.5, "run_s": 2.0, "ticks_per_s": 2.0},
    }


def test_a_run_too_short_to_time_is_reported_all_the_same() -> None:
    report = summary(small_run(), RunTime(load_s=0.0, run_s=0.0))
    assert report["timing"] == {"load_s": 0.0, "run_s": 0.0, "ticks_per_s": 0.0}


def test_the_words_name_profit_fees_and_whipsaws() -> None:
    lines = dict(
        line.split("  ", 1)
        for line in in_words(small_run(), Costs(D("0.001")), RunTime(0.5, 2.0)).split("\n")
    )
    words = {label.strip(): text.strip() for label, text in lines.items() if label}
    assert words["entry"] == "20 COIN at 100"
    assert words["net PnL"] == "+2.00 USD, 0.1% of the 2,000.00 entered"  # 20 * 0.5 - 5 - 2.995 = 2.005
    assert words["fees"] == "3.00 USD, 0.1% of the entry"
    assert words["whipsaw cost"] == "6.00 USD in 1 round trips"
    # 5 coins: 5.00 lost, fees on 500 and 495.
    assert words["one whipsaw"] == "of one unit costs 6.00 USD, 16.6% of it fees"
    assert "halted" not in words


def test_the_position_size_decides_the_coins() -> None:
    plan = LadderPlan(COIN, D(1), D("2009.99"))
    assert replay(series_of(100, 100), plan, FREE).ladder.entry_coins == D("20.09")


def test_prices_of_cheap_coins_keep_their_digits() -> None:
    plan = plan_of(instrument=Instrument("CHEAP", 0, 3), unit_size=D("0.00001"))
    words = in_words(replay(series_of("0.001234", "0.001239"), plan, FREE), FREE, RunTime(0.1, 0.1))
    assert "1620745 CHEAP at 0.001234" in words
    assert "0.001239, unit +0" in words


def test_an_exit_ends_the_walk_at_the_price_that_is_due() -> None:
    """The same rules as live: at 97.5 two slots are sold and the net is below −3 %."""
    prices = (100, 99, "97.5", "96.5", 120)
    free = replay(series_of(*prices), plan_of(), FREE)
    assert free.ticks == 5 and not free.ended_by
    run = replay(
        series_of(*prices), plan_of(), FREE, exits=ExitRules(hard_stop=D("0.02"), take_profit=D("0.1"))
    )
    assert (run.ended_by, run.ticks, run.last_price) == ("hard stop", 3, D("97.5"))
    assert run.ladder.book.position == 0
    assert [fill.price for fill in fills_of(run, FREE)[1:]] == [99, D("97.5"), D("97.5")]


def test_a_profit_is_taken_in_a_walk_too() -> None:
    run = replay(series_of(100, 101, 103, 120), plan_of(), FREE, exits=ExitRules(take_profit=D("0.03")))
    assert (run.ended_by, run.last_price) == ("take profit", 103)
    assert run.ladder.book.realized_pnl == 60, "20 coins bought at 100"
