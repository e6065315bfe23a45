"""Who has been told of what: alarms that were acknowledged, and when the bell may ring."""

from __future__ import annotations

from hypertui.port.snapshot import Alarm, Severity

MUTED_FOR = 10 * 60_000
# A bell that never stops is switched off by its listener.
_APART = 10_000
_AGAIN_AFTER = 10 * 60_000


class Watch:
    """The operator's ears. An alarm that begins again, or gets worse, has to be acknowledged again."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, Severity]] = {}
        self._heard: frozenset[str] = frozenset()
        self._rung_at: int | None = None
        self._owed = False
        self.muted_until = 0

    def acknowledged(self, alarm: Alarm) -> bool:
        """Whether somebody has seen this occurrence."""
        return self._known.get(alarm.key) == (alarm.count, alarm.severity)

    def acknowledge(self, alarms: tuple[Alarm, ...]) -> int:
        """Take the active ones as seen; returns how many were news."""
        fresh = [alarm for alarm in alarms if alarm.active and not self.acknowledged(alarm)]
        for alarm in fresh:
            self._known[alarm.key] = (alarm.count, alarm.severity)
        keys = {alarm.key for alarm in alarms}
        self._known = {key: seen for key, seen in self._known.items() if key in keys}
        return len(fresh)

    @property
    def seen(self) -> frozenset[tuple[str, int, Severity]]:
        """The occurrences that were acknowledged."""
        return frozenset((key, *seen) for key, seen in self._known.items())

    def mute(self, now: int) -> bool:
        """Silence the bell for ten minutes, or give it back; returns whether it is silent now."""
        self.muted_until = 0 if now < self.muted_until else now + MUTED_FOR
        return self.muted_until > now

    def rings(self, causes: frozenset[str], now: int) -> bool:
        """Whether to ring for the critical `causes` of this moment: once for each that is new, at most every
        10 s, and again every 10 min while one lasts."""
        self._owed = bool(causes) and (self._owed or bool(causes - self._heard))
        self._heard = causes
        silence = None if self._rung_at is None else now - self._rung_at
        due = self._owed or (bool(causes) and silence is not None and silence >= _AGAIN_AFTER)
        if not due or now < self.muted_until or (silence is not None and silence < _APART):
            return False
        self._rung_at, self._owed = now, False
        return True
