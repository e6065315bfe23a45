"""Both ways of walking candles: which extreme was touched first, a candle does not tell.

A series of candles is walked with the nearer extreme first. The other way is as possible, and what lies
between the two results is not known from candles."""

from __future__ import annotations

from dataclasses import replace

from hypertui.core.price_series import Series

_CANDLE = 4  # prices


def other_way(series: Series) -> Series | None:
    """The same candles with the farther extreme first; None for a series that has none."""
    if series.per_row != _CANDLE:
        return None
    prices = list(series.prices)
    prices[1::_CANDLE], prices[2::_CANDLE] = series.prices[2::_CANDLE], series.prices[1::_CANDLE]
    return replace(series, prices=tuple(prices))
