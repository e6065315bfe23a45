"""The bell's rate limit, and what is acknowledged when there is no engine any more to tell."""

from __future__ import annotations

from hypertui.port.snapshot import Alarm, Severity

MUTED_FOR = 10 * 60_000
# A bell that never stops is switched off by its listener.
_LEAST_APART = 10_000
_REPEAT_AFTER = 10 * 60_000


class AlarmAck:
    """Decides when the bell rings, and records which alarms the operator acknowledged after the engine had
    left; before that the engine does, for all consoles. Times are ms."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, Severity]] = {}
        self._heard: frozenset[str] = frozenset()
        self._rung_at: int | None = None
        self._owed = False
        self.muted_until = 0

    def is_acknowledged(self, alarm: Alarm) -> bool:
        """Whether this occurrence of the alarm was acknowledged."""
        return self._known.get(alarm.key) == (alarm.count, alarm.severity)

    def acknowledge(self, alarms: tuple[Alarm, ...]) -> int:
        """Acknowledge the active alarms; returns how many were not acknowledged before."""
        fresh = [alarm for alarm in alarms if alarm.active and not self.is_acknowledged(alarm)]
        for alarm in fresh:
            self._known[alarm.key] = (alarm.count, alarm.severity)
        keys = {alarm.key for alarm in alarms}
        self._known = {key: known for key, known in self._known.items() if key in keys}
        return len(fresh)

    @property
    def acknowledged(self) -> frozenset[tuple[str, int, Severity]]:
        """The acknowledged occurrences: key, count, severity."""
        return frozenset((key, *known) for key, known in self._known.items())

    def mute(self, now: int) -> bool:
        """Mute the bell for ten minutes, or unmute it; returns whether it is muted now."""
        self.muted_until = 0 if now < self.muted_until else now + MUTED_FOR
        return self.muted_until > now

    def rings(self, causes: frozenset[str], now: int) -> bool:
        """Whether to ring now for these critical `causes`: once for each new one, at most every 10 s, and
        again every 10 min while one lasts."""
        self._owed = bool(causes) and (self._owed or bool(causes - self._heard))
        self._heard = causes
        silence = None if self._rung_at is None else now - self._rung_at
        due = self._owed or (bool(causes) and silence is not None and silence >= _REPEAT_AFTER)
        if not due or now < self.muted_until or (silence is not None and silence < _LEAST_APART):
            return False
        self._rung_at, self._owed = now, False
        return True
