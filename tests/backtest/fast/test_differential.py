"""The compiled ladder against the trade itself: on every path, grid and option the same trace and figures."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from decimal import Decimal
from decimal import Decimal as D
from itertools import accumulate
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, event, given, settings
from hypothesis import strategies as some
from numpy.typing import NDArray

from hypertui.backtest.fast.prepare import NotCompiled
from hypertui.backtest.fast.run import UndecidedByFloats, run_fast, steps_of
from hypertui.backtest.instant_exchange import Costs
from hypertui.backtest.outcome import Outcome
from hypertui.backtest.simulation import replay
from hypertui.core.market import Instrument
from hypertui.series.ticks import Ticks, series_of
from hypertui.strategy.base import MoveRecord
from hypertui.strategy.exits.rules import ExitRules
from hypertui.strategy.ladder.plan import Reinvest
from hypertui.strategy.ladder.trace import trace_row
from hypertui.strategy.ladder.trade_plan import LadderPlan
from hypertui.strategy.plans import PlanError

AMOUNTS = {"price", "position", "fragment_usd", "realized_pnl"}
# With prices (USD) that they begin at, near to a power of ten and not.
MARKETS = {
    Instrument("BTC", 5, 40): (64_001, 9_990),
    Instrument("COIN", 2, 20): (100, 999),
    Instrument("WHOLE", 0, 5): (3, 99),
    Instrument("FINE", 6, 5): (1_009, 100_003),
}


@dataclass(frozen=True)
class Case:
    """One backtest."""

    ticks: Ticks
    plan: LadderPlan
    costs: Costs
    exits: ExitRules
    blocks: int
    window: int


def near(found: Any, expected: Any) -> bool:
    """Within 1e-9 of each other, or of a USD where they are smaller than one."""
    return abs(float(found) - float(expected)) <= 1e-9 * max(1.0, abs(float(expected)))


def same_steps(case: Case) -> None:
    expected: list[dict[str, object]] = []

    def note(tick: int, record: MoveRecord) -> None:
        expected.append(trace_row(record, tick))

    replay(series_of(case.ticks), case.plan, case.costs, note, case.exits)
    found = steps_of(case.ticks, case.plan, case.costs, case.exits, window=case.window)
    assert len(found) == len(expected)
    for step, known in zip(found, expected, strict=True):
        assert list(step) == list(known)
        for name, value in known.items():
            assert near(step[name], value) if name in AMOUNTS else step[name] == value, (name, step, known)


def same_figures(found: Outcome, expected: Outcome) -> None:
    for each in fields(Outcome):
        name = each.name
        one, other = getattr(found, name), getattr(expected, name)
        if name in ("engine", "remark"):
            continue
        if isinstance(other, Decimal):
            assert near(one, other), (name, one, other)
        elif name == "blocks":
            assert len(one) == len(other) and all(map(near, one, other)), (one, other)
        elif name == "phase_pnl":
            assert one.keys() == other.keys() and all(near(one[key], other[key]) for key in one), (one, other)
        else:
            assert one == other, (name, one, other)


@some.composite
def paths(draw: some.DrawFn, first: int, most: int) -> list[int]:
    """A random walk in steps of up to `most`, in which some are jumps of several times that, or none."""
    random = Random(draw(some.integers(0, 10**6)))
    jumpy = draw(some.sampled_from([0, 0.05, 0.5]))
    still = draw(some.sampled_from([0, 0, 0.7]))
    moves = [
        random.randint(-6 * most, 6 * most) if random.random() < jumpy else random.randint(-most, most)
        for _ in range(draw(some.sampled_from([150, 300, 40, 5, 0])))
    ]
    moves = [0 if random.random() < still else move for move in moves]
    return [max(first // 5, price) for price in accumulate([first, *moves])]


@some.composite
def times_of(draw: some.DrawFn, count: int) -> NDArray[np.int64] | None:
    """From the same moment to hours apart."""
    if not draw(some.sampled_from([True, True, True, False])):
        return None
    random = Random(draw(some.integers(0, 10**6)))
    longest = draw(some.sampled_from([[0, 500, 1_000], [1_000, 2_500, 40_000], [15_000, 900_000, 8_000_000]]))
    began = 1_600_000_000_000 + draw(some.integers(0, 3_600_000))
    waits = [random.choice(longest) for _ in range(count - 1)]
    return np.array([*accumulate([began, *waits])], dtype=np.int64)


@some.composite
def cases(draw: some.DrawFn) -> Case:
    """In a market and with a position that may soon be too small."""
    instrument, decimals = draw(some.sampled_from([*MARKETS])), draw(some.integers(0, 3))
    scale = 10**decimals
    dollars = draw(some.sampled_from(MARKETS[instrument]))
    first = dollars * scale + draw(some.integers(0, scale - 1))
    share = D(draw(some.sampled_from(["0.002", "0.004", "0.01", "0.03"])))
    unit_size = share * first / scale
    if draw(some.booleans()):
        unit_size = max(unit_size.quantize(instrument.tick(D(dollars))), instrument.tick(D(dollars)))
    prices = draw(paths(first, max(1, int(unit_size * scale * draw(some.sampled_from([D(1), D("0.2")]))))))
    times = draw(times_of(len(prices)))
    least = max(D(45), 8 * dollars * instrument.lot)
    position = least * D(draw(some.sampled_from(["1", "1.37", "10", "44.4444", "5000"])))
    plan = LadderPlan(
        instrument, unit_size, position, reinvest=draw(some.sampled_from(Reinvest)), trust_slots=0
    )

    def one_of(*values: str) -> D | None:
        return draw(some.none() | some.none() | some.sampled_from([D(value) for value in values]))

    exits = ExitRules(
        hard_stop=one_of("0.01", "0.035", "0.2"),
        soft_stop=None if times is None else one_of("0.005", "0.0175", "0.1"),
        take_profit=one_of("0.004", "0.05", "0.25"),
        time_stop=None if times is None else draw(some.none() | some.sampled_from([60_000, 9_000_000])),
        signal_exit=draw(some.booleans()),
    )
    costs = Costs(
        draw(some.sampled_from([D(0), D("0.00045"), D("0.01"), D("0.000351")])),
        draw(some.sampled_from([D(0), D(0), D("0.0005"), D("0.000123")])),
        D(0) if times is None else draw(some.sampled_from([D(0), D("0.0000125"), D("-0.001")])),
    )
    ticks = Ticks(np.array(prices, dtype=np.int64), times, decimals, 4 if len(prices) % 4 == 0 else 1)
    window = draw(some.sampled_from([1, 7, 1 << 22]))
    return Case(ticks, plan, costs, exits, draw(some.integers(0, 7)), window)


@settings(max_examples=int(os.environ.get("EXAMPLES", "100")), deadline=None)
@given(cases())
def test_the_compiled_ladder_is_the_trade_itself(case: Case) -> None:
    try:
        expected = replay(series_of(case.ticks), case.plan, case.costs, exits=case.exits, blocks=case.blocks)
    except PlanError as error:
        with pytest.raises(PlanError) as refused:
            run_fast(case.ticks, case.plan, case.costs, case.exits)
        assert str(refused.value) == str(error)
        assume(False)
        raise
    try:
        found = run_fast(
            case.ticks, case.plan, case.costs, case.exits, blocks=case.blocks, window=case.window
        )
    except UndecidedByFloats:
        event("undecided")
        return
    except NotCompiled as error:
        assert "too many digits" in str(error)
        event("too many digits")
        return
    event(f"ended by {expected.ended_by or ('halt' if expected.halted else 'the series')}")
    event(f"steps {'many' if expected.steps > 20 else 'few' if expected.steps else 'none'}")
    same_figures(found, expected)
    same_steps(case)


def by_both(cents: list[int], every: int, costs: Costs, exits: ExitRules) -> Outcome:
    times = np.arange(len(cents), dtype=np.int64) * every
    ticks = Ticks(np.array(cents, dtype=np.int64), times, 2)
    plan = LadderPlan(Instrument("COIN", 2, 20), D(1), D(2000), trust_slots=0)
    found = run_fast(ticks, plan, costs, exits)
    same_figures(found, replay(series_of(ticks), plan, costs, exits=exits))
    return found


@pytest.mark.parametrize("every", [400, 999, 1_000, 2_500, 30_000, 30_001])
def test_a_price_that_stands_still_counts_again_after_two_seconds(every: int) -> None:
    ended = by_both(
        [10_000, 9_790, *[9_780] * 9, 9_990, 9_790], every, Costs(D(0)), ExitRules(soft_stop=D("0.015"))
    )
    assert bool(ended.ended_by) == (400 < every <= 30_000)


def test_funding_alone_brings_an_exit_about() -> None:
    """1 % of 2,000 USD at each full hour: after the fourth the hard stop of 3.5 % acts, though no price has
    moved; and what is received is a profit."""
    still = [10_000] * 200
    ended = by_both(still, 180_000, Costs(D(0), D(0), D("0.0100001")), ExitRules(hard_stop=D("0.035")))
    assert (ended.ended_by, ended.ticks) == ("hard stop", 81)
    ended = by_both(still, 180_000, Costs(D(0), D(0), D("-0.0100001")), ExitRules(take_profit=D("0.035")))
    assert (ended.ended_by, ended.ticks) == ("take profit", 81)


def test_a_halt_says_what_a_buy_was_worth_before_an_exit_sold_the_rest() -> None:
    ticks = Ticks(np.array([10_000, 9_890], dtype=np.int64), np.array([0, 1_000], dtype=np.int64), 2)
    plan = LadderPlan(Instrument("COIN", 2, 20), D(1), D(48), reinvest=Reinvest.CONTINUOUS, trust_slots=0)
    exits = ExitRules(hard_stop=D("0.01"))
    found = run_fast(ticks, plan, Costs(D(0)), exits)
    assert found.ended_by == "hard stop"
    assert found.halted.startswith("the buy size of 11.97 USD is too small")
    same_figures(found, replay(series_of(ticks), plan, Costs(D(0)), exits=exits))
