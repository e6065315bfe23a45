"""Detects that somebody has set the machine's clock during a trade.

Nothing here goes by that clock; but how far the exchange's is away is measured anew before anything is
bought, and times are told as it showed them at the start, which somebody should know."""

from __future__ import annotations

from collections.abc import Callable

from hypertui.port.snapshot import Severity
from hypertui.runtime.alarms import Alarms
from hypertui.runtime.clock_sync import ClockSync

_IS_SET = 1_000  # ms by which a clock does not wander by itself
_KEY = "clock set"


class ClockWatch:
    """`set_by` says how far the clock has been set since the start (ms); `measure` begins a measurement of
    the exchange's."""

    def __init__(
        self,
        set_by: Callable[[], int],
        clock_sync: ClockSync,
        alarms: Alarms,
        measure: Callable[[], None],
    ) -> None:
        self._set_by = set_by
        self._clock_sync = clock_sync
        self._alarms = alarms
        self._measure = measure
        self._known = 0

    def look(self) -> None:
        """Look at it once."""
        by = self._set_by()
        if abs(by - self._known) <= _IS_SET:
            return
        self._known = by
        if abs(by) <= _IS_SET:
            self._alarms.clear(_KEY)
        else:
            way = "forward" if by > 0 else "back"
            text = f"this machine's clock was set {way} by {abs(by) / 1000:.1f} s since the start"
            self._alarms.sound(_KEY, Severity.WARNING, f"{text}: times are told as it showed them then")
        self._clock_sync.unsettle()
        self._measure()
