"""The fills of a ladder over ticks, as the exact engine makes them, without walking what touches nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from hypertui.backtest.baselines.fill_path import FillPath, funding_hours
from hypertui.backtest.simulation import Run, replay
from hypertui.backtest.trying import Attempt
from hypertui.series.ticks import Ticks, series_of
from hypertui.strategy.base import MoveRecord
from hypertui.strategy.ladder.grid import UnitGrid

_CHUNK = 1 << 20  # ticks at a time


@dataclass(slots=True)
class PathRecorder:
    """Makes the path of an exact replay that opens with so many coins (`entry`): give `note` as its
    `on_move`."""

    entry: Decimal
    _at: list[int] = field(default_factory=list)
    _held: list[Decimal] = field(default_factory=list)

    def note(self, tick: int, record: MoveRecord) -> None:
        """Take a step with the state after it."""
        self._at.append(tick)
        self._held.append(Decimal(str(record.state["position"])))

    def path(self, run: Run) -> FillPath:
        """The fills of the run, that of an exit which has ended it included."""
        at = np.array([*self._at, run.ticks - 1], dtype=np.int64)
        held = (self.entry, *self._held, run.ladder.book.position)
        coins = np.array([after - before for before, after in pairwise(held)], dtype=np.float64)
        return FillPath(float(self.entry), at[coins != 0], coins[coins != 0])


def recorded_path(ticks: Ticks, attempt: Attempt) -> FillPath:
    """The fills of an attempt. A ladder alone is walked over the ticks that can touch something, one with
    exits or guards over all of them. Raises PlanError as `replay` does."""
    plan, costs = attempt.plan, attempt.costs
    recorder = PathRecorder(plan.entry_size(ticks.price(0)))
    if attempt.exits.wanted or attempt.guards is not None:
        run = replay(
            series_of(ticks), plan, costs, recorder.note, attempt.exits, attempt.guards, attempt.equity
        )
        return recorder.path(run)
    matter = ticks_that_matter(ticks, attempt)
    times = None if ticks.times is None else ticks.times[matter]
    thinned = Ticks(ticks.prices[matter], times, ticks.decimals)
    path = recorder.path(replay(series_of(thinned), plan, costs, recorder.note))
    return FillPath(path.entry, matter[path.at], path.coins)


def ticks_that_matter(ticks: Ticks, attempt: Attempt) -> NDArray[np.int64]:
    """The ticks that a ladder has to see: the first, each that is not between the same two units as the one
    before it, and those on both sides of a full hour at which funding is charged."""
    prices = ticks.prices
    grid = UnitGrid(ticks.price(0), attempt.plan.unit_size, attempt.plan.instrument)
    units = [unit.scaleb(ticks.decimals) for unit in _units(grid, ticks)]
    # A price is a whole number of steps; a unit's price need not be one.
    below = np.array([unit.to_integral_value(ROUND_FLOOR) for unit in units], dtype=np.int64)
    above = np.array([unit.to_integral_value(ROUND_CEILING) for unit in units], dtype=np.int64)
    due, _ = funding_hours(ticks, attempt.costs)
    found = [np.array([0], dtype=np.int64), due - 1, due]
    before = -1
    for begin in range(0, len(prices), _CHUNK):
        some = prices[begin : begin + _CHUNK]
        place = np.searchsorted(below, some, side="left") + np.searchsorted(above, some, side="right")
        found.append(begin + np.flatnonzero(np.diff(place, prepend=before)))
        before = int(place[-1])
    return np.unique(np.concatenate(found))


def _units(grid: UnitGrid, ticks: Ticks) -> Iterator[Decimal]:
    """The prices (USD) of all units that the ticks can touch, ascending."""
    size = grid.unit_size
    lowest, highest = (
        Decimal(int(end)).scaleb(-ticks.decimals) for end in (ticks.prices.min(), ticks.prices.max())
    )
    first, last = (int((end - grid.entry_price) / size) for end in (lowest, highest))
    for unit in range(first - 2, last + 3):  # a unit is rounded to a price, by less than its size
        price = grid.price(unit)
        if price > 0:
            yield price
