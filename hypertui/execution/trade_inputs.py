"""Everything that can change a trade's state, as one union of frozen values. Times are ms.

Each is journalled before it takes effect. Applied in order they give the state of the trade again, whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from hypertui.core.market import Fill, Grouping, IngestVia, Order
from hypertui.core.order_key import OrderKey
from hypertui.exchange.protocol import CancelOutcome, FundingPayment, OrderReport, Placed
from hypertui.execution.orders import Decision, Role
from hypertui.execution.trading_state import TradingState
from hypertui.risk.guards import Guard, GuardVerdict
from hypertui.risk.memory import GuardMemory
from hypertui.risk.rules import GuardRules
from hypertui.strategy.base import EntryTold, StayEnded
from hypertui.strategy.exits.rules import ExitRule, ExitTerms
from hypertui.strategy.exits.watch import ExitVerdict

# Before the trade is open


@dataclass(frozen=True, slots=True)
class EntrySent:
    """The opening order is about to be sent, decided at `price` (USD)."""

    at: int
    order: Order
    expires_at: int
    price: Decimal


@dataclass(frozen=True, slots=True)
class TradeOpened:
    """The entry has been filled, or a position taken over."""

    at: int
    fills: tuple[Fill, ...]


# What the exchange says


@dataclass(frozen=True, slots=True)
class PriceMoved:
    """A price that matters to the trade; `changed` tells whether it differs from the one before."""

    at: int
    price: Decimal
    changed: bool


@dataclass(frozen=True, slots=True)
class FillReceived:
    """A fill of an own order, made at `made_at` by this machine's clock."""

    at: int
    fill: Fill
    made_at: int
    via: IngestVia


@dataclass(frozen=True, slots=True)
class FillAdopted:
    """A fill that no order known here made becomes the trade's, with its role and what is known of why."""

    at: int
    fill: Fill
    role: Role
    decision: Decision
    via: IngestVia


@dataclass(frozen=True, slots=True)
class OrderAnswered:
    """The answer to the placement of one order."""

    at: int
    client_id: str
    answer: Placed


@dataclass(frozen=True, slots=True)
class OrdersNotPlaced:
    """A placement that never took effect."""

    at: int
    client_ids: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class CancelAnswered:
    """The answer to the cancel of one order."""

    at: int
    client_id: str
    outcome: CancelOutcome


@dataclass(frozen=True, slots=True)
class CancelsNotSent:
    """A cancel that never took effect."""

    at: int
    client_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OrderReported:
    """A notice of an own order, by the feed or in an answer."""

    at: int
    report: OrderReport
    from_feed: bool


@dataclass(frozen=True, slots=True)
class QuestionAnswered:
    """What became of an order that was asked about at `asked_at`; None where the exchange does not know it.
    `mark` is the newest price (USD) by then, whether it mattered or not."""

    at: int
    client_id: str
    report: OrderReport | None
    asked_at: int
    mark: Decimal | None


@dataclass(frozen=True, slots=True)
class QuestionFailed:
    """A question about an order brought no answer."""

    at: int
    client_id: str


@dataclass(frozen=True, slots=True)
class OrderAltered:
    """An order works with another size or price than it was sent with."""

    at: int
    client_id: str


@dataclass(frozen=True, slots=True)
class FillsCompared:
    """Every fill that the exchange had at `until` is booked."""

    at: int
    until: int


@dataclass(frozen=True, slots=True)
class FundingBooked:
    """Funding was paid or received."""

    at: int
    payment: FundingPayment


@dataclass(frozen=True, slots=True)
class DustCorrected:
    """The exchange holds `difference` coins more (or, negative, fewer) than the books, too few for an
    order."""

    at: int
    difference: Decimal


# What is decided here


@dataclass(frozen=True, slots=True)
class OrderSent:
    """An order is about to be sent."""

    at: int
    order: Order
    role: Role
    key: OrderKey
    level: int | None
    decision: Decision
    grouping: Grouping = Grouping.NONE

    @property
    def is_child(self) -> bool:
        """Whether it waits for the entry that was sent just before it."""
        return self.grouping is Grouping.NORMAL and self.role is not Role.BUY


