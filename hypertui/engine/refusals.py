"""Alarms for orders that the exchange refuses one after the other.

The first refusals may be a matter of the moment; from the third on somebody has to know the exchange's words,
when it is tried again, and what protects the coins meanwhile."""

from __future__ import annotations

from collections.abc import Callable

from hypertui.core.market import Instrument
from hypertui.core.phrases import coins, counted
from hypertui.core.purpose import Purpose
from hypertui.execution.order_tracker import OrderTracker
from hypertui.execution.pacing import Streak
from hypertui.port.snapshot import Invariant, Severity
from hypertui.runtime.alarms import Alarms

TOLD_FROM = 3
_OVER_AFTER = 180_000  # ms without another one: longer than any pause between two tries


def protected(invariant: Invariant | None, instrument: Instrument) -> str:
    """What protects the coins, in words."""
    if invariant is None or not invariant.position:
        return "nothing is held"
    stopped, held = (coins(size, instrument) for size in (invariant.stopped_size, invariant.position))
    text = (
        f"{counted(invariant.stops, 'stop')} still protect{'s' if invariant.stops == 1 else ''} {stopped} of "
    )
    text += f"{held} {instrument.symbol}"
    return f"{text}, {invariant.unprotected} unprotected" if invariant.unprotected else text


class RefusalAlarms:
    """Of one trade's orders. `protected` says in words what protects the coins."""

    def __init__(self, tracker: OrderTracker, alarms: Alarms, protected: Callable[[], str]) -> None:
        self._tracker = tracker
        self._alarms = alarms
        self._protected = protected

    def look(self, now: int) -> None:
        """Sound the alarms that are due at `now` (ms), and end those that are over."""
        pacing = self._tracker.pacing
        # Where nothing is held, it matters no more which stop was refused.
        held = bool(self._tracker.strategy.protectable)
        self._say("stops refused", Severity.CRITICAL, "stop", pacing.streak(Purpose.PROTECT), held, now)
        self._say("exits refused", Severity.WARNING, "exit", pacing.streak(Purpose.REDUCE), held, now)
        self._say("buys refused", Severity.WARNING, "buy", pacing.streak(Purpose.OPEN), True, now)

    def _say(self, key: str, severity: Severity, noun: str, streak: Streak, matters: bool, now: int) -> None:
        if not matters or streak.count < TOLD_FROM or now - streak.last > _OVER_AFTER:
            self._alarms.clear(key)
            return
        text = f"{counted(streak.count, noun)} in a row refused by the exchange: {streak.words.rstrip('.')}"
        pause = max(0, streak.again - streak.last) // 1000
        self._alarms.sound(key, severity, f"{text}. Tried again after {pause} s; {self._protected()}")
