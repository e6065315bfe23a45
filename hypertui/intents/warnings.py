"""What an operator should know of the sources: alerts that were held or missed, and silence."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from hypertui.core.intents import IntentReason, IntentState, IntentVerb
from hypertui.core.phrases import lasting
from hypertui.intents.gate import GateVerdict, SourceRules
from hypertui.port.intents import SourceView
from hypertui.port.snapshot import Acknowledgement, Alarm, Severity

_WORTH_TELLING = (IntentState.HELD, IntentState.FAILED, IntentState.EXPIRED)


class Warnings:
    """Alarms of sources: what a source's newest alert came to, and its silence. One ends with the next alert
    that comes to something. To be read, and acknowledged, from any thread. `clock` gives ms."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._began = clock()
        self._lock = threading.Lock()
        self._alarms: dict[str, Alarm] = {}  # by key

    def of(self, source: str) -> tuple[Alarm, ...]:
        """A source's: those that hold, and the last of those that are over."""
        return tuple(alarm for key in _keys(source) if (alarm := self._alarms.get(key)) is not None)

    def acknowledge(self, source: str, keys: Collection[str], who: str) -> list[str]:
        """Note that somebody knows of a source's alarms that hold, of these `keys` or, without any, of all;
        returns the keys of those that nobody knew of before."""
        with self._lock:
            fresh = [
                alarm
                for alarm in self.of(source)
                if alarm.active and alarm.acknowledged is None and (not keys or alarm.key in keys)
            ]
            for alarm in fresh:
                known = Acknowledgement(who, self._clock())
                self._alarms[alarm.key] = replace(alarm, acknowledged=known)
        return [alarm.key for alarm in fresh]

    def judged(self, source: str, verb: IntentVerb, verdict: GateVerdict) -> None:
        """An alert of a source has come to this."""
        key, _ = _keys(source)
        if verdict.state in _WORTH_TELLING:
            missed = verdict.reason == IntentReason.DESYNC
            severity = Severity.CRITICAL if missed else Severity.WARNING
            self._sound(key, severity, f"{key}: {verb} {verdict.state.lower()}: {verdict.text}")
        elif verdict.state in (IntentState.DONE, IntentState.SENT):
            self._clear(key)

    def look_for_silence(self, rules: Sequence[SourceRules], sources: Sequence[SourceView], now: int) -> None:
        """Sources that are expected to speak now and then."""
        last = {each.name: each.last_at for each in sources}
        for each in rules:
            if each.expect_every is None:
                continue
            silent = now - (last.get(each.name) or self._began)
            _, key = _keys(each.name)
            if silent > each.expect_every:
                words = lasting(each.expect_every // 1_000)
                self._sound(key, Severity.WARNING, f"webhook {each.name}: no alert for more than {words}")
            else:
                self._clear(key)

    def _sound(self, key: str, severity: Severity, text: str) -> None:
        with self._lock:
            now, known = self._clock(), self._alarms.get(key)
            if known is not None and known.active and known.text == text:
                self._alarms[key] = replace(known, last=now)
                return
            count = 1 if known is None else known.count + 1
            self._alarms[key] = Alarm(key, severity, text, now if known is None else known.first, now, count)

    def _clear(self, key: str) -> None:
        with self._lock:
            known = self._alarms.get(key)
            if known is not None and known.active:
                self._alarms[key] = replace(known, active=False, last=self._clock())


def _keys(source: str) -> tuple[str, str]:
    """Those of what its newest alert came to, and of its silence."""
    return f"webhook {source}", f"webhook {source} silent"
