"""The thread of the notices: looks at the engine, queues what is due, and hands out what is queued.

The engine knows nothing of it, and waits for nothing of it. It ends in a bounded time, whatever is pending.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Protocol, Self

from hypertui.notices.channels import Channel
from hypertui.notices.conditions import Conditions, Notice, notice
from hypertui.notices.dispatcher import Dispatcher
from hypertui.notices.ends import EndWatch, how_bad
from hypertui.notices.hours import DAY, QuietHours, latest
from hypertui.notices.watch import AlarmWatch
from hypertui.port.engine import EngineView
from hypertui.port.snapshot import Severity

_LOOK = 0.25  # seconds between two looks at the engine
_LAST_WORDS = 2_000  # ms that what is pending has at the end
_GRACE = 1.0  # seconds more, for a disk
_LOG = logging.getLogger(__name__)


class Watched(Protocol):
    """What an engine has to be for this."""

    @property
    def view(self) -> EngineView:
        """The newest one; from any thread."""


@dataclass(frozen=True, slots=True)
class NoticePlan:
    """What is sent where: `least` is the mildest condition that is told, `daily_at` the time of the report
    (ms since midnight, UTC; None for none)."""

    channels: tuple[Channel, ...]
    least: Severity = Severity.WARNING
    quiet: QuietHours | None = None
    daily_at: int | None = None


# Works out the report of the day that ended at a midnight (ms); may take long, and may raise anything.
Report = Callable[[int, EngineView], str]


class NoticePost:
    """A context manager: tells of `engine` while it is open. `file` is the queue's; `clock` in ms."""

    def __init__(
        self,
        engine: Watched,
        plan: NoticePlan,
        file: Path,
        report: Report,
        clock: Callable[[], int],
        random: Random,
    ) -> None:
        self._engine = engine
        self._plan = plan
        self._report = report
        self._clock = clock
        self._conditions = Conditions(plan.least, plan.quiet)
        self._watch = AlarmWatch()
        network = engine.view.trades[0].network.value
        self._dispatcher = Dispatcher(plan.channels, file, random, clock, network)
        self._ends = EndWatch()
        self._failed = ""  # by what type of error the engine has ended
        self._reported: int | None = None  # the midnight of the newest report that was begun
        self._reports: list[Notice] = []  # worked out, and not queued yet
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="notices", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._failed = "" if kind is None else kind.__name__
        self._over.set()
        self._thread.join(_LAST_WORDS / 1_000 + _GRACE)

    def _run(self) -> None:
        try:
            self._begin()
            while not self._over.is_set():
                self._turn()
            self._leave()
        except Exception:  # noqa: BLE001 - whatever it is, the engine trades on
            _LOG.exception("a defect: no notice leaves any more")

    def _begin(self) -> None:
        now = self._clock()
        self._dispatcher.begin()
        trades = self._engine.view.trades
        names = ", ".join(trade.name for trade in trades)
        if not self._dispatcher.knows(_report_key("*")):  # the first report is tomorrow's
            self._reported = self._midnight(now)
        self._say(Severity.INFO, "start", f"the engine starts on {trades[0].network.value}: {names}")

    def _turn(self) -> None:
        now = self._clock()
        self._look(now)
        self._report_if_due(now)
        while self._reports:
            self._dispatcher.queue(self._reports.pop(), once=True)
        self._dispatcher.hand_out()
        self._dispatcher.settle(_LOOK)

    def _look(self, now: int, *, leaving: bool = False) -> None:
        for end in self._ends.look(self._engine.view):
            self._dispatcher.queue(notice(self._clock(), end.severity, end.trade, end.key, end.text))
        for change in self._watch.look(self._engine.view, now):
            self._conditions.take(change)
        for said in self._conditions.due(now, leaving=leaving):
            self._dispatcher.queue(said)

    def _report_if_due(self, now: int) -> None:
        """Work out yesterday's report, once, in a thread of its own: a large journal takes its time."""
        midnight = self._midnight(now)
        if midnight is None or midnight == self._reported:
            return
        self._reported = midnight
        if self._dispatcher.knows(_report_key(midnight)):  # before a restart
            return
        threading.Thread(target=self._work_out, args=(midnight,), name="daily report", daemon=True).start()

    def _midnight(self, now: int) -> int | None:
        """The end of the day whose report was due last; None where there are no reports."""
        if self._plan.daily_at is None:
            return None
        due = latest(now, self._plan.daily_at)
        return due - due % DAY

    def _work_out(self, midnight: int) -> None:
        try:
            text = self._report(midnight, self._engine.view)
        except Exception as error:  # noqa: BLE001 - whatever it is, notices go on
            _LOG.exception("a defect: no daily report")
            text = f"the daily report could not be worked out: {type(error).__name__}"
        self._reports.append(notice(self._clock(), Severity.INFO, "", _report_key(midnight), text))

    def _leave(self) -> None:
        """Say how it ended, and give what is pending a moment to leave."""
        until = self._clock() + _LAST_WORDS
        self._look(self._clock(), leaving=True)
        if self._failed:
            self._say(Severity.CRITICAL, "end", f"the engine has failed: {self._failed}")
        else:
            view = self._engine.view
            alone = how_bad(view.trades[0]) if len(view.trades) == 1 else Severity.INFO
            self._say(alone, "end", f"the engine has left: {_endings(view)}")
        while self._clock() < until and not self._dispatcher.is_idle():
            self._dispatcher.hand_out()
            self._dispatcher.settle(_LOOK)
        self._dispatcher.close()

    def _say(self, severity: Severity, key: str, text: str) -> None:
        self._dispatcher.queue(notice(self._clock(), severity, "", key, text))


def _report_key(midnight: object) -> str:
    return f"daily {midnight}"


def _endings(view: EngineView) -> str:
    several = len(view.trades) > 1
    ends = [trade.reason or trade.mode.value for trade in view.trades]
    return "; ".join(
        f"{trade.name}: {end}" if several else end for trade, end in zip(view.trades, ends, strict=True)
    )
