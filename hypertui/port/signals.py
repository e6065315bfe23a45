"""Signals as those see them who watch an engine: what the indicators say, and how far each signal is.

Times are milliseconds since the Unix epoch. Scores and shares are fractions. Values of indicators are
statistics in floating point, and no money.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from hypertui.core.market import Side


@dataclass(frozen=True, slots=True)
class IndicatorSideView:
    """An indicator for one side: it `is_on` where its `value` compares with what it `needs` in this way (`>`,
    `<=`, …). All three are None while it lacks candles. `rate` is the share of the counted candles in which
    it was on, None of none; one that `is_odd` tells nothing: it is on nearly always, or never."""

    comparison: str
    value: float | None = None
    needs: float | None = None
    is_on: bool | None = None
    rate: Decimal | None = None
    is_odd: bool = False


@dataclass(frozen=True, slots=True)
class IndicatorView:
    """An indicator that counts: its `name` as it is set, and in `words`. `unit` is % or, of a price in USD or
    a bare figure, empty."""

    name: str
    words: str
    unit: str
    weight: Decimal
    buy: IndicatorSideView
    sell: IndicatorSideView

    def of(self, side: Side) -> IndicatorSideView:
        """What it says of one side."""
        return self.buy if side is Side.BUY else self.sell


@dataclass(frozen=True, slots=True)
class SignalView:
    """A signal of one market, after the candle that ended at `candle_at` with this `close` (USD); both None
    before the first. It fires for a side whose score reaches the `target`, turns round at `turns_at` while
    it is fired for the other one, and ends below `exit`.

    `action` is what it may do to its `trade`: open, close, both, or, empty, nothing: it is only watched.
    `state` is NEUTRAL, ARMED, FIRED or COOLDOWN, for a `side`, since `since`; a cooldown ends at
    `cooldown_until`. `blocked` says what keeps it from firing, by a closed list, and `blocked_words` for
    people. `missing` candles are needed until all indicators are known. The rates of its indicators are of
    the newest `counted` candles, 30 days at most.

    `late_after` is when the next candle is overdue, and `trouble` why there is none, in words. `last_intent`
    is the id of the newest intent that it has led to since the engine began.
    """

    name: str
    symbol: str
    trade: str
    action: str
    family: str
    timeframe: str
    interval: int
    indicators: tuple[IndicatorView, ...]
    target: Decimal
    exit: Decimal
    turns_at: Decimal
    min_indicators: int
    buy_score: Decimal | None = None
    sell_score: Decimal | None = None
    state: str = "NEUTRAL"
    side: Side | None = None
    since: int | None = None
    cooldown_until: int | None = None
    blocked: str = ""
    blocked_words: str = ""
    missing: int | None = None
    counted: int = 0
    candle_at: int | None = None
    close: Decimal | None = None
    change_24h: Decimal | None = None
    spread: Decimal | None = None
    funding: Decimal | None = None  # of an hour; positive where longs pay
    late_after: int | None = None
    trouble: str = ""
    last_intent: str = ""
    needs_arming: bool = False
    armed_until: int | None = None

    def is_armed(self, now: int) -> bool:
        """Whether it may act at `now`, as far as its arming goes; without an `action` it never does."""
        return not self.needs_arming or (self.armed_until is not None and now < self.armed_until)

    def is_late(self, now: int) -> bool:
        """Whether its next candle is overdue."""
        return self.late_after is not None and now > self.late_after

    def score(self, side: Side) -> Decimal | None:
        """That of one side, None while it is not known."""
        return self.buy_score if side is Side.BUY else self.sell_score


class SignalBoard(Protocol):
    """What an engine is told of its signals, from any thread."""

    @property
    def view(self) -> tuple[SignalView, ...]:
        """The newest one of each, in the order of the settings."""
