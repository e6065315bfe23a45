"""The arithmetic of the indicators; TA-Lib is the oracle."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy
import pytest
import talib
from hypothesis import given, settings
from hypothesis import strategies as some

from hypertui.core.candles import Candle
from hypertui.signals.studies import (
    AtrStudy,
    BollingerStudy,
    DonchianStudy,
    EmaStudy,
    MacdStudy,
    RocStudy,
    RsiStudy,
)
from tests.signals.markets import bars_of, closes_of, extremes_of, walked

Values = Sequence[float | None]
COUNT = 320


def figures(values: Values) -> numpy.ndarray:
    return numpy.array([numpy.nan if value is None else value for value in values])


def same(found: Values, expected: numpy.ndarray, scale: float = 1.0) -> None:
    """Known in the same candles, and the same there."""
    ours = figures(found)
    assert numpy.isnan(ours).tolist() == numpy.isnan(expected).tolist()
    numpy.testing.assert_allclose(ours, expected, rtol=1e-9, atol=1e-9 * scale)


CLOSES: list[tuple[Callable[[], object], Callable[[numpy.ndarray], numpy.ndarray]]] = [
    (lambda: EmaStudy(50), lambda closes: talib.EMA(closes, 50)),
    (lambda: EmaStudy(200), lambda closes: talib.EMA(closes, 200)),
    (lambda: RocStudy(20), lambda closes: talib.ROC(closes, 20)),
    (lambda: RsiStudy(), lambda closes: talib.RSI(closes, 14)),
]


@pytest.mark.parametrize(("make", "oracle"), CLOSES, ids=["ema50", "ema200", "roc20", "rsi14"])
@given(seed=some.integers(0, 10**6))
@settings(max_examples=5)
def test_of_closes(make: Callable[[], object], oracle: Callable[..., numpy.ndarray], seed: int) -> None:
    closes, study = closes_of(walked(seed, COUNT)), make()
    same([study.add(close) for close in closes], oracle(closes))  # type: ignore[attr-defined]


def candles(seed: int) -> list[Candle]:
    return walked(seed, COUNT)


@given(some.integers(0, 10**6))
@settings(max_examples=5)
def test_macd(seed: int) -> None:
    closes, study = closes_of(candles(seed)), MacdStudy()
    found = [study.add(close) for close in closes]
    line = talib.EMA(closes, 12) - talib.EMA(closes, 26)
    settled = line[~numpy.isnan(line)]
    signal = numpy.concatenate([line[numpy.isnan(line)], talib.EMA(settled, 9)])
    same(found, line - signal)
    # TA-Lib's own lets both averages begin at the 26th close, which is forgotten after a while.
    numpy.testing.assert_allclose(figures(found)[200:], talib.MACD(closes, 12, 26, 9)[2][200:], atol=1e-5)


@given(some.integers(0, 10**6))
@settings(max_examples=5)
def test_bands(seed: int) -> None:
    given_ = candles(seed)
    closes, (highs, lows) = closes_of(given_), extremes_of(given_)
    bollinger, donchian = BollingerStudy(), DonchianStudy()
    bands = [bollinger.add(close) for close in closes]
    channel = [donchian.add(bar) for bar in bars_of(given_)]
    upper, middle, lower = talib.BBANDS(closes, 20, 2.0, 2.0)
    for name, expected in (("high", upper), ("middle", middle), ("low", lower)):
        same([each and getattr(each, name) for each in bands], expected, scale=100)
    same([each and each.high for each in channel], talib.MAX(highs, 20))
    same([each and each.low for each in channel], talib.MIN(lows, 20))


@given(some.integers(0, 10**6))
@settings(max_examples=5)
def test_atr(seed: int) -> None:
    given_ = candles(seed)
    study, (highs, lows) = AtrStudy(), extremes_of(given_)
    same([study.add(bar) for bar in bars_of(given_)], talib.ATR(highs, lows, closes_of(given_), 14))


def test_whether_a_price_moves() -> None:
    study = RsiStudy()
    assert [study.add(close) for close in (10.0, 11.0, *[11.0] * 13)][-1] == 100
    assert study.moves, "one of fourteen changes is none of 0"
    study.add(11.0)
    assert not study.moves
    study.add(10.5)
    assert study.moves
