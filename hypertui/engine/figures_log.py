"""The figures of a trade in the log, now and then and at a run's end: those that the health screen shows."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import asdict

from hypertui.core import phrases
from hypertui.port.engine import EventKind
from hypertui.port.health import HealthFigures
from hypertui.port.snapshot import Snapshot
from hypertui.runtime.event_log import EventLog

_LOG = logging.getLogger(__name__)
_EVERY = 3_600_000  # ms
_WORTH_A_WORD = 60_000  # ms: a run that was shorter has said it all already


class FiguresLog:
    """Of one trade, whose runs follow each other."""

    def __init__(self) -> None:
        self._run = self._told = 0  # when the run began, and when its figures were told last (ms)

    def look(self, trade: Snapshot, log: EventLog, *, at_end: bool = False) -> None:
        """Tell them, if an hour has passed, or the run ends. Raises nothing: nobody trades by them."""
        try:
            self._look(trade, log, at_end)
        except Exception:  # noqa: BLE001 - a defect in a figure ends nothing
            _LOG.exception("the figures could not be told")

    def _look(self, trade: Snapshot, log: EventLog, at_end: bool) -> None:
        figures = trade.figures
        if figures is None:
            return
        if figures.began_at != self._run:
            self._run = self._told = figures.began_at
        is_due = trade.at - self._told >= (_WORTH_A_WORD if at_end else _EVERY)
        if is_due:
            self._told = trade.at
            log.add(EventKind.STATE, "; ".join(_words(trade, figures)), {"figures": asdict(figures)})


def _words(trade: Snapshot, figures: HealthFigures) -> Iterator[str]:
    uptime = figures.uptime(trade.at)
    minutes = (trade.at - figures.began_at) // 60_000
    share = "not known" if uptime is None else f"{uptime:.2%}"
    connects = phrases.counted(trade.health.connections, "connection")
    yield f"figures of {minutes // 60} h {minutes % 60} min: feed up {share}, {connects}"
    if figures.stages:
        ways = (f"{each.name} {each.middle:,} ms (p99 {each.slow:,} ms)" for each in figures.stages)
        most = max(each.count for each in figures.stages)
        yield f"{phrases.counted(most, 'fill')}: {', '.join(ways)}"
    yield f"{phrases.counted(figures.sent, 'order')} sent, {figures.refused} refused"
    if figures.exits:
        yield "exits: " + ", ".join(
            f"{each.count} {phrases.in_words(each.reason)} by {each.source}" for each in figures.exits
        )
    if figures.findings:
        yield "found by checks: " + ", ".join(f"{count} {kind}" for kind, count in figures.findings)
