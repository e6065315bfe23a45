"""What the alarms of an engine did between two looks at it.

An engine is looked at, as a console does: it tells nobody anything and waits for nobody. What came and went
between two looks is still among its alarms.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from hypertui.core.phrases import lasting
from hypertui.notices.conditions import AlarmChange, Change
from hypertui.port.engine import EngineView
from hypertui.port.snapshot import Alarm, Mode, Severity, Snapshot

# A trade makes a snapshot each half second; one that has made none for so long (ms) is silent.
_SILENT = 15_000


class AlarmWatch:
    """Compares each view with the one before it. A trade that is halted, and not by anybody's word, and one
    that makes no snapshots any more, have an alarm of that too."""

    def __init__(self) -> None:
        self._before: dict[tuple[str, str], Alarm] = {}

    def look(self, view: EngineView, now: int) -> list[AlarmChange]:
        """What has changed since the last look, at `now` (ms)."""
        found = {(trade.name, alarm.key): alarm for trade in view.trades for alarm in _alarms(trade, now)}
        found |= {("", alarm.key): alarm for alarm in view.intents.alarms}
        changes: list[AlarmChange] = []
        for place, alarm in found.items():
            changes += _changes(place[0], self._before.get(place), alarm, now)
        for (trade, key), alarm in self._before.items():
            if alarm.active and (trade, key) not in found:  # a run that is over and begun again knows none
                changes.append(AlarmChange(trade, key, Change.OVER, alarm.severity, alarm.text, now))
        self._before = found
        return changes


def _alarms(trade: Snapshot, now: int) -> Iterator[Alarm]:
    if trade.over and trade.mode is Mode.STOPPED:
        # It has ended in order: what held then is nobody's concern any more.
        yield from (replace(alarm, active=False) for alarm in trade.alarms)
        return
    yield from trade.alarms
    if trade.mode is Mode.HALTED and not _is_wanted(trade):
        yield Alarm("halt", Severity.CRITICAL, f"halted: {trade.reason}", trade.at, now)
    if not trade.over and now - trade.at >= _SILENT:
        text = f"the engine has said nothing for {lasting(_SILENT // 1_000)}"
        yield Alarm("silent", Severity.CRITICAL, text, trade.at, now)


def _is_wanted(trade: Snapshot) -> bool:
    """Whether somebody here has halted or closed it, or an alarm of its own tells of it already."""
    told = any(alarm.key == "halted" and alarm.active for alarm in trade.alarms)
    return told or trade.closed_at is not None or trade.reason.startswith("by ")


def _changes(trade: str, before: Alarm | None, alarm: Alarm, now: int) -> Iterator[AlarmChange]:
    def change(what: Change, at: int) -> AlarmChange:
        return AlarmChange(trade, alarm.key, what, alarm.severity, alarm.text, at)

    begins = before is None or alarm.count > before.count or (alarm.active and not before.active)
    if begins:
        yield change(Change.BEGUN, alarm.first if alarm.count == 1 else now)
    elif before is not None and alarm.active:
        if alarm.severity is Severity.CRITICAL is not before.severity:
            yield change(Change.WORSE, now)
        if alarm.text != before.text:
            yield change(Change.REWORDED, now)
    if alarm.acknowledged is not None and (begins or before is None or before.acknowledged is None):
        yield change(Change.ACKNOWLEDGED, alarm.acknowledged.at)
    if not alarm.active and (begins or (before is not None and before.active)):
        yield change(Change.OVER, alarm.last)
