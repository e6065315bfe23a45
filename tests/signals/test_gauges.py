"""When each indicator is on: by TA-Lib's figures, candle by candle, and for a sale as in a mirror."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal as D

import numpy
import pytest
import talib
from hypothesis import given, settings
from hypothesis import strategies as some

from hypertui.core.candles import Candle, Interval
from hypertui.core.market import Side
from hypertui.signals.context import SignalFacts
from hypertui.signals.indicators import gauge_of
from hypertui.signals.liveliness import AtrGauge
from hypertui.signals.names import Indicator
from hypertui.signals.presets import RunnerGauge, SurgeGauge
from hypertui.signals.readings import Bar, Gauge, Reading
from hypertui.signals.reversion import BollingerGauge, RsiGauge, WBottomGauge
from hypertui.signals.trend import DonchianGauge, EmaGauge, MacdGauge, RocGauge
from tests.signals.markets import FIVE, bars_of, closes_of, extremes_of, walked

NOTHING = SignalFacts()
Flags = numpy.ndarray


def readings(gauge: Gauge, candles: Sequence[Candle]) -> list[Reading | None]:
    return [gauge.add(bar, NOTHING) for bar in bars_of(candles)]


def on(found: Sequence[Reading | None], side: Side) -> list[bool]:
    return [reading is not None and reading.of(side).is_on for reading in found]


def ema(highs: Flags, lows: Flags, closes: Flags) -> tuple[Flags, Flags]:
    fast, slow, atr = talib.EMA(closes, 50), talib.EMA(closes, 200), talib.ATR(highs, lows, closes, 14)
    return fast - slow > 3 * atr, slow - fast > 3 * atr


def macd(highs: Flags, lows: Flags, closes: Flags) -> tuple[Flags, Flags]:
    line = talib.EMA(closes, 12) - talib.EMA(closes, 26)
    begins = numpy.isnan(line)
    above = line - numpy.concatenate([line[begins], talib.EMA(line[~begins], 9)])
    before = numpy.concatenate([[numpy.nan], above[:-1]])
    return (before <= 0) & (above > 0), (before >= 0) & (above < 0)


def roc(highs: Flags, lows: Flags, closes: Flags) -> tuple[Flags, Flags]:
    far = 300 * talib.ATR(highs, lows, closes, 14) / closes
    return talib.ROC(closes, 20) > far, talib.ROC(closes, 20) < -far


def donchian(highs: Flags, lows: Flags, closes: Flags) -> tuple[Flags, Flags]:
    top, bottom = talib.MAX(highs, 20)[:-1], talib.MIN(lows, 20)[:-1]
    never = [False]
    return numpy.append(never, closes[1:] > top), numpy.append(never, closes[1:] < bottom)


def rsi(highs: Flags, lows: Flags, closes: Flags) -> tuple[Flags, Flags]:
    return talib.RSI(closes, 14) < 30, talib.RSI(closes, 14) > 70


def bollinger(highs: Flags, lows: Flags, closes: Flags) -> tuple[Flags, Flags]:
    upper, _, lower = talib.BBANDS(closes, 20, 2.0, 2.0)
    return lows <= lower, highs >= upper


def w_bottom(highs: Flags, lows: Flags, closes: Flags) -> tuple[Flags, Flags]:
    upper, middle, lower = talib.BBANDS(closes, 20, 2.0, 2.0)
    return _ws(lows, closes, lower, middle), _ws(-highs, -closes, -upper, -middle)


def _ws(lows: Flags, closes: Flags, band: Flags, middle: Flags) -> Flags:
    """The same as in the docstring of WBottomGauge, read from the second low's side."""
    found = numpy.zeros(len(lows), dtype=bool)
    for now in range(40, len(lows)):
        second = now - 1
        first = second - 20 + int(numpy.argmin(lows[second - 20 : second]))
        if second - first < 3 or lows[second] >= min(lows[second - 1], lows[now]):
            continue
        peak = closes[first + 1 : second].max()
        rallied = (closes[first + 1 : second] > middle[first + 1 : second]).any()
        outside_then_inside = lows[first] < band[first] and lows[second] > band[second]
        near = lows[first] <= lows[second] <= (lows[first] + peak) / 2
        found[now] = rallied and outside_then_inside and near
    return found


def surge(highs: Flags, lows: Flags, closes: Flags) -> tuple[Flags, Flags]:
    rate, strength = talib.ROC(closes, 4), talib.RSI(closes, 14)
    return (
        (rate >= 2) & (strength >= 45) & (strength <= 60),
        (rate <= -2) & (strength >= 40) & (strength <= 55),
    )


ORACLES: dict[Indicator, tuple[Callable[[], Gauge], Callable[..., tuple[Flags, Flags]]]] = {
    Indicator.EMA: (EmaGauge, ema),
    Indicator.MACD: (MacdGauge, macd),
    Indicator.ROC: (RocGauge, roc),
    Indicator.DONCHIAN: (DonchianGauge, donchian),
    Indicator.RSI: (RsiGauge, rsi),
    Indicator.BOLLINGER: (BollingerGauge, bollinger),
    Indicator.W_BOTTOM: (WBottomGauge, w_bottom),
    Indicator.SURGE: (lambda: SurgeGauge(4), surge),
}


