"""An indicator that depends on the candles alone, and not on when somebody began to look at them.

An exponential average never forgets where it began: of two processes that began at different candles, each
would have figures of its own. So an indicator begins anew at every `memory`-th candle since Unix time, is
believed from `memory` candles on, and serves until its successor is as old. Whoever has the newest
2 · `memory` candles without a gap has the same figure, to the last bit, and none keeps more than that.

Before there are as many, and after a gap, it begins where the candles do: less settled, but as old.
"""

from __future__ import annotations

from collections.abc import Callable

from hypertui.signals.context import SignalFacts
from hypertui.signals.readings import Bar, Gauge, Reading


class AnchoredGauge:
    """`make` makes the indicator."""

    def __init__(self, make: Callable[[], Gauge], memory: int) -> None:
        self._make = make
        self._memory = memory
        self._running: list[_Run] = []  # the oldest first

    @property
    def missing(self) -> int:
        """How many candles it lacks before it is believed."""
        oldest = self._running[0].age if self._running else 0
        return max(0, self._memory - oldest)

    def begin_again(self) -> None:
        """Forget everything: a candle is missing."""
        self._running.clear()

    def add(self, number: int, bar: Bar, facts: SignalFacts) -> Reading | None:
        """Take the closed candle of that number, counted since Unix time; returns what is said at its end,
        None while that is not to be believed."""
        if not self._running or number % self._memory == 0:
            self._running.append(_Run(self._make()))
        for run in self._running:
            run.reading = run.gauge.add(bar, facts)
            run.age += 1
        while len(self._running) > 1 and self._running[1].age >= self._memory:
            del self._running[0]
        return None if self.missing else self._running[0].reading


class _Run:
    """One beginning, with what it said last."""

    def __init__(self, gauge: Gauge) -> None:
        self.gauge = gauge
        self.age = 0  # candles
        self.reading: Reading | None = None
