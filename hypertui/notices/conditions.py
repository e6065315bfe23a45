"""Which notices are due: pure, by what alarms did and what time it is.

A condition is told at once, again while it lasts, and at its end. Somebody who is asleep is woken once; one
who has acknowledged it hears of its end and of nothing before; one that comes and goes is one condition.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from hypertui.core.phrases import lasting
from hypertui.core.redaction import printable, without_secrets
from hypertui.notices.hours import QuietHours
from hypertui.port.snapshot import Severity

_MINUTE = 60_000
_HOUR = 60 * _MINUTE
# How long a condition has lasted since it was first told when it is told again: then each `_EACH`.
_AGAIN = (10 * _MINUTE, 30 * _MINUTE, 2 * _HOUR)
_EACH = 6 * _HOUR
# An end is believed after so long: what begins again before that has not ended.
SETTLED = _MINUTE
_LONGEST = 3_000  # characters; a channel that takes fewer gets it in parts
_RANK = {Severity.INFO: 0, Severity.WARNING: 1, Severity.CRITICAL: 2}


class Change(Enum):
    """What an alarm did."""

    BEGUN = auto()
    WORSE = auto()
    REWORDED = auto()
    ACKNOWLEDGED = auto()
    OVER = auto()


@dataclass(frozen=True, slots=True)
class AlarmChange:
    """That the alarm `key` of a trade did something at `at` (ms); `trade` is empty for the engine itself."""

    trade: str
    key: str
    change: Change
    severity: Severity
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Notice:
    """A message to people elsewhere, of `at` (ms). `key` is the alarm that it is of, or what else it is."""

    at: int
    severity: Severity
    trade: str
    key: str
    text: str


def notice(at: int, severity: Severity, trade: str, key: str, text: str) -> Notice:
    """A notice without secrets, and of a length that channels take."""
    lines = (printable(without_secrets(line), _LONGEST) for line in text.splitlines())
    return Notice(at, severity, trade, key, "\n".join(lines)[:_LONGEST])


def reaches(severity: Severity, least: Severity) -> bool:
    """Whether a severity is `least` or above it."""
    return _RANK[severity] >= _RANK[least]


@dataclass(slots=True)
class _Condition:
    """One that holds, or has ended at `over`; `told` is when it was first told as bad as it is (None: not
    yet), `due` when it is told next (None: no more)."""

    severity: Severity
    text: str
    began: int
    due: int | None
    told: int | None = None
    got_worse: bool = False
    acknowledged: bool = False
    over: int | None = None


class Conditions:
    """All of them. Those below `least` are not told; in `quiet` hours only critical ones are."""

    def __init__(self, least: Severity, quiet: QuietHours | None = None) -> None:
        self._least = least
        self._quiet = quiet
        self._known: dict[tuple[str, str], _Condition] = {}

    def take(self, said: AlarmChange) -> None:
        """Note what an alarm did."""
        known = self._known.get((said.trade, said.key))
        match said.change:
            case Change.BEGUN if known is None:
                self._known[said.trade, said.key] = _Condition(said.severity, said.text, said.at, said.at)
            case Change.BEGUN if known is not None:
                known.over = None
                self._again(known, said)
            case Change.WORSE if known is not None:
                self._again(known, said)
            case Change.REWORDED if known is not None:
                known.text = said.text
            case Change.ACKNOWLEDGED if known is not None:
                known.acknowledged, known.due = True, None
            case Change.OVER if known is not None:
                known.over = said.at

    def _again(self, known: _Condition, said: AlarmChange) -> None:
        """It holds anew, or is worse: told at once where nobody has heard of it, or of how bad it is."""
        known.text = said.text
        if reaches(said.severity, known.severity) and said.severity is not known.severity:
            known.got_worse, known.severity = known.told is not None, said.severity
            known.told, known.due, known.acknowledged = None, said.at, False
        elif known.acknowledged:
            known.due, known.acknowledged = said.at, False

    def due(self, now: int, *, leaving: bool = False) -> list[Notice]:
        """What is to be told at `now` (ms); it counts as told. No end is waited for when `leaving`."""
        said: list[Notice] = []
        for (trade, key), condition in list(self._known.items()):
            if self._may_go(condition.severity, now):
                said += (
                    notice(now, condition.severity, trade, key, text)
                    for text in _words(condition, now, leaving)
                )
            if _is_done(condition, now, leaving, self._may_go(condition.severity, now)):
                del self._known[trade, key]
        return said

    def _may_go(self, severity: Severity, now: int) -> bool:
        if not reaches(severity, self._least):
            return False
        return severity is Severity.CRITICAL or self._quiet is None or not self._quiet.hold(now)


def _words(condition: _Condition, now: int, leaving: bool) -> Iterator[str]:
    """What is said of it now, if anything is."""
    if (
        condition.due is not None
        and condition.due <= now
        and (condition.over is None or condition.told is None)
    ):
        yield _beginning(condition, now)
        first = condition.told = now if condition.told is None else condition.told
        condition.due = _next(first, now)
    if condition.told is not None and _has_ended(condition, now, leaving):
        assert condition.over is not None, "it has ended"
        yield f"over after {_span(condition.over - condition.began)}: {condition.text}"


def _beginning(condition: _Condition, now: int) -> str:
    if condition.told is not None:
        return f"{condition.text} (for {_span(now - condition.began)} now)"
    return f"worse: {condition.text}" if condition.got_worse else condition.text


def _has_ended(condition: _Condition, now: int, leaving: bool) -> bool:
    return condition.over is not None and (leaving or now - condition.over >= SETTLED)


def _is_done(condition: _Condition, now: int, leaving: bool, may_go: bool) -> bool:
    """Whether there is nothing more to say of it: an end that nobody heard the beginning of is no news."""
    return _has_ended(condition, now, leaving) and (may_go or condition.told is None)


def _next(first: int, now: int) -> int:
    """When a condition that was first told at `first` (ms) is told again, after `now`."""
    for age in _AGAIN:
        if first + age > now:
            return first + age
    beyond = now - first - _AGAIN[-1]
    return first + _AGAIN[-1] + (beyond // _EACH + 1) * _EACH


def _span(ms: int) -> str:
    return lasting(max(0, ms) // 1_000)
