"""Alarms for faults in statistics and in what is told: the trade goes on."""

from __future__ import annotations

from datetime import UTC, datetime

from hypertui.execution.recorder import TradeRecorder
from hypertui.port.snapshot import Severity
from hypertui.runtime.alarms import Alarms


def tell(recorder: TradeRecorder, alarms: Alarms, now: int) -> None:
    """Say it once for each of them, with its time."""
    for key, aside, what in (
        ("statistics", recorder.trade.strategy.statistics, "statistics are wrong"),
        ("telling", recorder.telling, "the log and the journal's rows for people lack something"),
    ):
        if aside.fault:
            aside.note(now)
            since = datetime.fromtimestamp((aside.since or now) / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
            text = f"{what} since {since}, the trade goes on: {aside.fault}"
            alarms.sound(key, Severity.WARNING, text)
