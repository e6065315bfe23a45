"""Candles of one market, made from its trades.

A trade touches the current minute alone. A minute that is over is folded into the longer intervals.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal

from hypertui.venue.model.log import HistoryLog
from hypertui.venue.model.markets import number
from hypertui.venue.model.messages import exact, integer, items, mapping
from hypertui.venue.model.orders import Json

KEPT_CANDLES = 5_000
MINUTE_MS = 60_000
DAY_MS = 86_400_000
WEEK_MS = 7 * DAY_MS
# The first Monday of Unix time.
MONDAY_MS = 4 * DAY_MS
LATEST_MS = 250_000_000_000_000
MONTH = "1M"
LENGTHS = {
    "1m": MINUTE_MS,
    "3m": 3 * MINUTE_MS,
    "5m": 5 * MINUTE_MS,
    "15m": 15 * MINUTE_MS,
    "30m": 30 * MINUTE_MS,
    "1h": 60 * MINUTE_MS,
    "2h": 120 * MINUTE_MS,
    "4h": 240 * MINUTE_MS,
    "8h": 480 * MINUTE_MS,
    "12h": 720 * MINUTE_MS,
    "1d": DAY_MS,
    "3d": 3 * DAY_MS,
    "1w": WEEK_MS,
}
INTERVALS = (*LENGTHS, MONTH)


def bounds(interval: str, time: int) -> tuple[int, int]:
    """First and last ms of the candle to which a time (ms) belongs. Weeks begin on Monday, all in UTC."""
    time = min(time, LATEST_MS)
    if interval == MONTH:
        first = datetime.fromtimestamp(time // 1000, UTC).replace(day=1, hour=0, minute=0, second=0)
        start = int(first.timestamp()) * 1000
        return start, start + monthrange(first.year, first.month)[1] * DAY_MS - 1
    length = LENGTHS[interval]
    offset = MONDAY_MS if interval == "1w" else 0
    start = (time - offset) // length * length + offset
    return start, start + length - 1


@dataclass(slots=True)
class TradedCandle:
    """Trades from `start` to `end` (ms); prices in USD, volume in coins."""

    start: int
    end: int
    open: Decimal
    close: Decimal
    high: Decimal
    low: Decimal
    volume: Decimal
    count: int

    def add(self, later: TradedCandle) -> None:
        """Take in a shorter candle that follows what is here."""
        self.close = later.close
        self.high = max(self.high, later.high)
        self.low = min(self.low, later.low)
        self.volume += later.volume
        self.count += later.count

    def shown(self, symbol: str, interval: str) -> Json:
        """The candle as the wire has it."""
        return {
            "t": self.start,
            "T": self.end,
            "s": symbol,
            "i": interval,
            "o": number(self.open),
            "c": number(self.close),
            "h": number(self.high),
            "l": number(self.low),
            "v": number(self.volume),
            "n": self.count,
        }


class Candles:
    """The candles of one market, the latest 5,000 of each interval."""

    def __init__(self, symbol: str) -> None:
        self._symbol = symbol
        self._minute: TradedCandle | None = None
        # Those that are not over, without the current minute.
        self._growing: dict[str, TradedCandle] = {}
        self._closed = {interval: HistoryLog(KEPT_CANDLES, "t") for interval in INTERVALS}

    def trade(self, time: int, price: Decimal, size: Decimal) -> None:
        """Count a trade at `time` (ms)."""
        minute = self._minute
        if minute is not None and time <= minute.end:
            minute.close = price
            minute.high = max(minute.high, price)
            minute.low = min(minute.low, price)
            minute.volume += size
            minute.count += 1
            return
        if minute is not None:
            self._fold(minute, time)
        start, end = bounds("1m", time)
        self._minute = TradedCandle(start, end, price, price, price, price, size, 1)

    def latest(self, interval: str) -> Json | None:
        """The candle that is growing, or None before the first trade."""
        candle = self._current(interval)
        return None if candle is None else candle.shown(self._symbol, interval)

    def between(self, interval: str, start: int, end: int) -> list[Json]:
        """Candles that share a moment with the time from `start` to `end` (ms), oldest first, at most the
        latest 5,000 of them."""
        first = bounds(interval, start)[0]
        found = self._closed[interval].between(first, end, KEPT_CANDLES, newest=True)[::-1]
        current = self._current(interval)
        if current is not None and first <= current.start <= end:
            found.append(current.shown(self._symbol, interval))
        return found[-KEPT_CANDLES:]

    def dump(self) -> Json:
        """The candles that grow, for JSON."""
        return {
            "minute": None if self._minute is None else _written(self._minute),
            "growing": {name: _written(self._growing[name]) for name in INTERVALS if name in self._growing},
        }

    def closed_text(self) -> str:
        """Those that are over, as JSON text."""
        return "{" + ",".join(f'"{name}":{log.text()}' for name, log in self._closed.items()) + "}"

    def restore(self, state: Json, closed: Json) -> None:
        """Go on from what `dump` and `closed_text` made; raises MalformedError."""
        if state.get("minute") is not None:
            self._minute = _read(mapping(state, "minute"))
        growing = mapping(state, "growing")
        self._growing = {name: _read(mapping(growing, name)) for name in INTERVALS if name in growing}
        for interval, log in self._closed.items():
            for row in items(closed, interval):
                integer(row, "t")
                log.append(row)

    def _current(self, interval: str) -> TradedCandle | None:
        """The growing candle of an interval together with the current minute."""
        minute = self._minute
        if minute is None or interval == "1m":
            return minute
        before = self._growing.get(interval)
        if before is None:
            start, end = bounds(interval, minute.start)
            return replace(minute, start=start, end=end)
        current = replace(before)
        current.add(minute)
        return current

    def _fold(self, minute: TradedCandle, now: int) -> None:
        """Take a minute that is over into the longer intervals, and close those that are over at `now`."""
        self._closed["1m"].append(minute.shown(self._symbol, "1m"))
        for interval in INTERVALS[1:]:
            growing = self._growing.get(interval)
            if growing is None:
                start, end = bounds(interval, minute.start)
                growing = self._growing[interval] = replace(minute, start=start, end=end)
            else:
                growing.add(minute)
            if growing.end < now:
                self._closed[interval].append(growing.shown(self._symbol, interval))
                del self._growing[interval]


def _written(candle: TradedCandle) -> Json:
    prices = {name: f"{getattr(candle, name):f}" for name in ("open", "close", "high", "low", "volume")}
    return {"start": candle.start, "end": candle.end, "count": candle.count} | prices


def _read(row: Json) -> TradedCandle:
    return TradedCandle(
        integer(row, "start"),
        integer(row, "end"),
        exact(row, "open"),
        exact(row, "close"),
        exact(row, "high"),
        exact(row, "low"),
        exact(row, "volume"),
        integer(row, "count"),
    )
