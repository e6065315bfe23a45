"""One signal of one market: closed candles and facts in, a row for each out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from hypertui.core.candles import Candle
from hypertui.core.market import ZERO, Side
from hypertui.signals.anchored import AnchoredGauge
from hypertui.signals.context import DayChange, SignalFacts
from hypertui.signals.indicators import gauge_of
from hypertui.signals.liveliness import MEMORY, AtrGauge
from hypertui.signals.names import Indicator, Suppression
from hypertui.signals.readings import Bar, Reading
from hypertui.signals.rules import SignalRules
from hypertui.signals.state import BEGINNING, Scores, SideScore, SignalState, SignalStep, step


@dataclass(frozen=True, slots=True)
class SignalRow:
    """A signal after a candle that ended `at` a time (ms) with a `close` (USD). `readings` are None of an
    indicator that lacks candles, `missing` says how many more the slowest does. Of `scores` there are none
    then. `gap` says whether a candle was missing before this one."""

    at: int
    close: Decimal
    facts: SignalFacts
    readings: Mapping[Indicator, Reading | None]
    scores: Scores | None
    step: SignalStep
    missing: int
    gap: bool

    @property
    def state(self) -> SignalState:
        """The state after it."""
        return self.step.state

    @property
    def fired(self) -> Side | None:
        """The side for which it fired with this candle."""
        return self.step.fired

    @property
    def suppressed(self) -> Suppression | None:
        """Why it did not."""
        return self.step.suppressed

    def on(self, side: Side) -> tuple[Indicator, ...]:
        """The indicators that are on for a side."""
        found = self.readings.items()
        return tuple(each for each, reading in found if reading is not None and reading.of(side).is_on)


class SignalWatch:
    """A function of what it is given: the same candles and facts make the same rows, however many at a time.

    It goes on from the `state` that another one has left: candles up to that time only tell the indicators
    how things are. Those since then make rows as ever, and may fire: whether a firing is still news is for
    whoever takes it to judge by its time."""

    def __init__(self, rules: SignalRules, state: SignalState = BEGINNING) -> None:
        self.rules = rules
        self.state = state
        self._gauges = {each: gauge_of(each, rules.interval) for each, _ in rules.weights}
        self._atr = AnchoredGauge(AtrGauge, MEMORY) if rules.context.needs_atr else None
        self._next: int | None = None  # when the next candle begins (ms)

    def take(self, candle: Candle, facts: SignalFacts) -> SignalRow:
        """Take the next closed candle, with what was known beside it at its end. Raises ValueError for one
        that is not after the last, or of another interval."""
        interval = self.rules.interval
        if candle.at % interval or (self._next is not None and candle.at < self._next):
            raise ValueError(f"a candle that begins at {candle.at} cannot be the next one")
        gap = self._next is not None and candle.at > self._next
        if gap:
            self._begin_again()
        self._next = at = candle.at + interval
        number, bar = candle.at // interval, Bar.of(candle)
        readings = {each: gauge.add(number, bar, facts) for each, gauge in self._gauges.items()}
        atr = None if self._atr is None else self._atr.add(number, bar, facts)
        scores = self._scores(readings, facts, None if atr is None else atr.buy.value)
        if at > self.state.at:
            done = step(self.state, at, scores, self.rules)
            self.state = done.state
        else:
            done = SignalStep(self.state)
        missing = max(gauge.missing for gauge in self._gauges.values())
        return SignalRow(at, candle.close, facts, readings, scores, done, missing, gap)

    def _begin_again(self) -> None:
        for gauge in self._gauges.values():
            gauge.begin_again()
        if self._atr is not None:
            self._atr.begin_again()

    def _scores(
        self, readings: Mapping[Indicator, Reading | None], facts: SignalFacts, atr: float | None
    ) -> Scores | None:
        known = {each: reading for each, reading in readings.items() if reading is not None}
        if len(known) < len(readings):
            return None
        return {side: self._score(side, known, self.rules.context.blocks(side, facts, atr)) for side in Side}

    def _score(
        self, side: Side, readings: Mapping[Indicator, Reading], blocked: Suppression | None
    ) -> SideScore:
        """The weight of what is on, of all weight."""
        on = [weight for each, weight in self.rules.weights if readings[each].of(side).is_on]
        return SideScore(sum(on, ZERO) / self.rules.weight, len(on), blocked)


def walk(
    rules: SignalRules, candles: Iterable[Candle], state: SignalState = BEGINNING
) -> Iterator[SignalRow]:
    """The rows of closed candles, oldest first, whose only facts are what they tell themselves."""
    watch, day = SignalWatch(rules, state), DayChange(rules.interval)
    for candle in candles:
        yield watch.take(candle, SignalFacts(change_24h=day.add(candle)))
