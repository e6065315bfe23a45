"""The watch over a trade's guards: what was said of each last, and how the trade has gone."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from decimal import Decimal

from hypertui.core.market import ZERO
from hypertui.core.trade_book import TradeBook
from hypertui.risk.course import FEE_CYCLES
from hypertui.risk.facts import CourseFacts, CycleMark
from hypertui.risk.guards import Guard, GuardVerdict
from hypertui.risk.memory import Base, GuardMemory
from hypertui.risk.rules import GuardRules

_TURNS_IN = 600_000  # ms in which turns at one level are counted
_NOTHING = CycleMark(ZERO, ZERO)
_RISEN = Decimal("0.001")  # of a peak: by less it is not worth a row


@dataclass(slots=True)
class GuardWatch:
    """Of one trade: nothing but its inputs changes it. `marks` are what it had made at the end of its newest
    cycles, with where it stood before them; `turns` when (ms) the price turned lately and at which level."""

    rules: GuardRules | None = None
    memory: GuardMemory = field(default_factory=GuardMemory)
    verdicts: tuple[GuardVerdict, ...] = ()
    cycles: int = 0
    marks: list[CycleMark] = field(default_factory=lambda: [_NOTHING])
    turns: list[tuple[int, int]] = field(default_factory=list)
    funding: Decimal | None = None  # that the position paid in the newest hour, a fraction of its value
    _level: int | None = None
    _upwards: bool | None = None

    # What happens

    def set(self, rules: GuardRules) -> None:
        """These are the limits from now on. What has tripped stays so."""
        self.rules = rules
        kept = [each for each in self.verdicts if each.guard in rules.wanted]
        self.verdicts = tuple(replace(each, action=rules.action(each.guard)) for each in kept)

    def judged(self, verdicts: tuple[GuardVerdict, ...], memory: GuardMemory) -> None:
        """What they say has changed."""
        self.verdicts, self.memory = verdicts, memory

    def on_fill(self, price: Decimal, book: TradeBook, cycles: int | None) -> None:
        """Coins have changed hands at `price`; so many `cycles` of the strategy have ended by now."""
        if cycles is not None and cycles > self.cycles:
            self.cycles = cycles
            self.marks.append(CycleMark(book.net_pnl(price), book.fees, book.funding))
            del self.marks[: -1 - FEE_CYCLES]

    def on_move(self, level: int, upwards: bool, at: int) -> None:
        """The price has moved the strategy to another level."""
        if self._level is not None and self._upwards is not None and upwards is not self._upwards:
            self.turns.append((at, self._level))
        self.turns = [turn for turn in self.turns if at - turn[0] <= _TURNS_IN]
        self._level, self._upwards = level, upwards

    def on_funding(self, received: Decimal, value: Decimal) -> None:
        """An hour's funding was `received` (USD, negative when paid) for a position of this `value` (USD)."""
        self.funding = -received / value if value > 0 else None

    # What is so

    @property
    def withdraws(self) -> bool:
        """Whether no entry is wanted: those that are live are cancelled until it is reset."""
        return any(each.withdraws for each in self.verdicts)

    @property
    def tripped(self) -> tuple[GuardVerdict, ...]:
        """Those whose limit is reached, and that do more than to warn."""
        return tuple(each for each in self.verdicts if each.is_tripped)

    def verdict(self, guard: Guard) -> GuardVerdict | None:
        """What was said of one last."""
        return next((each for each in self.verdicts if each.guard is guard), None)

    def course(self, now: int) -> CourseFacts:
        """How the trade has gone by `now` (ms)."""
        lately = Counter(level for at, level in self.turns if now - at <= _TURNS_IN)
        return CourseFacts(self.cycles, tuple(self.marks), max(lately.values(), default=0), self.funding)

    def differs(self, verdicts: tuple[GuardVerdict, ...], memory: GuardMemory) -> bool:
        """Whether what is said now is worth writing down: a state, an action or a limit has changed, or
        something that has to outlive the process. A peak does not for every cent."""
        if [each.stands for each in verdicts] != [each.stands for each in self.verdicts]:
            return True
        known, peak = self.memory.peak, memory.peak
        if known is not None and peak is not None and _is_about(peak, known):
            memory = replace(memory, peak=known)
        return memory != self.memory


def _is_about(peak: Base, known: Base) -> bool:
    same = peak.rearmed_at == known.rearmed_at
    return same and abs(peak.equity - known.equity) < known.equity * _RISEN
