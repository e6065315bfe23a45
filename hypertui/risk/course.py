"""Guards on how a trade goes: cycles that lose, fees, funding, turns at one level. All but the first only
warn."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

from hypertui.core.market import ONE, ZERO
from hypertui.core.phrases import counted
from hypertui.risk.facts import CourseFacts, CycleMark, Facts
from hypertui.risk.guards import Guard
from hypertui.risk.measure import Measure, share, unknown
from hypertui.risk.memory import GuardMemory
from hypertui.risk.rules import GuardRules, percent

FEE_CYCLES = 20  # over which fees are compared with what was made


def losing_cycles(facts: Facts, rules: GuardRules, memory: GuardMemory, now: int) -> Measure:
    """How many cycles in a row have ended with less than they began with, the newest of them. A gain ends the
    row; single sales count for nothing."""
    limit = rules.losing_cycles
    count = _lost_in_a_row(facts.course, memory.cycles_from)
    text = f"{count} of {limit} lost in a row"
    return Measure(Guard.LOSING_CYCLES, Decimal(count), Decimal(limit), count >= limit, text, at=now)


def _lost_in_a_row(course: CourseFacts, since: int) -> int:
    nets = [mark.net for mark in course.marks]
    count = 0
    for before, after in reversed(list(pairwise(nets))):
        if after >= before or count >= course.cycles - since:
            break
        count += 1
    return count


def fee_drag(facts: Facts, rules: GuardRules, _now: int) -> Measure:
    """The fees of the newest 20 cycles as a part of what these made before fees."""
    guard, limit, marks = Guard.FEE_DRAG, rules.fee_drag, facts.course.marks
    assert limit is not None, "it is wanted"
    seen = len(marks) - 1
    if seen < FEE_CYCLES:
        return unknown(guard, limit, f"{max(seen, 0)} of {FEE_CYCLES} cycles seen")
    first, last = marks[-1 - FEE_CYCLES], marks[-1]
    fees, gross = last.fees - first.fees, _gross(last) - _gross(first)
    over = f"the gain of {FEE_CYCLES} cycles before fees"
    if gross <= 0:
        return Measure(guard, ONE, limit, fees > 0, f"there was no gain in {FEE_CYCLES} cycles before fees")
    figure = fees / gross
    return Measure(
        guard, figure, limit, figure > limit, f"{share(figure)} of {over}; {percent(limit)} at most"
    )


def _gross(mark: CycleMark) -> Decimal:
    """Before fees, and without funding."""
    return mark.net + mark.fees - mark.funding


def funding(facts: Facts, rules: GuardRules, _now: int) -> Measure:
    """What the position paid in the newest hour, as a part of its value."""
    guard, limit, paid = Guard.FUNDING, rules.funding, facts.course.funding
    assert limit is not None, "it is wanted"
    if paid is None:
        return unknown(guard, limit, f"? of {percent(limit)} an hour")
    figure = max(paid, ZERO)
    text = f"{figure * 100:.4f} % of {percent(limit)} paid an hour"
    return Measure(guard, figure, limit, figure > limit, text)


def whipsaw(facts: Facts, rules: GuardRules, _now: int) -> Measure:
    """How often the price has turned at one level in ten minutes."""
    limit, turns = rules.whipsaw, facts.course.turns
    text = f"{counted(turns, 'turn')} of {limit} at one unit in 10 min"
    return Measure(Guard.WHIPSAW, Decimal(turns), Decimal(limit), turns > limit, text)
