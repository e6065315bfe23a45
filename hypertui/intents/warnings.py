"""What an operator should know of the sources: what was held or missed, and silence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from hypertui.core.intents import IntentReason, IntentState, IntentVerb
from hypertui.core.phrases import lasting
from hypertui.intents.gate import GateVerdict, SourceRules
from hypertui.port.intents import SourceView
from hypertui.port.snapshot import Alarm, Severity

_WORTH_TELLING = (IntentState.HELD, IntentState.FAILED, IntentState.EXPIRED)


class Warnings:
    """Alarms of sources, by key: what a source's newest wish came to, and its silence. One ends with the next
    wish that comes to something. On the desk's loop, but for `view`. `clock` gives ms."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._began = clock()
        self._alarms: dict[str, Alarm] = {}

    @property
    def view(self) -> tuple[Alarm, ...]:
        """Those that hold, and the last of those that are over."""
        return tuple(self._alarms.copy().values())

    def judged(self, source: str, verb: IntentVerb, verdict: GateVerdict) -> None:
        """What a source wanted has come to this; it is called as in the journal."""
        key = source.replace(":", " ")
        if verdict.state in _WORTH_TELLING:
            missed = verdict.reason == IntentReason.DESYNC
            severity = Severity.CRITICAL if missed else Severity.WARNING
            self.sound(key, severity, f"{key}: {verb} {verdict.state.lower()}: {verdict.text}")
        elif verdict.state in (IntentState.DONE, IntentState.SENT):
            self.clear(key)

    def look_for_silence(self, rules: Sequence[SourceRules], sources: Sequence[SourceView], now: int) -> None:
        """Sources that are expected to speak now and then."""
        last = {each.name: each.last_at for each in sources}
        for each in rules:
            if each.expect_every is None:
                continue
            silent = now - (last.get(each.name) or self._began)
            key = f"{each.title} silent"
            if silent > each.expect_every:
                words = lasting(each.expect_every // 1_000)
                self.sound(key, Severity.WARNING, f"{each.title}: no alert for more than {words}")
            else:
                self.clear(key)

    def sound(self, key: str, severity: Severity, text: str) -> None:
        """This holds now."""
        now, known = self._clock(), self._alarms.get(key)
        if known is not None and known.active and known.text == text:
            self._alarms[key] = replace(known, last=now)
            return
        count = 1 if known is None else known.count + 1
        self._alarms[key] = Alarm(key, severity, text, now if known is None else known.first, now, count)

    def clear(self, key: str) -> None:
        """It holds no more."""
        known = self._alarms.get(key)
        if known is not None and known.active:
            self._alarms[key] = replace(known, active=False, last=self._clock())
