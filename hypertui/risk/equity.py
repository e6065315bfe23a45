"""The account's equity as it is read, and the figures that its loss is counted from.

All trades of an account share one `EquityWatch`. Money that was paid in or out is no gain and no loss: a loss
is the equity that it was counted from, and what was paid in since, less the equity now.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from hypertui.core.market import ZERO
from hypertui.risk.guards import Guard
from hypertui.risk.memory import Base, GuardMemory, Rearm, with_rearm

# How long (ms) the exchange's list of transfers may lag behind its figures of the account: they may be told
# by two of its servers. What is sold for a loss waits for an answer after that.
FLOWS_LAG = 5_000


@dataclass(frozen=True, slots=True)
class CapitalFlow:
    """`usd` came into the account at `at` (ms, the exchange's time), negative when they left."""

    at: int
    usd: Decimal


@dataclass(frozen=True, slots=True)
class EquityReading:
    """The equity (USD) at `at` (ms, the exchange's time), heard of at `heard_at` by this machine's clock."""

    at: int
    equity: Decimal
    heard_at: int


@dataclass(slots=True)
class EquityWatch:
    """Of one account. `day` and `peak` are what its loss today and its drawdown are counted from, `flows` is
    what was paid in and out as far as that is known. What was read before `flows_until` (ms, this machine's
    clock) has all of its flows among them."""

    first: EquityReading | None = None  # of this process
    newest: EquityReading | None = None
    settled: EquityReading | None = None  # the newest of which all flows before it are known
    confirmed: EquityReading | None = None  # the same, by an answer so much later that none can lag behind
    day: Base | None = None
    peak: Base | None = None
    rearms: tuple[Rearm, ...] = ()
    flows: tuple[CapitalFlow, ...] = ()
    flows_until: int = -1
    _waiting: list[EquityReading] = field(default_factory=list)  # whose flows are not all known
    _risen: Base | None = None  # the highest of those, where it is above the peak by what is known of flows

    def shortfall(self, base: Base, reading: EquityReading) -> Decimal:
        """How much (USD) a reading is below a base, with what is known of flows."""
        return base.equity + self.moved(base.at, reading.at) - reading.equity

    def moved(self, since: int, until: int) -> Decimal:
        """What was paid in after `since` and up to `until`, less what was paid out (USD)."""
        return sum((flow.usd for flow in self.flows if since < flow.at <= until), ZERO)

    @property
    def highest(self) -> Base | None:
        """The peak, or what has been read since and is above it by what is known of flows: whether that was
        earned or paid in is not known yet."""
        risen, peak = self._risen, self.peak
        return risen if risen is not None and peak is not None and self._is_higher(risen, peak) else peak

    # What happens

    def read(self, reading: EquityReading) -> None:
        """The equity has been read; an answer that was overtaken says nothing."""
        if self.newest is not None and reading.at < self.newest.at:
            return
        self.newest = reading
        self.first = self.first or reading
        base = Base(reading.at, reading.equity)
        if self.day is None or base.day > self.day.day:
            self.day = base
        if self.peak is None:
            self.peak = base
        self._waiting.append(reading)
        self._rise(reading)

    def transfers(self, asked_at: int, flows: Sequence[CapitalFlow]) -> None:
        """The transfers were asked for at `asked_at`; an answer has all of each time that it tells of. One
        that was overtaken says nothing."""
        if asked_at < self.flows_until:
            return
        if flows:
            first = min(flow.at for flow in flows)
            kept = [flow for flow in self.flows if flow.at < first]
            self.flows = tuple(sorted((*kept, *flows), key=lambda flow: flow.at))
        self.flows_until = asked_at
        for reading in self._waiting:
            if reading.heard_at <= asked_at and (self.settled is None or reading.at > self.settled.at):
                self.settled = reading
                self._raise_peak(Base(reading.at, reading.equity))
            if reading.heard_at + FLOWS_LAG <= asked_at:
                self.confirmed = reading
        self._waiting = [each for each in self._waiting if each.heard_at + FLOWS_LAG > asked_at]
        self._risen = None
        for reading in self._waiting:
            if reading.heard_at > asked_at:
                self._rise(reading)

    def rearm(self, rearm: Rearm) -> None:
        """Count anew from the newest reading."""
        assert self.newest is not None, "the equity has been read"
        base = Base(self.newest.at, self.newest.equity, rearm.at)
        if rearm.guard is Guard.DAILY_LOSS:
            self.day = base
        elif rearm.guard is Guard.DRAWDOWN:
            self.peak, self._risen = base, None
            self._waiting.clear()
        self.rearms = with_rearm(self.rearms, rearm)

    def apart(self) -> EquityWatch:
        """A copy, to see what a change would come to."""
        return replace(self, _waiting=list(self._waiting))

    def bring_back(self, memory: GuardMemory) -> None:
        """Know what a trade of the account has written down, as far as that goes further back."""
        self.day = _earlier(self.day, memory.day)
        known, told = self.peak, memory.peak
        if known is None or (told is not None and told.rearmed_at > known.rearmed_at):
            self.peak = told or known
        elif told is not None and told.rearmed_at == known.rearmed_at:
            self.peak = told if self._is_higher(told, known) else known
        for rearm in memory.rearms:
            if rearm.guard.is_of_account:
                self.rearms = with_rearm(self.rearms, rearm)

    def _rise(self, reading: EquityReading) -> None:
        highest = self.highest
        assert highest is not None, "something has been read"
        if reading.at > highest.at and self.shortfall(highest, reading) < 0:
            self._risen = Base(reading.at, reading.equity, highest.rearmed_at)

    def _raise_peak(self, base: Base) -> None:
        peak = self.peak
        assert peak is not None, "something has been read"
        if base.at > peak.at and base.equity > peak.equity + self.moved(peak.at, base.at):
            self.peak = Base(base.at, base.equity, peak.rearmed_at)

    def _is_higher(self, one: Base, other: Base) -> bool:
        if one.at <= other.at:
            return one.equity + self.moved(one.at, other.at) >= other.equity
        return one.equity >= other.equity + self.moved(other.at, one.at)


def _earlier(known: Base | None, told: Base | None) -> Base | None:
    """Of two beginnings of a day the one that holds: of the later day, then that of the last re-arm, then the
    first."""
    both: Iterable[Base] = (each for each in (known, told) if each is not None)
    return max(both, key=lambda base: (base.day, base.rearmed_at, -base.at), default=None)
