"""The course of a backtest: what it held from when on, and every fill.

Between two fills the net PnL is a straight line in the price. So a course keeps a leg for each change of what
is held, and no figure for a price: with the series beside it, the PnL of any moment follows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from hypertui.backtest.instant_exchange import Costs
from hypertui.core.market import ONE, ZERO, Fill, Reason, Side
from hypertui.execution.trade_news import FillBooked
from hypertui.strategy.ladder.ladder import Ladder


@dataclass(frozen=True, slots=True)
class CourseLeg:
    """The state from price number `tick` of the series on, until the next leg: `position` in coins, and the
    net PnL (USD) that it would have at a price of 0, `base`."""

    tick: int
    position: Decimal
    base: Decimal
    unit: int
    phase: str

    def net_pnl(self, price: Decimal) -> Decimal:
        """All that had been made with the coins valued at `price` (USD)."""
        return self.base + self.position * price


@dataclass(frozen=True, slots=True)
class CourseFill:
    """A fill at price number `tick` of the series, at `at` (ms). Money in USD: `price` has the slippage in
    it, `slippage` is what that cost, `gap` what it cost that the price had jumped beyond the trigger. `gain`
    is what it realised, None where it closed nothing; `unit` None where its order stood at none."""

    tick: int
    at: int
    side: Side
    size: Decimal
    price: Decimal
    fee: Decimal
    slippage: Decimal
    gap: Decimal
    reason: str
    unit: int | None
    gain: Decimal | None


@dataclass(frozen=True, slots=True)
class Course:
    """Legs and fills, oldest first; there is one leg at least."""

    legs: Sequence[CourseLeg]
    fills: Sequence[CourseFill]


class CourseRecorder:
    """Of one walk: `begin`, then `look` after each price that was walked."""

    def __init__(self, costs: Costs) -> None:
        self._costs = costs
        self._legs: list[CourseLeg] = []
        self._fills: list[CourseFill] = []
        self._seen: tuple[int, int, Decimal] | None = None

    @property
    def course(self) -> Course:
        """What there is so far."""
        return Course(self._legs, self._fills)

    def begin(self, entry: Fill, ladder: Ladder) -> None:
        """Take the opening, which is at the first price."""
        self._fills.append(self._fill(0, entry, entry.price, Reason.ENTRY, 0, None, slips=False))
        self.look(0, ladder, ())

    def look(self, tick: int, ladder: Ladder, booked: Sequence[FillBooked]) -> None:
        """Take the state after price number `tick`, and the fills since the last look."""
        for each in booked:
            fill, decision = each.fill, each.decision
            closes = each.realized_pnl if fill.side is Side.SELL else None
            target = fill.price if decision.target is None else decision.target
            self._fills.append(self._fill(tick, fill, target, decision.reason, each.level, closes))
        book = ladder.book
        seen = (len(self._fills), ladder.moves, book.funding)
        if seen != self._seen:
            self._seen = seen
            leg = CourseLeg(tick, book.position, book.net_pnl(ZERO), ladder.unit, ladder.phase.value)
            if self._legs and self._legs[-1].tick == tick:
                self._legs.pop()
            self._legs.append(leg)

    def _fill(
        self,
        tick: int,
        fill: Fill,
        target: Decimal,
        reason: str,
        unit: int | None,
        gain: Decimal | None,
        *,
        slips: bool = True,
    ) -> CourseFill:
        sign = fill.side.sign
        whole = fill.price / (ONE + sign * self._costs.slippage) if slips else fill.price
        slippage = sign * (fill.price - whole) * fill.size
        gap = sign * (whole - target) * fill.size if slips else ZERO
        return CourseFill(
            tick, fill.time, fill.side, fill.size, fill.price, fill.fee, slippage, gap, reason, unit, gain
        )
