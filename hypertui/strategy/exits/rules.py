"""The rules by which a trade as a whole may be ended, and what is set of each.

A gain or loss is net of the fees of both ways and of funding, as a fraction of what the trade began with.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from hypertui.core.market import Reason, Source, SourceKind
from hypertui.strategy.exits.trailing import TrailingTerms

# What the exchange takes of a trade's value without a volume discount.
# https://hyperliquid.gitbook.io/hyperliquid-docs/trading/fees
TAKER_FEE = Decimal("0.00045")


# What is left of the way from what the coins cost to their liquidation when the guard before that acts, as a
# fraction of it.
LAST_PART = Decimal("0.1")


class ExitRule(StrEnum):
    """In their order of priority: of several that are due at once the first one acts."""

    LIQUIDATION_GUARD = "liquidation_guard"
    HARD_STOP = "hard_stop"
    SOFT_STOP = "soft_stop"
    TRAILING_STOP = "trailing_stop"
    TAKE_PROFIT = "take_profit"
    SIGNAL_EXIT = "signal_exit"
    TIME_STOP = "time_stop"

    @classmethod
    def by(cls, reason: Reason) -> ExitRule | None:
        """The rule whose orders are made for this reason; None where none is."""
        return cls.__members__.get(reason.name)

    @property
    def reason(self) -> Reason:
        """Why its orders are made."""
        return Reason(self.name)

    @property
    def source(self) -> Source:
        """Who they are by."""
        return Source(SourceKind.EXIT, self.value)

    @property
    def words(self) -> str:
        """Its name, for people."""
        return self.value.replace("_", " ")


@dataclass(frozen=True, slots=True)
class ExitRules:
    """Which rules there are: a loss or gain (fractions above 0), whether a signal may close, how long (ms) a
    trade may last, how a stop trails, and whether it ends before a liquidation. None and False where a rule
    is not wanted. Where they are `native`, the stops and the profit rest at the exchange too."""

    hard_stop: Decimal | None = None
    soft_stop: Decimal | None = None
    take_profit: Decimal | None = None
    signal_exit: bool = False
    time_stop: int | None = None
    trailing_stop: TrailingTerms | None = None
    native: bool = True
    liquidation_guard: bool = True

    @property
    def wanted(self) -> tuple[ExitRule, ...]:
        """Those that are, by priority, of the ones that a trade's own books decide."""
        own = (rule for rule in ExitRule if rule is not ExitRule.LIQUIDATION_GUARD)
        return tuple(rule for rule in own if getattr(self, rule.value) not in (None, False))

    @property
    def needs_candles(self) -> bool:
        """Whether any of them goes by the ATR."""
        return self.trailing_stop is not None and self.trailing_stop.follows_atr

    def limit(self, rule: ExitRule) -> str:
        """What is set of a rule that is wanted, in words."""
        match rule:
            case ExitRule.LIQUIDATION_GUARD:
                return f"{percent(LAST_PART)} left"
            case ExitRule.HARD_STOP | ExitRule.SOFT_STOP:
                return f"-{percent(getattr(self, rule.value))}"
            case ExitRule.TAKE_PROFIT:
                return f"+{percent(getattr(self, rule.value))}"
            case ExitRule.TRAILING_STOP:
                assert self.trailing_stop is not None, "the rule is wanted"
                return f"from +{percent(self.trailing_stop.arm)}"
            case ExitRule.TIME_STOP:
                assert self.time_stop is not None, "the rule is wanted"
                return span(self.time_stop)
            case ExitRule.SIGNAL_EXIT:
                return "no loss"

    def in_words(self) -> str:
        """All that are wanted."""
        return ", ".join(f"{rule.words} {self.limit(rule)}" for rule in self.wanted) or "none"

    def contradictions(self) -> Iterator[str]:
        """What cannot be meant, a line each."""
        hard, soft, fees = self.hard_stop, self.soft_stop, 2 * TAKER_FEE
        for name, loss in (("hard_stop", hard), ("soft_stop", soft)):
            if loss is not None and loss <= fees:
                yield f"{name} {percent(loss)} is not above {percent(fees)}, the fees of buying and selling"
        if hard is not None and soft is not None and soft >= hard:
            said = f"soft_stop {percent(soft)} is not below hard_stop {percent(hard)}"
            yield f"{said}: the hard stop would always act first"
        if self.trailing_stop is not None:
            yield from self._contradictions_in(self.trailing_stop)

    def _contradictions_in(self, trailing: TrailingTerms) -> Iterator[str]:
        most, least, arm, fees = trailing.most, trailing.least, trailing.arm, 2 * TAKER_FEE
        if most <= fees:
            yield f"trailing_max {percent(most)} is not above {percent(fees)}, the fees of buying and selling"
        elif most < least:
            yield f"trailing_max {percent(most)} is below trailing_min {percent(least)}"
        if self.take_profit is not None and arm >= self.take_profit:
            said = f"trailing_arm {percent(arm)} is not below take_profit {percent(self.take_profit)}"
            yield f"{said}: the profit would always be taken first"


@dataclass(frozen=True, slots=True)
class ExitTerms:
    """The rules of one trade: `stake` is what it began with (USD), at `since` (ms); a sale costs `fee`, a
    fraction of its value."""

    rules: ExitRules
    stake: Decimal
    since: int
    fee: Decimal = TAKER_FEE


def span(ms: int) -> str:
    """A time in hours and minutes, the last one begun counted; under a minute in seconds."""
    if ms < 60_000:
        return f"{-(-ms // 1000)} s"
    minutes = -(-ms // 60_000)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"


def percent(fraction: Decimal) -> str:
    """A fraction as it is written: 5%, 0.25%."""
    return f"{(fraction * 100).normalize():f}%"
