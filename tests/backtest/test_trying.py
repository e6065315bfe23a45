"""What is left in the trial ledger: the same for the same try, whichever way it was made."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hypertui.backtest.evaluate import evaluate, terms_of
from hypertui.backtest.evaluation import Evaluation, Setting
from hypertui.backtest.instant_exchange import Costs
from hypertui.backtest.setting_trials import trial_of
from hypertui.backtest.trying import series_digest, trial, trial_terms
from hypertui.core.market import Instrument
from hypertui.core.price_series import Series, load_series
from hypertui.evidence.trials import key_of
from hypertui.risk.rules import GuardRules
from hypertui.series.loading import load_ticks
from hypertui.series.ticks import ticks_of
from hypertui.strategy.exits.rules import ExitRules
from hypertui.strategy.ladder.plan import Reinvest
from tests.strategy.driver import plan_of

D = Decimal
COIN = Instrument("COIN", 2, 20)


@given(
    st.lists(st.decimals("0.0001", "99999", places=4), min_size=1, max_size=20),
    st.booleans(),
    st.integers(1, 4),
)
def test_the_digest_is_that_of_the_ticks(prices: list[Decimal], timed: bool, per_row: int) -> None:
    times = tuple(range(5, 5 + len(prices)))
    series = Series(tuple(prices), times, per_row=per_row, timed=timed)
    assert series_digest(series) == ticks_of(series).digest


@pytest.mark.parametrize("rows", [["100.00", "100.50", "99.9000"], ["64000", "64001", "63999"]])
def test_a_file_has_one_digest_however_it_is_loaded(tmp_path: Path, rows: list[str]) -> None:
    file = tmp_path / "prices.csv"
    lines = [f"{1_735_689_600_000 + at * 1000},{price}" for at, price in enumerate(rows)]
    file.write_text("time,price\n" + "\n".join(lines) + "\n")
    assert series_digest(load_series(file)) == load_ticks(file).digest


def test_a_price_that_does_not_fit_has_no_digest() -> None:
    with pytest.raises(ValueError, match="18 decimals have more digits than fit in 64 bits"):
        series_digest(Series((D("100.000000000000000001"),), (0,)))


def test_whatever_changes_the_result_changes_the_terms() -> None:
    plan, costs, exits = plan_of(), Costs(), ExitRules()
    same = key_of(trial_terms(plan, costs, exits))
    assert key_of(trial_terms(replace(plan, unit_size=D("1.00")), costs, exits)) == same
    assert key_of(trial_terms(plan, costs, replace(exits, native=False))) == same  # here it is no difference
    others = [
        trial_terms(replace(plan, unit_size=D("1.1")), costs, exits),
        trial_terms(replace(plan, position_size=D(2001)), costs, exits),
        trial_terms(replace(plan, reinvest=Reinvest.OFF), costs, exits),
        trial_terms(plan, replace(costs, fee_rate=D(0)), exits),
        trial_terms(plan, replace(costs, slippage=D("0.01")), exits),
        trial_terms(plan, replace(costs, funding=D("0.01")), exits),
        trial_terms(plan, costs, replace(exits, hard_stop=D("0.05"))),
        trial_terms(plan, costs, exits, GuardRules()),
        trial_terms(plan, costs, exits, GuardRules(drawdown=D("0.1"))),
        trial_terms(plan, costs, exits, GuardRules(), D(77)),
    ]
    assert len({same, *map(key_of, others)}) == 11


def test_a_sweep_and_a_backtest_leave_the_same_try() -> None:
    ticks = ticks_of(Series(tuple(D(each) for each in (100, 103, 99, 97, 101, 106)), tuple(range(6))))
    setting = Setting("1%", D(2000))
    found = evaluate(ticks, setting, COIN, Costs(), blocks=6)
    by_sweep = trial_of(setting, found, D(100), (0, 6), COIN, Costs())
    plan = terms_of(setting, Costs()).settled(COIN, D(100), Costs().fee_rate).plan(COIN, 5)
    by_hand = trial(trial_terms(plan, Costs(), ExitRules()), found.stake, found.blocks, (0, 6))
    assert by_sweep == by_hand
    assert by_hand.terms["unit_size"] == "1"
    assert by_hand.sharpe is not None
    assert trial_of(setting, Evaluation(refused="too small"), D(100), (0, 6), COIN, Costs()) is None
