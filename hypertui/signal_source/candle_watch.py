"""Asks for the closed candles of a market, soon after each has ended, and again for one that is missing."""

from __future__ import annotations

from hypertui.core.candles import SETTLES, Candle, Interval
from hypertui.port.markets import MarketSource, NotAnswered

HISTORY = 5_000  # candles that the exchange keeps of an interval
_PAUSE = 3_000  # ms until something is asked for again that did not come, twice as long each time
_LONGEST_PAUSE = 48_000
_LEAST_GRACE, _MOST_GRACE = 120_000, 300_000  # ms that a candle may be late: a quiet minute has none


class CandleWatch:
    """Of one market and interval; `now` is ms. `until` is the end of the newest candle that was told, and
    `trouble` says why there is no newer one, in words, while that is known."""

    def __init__(self, symbol: str, interval: Interval, markets: MarketSource, began_at: int) -> None:
        self.symbol = symbol
        self.interval = interval
        self.until: int | None = None
        self.trouble = ""
        self._markets = markets
        self._began_at = began_at
        self._next = 0  # when something is asked again (ms)
        self._missed = 0  # questions in a row without a new candle

    @property
    def late_after(self) -> int:
        """When the next candle is overdue (ms)."""
        grace = max(_LEAST_GRACE, min(int(self.interval), _MOST_GRACE)) + SETTLES
        return self._began_at + grace if self.until is None else self.until + self.interval + grace

    async def look(self, now: int) -> tuple[Candle, ...]:
        """The closed candles that were not known, oldest first: at first all that the exchange keeps."""
        ended = self.interval.ended(now)
        if now < self._next or (self.until is not None and self.until >= ended):
            return ()
        # One that is known comes along: between two candles one without trades is made up.
        since = ended - HISTORY * self.interval if self.until is None else self.until - self.interval
        try:
            told = await self._markets.candles(self.symbol, self.interval, since, now)
        except NotAnswered as error:
            self.trouble = str(error)
            self._wait(now)
            return ()
        new = tuple(each for each in told.candles if self.until is None or each.at >= self.until)
        self.trouble = "" if new else "the exchange tells of no newer candle"
        if new:
            self.until = new[-1].at + self.interval
        if self.until is None or self.until < ended:
            self._wait(now)
        else:
            self._missed = 0
        return new

    def _wait(self, now: int) -> None:
        self._next = now + min(_PAUSE << min(self._missed, 10), _LONGEST_PAUSE)
        self._missed += 1