@dataclass(frozen=True, slots=True)
class CancelSent:
    """Cancels are about to be sent."""

    at: int
    client_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class QuestionAsked:
    """An order is about to be asked about."""

    at: int
    client_id: str


@dataclass(frozen=True, slots=True)
class CoinsGivenUp:
    """A remainder for which the exchange takes no order leaves its key."""

    at: int
    key: OrderKey


@dataclass(frozen=True, slots=True)
class StrategyHalted:
    """The strategy can go on no more."""

    at: int
    reason: str


@dataclass(frozen=True, slots=True)
class SellOutBegan:
    """Nothing is bought any more, for the rest of the trade."""

    at: int


@dataclass(frozen=True, slots=True)
class StateSet:
    """Whether it trades has changed."""

    at: int
    state: TradingState


@dataclass(frozen=True, slots=True)
class WishSet:
    """What is ordered and not done yet; no `verb` where nothing is. One that `leaves` ends the run."""

    at: int
    verb: str
    reason: str
    leaves: bool = False


@dataclass(frozen=True, slots=True)
class ExitsSet:
    """These are the rules by which the trade is ended from now on."""

    at: int
    terms: ExitTerms


@dataclass(frozen=True, slots=True)
class PriceWatched:
    """A price that matters to the exits of a trade whose strategy stands."""

    at: int
    price: Decimal


@dataclass(frozen=True, slots=True)
class VolatilityMeasured:
    """The ATR (USD) of closed candles, the newest of which ended at `until` by the exchange's clock."""

    at: int
    atr: Decimal
    until: int


@dataclass(frozen=True, slots=True)
class ExitSignalled:
    """Somebody asks to close the trade, as soon as its rules let a signal do so."""

    at: int
    by: str


@dataclass(frozen=True, slots=True)
class ExitBegan:
    """A rule ends the trade at `price` (USD); what each rule said then."""

    at: int
    rule: ExitRule
    price: Decimal
    verdicts: tuple[ExitVerdict, ...]


@dataclass(frozen=True, slots=True)
class GuardsSet:
    """These are the limits on the risk from now on."""

    at: int
    rules: GuardRules


@dataclass(frozen=True, slots=True)
class GuardsJudged:
    """What the guards say has changed, or what they have to remember."""

    at: int
    verdicts: tuple[GuardVerdict, ...]
    memory: GuardMemory


@dataclass(frozen=True, slots=True)
class GuardRearmed:
    """Somebody has reset a guard, and said why; what the guards say and remember after that."""

    at: int
    guard: Guard
    by: str
    reason: str
    verdicts: tuple[GuardVerdict, ...]
    memory: GuardMemory


@dataclass(frozen=True, slots=True)
class PatienceSet:
    """How long (ms) an order may go without an answer before it is asked about."""

    at: int
    patience: int


# What happens to the process


@dataclass(frozen=True, slots=True)
class ProcessStarted:
    """A process has taken the trade up; the ids of its orders carry its number `start`."""

    at: int
    start: int


@dataclass(frozen=True, slots=True)
class TradeRebuilt:
    """The orders carry the number of an earlier trade (16 hex digits)."""

    at: int
    trade: str


@dataclass(frozen=True, slots=True)
class InputFailed:
    """The input before this one could not be taken."""

    at: int
    input: str
    error: str


Input: TypeAlias = (
    EntrySent
    | TradeOpened
    | PriceMoved
    | FillReceived
    | FillAdopted
    | OrderAnswered
    | OrdersNotPlaced
    | CancelAnswered
    | CancelsNotSent
    | OrderReported
    | QuestionAnswered
    | QuestionFailed
    | OrderAltered
    | FillsCompared
    | FundingBooked
    | DustCorrected
    | OrderSent
    | CancelSent
    | QuestionAsked
    | CoinsGivenUp
    | StrategyHalted
    | SellOutBegan
    | StateSet
    | WishSet
    | ExitsSet
    | PriceWatched
    | VolatilityMeasured
    | ExitSignalled
    | ExitBegan
    | EntryTold
    | StayEnded
    | GuardsSet
    | GuardsJudged
    | GuardRearmed
    | PatienceSet
    | ProcessStarted
    | TradeRebuilt
    | InputFailed
)
