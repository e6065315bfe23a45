"""The guards' vocabulary: what there is, how one stands, what it does at its limit."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from hypertui.core.market import ONE, ZERO, Source, SourceKind

MOST_USED = Decimal(99)  # of a limit is shown: beyond that a figure says nothing more
WARNS_AT = Decimal("0.8")  # of a limit: a guard says so before it trips


class Guard(StrEnum):
    """In the order in which they are shown; of several that hold, the first is named."""

    DAILY_LOSS = "daily_loss"
    DRAWDOWN = "drawdown"
    LOSING_CYCLES = "losing_cycles"
    MAX_POSITION = "max_position"
    MAX_LEVERAGE = "max_leverage"
    MARGIN_USED = "margin_used"
    LIQUIDATION = "liquidation"
    BALANCE = "balance"
    PRICE_JUMP = "price_jump"
    FROZEN_PRICE = "frozen_price"
    MARK_GAP = "mark_gap"
    FUNDING = "funding"
    FEE_DRAG = "fee_drag"
    WHIPSAW = "whipsaw"

    @property
    def words(self) -> str:
        """Its name, for people."""
        return self.value.replace("_", " ")

    @property
    def source(self) -> Source:
        """Who its orders are by."""
        return Source(SourceKind.GUARD, self.value)

    @property
    def is_latched(self) -> bool:
        """Whether it stays tripped until it is reset, however its figure goes on. Such a one withdraws the
        entries; the others place no new ones, leave what is live, and end by themselves."""
        return self in (Guard.DAILY_LOSS, Guard.DRAWDOWN, Guard.LOSING_CYCLES)

    @property
    def is_of_account(self) -> bool:
        """Whether it counts what all trades of the account make together."""
        return self in (Guard.DAILY_LOSS, Guard.DRAWDOWN)

    @property
    def resets(self) -> str:
        """When it ends, or by whom, in words."""
        match self:
            case Guard.DAILY_LOSS:
                return "00:00 UTC or by hand"
            case Guard.DRAWDOWN | Guard.LOSING_CYCLES:
                return "by hand"
            case Guard.PRICE_JUMP:
                return "30 s after it"
            case _:
                return "by itself"


class GuardState(StrEnum):
    """How a guard stands."""

    UNKNOWN = "not known"  # what it counts has not been told yet
    OK = "OK"
    WARN = "WARN"
    TRIPPED = "TRIPPED"
    REARMED = "re-armed"  # by hand, today; it counts anew


class GuardAction(StrEnum):
    """What a guard does at its limit, the mildest first."""

    WARN = "warn"
    HOLD = "hold"  # nothing more is risked
    SELL_OUT = "sell-out"
    FLATTEN = "flatten"

    @property
    def rank(self) -> int:
        """The higher, the more it does."""
        return list(GuardAction).index(self)

    @property
    def holds(self) -> bool:
        """Whether it keeps a trade from taking more risk."""
        return self is not GuardAction.WARN


@dataclass(frozen=True, slots=True)
class GuardVerdict:
    """What one guard says: its `figure` against its `limit`, both in what it counts (a fraction, USD, coins
    of a kind), and in words. `figure` is None while it is not known. `holds` says why nothing more may be
    risked because of it, empty where it may."""

    guard: Guard
    state: GuardState
    figure: Decimal | None
    limit: Decimal
    action: GuardAction
    text: str
    holds: str = ""

    @property
    def is_tripped(self) -> bool:
        """Whether its limit is reached, and it does more than to warn."""
        return self.state is GuardState.TRIPPED

    @property
    def holds_at_limit(self) -> bool:
        """Whether it holds because its limit is reached, though it may be in doubt yet whether by a loss; not
        because its figure is old or not known."""
        at_limit = self.figure is not None and self.figure >= self.limit
        return bool(self.holds) and (self.is_tripped or at_limit)

    @property
    def withdraws(self) -> bool:
        """Whether entries that are live are cancelled, and none is placed until it is reset."""
        return self.is_tripped and self.guard.is_latched

    @property
    def used(self) -> Decimal | None:
        """How much of the limit is used up, a fraction; None while that is not known."""
        if self.figure is None:
            return None
        if self.limit <= 0:
            return ONE if self.figure > 0 else ZERO
        return self.figure / self.limit if self.figure > 0 else ZERO  # a quotient 0 has an exponent

    @property
    def stands(self) -> tuple[object, ...]:
        """What of it is worth writing down when it changes. Its figure is not, nor is a warning of one that
        ends by itself: that may come and go with every price."""
        if self.guard.is_latched:
            return self.guard, self.state, self.action, self.limit
        return self.guard, self.is_tripped, self.action
