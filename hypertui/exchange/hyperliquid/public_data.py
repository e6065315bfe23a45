"""What anybody may ask of the venue: which markets there are, and their candles, page by page. No key."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from decimal import Decimal

from hypertui.exchange.hyperliquid import messages
from hypertui.exchange.hyperliquid.checks import Json, integer, positive, reader, rows, text_of, understood
from hypertui.exchange.hyperliquid.line import Line
from hypertui.exchange.hyperliquid.network import Endpoint
from hypertui.exchange.hyperliquid.pace import Pace
from hypertui.exchange.hyperliquid.rate_meter import CANDLES, USUAL, RateMeter
from hypertui.exchange.hyperliquid.session import HttpSession
from hypertui.exchange.protocol import RateLimited, Unreachable

KEPT = 5_000  # candles of each interval, the newest; the venue documents that there are no others
_PAGE = 1_000
_SPARE = 600  # request weight a minute that is left to whoever else is behind the address
_TRIES = 6
_MINUTE = 60_000

LENGTHS: Mapping[str, int] = {
    "1m": _MINUTE,
    "3m": 3 * _MINUTE,
    "5m": 5 * _MINUTE,
    "15m": 15 * _MINUTE,
    "30m": 30 * _MINUTE,
    "1h": 60 * _MINUTE,
    "2h": 120 * _MINUTE,
    "4h": 240 * _MINUTE,
    "8h": 480 * _MINUTE,
    "12h": 720 * _MINUTE,
    "1d": 1440 * _MINUTE,
}
"""How long a candle of each interval is, in ms; the first one began with Unix time."""


@dataclass(frozen=True, slots=True)
class WholeCandle:
    """All that the venue tells of a candle that begins `at` (ms): prices in USD, volume in coins."""

    at: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    trades: int


class PublicData:
    """Questions to one venue, at a pace that leaves half of the request weight to others. `timeout` in
    seconds for each."""

    def __init__(self, network: Endpoint, timeout: float = 10.0, pace: Pace | None = None) -> None:
        self._pace = pace or Pace()
        self._meter = RateMeter(self._pace.clock)
        session = HttpSession(network.base_url, trust_env=not network.is_loopback)
        self._line = Line(session, timeout, self._meter, _nothing)

    async def close(self) -> None:
        """Wait for what is under way, then hang up."""
        await self._line.close()

    async def symbols(self) -> Set[str]:
        """The perpetual markets. Raises errors of `hypertui.exchange.protocol`."""
        answer = await self._patiently(lambda: self._ask({"type": "meta"}))
        return set(understood(answer, messages.instruments))

    async def candle_pages(
        self, symbol: str, interval: str, since: int, until: int
    ) -> AsyncIterator[Sequence[WholeCandle]]:
        """The candles that begin from `since` to `until` (ms), oldest first, some at a time; an `interval` of
        LENGTHS. Waits where the venue asks for a pause, and tries again where it is not reached for a moment;
        raises errors of `hypertui.exchange.protocol` where that lasts."""
        step = _PAGE * LENGTHS[interval]
        while since <= until:
            end = min(since + step - 1, until)
            wanted = {"coin": symbol, "interval": interval, "startTime": since, "endTime": end}
            told = await self._patiently(lambda: self._ask({"type": "candleSnapshot", "req": wanted}))  # noqa: B023
            self._meter.answered(len(told), CANDLES)
            yield understood(told, lambda answer: _candles(answer, symbol, interval, since, end))  # noqa: B023
            since = end + 1

    async def _ask(self, question: Json) -> Json:
        while (lacks := USUAL + _PAGE // CANDLES + _SPARE - self._meter.allowance.weight) > 0:
            await self._pace.sleep(lacks * 60 / self._meter.allowance.weight_limit)
        self._meter.asked(USUAL)
        return await self._line.ask(question)

    async def _patiently(self, ask: Callable[[], Awaitable[Json]]) -> Json:
        for failures in range(1, _TRIES):
            try:
                return await ask()
            except RateLimited as limited:
                await self._pace.sleep(limited.retry_after)
            except Unreachable:
                await self._pace.sleep(self._pace.wait(failures))
        return await ask()


def _nothing() -> None:
    pass


@reader
def _candles(answer: Json, symbol: str, interval: str, since: int, until: int) -> Sequence[WholeCandle]:
    found = {row["t"]: _candle(row, symbol, interval) for row in rows(answer)}
    if len(found) != len(answer):
        raise ValueError("a candle is there twice")
    return tuple(found[at] for at in sorted(found) if since <= at <= until)


def _candle(row: Json, symbol: str, interval: str) -> WholeCandle:
    if (text_of(row["s"]), text_of(row["i"])) != (symbol, interval):
        raise ValueError(f"a candle of {row['s']!r}, {row['i']!r}")
    at = integer(row["t"])
    if at % LENGTHS[interval]:
        raise ValueError(f"a candle that begins at {at}")
    opened, high, low, close = (positive(row[name]) for name in "ohlc")
    if not (low <= opened <= high and low <= close <= high):
        raise ValueError(f"open {opened} or close {close} lies outside low {low} to high {high}")
    return WholeCandle(at, opened, high, low, close, _size(row["v"]), integer(row["n"]))


def _size(value: Json) -> Decimal:
    return Decimal(0) if value in ("0", "0.0") else positive(value)
