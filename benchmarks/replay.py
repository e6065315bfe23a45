"""How fast the ladder walks prices, beside a loop that only compares each of them with two limits."""

import time
from decimal import Decimal
from random import Random

from hypertui.backtest.simulation import replay
from hypertui.core.market import KNOWN_INSTRUMENTS
from hypertui.core.price_series import Series
from hypertui.strategy.ladder.trade_plan import LadderPlan

TICKS = 200_000


def walk() -> dict[str, object]:
    """A seeded random walk of one-dollar ticks around 64,000 with a unit of 50."""
    random = Random(1)
    price, prices = 64_000, []
    for _ in range(TICKS):
        price += random.randint(-12, 12)
        prices.append(Decimal(price))
    series = Series(tuple(prices), tuple(range(TICKS)))
    plan = LadderPlan(KNOWN_INSTRUMENTS["BTC"], Decimal(50), Decimal(100_000), trust_slots=0)
    began = time.perf_counter()
    run = replay(series, plan)
    measured = time.perf_counter() - began
    began = time.perf_counter()
    low, high = Decimal(0), Decimal(10**9)
    inside = sum(low < price < high for price in prices)
    bare = time.perf_counter() - began
    return {
        "ticks": run.ticks,
        "steps": run.ladder.moves,
        "ticks_per_s": round(run.ticks / measured),
        "compared": inside,
        "ratio": round(measured / bare, 2),
    }
