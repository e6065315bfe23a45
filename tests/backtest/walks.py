"""Series and reports of backtests, for tests: random walks from seeds, walked for real."""

from __future__ import annotations

import random
from decimal import Decimal as D

from hypertui.backtest.course import CourseRecorder
from hypertui.backtest.instant_exchange import Costs
from hypertui.backtest.told import ToldRun
from hypertui.backtest.trying import Attempt
from hypertui.backtest.walk import Walk
from hypertui.core.market import KNOWN_INSTRUMENTS
from hypertui.core.price_series import Series
from hypertui.strategy.exits.rules import ExitRules
from hypertui.strategy.ladder.trade_plan import LadderPlan

BEGAN = 1_700_000_000_000
MINUTE = 60_000
COSTS = Costs(D("0.00045"), D("0.0002"), D("0.00001"))


def random_prices(count: int, seed: int, step: str = "0.004") -> Series:
    """Prices of a minute, each up to a step away from the one before."""
    chance, price, prices = random.Random(seed), D(100), []
    for _ in range(count):
        prices.append(price)
        price = round(price * (1 + D(step) * D(chance.randint(-100, 100)) / 100), 3)
    return Series(tuple(prices), tuple(BEGAN + MINUTE * each for each in range(count)))


def random_candles(count: int, seed: int) -> Series:
    """Candles of a minute, in the order in which they are walked."""
    chance, opened = random.Random(seed), D(100)
    prices: list[D] = []
    for _ in range(count):
        close = round(opened * (1 + D(chance.randint(-40, 40)) / 10_000), 3)
        low, high = min(opened, close) - D("0.2"), max(opened, close) + D("0.2")
        prices += (opened, low, high, close) if close >= opened else (opened, high, low, close)
        opened = close
    times = [BEGAN + MINUTE * row + MINUTE * part // 4 for row in range(count) for part in range(4)]
    return Series(tuple(prices), tuple(times), per_row=4)


def walk_of(series: Series, unit_size: str = "0.5", costs: Costs = COSTS) -> Walk:
    """A ladder of 2,000 USD over it."""
    plan = LadderPlan(KNOWN_INSTRUMENTS["SOL"], D(unit_size), D(2_000))
    return Walk(series, Attempt(plan, costs, ExitRules()))


def told_of(walk: Walk, *, both_ways: bool = True) -> ToldRun:
    """The walk as a report tells it."""
    recorder = CourseRecorder(walk.attempt.costs)
    run = walk.run(recorder)
    other = walk.other_way() if both_ways else None
    there = None if other is None else other.told(CourseRecorder(walk.attempt.costs))
    return ToldRun(run, recorder.course, walk.attempt.costs, there)
