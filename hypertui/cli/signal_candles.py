"""Closed candles for signals: those that a price file makes, or that an exchange tells of."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path

from hypertui.core.candles import Candle, Interval, closed
from hypertui.core.clock import CLOCK
from hypertui.core.phrases import counted
from hypertui.core.price_series import Series, load_series
from hypertui.port.snapshot import Network
from hypertui.runtime.price_history import CandleBuilder
from hypertui.settings import Settings

_KEPT = 5_000  # candles of an interval that the exchange keeps


@dataclass(frozen=True, slots=True)
class ToldCandles:
    """Closed candles, oldest first, of whom they are, what was not self-evident (a sentence each), and the
    time of now (ms)."""

    candles: Sequence[Candle]
    whose: str
    notes: tuple[str, ...]
    now: int


def of_file(file: Path, symbol: str | None, interval: Interval) -> ToldCandles:
    """The candles that the prices of a file make; the last one may not be over, and is left out. Raises
    ValueError in one line for a file that makes none."""
    series = load_series(file, symbol)
    _require_times(series, file, interval)
    builder = CandleBuilder(interval)
    for at, price in zip(series.times, series.prices, strict=True):
        builder.add(at, price)
    candles = builder.keep_since(series.times[0] - interval)
    if not candles:
        raise ValueError(f"price file {file} makes no closed candle of {interval // 60_000} min")
    gaps = sum(after.at - before.at > interval for before, after in pairwise(candles))
    found = f"{counted(gaps, 'gap')} in the candles: no indicator is believed over one"
    return ToldCandles(
        candles, str(file), (*series.notes, *((found,) if gaps else ())), candles[-1].at + interval
    )


def _require_times(series: Series, file: Path, interval: Interval) -> None:
    if not series.timed:
        raise ValueError(f"price file {file} has no times, which candles need")
    times = series.times[:: series.per_row]
    least = min((after - at for at, after in zip(times, islice(times, 1, None), strict=False)), default=0)
    if least > interval:
        raise ValueError(
            f"price file {file} has a row each {least / 60_000:g} min, too rare for candles of "
            f"{interval // 60_000} min"
        )


def of_exchange(settings: Settings, symbol: str, interval: Interval) -> ToldCandles:
    """The newest candles that the exchange of the settings keeps of a market. Raises ValueError for settings
    that name none, an ExchangeError, or ValueError where there is none."""
    return asyncio.run(_ask(settings, symbol, interval))


async def _ask(settings: Settings, symbol: str, interval: Interval) -> ToldCandles:
    from hypertui.exchange import hyperliquid as hl

    if settings.network is Network.PAPER:
        if settings.base_url is None:
            raise ValueError(
                "signals needs candles: of a price file (--prices FILE), or of an exchange (--testnet, "
                "--mainnet, --base-url URL)"
            )
        network = hl.paper(settings.base_url)
    elif settings.base_url is not None:
        raise ValueError(f"--base-url goes with paper, not with {settings.network.value}")
    else:
        network = hl.MAINNET if settings.network is Network.MAINNET else hl.TESTNET
    # Candles are public: nothing is signed, and no key is read.
    exchange = hl.HyperliquidExchange(network, hl.SigningKey.throwaway(), timeout=settings.engine.timeout)
    try:
        now = CLOCK()
        ended = interval.ended(now)
        told = await exchange.candles(symbol, interval, ended - _KEPT * interval, now)
    finally:
        await exchange.close()
    # The newest that was told may still grow, whatever the clock of this machine says.
    found = closed(told, interval, min(ended, told[-1].at) if told else ended)
    if not found.candles:
        raise ValueError(f"the exchange has no closed candle of {interval // 60_000} min of {symbol}")
    flat = f"{counted(len(found.flat), 'candle')} without trades: each counts as one at the close before"
    return ToldCandles(found.candles, settings.network.value, (flat,) if found.flat else (), now)
