"""The trade is given only the prices that matter to it, and nothing differs from walking every price."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal as D
from itertools import accumulate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from hypertui.backtest import simulation
from hypertui.backtest.crossings import Crossings, first_outside
from hypertui.backtest.instant_exchange import Costs
from hypertui.backtest.simulation import Run, replay
from hypertui.core.price_series import Series
from hypertui.strategy.base import MoveRecord
from hypertui.strategy.exits.rules import ExitRules
from tests.strategy.driver import plan_of


class Every(Crossings):
    """All of them."""

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.series.prices)))


@dataclass(frozen=True)
class Walked:
    """A run, its steps and how many prices it was given."""

    run: Run
    steps: list[tuple[int, MoveRecord]]


def walked(series: Series, costs: Costs, exits: ExitRules) -> Walked:
    steps: list[tuple[int, MoveRecord]] = []
    run = replay(series, plan_of(), costs, lambda tick, move: steps.append((tick, move)), exits, blocks=5)
    return Walked(run, steps)


@settings(max_examples=60)
@given(
    some.lists(some.integers(-60, 60) | some.integers(-400, 400), min_size=1, max_size=120),
    some.lists(some.sampled_from([500, 1_500, 20_000, 1_700_000]), min_size=121, max_size=121),
    some.sampled_from([D(0), D("0.0001")]),
    some.none() | some.sampled_from([D("0.02"), D("0.06")]),
    some.none() | some.sampled_from([D("0.012"), D("0.03")]),
    some.none() | some.sampled_from([D("0.03"), D("0.1")]),
    some.none() | some.just(5_000_000),
)
def test_nothing_is_missed(
    moves: list[int],
    waits: list[int],
    funding: D,
    hard: D | None,
    soft: D | None,
    target: D | None,
    time: int | None,
) -> None:
    prices = tuple(max(D(30), D(total) / 100) for total in accumulate(moves, initial=10_000))
    series = Series(prices, tuple(accumulate(waits, initial=0))[: len(prices)])
    exits = ExitRules(hard_stop=hard, soft_stop=soft, take_profit=target, time_stop=time)
    costs = Costs(D("0.00045"), D("0.0001"), funding)
    found = walked(series, costs, exits)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(simulation, "Crossings", Every)
        expected = walked(series, costs, exits)
    assert found.steps == expected.steps
    for name in (
        "ticks",
        "fills",
        "last_price",
        "max_drawdown",
        "phase_pnl",
        "blocks",
        "net_pnl",
        "ended_by",
    ):
        assert getattr(found.run, name) == getattr(expected.run, name), name


def test_few_are_given() -> None:
    """A thousand prices within a unit: the entry and the last one."""
    given: list[int] = []

    class Told(Crossings):
        def __iter__(self) -> Iterator[int]:
            for tick in super().__iter__():
                given.append(tick)
                yield tick

    prices = tuple(D("100") + D(number % 7) / 10 for number in range(1_000))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(simulation, "Crossings", Told)
        run = replay(Series(prices, tuple(range(1_000))), plan_of(), Costs(D(0)))
    assert given == [0, 999]
    assert (run.ticks, run.max_drawdown) == (1_000, 12)


@pytest.mark.parametrize("at", [0, 1, 31, 32, 100, 4_000, 9_999])
def test_the_first_outside_is_found_wherever_it_is(at: int) -> None:
    prices = [D(5)] * 10_000
    prices[at] = D(9)
    assert first_outside(prices, 0, 10_000, D(1), D(9)) == at
    assert first_outside(prices, 0, at, D(1), D(9)) == at
    assert first_outside(prices, at + 1, 10_000, D(1), D(9)) == 10_000
    assert first_outside([D(5), D(1)], 0, 2, D(1), D(9)) == 1
