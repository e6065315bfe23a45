"""Fills that come late, and by drawn slippage: at which price, and when."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hypertui.backtest.fill_model import FillDraws, FillModel, FillSample
from hypertui.backtest.instant_exchange import Costs
from hypertui.backtest.simulation import Run, replay
from hypertui.core.market import ZERO
from hypertui.core.price_series import Series
from hypertui.strategy.exits.rules import ExitRules
from hypertui.strategy.plans import PlanError
from tests.strategy.driver import plan_of

D = Decimal
FREE = Costs(fee_rate=ZERO)


def late(ms: int, slippage: str = "0") -> FillModel:
    return FillModel((FillSample(ms, D(slippage)),))


def timed(*prices: tuple[int, str]) -> Series:
    return Series(tuple(D(price) for _, price in prices), tuple(at for at, _ in prices))


def sales(run: Run) -> list[tuple[int, Decimal]]:
    """When and at what price each order was filled."""
    units = run.ladder.position_map
    fills = [fill for unit in units for order in units.orders(unit) for fill in order.fills]
    return [(fill.time, fill.price) for fill in sorted(fills, key=lambda fill: fill.trade_id)]


FALL = timed((0, "100"), (1_000, "98.9"), (1_100, "98.8"), (1_250, "98.7"), (1_300, "99.4"), (9_000, "99.4"))


@pytest.mark.parametrize(
    ("latency", "filled"),
    [
        (0, (1_000, "98.9")),  # the worse of the trigger, 99, and the price
        (100, (1_100, "98.8")),  # what comes just then is in time
        (150, (1_250, "98.7")),
        (260, (1_300, "99.4")),  # better than the trigger: the market is where it is
    ],
)
def test_a_late_fill_is_at_the_first_price_after_its_latency(latency: int, filled: tuple[int, str]) -> None:
    assert sales(replay(FALL, plan_of(), FREE, model=late(latency))) == [(filled[0], D(filled[1]))]


def test_slippage_comes_on_top_of_the_price_of_that_time() -> None:
    run = replay(FALL, plan_of(), FREE, model=late(150, "0.01"))
    assert sales(run) == [(1_250, D("98.7") * D("0.99"))]
    assert run.slippage_cost == 5 * (99 - D("98.7") * D("0.99"))


def test_what_the_series_does_not_reach_is_not_filled() -> None:
    run = replay(FALL, plan_of(), FREE, model=late(8_001))
    assert run.fills == 1  # the entry
    assert run.ladder.unit == -1  # the price has moved it all the same
    assert run.ladder.book.position == 20


def test_the_sale_of_an_exit_is_late_too() -> None:
    series = timed((0, "100"), (1_000, "89.9"), (1_100, "89"), (1_250, "88"), (1_300, "87"))
    rules = ExitRules(hard_stop=D("0.1"))
    at_once = replay(series, plan_of(), FREE, exits=rules)
    waited = replay(series, plan_of(), FREE, exits=rules, model=late(200))
    assert (at_once.ended_by, at_once.ticks) == ("hard stop", 2)
    assert (waited.ended_by, waited.ticks, waited.last_price) == ("hard stop", 4, 88)
    assert waited.ladder.book.position == 0
    assert waited.ladder.book.realized_pnl == 20 * (88 - 100)


def test_latency_needs_times() -> None:
    series = Series(FALL.prices, FALL.times, timed=False)
    with pytest.raises(PlanError, match="latency is a time, and the price file has no times"):
        replay(series, plan_of(), FREE, model=late(1))
    assert replay(series, plan_of(), FREE, model=late(0)).fills == 2


WALK = st.lists(st.integers(-30, 30), min_size=1, max_size=60)


@given(WALK, st.sampled_from(["0", "0.0005"]))
@settings(max_examples=40)
def test_no_latency_is_the_usual_backtest(steps: list[int], slippage: str) -> None:
    prices = [D(100)]
    for step in steps:
        prices.append(max(prices[-1] + D(step) / 10, D(60)))
    series = timed(*((n * 100, str(price)) for n, price in enumerate(prices)))
    usual = replay(series, plan_of(), Costs(slippage=D(slippage)))
    modelled = replay(series, plan_of(), Costs(), model=late(0, slippage))
    assert sales(usual) == sales(modelled)
    assert usual.ladder.book.realized_pnl == modelled.ladder.book.realized_pnl
    assert (usual.fills, usual.max_drawdown) == (modelled.fills, modelled.max_drawdown)


@given(WALK, st.integers(0, 450))
@settings(max_examples=40)
def test_late_or_not_coins_and_money_add_up(steps: list[int], latency: int) -> None:
    prices = [D(100)]
    for step in steps:
        prices.append(max(prices[-1] + D(step) / 10, D(60)))
    series = timed(*((n * 100, str(price)) for n, price in enumerate(prices)))
    run = replay(series, plan_of(), FREE, model=late(latency))
    by_time = dict(zip(series.times, series.prices, strict=True))
    for at, price in sales(run):
        assert latency == 0 or price == by_time[at]
    ladder = run.ladder
    assert ladder.book.position >= 0
    assert ladder.book.position == sum((slot.coins for slot in ladder.slots), ZERO)


def test_draws_are_those_of_their_seed_and_of_all_samples() -> None:
    samples = tuple(FillSample(n, ZERO) for n in range(5))

    def drawn(seed: int) -> list[int]:
        draws = FillDraws(FillModel(samples, seed))
        return [draws.draw().latency for _ in range(100)]

    assert drawn(1) == drawn(1) != drawn(2)
    assert set(drawn(1)) == set(range(5))
    with pytest.raises(ValueError, match="at least one sample"):
        FillModel(())
