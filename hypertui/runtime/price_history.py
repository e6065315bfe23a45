"""What the price was: the marks of the last minutes, and candles of the last hours and of the whole trade.

Candles are made of the marks as they come. Those that the exchange tells of are put in for the time before
the first mark, and where none was heard; they are made of trades, and differ a little from what the marks
were.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Sequence
from decimal import Decimal

from hypertui.core.candles import Candle, Interval
from hypertui.port.prices import PriceSeries

_MARKS_KEPT = 300
_THINNED_TO = 1_000  # ms between two marks that are kept
_MINUTES_KEPT = 240
# The coarse candles are the first of these of which so many reach back far enough, else whole days.
_COARSE = ((Interval.QUARTER, 672), (Interval.HOUR, 1_000), (Interval.FOUR_HOURS, 1_000))


class CandleBuilder:
    """Candles of one interval. The newest one grows, the others are closed."""

    def __init__(self, interval: Interval, candles: Iterable[Candle] = ()) -> None:
        self.interval = interval
        self._closed = list(candles)
        self._growing = self._closed.pop() if self._closed else None

    def add(self, at: int, price: Decimal) -> bool:
        """Take a price of `at` (ms), not before the last one; returns whether it begins a candle."""
        begins, now = self.interval.beginning(at), self._growing
        if now is not None and now.at == begins:
            self._growing = Candle(begins, min(now.low, price), max(now.high, price), price)
            return False
        if now is not None:
            self._closed.append(now)
        self._growing = Candle(begins, price, price, price)
        return True

    def fill(self, until: int, candles: Iterable[Candle]) -> None:
        """Put in what the exchange tells of the time up to `until` (ms), not after the last price. A candle
        that is there already becomes wider; its last price is the exchange's if it has ended by then, else
        one that was heard since."""
        newest = self.interval.beginning(until) if self._growing is None else self._growing.at
        known = {candle.at: candle for candle in self._all()}
        for told in candles:
            if told.at > newest:
                continue
            own = known.get(told.at, told)
            last = told if told.at + self.interval <= until else own
            known[told.at] = _wider(own, told, last)
        ordered = [known[at] for at in sorted(known)]
        self._growing = ordered.pop() if ordered and ordered[-1].at == newest else None
        self._closed = ordered

    def keep_since(self, at: int) -> tuple[Candle, ...]:
        """Let go of those that begin before `at` (ms); returns the closed ones that are left."""
        del self._closed[: bisect_left(self._closed, at, key=lambda candle: candle.at)]
        return tuple(self._closed)

    def coarser(self, interval: Interval) -> CandleBuilder:
        """The same in longer candles."""
        made: dict[int, Candle] = {}
        for candle in self._all():
            begins = interval.beginning(candle.at)
            before = made.get(begins, candle)
            made[begins] = _wider(Candle(begins, before.low, before.high, before.close), candle, candle)
        return CandleBuilder(interval, made.values())

    def _all(self) -> Sequence[Candle]:
        return self._closed if self._growing is None else [*self._closed, self._growing]


class PriceHistory:
    """Of one market. The coarse candles reach back to `since` (ms), when the trade began, and a day at least.
    Knows no clock: the newest mark is now."""

    def __init__(self, since: int | None = None) -> None:
        self._since = since
        self._newest = 0
        self._marks: deque[tuple[int, Decimal]] = deque(maxlen=_MARKS_KEPT)
        self._minutes = CandleBuilder(Interval.MINUTE)
        self._coarse = CandleBuilder(Interval.QUARTER)
        self._series: tuple[PriceSeries, ...] = ()

    @property
    def marks(self) -> tuple[tuple[int, Decimal], ...]:
        """Times (ms) and marks, one a second, oldest first."""
        return tuple(self._marks)

    @property
    def series(self) -> tuple[PriceSeries, ...]:
        """The closed candles, the finest first; the same object until there are others."""
        return self._series

    def add(self, at: int, mark: Decimal) -> None:
        """Take a mark of `at` (ms). One that is older than the newest is left out."""
        if at < self._newest:
            return
        self._newest = at
        begun = [builder.add(at, mark) for builder in (self._minutes, self._coarse)]
        if any(begun):
            self._tidy()
        if not self._marks or at - self._marks[-1][0] >= _THINNED_TO:
            self._marks.append((at, mark))

    def reach_back_to(self, since: int) -> None:
        """The trade began at `since` (ms)."""
        self._since = since
        self._tidy()

    def wanted(self, since: int, until: int) -> Sequence[tuple[Interval, int]]:
        """The candles to ask for, of a time from `since` to `until` (ms): which interval, from when on. What
        is not kept any more is not among them."""
        kept = ((self._minutes.interval, self._oldest_minute), (self._coarse.interval, self._oldest))
        found = [(interval, max(interval.beginning(since), oldest)) for interval, oldest in kept]
        return [(interval, begin) for interval, begin in found if begin <= until]

    def fill(self, interval: Interval, until: int, candles: Iterable[Candle]) -> None:
        """Put in candles of the time up to `until` (ms), not after the newest mark. Those of an interval that
        is not kept any more are left out."""
        for builder in (self._minutes, self._coarse):
            if builder.interval is interval:
                builder.fill(until, candles)
        self._tidy()

    @property
    def _oldest_minute(self) -> int:
        return Interval.MINUTE.beginning(self._newest) - _MINUTES_KEPT * Interval.MINUTE

    @property
    def _oldest(self) -> int:
        return self._coarse.interval.beginning(self._reach)

    @property
    def _reach(self) -> int:
        day_ago = self._newest - Interval.DAY
        return day_ago if self._since is None else min(self._since, day_ago)

    def _tidy(self) -> None:
        """Keep what is shown, and no more of it."""
        interval = coarse_interval(self._reach, self._newest)
        if interval > self._coarse.interval:
            self._coarse = self._coarse.coarser(interval)
        series = (
            PriceSeries(Interval.MINUTE.value, self._minutes.keep_since(self._oldest_minute)),
            PriceSeries(self._coarse.interval.value, self._coarse.keep_since(self._oldest)),
        )
        if series != self._series:
            self._series = series


def coarse_interval(since: int, now: int) -> Interval:
    """How long the candles are that reach from `now` back to `since` (both ms)."""
    for interval, most in _COARSE:
        if (interval.beginning(now) - interval.beginning(since)) // interval <= most:
            return interval
    return Interval.DAY


def _wider(one: Candle, other: Candle, last: Candle) -> Candle:
    """What two candles of the same time say together; `last` of them has the last price."""
    return Candle(one.at, min(one.low, other.low), max(one.high, other.high), last.close)
