"""Baselines against plain loops over decimals, and a path against the backtest that it was recorded from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hypertui.backtest.baselines import fill_path, nulls, recording, trailing
from hypertui.backtest.baselines.compare import Baselines, compare
from hypertui.backtest.baselines.fill_path import FillPath, PathResult, walk_path
from hypertui.backtest.baselines.nulls import flipped, hold, lagged, percentile, random_entries
from hypertui.backtest.baselines.recording import PathRecorder, recorded_path, ticks_that_matter
from hypertui.backtest.baselines.trailing import trailing_stop
from hypertui.backtest.curve import block_ends
from hypertui.backtest.evaluation import Setting
from hypertui.backtest.instant_exchange import Costs
from hypertui.backtest.setting_trials import attempt_of
from hypertui.backtest.simulation import Run, replay
from hypertui.backtest.trying import Attempt
from hypertui.core.market import ZERO, Instrument
from hypertui.core.price_series import Series
from hypertui.series.ticks import ticks_of
from hypertui.strategy.exits.rules import ExitRules
from hypertui.strategy.ladder.plan import Reinvest
from hypertui.strategy.ladder.trade_plan import LadderPlan
from tests.strategy.driver import COIN, plan_of

D = Decimal
COSTS = Costs(D("0.00045"), D("0.0003"), D("0.0001"))
HOUR = 3_600_000
GAP = 700_000  # ms between two prices: a full hour passes every five or six of them
NEAR = {"rel": 1e-9, "abs": 1e-9}


def series_of(prices: Sequence[Decimal], per_row: int = 1) -> Series:
    times = tuple(at * GAP + 5 for at in range(len(prices)))
    return Series(tuple(prices), times, per_row=per_row)


walks = st.lists(st.integers(-30, 30), min_size=2, max_size=60).map(
    lambda steps: [D(1000 + sum(steps[: at + 1])) / 10 for at in range(len(steps))]
)


@dataclass
class Loop:
    """A stake walked price by price, in decimals: the oracle."""

    series: Series
    costs: Costs = COSTS
    cash: Decimal = ZERO
    held: Decimal = ZERO
    peak: Decimal = ZERO
    deepest: Decimal = ZERO
    fees: Decimal = ZERO
    funding: Decimal = ZERO
    curve: list[Decimal] = field(default_factory=list)

    def trade(self, coins: Decimal, price: Decimal, *, slips: bool = True) -> None:
        if slips and coins:
            price *= 1 + self.costs.slippage * (1 if coins > 0 else -1)
        fee = abs(coins) * price * self.costs.fee_rate
        self.fees += fee
        self.cash -= coins * price + fee
        self.held += coins

    def hours(self, tick: int) -> None:
        """Charge the full hours since the price before."""
        times = self.series.times
        passed = times[tick] // HOUR - times[tick - 1] // HOUR if tick else 0
        paid = self.held * self.series.prices[tick - 1] * self.costs.funding * passed
        self.cash -= paid
        self.funding -= paid

    def mark(self, price: Decimal) -> None:
        net = self.cash + self.held * price
        self.peak = max(self.peak, net)
        self.deepest = max(self.deepest, self.peak - net)
        self.curve.append(net)

    def walk(self, entry: Decimal, fills: dict[int, Decimal]) -> Loop:
        for tick, price in enumerate(self.series.prices):
            self.hours(tick)
            if tick == 0:
                self.trade(entry, price, slips=False)
            self.trade(fills.get(tick, ZERO), price)
            self.mark(price)
        return self

    def agrees(self, found: PathResult) -> None:
        assert found.net_pnl == pytest.approx(float(self.curve[-1]), **NEAR)
        assert found.max_drawdown == pytest.approx(float(self.deepest), **NEAR)
        assert found.fees == pytest.approx(float(self.fees), **NEAR)
        assert found.funding == pytest.approx(float(self.funding), **NEAR)


def recorded(series: Series, costs: Costs = COSTS, exits: ExitRules | None = None) -> tuple[Run, FillPath]:
    plan = plan_of()
    recorder = PathRecorder(plan.entry_size(series.prices[0]))
    run = replay(series, plan, costs, recorder.note, exits or ExitRules(), blocks=8)
    return run, recorder.path(run)


def fills_of(path: FillPath) -> dict[int, Decimal]:
    fills: dict[int, Decimal] = {}
    for tick, coins in zip(path.at.tolist(), path.coins.tolist(), strict=True):
        fills[tick] = fills.get(tick, ZERO) + D(str(round(coins, 8)))
    return fills


@given(walks, st.sampled_from([None, D("0.03")]))
def test_a_recorded_path_comes_to_what_the_backtest_said(prices: list[Decimal], stop: Decimal | None) -> None:
    series = series_of(prices)
    run, path = recorded(series, exits=ExitRules(hard_stop=stop))
    found = walk_path(ticks_of(series), path, COSTS, block_ends(len(prices), 8))
    book = run.ladder.book
    ended_at = run.ticks == len(prices)
    assert found.net_pnl == pytest.approx(float(book.net_pnl(run.last_price)), **NEAR)
    assert found.max_drawdown == pytest.approx(float(run.max_drawdown), **NEAR)
    assert found.fees == pytest.approx(float(book.fees), **NEAR)
    assert found.funding == pytest.approx(float(book.funding), **NEAR)
    assert found.blocks == pytest.approx([float(each) for each in run.blocks], **NEAR)
    assert path.left == pytest.approx(float(book.position), abs=1e-9)
    assert ended_at or run.ended_by


@given(walks)
def test_holding_is_the_entry_and_nothing_else(prices: list[Decimal]) -> None:
    series = series_of(prices)
    run, path = recorded(series)
    Loop(series).walk(run.ladder.entry_coins, {}).agrees(walk_path(ticks_of(series), hold(path), COSTS))


@given(walks)
def test_the_flipped_ladder_trades_the_other_way(prices: list[Decimal]) -> None:
    series = series_of(prices)
    _, path = recorded(series)
    other = {tick: -coins for tick, coins in fills_of(path).items()}
    Loop(series).walk(ZERO, other).agrees(walk_path(ticks_of(series), flipped(path), COSTS))


def test_a_ladder_and_its_opposite_hold_the_entry_together() -> None:
    """Before costs their results add up to that of holding."""
    free = Costs(ZERO, ZERO, ZERO)
    series = series_of([D(each) for each in (100, 103, 99, 97, 101, 106, 100, 95, 96, 99, 104)])
    run, path = recorded(series, free)
    ticks = ticks_of(series)
    three = [walk_path(ticks, each, free).net_pnl for each in (path, flipped(path), hold(path))]
    assert three[0] == pytest.approx(float(run.ladder.book.net_pnl(run.last_price)))
    assert three[0] + three[1] == pytest.approx(three[2])
    assert three[2] == pytest.approx(80)


@given(walks, st.sampled_from([1, 4]), st.integers(0, 5))
def test_late_fills_are_in_the_next_row_and_not_too_soon(
    prices: list[Decimal], per_row: int, gaps: int
) -> None:
    series = series_of(prices[: len(prices) // per_row * per_row] or prices[:1] * per_row, per_row)
    run, path = recorded(series)
    late: dict[int, Decimal] = {}
    for tick, coins in fills_of(path).items():
        after = [
            at
            for at, time in enumerate(series.times)
            if at // per_row > tick // per_row and time >= series.times[tick] + gaps * GAP
        ]
        if after:
            late[after[0]] = late.get(after[0], ZERO) + coins
    found = walk_path(ticks_of(series), lagged(ticks_of(series), path, gaps * GAP), COSTS)
    assert found.net_pnl == pytest.approx(
        float(Loop(series).walk(run.ladder.entry_coins, late).curve[-1]), rel=1e-9, abs=0.05
    )  # fills that meet in one tick slip and cost as one in the loop


@given(walks, st.sampled_from(["1", "2.55", "7"]))
def test_a_trailing_stop_sells_and_buys_all(prices: list[Decimal], distance: str) -> None:
    series, coins, far = series_of(prices), D("19.5"), D(distance)
    loop, stake, extreme = Loop(series), coins * prices[0], prices[0]
    for tick, price in enumerate(prices):
        loop.hours(tick)
        if tick == 0:
            loop.trade(coins, price, slips=False)
        elif loop.held:
            extreme = max(extreme, price)
            if price <= extreme - far:
                loop.trade(-loop.held, price)
                extreme = price
        else:
            extreme = min(extreme, price)
            if price >= extreme + far:
                loop.trade(COIN.floor_size(stake / price), price)
                extreme = price
        loop.mark(price)
    ticks = ticks_of(series)
    loop.agrees(walk_path(ticks, trailing_stop(ticks, far, coins, COIN), COSTS))


def test_a_trailing_stop_looks_far_ahead() -> None:
    """Beyond what is looked at together, and past a chunk in which nothing turns."""
    prices = [D(100)] * 3_000 + [D(110)] * 5_000 + [D(106)] * 2_000 + [D(105)] + [D(111)] * 10
    path = trailing_stop(ticks_of(series_of(prices)), D(5), D(2), COIN)
    assert path.at.tolist() == [10_000, 10_001]
    assert path.coins.tolist() == pytest.approx([-2, 1.8])  # 200 USD at 111


def turned_round(series: Series, path: FillPath, shift: int) -> Decimal:
    """The net PnL of a path begun at another tick, held coin by held coin."""
    length = len(series.prices)
    fills, left = fills_of(path), D(str(round(path.left, 8)))
    entry = D(str(path.entry))
    before, after, held = [], [], left
    for tick in range(length):
        before.append(held)
        change = [entry - left] if tick == 0 else []
        change += [fills[tick]] if tick in fills else []
        after.append(change)
        held += sum(change)
    loop = Loop(series)
    for tick, price in enumerate(series.prices):
        own = (tick - shift) % length
        loop.hours(tick)
        if tick == 0:
            loop.trade(before[own], price, slips=False)
        for coins in after[own]:
            loop.trade(coins, price)
        loop.mark(price)
    return loop.curve[-1]


@settings(max_examples=30)
@given(walks, st.integers(0, 99))
def test_random_entries_are_the_same_trades_begun_elsewhere(prices: list[Decimal], seed: int) -> None:
    series = series_of(prices)
    _, path = recorded(series)
    found = random_entries(ticks_of(series), path, COSTS, 12, seed)
    shifts = np.random.default_rng(seed).integers(1, max(2, len(prices)), size=12)
    assert found == pytest.approx([float(turned_round(series, path, int(s))) for s in shifts], **NEAR)


def test_the_percentile_counts_equals_half() -> None:
    assert percentile(3.0, np.array([1.0, 2.0, 3.0, 4.0])) == 62.5
    assert percentile(0.0, np.array([1e-12, -1e-12])) == 50
    assert percentile(5.0, np.array([1.0, 2.0])) == 100


def sawtooth(swing: int, turns: int) -> Series:
    """Prices that go up by twice as much as they come down, without a step between."""
    prices, price = [D(1000)], D(1000)
    for turn in range(turns):
        for _ in range(2 * swing if turn % 2 == 0 else swing):
            price += 1 if turn % 2 == 0 else -1
            prices.append(price)
    return series_of(prices)


def compared(series: Series, unit: str = "5", seed: int = 1) -> Baselines:
    attempt = attempt_of(Setting(unit, D(20_000)), series.prices[0], Instrument("COIN", 2, 20), COSTS)
    return compare(ticks_of(series), attempt, count=300, seed=seed)


def test_long_swings_are_what_a_ladder_is_for() -> None:
    """Falls of 200 that it sells into, rises that it is in for: its own moments beat nearly all others."""
    found = compared(sawtooth(200, 12))
    assert found.random_percentile > 90
    assert found.flipped.net_pnl < found.random_median
    assert found.distance == 20


def test_the_same_seed_gives_the_same_comparison() -> None:
    series = sawtooth(20, 8)
    assert compared(series, seed=3) == compared(series, seed=3)
    assert compared(series, seed=3).random_median != compared(series, seed=4).random_median


def test_figures_for_the_verdict_are_those_of_the_walks() -> None:
    found = compared(sawtooth(30, 5))
    said = found.figures()
    assert (said.hold, said.hold_drawdown) == (found.hold.net_pnl, found.hold.max_drawdown)
    assert (said.trailing, said.trailing_drawdown) == (found.trailing.net_pnl, found.trailing.max_drawdown)
    assert (said.flipped, said.lagged) == (found.flipped.net_pnl, found.lagged.net_pnl)
    assert (said.random_percentile, said.random_entries) == (found.random_percentile, 300)


def alike(prices: Sequence[Decimal], plan: LadderPlan, costs: Costs) -> None:
    """Walked over all ticks and over those that matter, a ladder has the same fills."""
    series = series_of(prices)
    recorder = PathRecorder(plan.entry_size(prices[0]))
    whole = recorder.path(replay(series, plan, costs, recorder.note))
    thinned = recorded_path(ticks_of(series), Attempt(plan, costs, ExitRules()))
    assert thinned.at.tolist() == whole.at.tolist()
    assert thinned.coins.tolist() == whole.coins.tolist()


@given(walks, st.sampled_from(["0.7", "1", "3.3"]), st.sampled_from(list(Reinvest)))
def test_ticks_that_touch_nothing_change_no_fill(
    prices: list[Decimal], unit: str, reinvest: Reinvest
) -> None:
    """Prices at random distances, many of them on a unit and all of them twice."""
    plan = replace(plan_of(), unit_size=D(unit), reinvest=reinvest)
    alike([each for each in prices for _ in range(2)], plan, Costs())


@pytest.mark.parametrize("seed", range(3))
def test_funding_is_reinvested_to_the_same_cent(seed: int) -> None:
    """It is charged at the price before each full hour, which may touch nothing. Lots are so small that each
    cent of it changes what is bought."""
    random, price, prices = Random(seed), 1000, []
    for _ in range(60):
        price += random.randint(-30, 30)
        prices.append(D(price) / 10)
    fine = replace(plan_of(), instrument=Instrument("COIN", 5, 20), unit_size=D("3.3"))
    alike(prices, replace(fine, reinvest=Reinvest.CONTINUOUS), replace(COSTS, funding=D("0.02")))


def test_few_ticks_matter_where_units_are_far_apart() -> None:
    series = sawtooth(200, 12)
    attempt = attempt_of(Setting("50", D(20_000)), D(1000), Instrument("COIN", 2, 20), Costs())
    assert len(series.prices) == 3_601
    # Each unit's price is touched and left again.
    assert len(ticks_that_matter(ticks_of(series), attempt)) == 1 + 2 * 72


@pytest.mark.parametrize("chunk", [1, 7, 64])
def test_long_series_are_walked_in_pieces(monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    series, attempt = sawtooth(9, 12), Attempt(plan_of(), COSTS, ExitRules())
    ticks = ticks_of(series)
    whole = compare(ticks, attempt, count=20)
    for module in (fill_path, recording):
        monkeypatch.setattr(module, "_CHUNK", chunk)
    monkeypatch.setattr(nulls, "_CELLS", 100)
    monkeypatch.setattr(trailing, "_FIRST", 1)
    monkeypatch.setattr(trailing, "_MOST", chunk)
    found = compare(ticks, attempt, count=20)
    assert found.random_median == pytest.approx(whole.random_median)  # a sum in another order
    assert replace(found, random_median=whole.random_median) == whole
    assert whole.ladder.max_drawdown > 0


def test_exits_see_every_tick() -> None:
    series = series_of([D(100), D("100.5"), D("98.6"), D("98.5"), D("98.4"), D(98), D(99)])
    attempt = Attempt(replace(plan_of(), unit_size=D(5)), COSTS, ExitRules(hard_stop=D("0.0155")))
    assert recorded_path(ticks_of(series), attempt).at.tolist() == [3]