def expected(indicator: Indicator, candles: Sequence[Candle]) -> tuple[list[bool], list[bool]]:
    with numpy.errstate(invalid="ignore"):
        buy, sell = ORACLES[indicator][1](*extremes_of(candles), closes_of(candles))
    return buy.tolist(), sell.tolist()


@pytest.mark.parametrize("indicator", ORACLES)
@given(seed=some.integers(0, 10**6))
@settings(max_examples=3)
def test_each_is_on_where_ta_lib_says_so(indicator: Indicator, seed: int) -> None:
    candles = walked(seed, 600)
    found = readings(ORACLES[indicator][0](), candles)
    assert (on(found, Side.BUY), on(found, Side.SELL)) == expected(indicator, candles)


@pytest.mark.parametrize("indicator", [each for each in ORACLES if each is not Indicator.SURGE])
def test_each_is_on_now_and_then(indicator: Indicator) -> None:
    """That the oracle agrees would mean little otherwise."""
    found = readings(ORACLES[indicator][0](), walked(8, 2_000))
    for side in Side:
        assert 0.002 < sum(on(found, side)) / 2_000 < 0.35


def candle(number: int, low: str, high: str, close: str) -> Candle:
    return Candle(number * FIVE, D(low), D(high), D(close))


def quiet(count: int) -> list[Candle]:
    return [candle(number, "99.8", "100.2", "100.1" if number % 2 else "99.9") for number in range(count)]


W = ["98.5", "99.2", "99.9", "100.4", "100.2", "99.4", "99.9"]  # closes


def test_a_w_is_known_one_candle_after_its_second_low() -> None:
    rows = [(close, f"{D(close) - D('0.1')}", f"{D(close) + D('0.1')}") for close in W]
    candles = [
        *quiet(42),
        *(candle(42 + number, low, high, close) for number, (close, low, high) in enumerate(rows)),
    ]
    found = readings(WBottomGauge(), candles)
    assert on(found, Side.BUY) == [*[False] * 48, True], "the low is the candle before"
    last = found[-1]
    assert last is not None
    assert (last.buy.value, last.buy.needs) == (99.3, 98.4)
    assert not any(on(found, Side.SELL))
    mirrored = [Candle(each.at, 200 - each.high, 200 - each.low, 200 - each.close) for each in candles]
    assert on(readings(WBottomGauge(), mirrored), Side.SELL) == [*[False] * 48, True]


SYMMETRIC = [Indicator.MACD, Indicator.DONCHIAN, Indicator.RSI, Indicator.BOLLINGER, Indicator.W_BOTTOM]


@pytest.mark.parametrize("indicator", SYMMETRIC)
def test_a_sale_is_a_buy_in_the_mirror(indicator: Indicator) -> None:
    candles = walked(5, 500)
    mirrored = [Candle(each.at, 300 - each.high, 300 - each.low, 300 - each.close) for each in candles]
    make = ORACLES[indicator][0]
    one, other = readings(make(), candles), readings(make(), mirrored)
    assert any(on(one, Side.BUY))
    for side, opposite in ((Side.BUY, Side.SELL), (Side.SELL, Side.BUY)):
        assert on(one, side) == on(other, opposite)


@pytest.mark.parametrize("indicator", ORACLES)
@pytest.mark.parametrize("price", ["100", "0.1", "64321.7"])
def test_a_market_that_stands_still_says_nothing(indicator: Indicator, price: str) -> None:
    still = [candle(number, price, price, price) for number in range(450)]
    found = readings(ORACLES[indicator][0](), still)
    assert found[-1] is not None
    assert not any(on(found, Side.BUY)) and not any(on(found, Side.SELL))


def test_a_run_of_a_day_is_by_the_facts() -> None:
    gauge, bar = RunnerGauge(), Bar(1.0, 1.0, 1.0)
    assert gauge.add(bar, NOTHING) is None
    for change, buy, sell in (("0.1", True, False), ("0.0999", False, False), ("-0.1", False, True)):
        found = gauge.add(bar, SignalFacts(change_24h=D(change)))
        assert found is not None
        assert (found.buy.is_on, found.sell.is_on) == (buy, sell)


@pytest.mark.parametrize(("interval", "candles"), [(Interval.MINUTE, 20), (FIVE, 4)])
def test_a_surge_is_of_twenty_minutes(interval: Interval, candles: int) -> None:
    ours, theirs = gauge_of(Indicator.SURGE, interval), SurgeGauge(candles)
    bars = bars_of(walked(3, 140))
    found = [ours.add(1 + number, bar, NOTHING) for number, bar in enumerate(bars)]
    assert found[99:] == [theirs.add(bar, NOTHING) for bar in bars][99:]
    assert found[98] is None, "it has a memory of a hundred candles"


def test_how_lively_a_market_is() -> None:
    candles = walked(4, 150)
    found = [reading and reading.buy.value for reading in readings(AtrGauge(), candles)]
    highs, lows = extremes_of(candles)
    atr = talib.ATR(highs, lows, closes_of(candles), 14) / closes_of(candles)
    assert found[-1] == pytest.approx(atr[-1], rel=1e-9)
