"""Recorded prices and a known trace, where the data folder lies beside the checkout."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from hypertui.backtest.fast.run import run_fast, steps_of
from hypertui.backtest.instant_exchange import Costs
from hypertui.backtest.report import RunTime, in_words, summary
from hypertui.backtest.simulation import Run, replay
from hypertui.core.market import KNOWN_INSTRUMENTS
from hypertui.core.price_series import Series, load_series
from hypertui.series.ticks import ticks_of
from hypertui.strategy.base import MoveRecord
from hypertui.strategy.ladder.plan import Reinvest
from hypertui.strategy.ladder.trace import trace_row
from hypertui.strategy.ladder.trade_plan import LadderPlan

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
AMOUNTS = {"price", "position", "fragment_usd", "realized_pnl"}

D = Decimal
VENUE = Costs()


def recorded(name: str) -> Path:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"no recorded prices: {path} is absent")
    return path


def test_the_example_gives_exactly_its_trace() -> None:
    series = load_series(recorded("ladder-example.csv"))
    lines = recorded("ladder-example.trace.jsonl").read_text().splitlines()
    records: list[dict[str, object]] = []

    def record(tick: int, move: MoveRecord) -> None:
        records.append(json.loads(json.dumps(trace_row(move, tick))))

    replay(series, LadderPlan(KNOWN_INSTRUMENTS["SOL"], D(1), D(2000)), Costs(D("0.00045")), record)
    assert len(records) == len(lines)
    for found, line in zip(records, lines, strict=True):
        expected = json.loads(line)
        assert list(found) == list(expected)
        for key, value in expected.items():
            if key in AMOUNTS:
                assert isinstance(found[key], str)
                assert float(str(found[key])) == pytest.approx(float(value), rel=1e-9, abs=0), key
            else:
                assert found[key] == value, key


@pytest.fixture(scope="module")
def month() -> Series:
    return load_series(recorded("btc-perp-1m-2022-01.csv.gz"))


def walk(series: Series, unit: int, reinvest: Reinvest = Reinvest.RECOVERY, costs: Costs = VENUE) -> Run:
    plan = LadderPlan(KNOWN_INSTRUMENTS["BTC"], D(unit), D(20_000), reinvest=reinvest)
    run = replay(series, plan, costs)
    ladder = run.ladder
    net = ladder.book.net_pnl(run.last_price)
    assert ladder.book.position == sum((slot.coins for slot in ladder.slots), D(0))
    assert net >= -run.max_drawdown
    assert abs(ladder.value(run.last_price) - net - ladder.entry_coins * ladder.grid.entry_price) < D("1e-9")
    return run


def test_a_month_of_bitcoin_in_units_of_250(month: Series) -> None:
    run = walk(month, 250)
    assert run.ladder.halted == ""
    assert run.ticks == len(month.prices)
    assert run.ladder.round_trips.count > 100


@pytest.mark.parametrize("reinvest", Reinvest)
def test_units_far_too_small_lose_nearly_everything_and_the_report_says_why(
    month: Series, reinvest: Reinvest
) -> None:
    # By forty times the venue's fee three days are enough, for which that takes the whole month.
    prices = 3 * 24 * 60 * month.per_row
    days = replace(month, prices=month.prices[:prices], times=month.times[:prices])
    run = walk(days, 50, reinvest, costs := Costs(40 * VENUE.fee_rate))
    stake = run.ladder.entry_coins * run.ladder.grid.entry_price
    if reinvest is not Reinvest.OFF:  # a fragment that never shrinks loses more than was entered
        assert 0 < run.ladder.value(run.last_price) < stake / 50
    fees, cost = run.ladder.book.fees, run.ladder.round_trips.whipsaw_cost
    assert cost > stake * D("0.8")
    report = summary(run, RunTime(0.1, 0.1))
    assert D(str(report["fees"])) == fees
    assert D(str(report["whipsaw_cost"])) == cost
    words = in_words(run, costs, RunTime(0.1, 0.1))
    assert f"{fees:,.2f} USD" in words
    assert f"{cost:,.2f} USD" in words
    assert f"{run.ladder.round_trips.count:,} round trips" in words


# SHA-256 of the exact engine's trace of that month in units of 250 USD, by its JSON lines, and their number.
TRACES = {
    Reinvest.RECOVERY: (1_143, "54cba6320cf34d34214fb842b335da8f1606644c5699d51ede66f44342db0bf7"),
    Reinvest.CONTINUOUS: (1_143, "f8c31bd4226ae63f44fadef77d3a520b1801df1cd2ccc5960666ef60665870c1"),
}


@pytest.mark.usefixtures("in_machine_code")
@pytest.mark.parametrize("reinvest", TRACES)
def test_both_engines_write_the_known_trace_of_the_month(month: Series, reinvest: Reinvest) -> None:
    plan = LadderPlan(KNOWN_INSTRUMENTS["BTC"], D(250), D(20_000), reinvest=reinvest, trust_slots=0)
    rows: list[dict[str, object]] = []
    costs = Costs(VENUE.fee_rate, D("0.0001"), D("0.0000125"))
    run = replay(month, plan, costs, lambda tick, record: rows.append(trace_row(record, tick)))
    digest = hashlib.sha256("".join(json.dumps(row) + "\n" for row in rows).encode())
    assert (len(rows), digest.hexdigest()) == TRACES[reinvest]

    ticks = ticks_of(month)
    steps = steps_of(ticks, plan, costs)
    assert len(steps) == len(rows)
    for step, row in zip(steps, rows, strict=True):
        assert {name: step[name] for name in step if name not in AMOUNTS} == {
            name: row[name] for name in row if name not in AMOUNTS
        }
        for name in AMOUNTS:
            assert float(str(step[name])) == pytest.approx(float(str(row[name])), rel=1e-9, abs=1e-9), name
    found = run_fast(ticks, plan, costs)
    for figure in ("net_pnl", "fees", "funding", "slippage_cost", "whipsaw_cost", "max_drawdown", "position"):
        assert float(getattr(found, figure)) == pytest.approx(float(getattr(run, figure)), rel=1e-9), figure
