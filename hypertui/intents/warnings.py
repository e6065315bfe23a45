"""What an operator should know of the sources: what was held or missed, and silence."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from hypertui.core.intents import IntentReason, IntentState
from hypertui.core.market import SourceKind
from hypertui.core.phrases import lasting
from hypertui.intents.gate import GateVerdict, SourceRules
from hypertui.port.intents import SourceAlarm, SourceView
from hypertui.port.snapshot import Acknowledgement, Alarm, Severity

_SAID_EVERY = 1_000  # ms in which it is not said again that an alarm still holds
_WORTH_TELLING = (IntentState.HELD, IntentState.FAILED, IntentState.EXPIRED)


class Warnings:
    """Alarms of sources, by key, each for those who watch one trade, or all: what a source's newest wish came
    to, and its silence. One ends with the next wish that comes to something. From any thread. `clock` gives
    ms."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._began = clock()
        self._lock = threading.Lock()
        self._alarms: dict[str, SourceAlarm] = {}

    @property
    def view(self) -> tuple[SourceAlarm, ...]:
        """Those that hold, and the last of those that are over."""
        return tuple(self._alarms.copy().values())

    def acknowledge(self, trade: str, keys: Collection[str], who: str) -> list[str]:
        """Note that somebody who watches a trade knows of the alarms that hold, of these `keys` or, without
        any, of all; returns the keys of those that nobody knew of before."""
        with self._lock:
            known = Acknowledgement(who, self._clock())
            fresh = [
                each.alarm
                for each in self._alarms.values()
                if each.trade in ("", trade) and each.alarm.active and each.alarm.acknowledged is None
                if not keys or each.alarm.key in keys
            ]
            for alarm in fresh:
                self._put(self._alarms[alarm.key].trade, replace(alarm, acknowledged=known))
        return [alarm.key for alarm in fresh]

    def judged(self, source: str, trade: str, verb: str, verdict: GateVerdict) -> None:
        """What a source, called as in the journal, wanted of a trade has come to this."""
        kind, _, name = source.partition(":")
        key = f"{kind} {name} {trade}" if kind == SourceKind.SIGNAL.value else f"{kind} {name}"
        if verdict.state in _WORTH_TELLING or verdict.reason == IntentReason.STALE:
            missed = verdict.reason == IntentReason.DESYNC
            severity = Severity.CRITICAL if missed else Severity.WARNING
            self.sound(key, severity, f"{key}: {verb} {verdict.state.lower()}: {verdict.text}", trade)
        elif verdict.state in (IntentState.DONE, IntentState.PARTIAL):
            self.clear(key)

    def look_for_silence(self, rules: Sequence[SourceRules], sources: Sequence[SourceView], now: int) -> None:
        """Sources that are expected to speak now and then."""
        last = {(each.name, each.trade): each.last_at for each in sources}
        for each in rules:
            if each.expect_every is None:
                continue
            silent = now - (last.get((each.name, each.trade)) or self._began)
            key = f"{each.title} silent"
            if silent > each.expect_every:
                words = lasting(each.expect_every // 1_000)
                text = f"{each.title}: no alert for more than {words}"
                self.sound(key, Severity.WARNING, text, each.trade)
            else:
                self.clear(key)

    def not_written(self, title: str, why: str, trade: str) -> None:
        """What whoever is called so wants cannot be written down."""
        text = f"{title}: nothing comes of it while it cannot be written down: {why}"
        self.sound(f"{title} journal", Severity.WARNING, text, trade)

    def written(self, title: str) -> None:
        """It can."""
        self.clear(f"{title} journal")

    def sound(self, key: str, severity: Severity, text: str, trade: str = "") -> None:
        """This holds now, which those who watch `trade` should know, or those of all."""
        with self._lock:
            now, before = self._clock(), self._alarms.get(key)
            known = None if before is None else before.alarm
            if known is not None and known.active and known.text == text:
                if now - known.last >= _SAID_EVERY:
                    self._put(trade, replace(known, last=now))
                return
            count = 1 if known is None else known.count + 1
            self._put(trade, Alarm(key, severity, text, now if known is None else known.first, now, count))

    def clear(self, key: str) -> None:
        """It holds no more."""
        with self._lock:
            known = self._alarms.get(key)
            if known is not None and known.alarm.active:
                self._put(known.trade, replace(known.alarm, active=False, last=self._clock()))

    def _put(self, trade: str, alarm: Alarm) -> None:
        self._alarms[alarm.key] = SourceAlarm(trade, alarm)
