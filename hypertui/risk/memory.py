"""What the guards have to remember: where counting began, what has tripped, and who has reset it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from hypertui.core.market import ZERO
from hypertui.risk.guards import Guard

DAY = 86_400_000  # ms


@dataclass(frozen=True, slots=True)
class Base:
    """The account's equity (USD) from which a loss is counted, read at `at`; of a count that was begun anew
    by hand at `rearmed_at`. Times are the exchange's (ms)."""

    at: int
    equity: Decimal
    rearmed_at: int = 0

    @property
    def day(self) -> int:
        """The UTC day, counted from 1970."""
        return self.at // DAY


@dataclass(frozen=True, slots=True)
class Trip:
    """A latched guard has reached its limit at `at` (ms)."""

    guard: Guard
    at: int
    figure: Decimal
    limit: Decimal


@dataclass(frozen=True, slots=True)
class Rearm:
    """Somebody has reset a guard at `at` (ms), and said why."""

    guard: Guard
    at: int
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class GuardMemory:
    """Of one trade; `day` and `peak` are those of its account. Cycles up to the number `cycles_from` count no
    more. `jump` is the last one (a fraction) that was too large, at `jumped_at` (ms)."""

    day: Base | None = None
    peak: Base | None = None
    trips: tuple[Trip, ...] = ()
    rearms: tuple[Rearm, ...] = ()
    cycles_from: int = 0
    jumped_at: int = 0
    jump: Decimal = ZERO

    def trip(self, guard: Guard) -> Trip | None:
        """That of a guard, where it has tripped and was not reset."""
        return next((trip for trip in self.trips if trip.guard is guard), None)

    def rearm(self, guard: Guard) -> Rearm | None:
        """The newest of a guard."""
        return next((rearm for rearm in self.rearms if rearm.guard is guard), None)


NOTHING_REMEMBERED = GuardMemory()


def inherited(memories: Iterable[GuardMemory], day: Base | None, peak: Base | None) -> GuardMemory:
    """What a new trade begins with, of what those before it in the account remembered, oldest first: where
    its counting begins, who has reset what, and the loss of a day that has tripped. A drawdown is judged
    anew, by the limit of now."""
    trips: tuple[Trip, ...] = ()
    rearms: tuple[Rearm, ...] = ()
    for memory in memories:
        trips = tuple(trip for trip in memory.trips if trip.guard is Guard.DAILY_LOSS)
        for rearm in memory.rearms:
            if rearm.guard.is_of_account:
                rearms = with_rearm(rearms, rearm)
    return GuardMemory(day, peak, trips, rearms)


def with_rearm(rearms: tuple[Rearm, ...], rearm: Rearm) -> tuple[Rearm, ...]:
    """The newest of each guard, with one more."""
    known = next((each for each in rearms if each.guard is rearm.guard), None)
    if known is not None and known.at >= rearm.at:
        return rearms
    return (*(each for each in rearms if each.guard is not rearm.guard), rearm)
