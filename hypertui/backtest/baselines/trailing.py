"""A plain trailing stop: all in, all out by one stop under the highest price, all in again by one buy above
the lowest. It is the ladder without its rungs."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal

import numpy as np

from hypertui.backtest.baselines.fill_path import FillPath
from hypertui.core.market import Instrument
from hypertui.series.ticks import Ticks

_FIRST, _MOST = 1 << 10, 1 << 20  # ticks that are looked at together


def trailing_stop(ticks: Ticks, distance: Decimal, coins: Decimal, instrument: Instrument) -> FillPath:
    """Buy so many `coins` at the first tick; sell all at the first price that is `distance` USD or more below
    the highest since; buy for what the entry cost, in whole lots, at the first price that is `distance` or
    more above the lowest since; and so on. Nothing is compounded."""
    steps = int(distance.scaleb(ticks.decimals).to_integral_value(ROUND_CEILING))
    entry, stake = coins, coins * ticks.price(0)
    at: list[int] = []
    traded: list[Decimal] = []
    tick = _turn(ticks, 0, steps, falling=True)
    while tick is not None:
        sells = len(at) % 2 == 0
        if not sells:
            coins = instrument.floor_size(stake / ticks.price(tick))
        traded.append(-coins if sells else coins)
        at.append(tick)
        tick = _turn(ticks, tick, steps, falling=not sells)
    return FillPath(float(entry), np.array(at, dtype=np.int64), np.array(traded, dtype=np.float64))


def _turn(ticks: Ticks, begin: int, steps: int, *, falling: bool) -> int | None:
    """The first tick after `begin` that is so many steps or more below the highest from there on, or above
    the lowest where it is not `falling`; None where none is."""
    sign = 1 if falling else -1
    extreme, size = sign * int(ticks.prices[begin]), _FIRST
    begin += 1
    while begin < len(ticks):
        prices = sign * ticks.prices[begin : begin + size]
        extremes = np.maximum(np.maximum.accumulate(prices), extreme)
        turned = extremes - prices >= steps
        first = int(turned.argmax())
        if turned[first]:
            return begin + first
        extreme, begin, size = int(extremes[-1]), begin + size, min(2 * size, _MOST)
    return None
