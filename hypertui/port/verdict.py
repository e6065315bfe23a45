"""How a trade fares, in one of three words, by its snapshot alone: worse facts never give a better word.

Times are milliseconds by the engine's clock: `now` is what that shows when the verdict is given.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

from hypertui.port.engine import EngineView
from hypertui.port.snapshot import Alarm, Dependency, Mode, Severity, Snapshot

GUARD_ALARM = "guard "  # how the keys of the guards' alarms begin
SILENT_AFTER = 10_000  # ms without a snapshot: the engine's loop makes one each half second

_AT_WORK = (Mode.RUNNING, Mode.SELLING_OUT)


class Fitness(IntEnum):
    """The three words; their numbers are the exit statuses of `hypertui health`."""

    OK = 0
    DEGRADED = 1  # protected, but not all is as it should be
    BAD = 2  # somebody has to look now


@dataclass(frozen=True, slots=True)
class TradeVerdict:
    """Of one trade, and why it is not better, the worst first."""

    fitness: Fitness
    why: tuple[str, ...] = ()


def now_of(trade: Snapshot, steady: int) -> int:
    """What the engine's clock shows when the machine's steady one shows `steady`. What was known of a trade
    at its end stays as old as it was then."""
    return trade.at if trade.over else trade.at + max(0, steady - trade.steady)


def verdict(trade: Snapshot, now: int, max_age: int, of_sources: Sequence[Alarm] = ()) -> TradeVerdict:
    """How it fares, with the alarms of the sources that speak to it; a snapshot that is older than `max_age`
    is of an engine that has fallen silent."""
    facts = [*_facts(trade, now, max_age)]
    # What a source wants and does not get leaves what is held as protected as it was.
    facts += [(Fitness.DEGRADED, f"alarm: {alarm.text}") for alarm in of_sources if alarm.active]
    found = sorted(facts, key=lambda fact: -fact[0])
    return TradeVerdict(
        max((fitness for fitness, _ in found), default=Fitness.OK), tuple(why for _, why in found)
    )


def _facts(trade: Snapshot, now: int, max_age: int) -> Iterator[tuple[Fitness, str]]:
    yield from _of_mode(trade)
    if trade.over and trade.mode is Mode.STOPPED:
        return  # it has ended in order: what held then is nobody's concern any more
    for alarm in trade.alarms:
        if alarm.active and alarm.severity is not Severity.INFO:
            # A guard that has tripped has done what it is for: the trade goes on, protected.
            is_critical = alarm.severity is Severity.CRITICAL and not alarm.key.startswith(GUARD_ALARM)
            yield Fitness.BAD if is_critical else Fitness.DEGRADED, f"alarm: {alarm.text}"
    if trade.over:
        return
    if now - trade.at > max_age:
        yield Fitness.BAD, f"silent: no snapshot for {(now - trade.at) // 1000} s"
    if trade.waits:
        return
    lamp = trade.invariant
    if lamp is not None and lamp.unprotected:
        fitness = Fitness.BAD if lamp.settled else Fitness.DEGRADED  # its stop may be on its way
        yield fitness, f"unprotected: {lamp.unprotected}"
    if lamp is not None and lamp.fault and lamp.settled:
        yield Fitness.DEGRADED, f"fault: {lamp.fault}"
    if trade.holds:
        yield Fitness.DEGRADED, f"nothing new is placed: {trade.holds}"
    for source in trade.sources:
        if why := _stale(source, trade, now):
            yield Fitness.DEGRADED, why


def _of_mode(trade: Snapshot) -> Iterator[tuple[Fitness, str]]:
    why = f": {trade.reason}" if trade.reason else ""
    if trade.mode is Mode.HALTED:
        yield Fitness.BAD, f"halted{why}"
    elif trade.waits:
        return  # nothing is held, and nothing has to be asked about it
    elif trade.mode is not Mode.STOPPED and trade.mode not in _AT_WORK:
        yield Fitness.DEGRADED, f"{trade.mode.value}{why}"
    elif trade.mode is Mode.STOPPED and (trade.position or trade.slots):
        yield Fitness.DEGRADED, f"unattended: it has left what it holds{why}"


def _stale(source: Dependency, trade: Snapshot, now: int) -> str:
    if source.seen_at is None:
        return "" if trade.mode is Mode.STARTING else f"stale: {source.name} has not been heard of"
    if not source.connected:
        return f"stale: {source.name} is not connected"
    age = now - source.seen_at
    return f"stale: {source.name} is {age // 1000} s old" if age > source.limit else ""


# For whoever sends requests, or watches a start


def silence(view: EngineView, steady: int) -> str:
    """Why it is not to be believed that the engine's loop goes on, in words; empty where it does."""
    age = min(steady - trade.steady for trade in view.trades)
    return f"no snapshot for {age // 1000} s" if age > SILENT_AFTER else ""


def unready(view: EngineView, steady: int) -> Sequence[str]:
    """Why not every trade runs, or is paused, with all that it holds protected and the exchange in sight, by
    their names; nothing where all do. One that has ended in order is in nobody's way."""
    if why := silence(view, steady):
        return (why,)
    found = [(trade.name, _unready(trade, now_of(trade, steady))) for trade in view.trades]
    return tuple(f"{name}: {why}" for name, why in found if why)


def _unready(trade: Snapshot, now: int) -> str:
    if trade.waits or (trade.over and trade.mode is Mode.STOPPED):
        return ""
    if trade.mode is not Mode.PAUSED and trade.mode not in _AT_WORK:
        return f"{trade.mode.value}: {trade.reason}" if trade.reason else trade.mode.value
    if trade.known_at is None or trade.invariant is None:
        return "the exchange has not been asked about it yet"
    if now - trade.known_at > trade.blind_after:
        return f"the exchange is out of sight for {(now - trade.known_at) // 1000} s"
    return f"{trade.invariant.unprotected} unprotected" if trade.invariant.unprotected else ""


def has_started(trade: Snapshot) -> bool:
    """Whether its start is over: it is settled, asks something, waits for a signal, or has ended."""
    if trade.over or trade.waits or trade.asks is not None:
        return True
    lamp = trade.invariant
    return trade.mode is not Mode.STARTING and (lamp is None or lamp.settled)
