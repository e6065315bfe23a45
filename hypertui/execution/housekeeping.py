"""The room that journal and log have: their size, what is left on the disk, whether lines are lost, and what
need not be kept any longer."""

from __future__ import annotations

from collections.abc import Callable

from hypertui.execution.trade_journal import TradeJournal
from hypertui.port.snapshot import Severity
from hypertui.port.views import JournalView
from hypertui.runtime.alarms import Alarms

_LITTLE = 200_000_000  # bytes: some days of a busy trade


class Housekeeping:
    """Of one trade. `log_trouble` says why lines of the log are lost, empty while none are."""

    def __init__(self, journal: TradeJournal, alarms: Alarms, log_trouble: Callable[[], str]) -> None:
        self._journal = journal
        self._alarms = alarms
        self._log_trouble = log_trouble
        self._size: int | None = None
        self._free: int | None = None

    async def look(self) -> str:
        """Look at all of it once; returns what is wrong, in words."""
        self._size, self._free = self._journal.room()
        problems = [
            self._say("disk", self._little_room(), Severity.WARNING),
            self._say("log", self._log_trouble(), Severity.WARNING),
            await self._journal.tidy(),
        ]
        return "; ".join(filter(None, problems))

    def view(self) -> JournalView:
        """The journal, for the screens."""
        return JournalView(self._journal.place, self._size, self._free, self._journal.pending)

    def _little_room(self) -> str:
        if self._free is None or self._free >= _LITTLE:
            return ""
        return (
            f"{self._free // 1_000_000} MB are free for the journal {self._journal.place}: "
            "when it is full, no new risk is taken"
        )

    def _say(self, key: str, problem: str, severity: Severity) -> str:
        if problem:
            self._alarms.sound(key, severity, problem)
        else:
            self._alarms.clear(key)
        return problem
