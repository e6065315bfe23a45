"""The faults of a series: each is found where it was put, and nothing is found where there is none."""

from __future__ import annotations

import numpy as np
import pytest

from hypertui.series.check import SeriesFault, faults
from hypertui.series.generators.generate import generated
from hypertui.series.ticks import Ticks

MINUTE = 60_000
START = 1_735_689_600_000


def singles(prices: np.ndarray, times: np.ndarray | None = None) -> Ticks:
    times = START + 1000 * np.arange(len(prices)) if times is None else times
    return Ticks(prices.astype(np.int64), times, 2)


def calm(count: int = 5000) -> np.ndarray:
    return generated(count, 4)[0].prices.copy()


def candles(closes: np.ndarray, starts: np.ndarray) -> Ticks:
    opens = np.concatenate((closes[:1], closes[:-1]))
    rows = np.stack([opens, np.minimum(opens, closes) - 2, np.maximum(opens, closes) + 2, closes], axis=1)
    times = (starts[:, None] + np.arange(4) * MINUTE // 4).reshape(-1)
    return Ticks(rows.reshape(-1).astype(np.int64), times, 2, 4)


def only(ticks: Ticks) -> SeriesFault:
    (fault,) = faults(ticks)
    return fault


def test_a_sound_series_is_clean() -> None:
    for seed in range(5):
        assert faults(generated(20_000, seed)[0]) == ()
    assert faults(candles(calm(), START + MINUTE * np.arange(5000))) == ()


def test_gaps_of_candles_are_counted_in_candles() -> None:
    starts = START + MINUTE * np.delete(np.arange(5000), [*range(100, 103), 2000])
    assert only(candles(calm()[: len(starts)], starts)) == SeriesFault(
        "gaps",
        2,
        "4 candles of 1 min are missing in 2 gaps; the longest, 4 min, from 2025-01-01 01:39:00",
    )


def test_a_silence_among_single_prices_is_a_gap() -> None:
    times = START + 1000 * np.arange(5000)
    times[3000:] += 3_600_000
    fault = only(singles(calm(), times))
    assert fault.kind == "gaps"
    assert fault.text == "1 gap of more than 1 min; the longest, 1 h 00 min, from 2025-01-01 00:49:59"


def test_prices_that_are_there_twice_are_counted() -> None:
    prices, times = calm(), START + 1000 * np.arange(5000)
    prices[10], times[10] = prices[9], times[9]
    assert only(singles(prices, times)) == SeriesFault(
        "duplicates", 1, "1 row with time and price of the row before; the first at 2025-01-01 00:00:09"
    )
    prices[20], times[20] = prices[19] + 1, times[19]  # another trade of the same millisecond
    assert only(singles(prices, times)).count == 1


def test_candles_that_were_left_out_are_told() -> None:
    ticks = candles(calm(), START + MINUTE * np.arange(5000))
    told = Ticks(ticks.prices, ticks.times, 2, 4, ("1,234 rows are there twice: left out",))
    assert only(told) == SeriesFault("duplicates", 1234, "1,234 rows are there twice: left out")


def test_a_price_far_from_both_neighbours_is_an_outlier() -> None:
    prices = calm()
    prices[700] = prices[700] * 11 // 10
    fault = only(singles(prices))
    assert (fault.kind, fault.count) == ("outliers", 1)
    assert "the worst, 9.5" in fault.text
    assert "at 2025-01-01 00:11:40 (closes at" in fault.text
    stays = calm()
    stays[700:] = stays[700:] * 11 // 10  # a jump that stays is none
    assert faults(singles(stays)) == ()


def test_a_wick_far_from_open_and_close_is_an_outlier() -> None:
    ticks = candles(calm(), START + MINUTE * np.arange(5000))
    ticks.prices[4 * 300 + 1] //= 2
    fault = only(ticks)
    assert (fault.kind, fault.count) == ("outliers", 1)
    assert "at 2025-01-01 05:00:00" in fault.text


@pytest.mark.parametrize(("rows", "found"), [(1001, True), (900, False)])
def test_a_price_that_rests_for_long_is_flat(rows: int, found: bool) -> None:
    prices = calm()
    prices[100 : 100 + rows] = prices[99]
    prices[100 + rows] = prices[99] + 1
    result = faults(singles(prices))
    assert bool(result) is found
    if found:
        assert result[0].kind == "flat"
        assert result[0].text.startswith("1 stretch of one price; the longest, 16 min at")


def test_candles_without_a_range_for_an_hour_are_flat() -> None:
    closes = calm()
    ticks = candles(closes, START + MINUTE * np.arange(5000))
    rows = ticks.prices.reshape(-1, 4)
    rows[500:561] = rows[499, 3]
    rows[561, 0] = rows[499, 3]
    rows[561, 1], rows[561, 2] = rows[561].min(), rows[561].max()
    fault = only(ticks)
    assert (fault.kind, fault.count) == ("flat", 1)
    assert "1 h 01 min" in fault.text
