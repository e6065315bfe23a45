"""`hypertui data fetch`: candles from the exchange, page by page, each kept before the next is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hypertui.core.candles import SETTLES
from hypertui.core.market import plain
from hypertui.exchange.hyperliquid.network import Endpoint
from hypertui.exchange.hyperliquid.public_data import KEPT, LENGTHS, PublicData, WholeCandle
from hypertui.series.check_words import moment
from hypertui.series.fetched import CandleFile


@dataclass(frozen=True, slots=True)
class WantedCandles:
    """The candles of a market that begin from `since` (ms; None: the oldest that there are) to `until`, into
    a file."""

    symbol: str
    interval: str
    since: int | None
    until: int
    path: Path


async def fetch(network: Endpoint, asked: WantedCandles, now: int, tell: Callable[[str], None]) -> str:
    """Add to the file what it lacks of what is over at `now` (ms); returns what it has come to, in words.
    `tell` is given a line where that is less than was asked for. Raises ValueError with one line, OSError of
    the file, and errors of `hypertui.exchange.protocol`."""
    source = PublicData(network)
    try:
        symbols = await source.symbols()
        if asked.symbol not in symbols:
            raise ValueError(f"the exchange has no market {asked.symbol!r}")
        file = CandleFile(asked.path, asked.symbol, asked.interval)
        try:
            return await _into(file, source, asked, now, tell)
        finally:
            file.close()
    finally:
        await source.close()


async def _into(
    file: CandleFile, source: PublicData, asked: WantedCandles, now: int, tell: Callable[[str], None]
) -> str:
    length = LENGTHS[asked.interval]
    newest = (now - SETTLES) // length * length - length  # the last that is over begins then
    oldest = newest - (KEPT - 1) * length
    since = oldest if asked.since is None else -(-asked.since // length) * length
    if since < oldest and (file.last is None or file.last + length < oldest):
        tell(
            f"the exchange keeps the newest {KEPT:,} candles of {asked.interval}: nothing before "
            f"{moment(oldest)} UTC can be fetched"
        )
    if file.last is not None:
        begin = file.last + length
        if begin < oldest:
            tell(
                f"{asked.path} has a gap now: it ends at {moment(file.last)} UTC, and nothing before "
                f"{moment(oldest)} UTC can be fetched"
            )
        since = max(since, begin)
    added = 0
    async for page in source.candle_pages(
        asked.symbol, asked.interval, max(since, oldest), min(asked.until, newest)
    ):
        added += file.add(map(_row, page))
    last = "it is empty" if file.last is None else f"its last candle begins at {moment(file.last)} UTC"
    return f"{asked.path}: {added:,} candles added, {last}"


def _row(candle: WholeCandle) -> tuple[object, ...]:
    prices = (candle.open, candle.high, candle.low, candle.close, candle.volume)
    return (candle.at, *map(plain, prices), candle.trades)
