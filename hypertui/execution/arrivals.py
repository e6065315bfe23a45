"""What arrives in the queue of a run: the feed's messages, answers, commands, news of the journal. Times are
ms."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

from hypertui.core.candles import Candle
from hypertui.core.market import Fill
from hypertui.exchange.protocol import (
    AccountState,
    CancelOutcome,
    ExchangeError,
    FeedNews,
    FundingPayment,
    OrderReport,
    Placed,
    Quote,
    Signer,
    Transfer,
)
from hypertui.execution.actions import Cancel, Place
from hypertui.execution.durability import JournalFailed, JournalRecovered
from hypertui.execution.enquiry import EnquiryAnswered, EnquiryFailed
from hypertui.execution.orders import OwnOrder
from hypertui.execution.plausible import PriceConfirmed
from hypertui.execution.recovery.reconciliation import Findings
from hypertui.port.commands import Ack, Command

# The answer to a command for a trade that has ended, or has not begun.
NOT_RUNNING = "the trade is not running"

ActionOutcome: TypeAlias = Sequence[Placed] | Sequence[CancelOutcome] | ExchangeError


@dataclass(frozen=True, slots=True)
class ActionEnded:
    """What became of a placement or a cancel that was sent at `sent_at`: an answer for each order, or why
    none."""

    action: Place | Cancel
    sent_at: int
    outcome: ActionOutcome


@dataclass(frozen=True, slots=True)
class PlacementHeld:
    """A placement that waited for its rows and has not left: why they cannot be written."""

    action: Place
    problem: str


@dataclass(frozen=True, slots=True)
class CancelHeld:
    """A cancel that waited for its rows and has not left: an order that it covered its coins by works no
    more."""

    action: Cancel


@dataclass(frozen=True, slots=True)
class OrderLookedUp:
    """The answer to a question about an order, None where the exchange does not know it, and the fills that
    were asked for with it."""

    order: OwnOrder
    asked_at: int
    report: OrderReport | None
    fills: Sequence[Fill]


@dataclass(frozen=True, slots=True)
class LookUpFailed:
    """A question about an order that brought no answer."""

    order: OwnOrder
    error: ExchangeError


@dataclass(frozen=True, slots=True)
class AccountRead:
    """The account, asked for at `asked_at`, when so many fills had been booked."""

    account: AccountState
    asked_at: int
    booked: int


@dataclass(frozen=True, slots=True)
class ComparisonRead:
    """What the exchange said of orders and fills."""

    findings: Findings


@dataclass(frozen=True, slots=True)
class FundingRead:
    """Payments of funding since the last that is booked, that one among them, asked for at `asked_at`."""

    asked_at: int
    payments: Sequence[FundingPayment]


@dataclass(frozen=True, slots=True)
class TransfersRead:
    """What was paid into and out of the account, asked for at `asked_at`."""

    asked_at: int
    transfers: Sequence[Transfer]


@dataclass(frozen=True, slots=True)
class AllowanceRead:
    """How many actions the account may still send is known."""


@dataclass(frozen=True, slots=True)
class SignerRead:
    """The key that signs, as the exchange knows it."""

    signer: Signer


@dataclass(frozen=True, slots=True)
class FeeRead:
    """What a taker pays of a trade's value, as a fraction."""

    fee: Decimal


@dataclass(frozen=True, slots=True)
class CandlesRead:
    """The candles of the market, oldest first, asked for when the newest closed one had `ended` by the
    exchange's clock."""

    candles: Sequence[Candle]
    ended: int


@dataclass(frozen=True, slots=True)
class QuestionInVain:
    """What could not be asked, in words, and why."""

    what: str
    error: ExchangeError


@dataclass(frozen=True, slots=True)
class PriceRead:
    """The price, asked for while the feed is down."""

    quote: Quote


@dataclass(frozen=True, slots=True)
class MarketDelisted:
    """The market trades no more."""


@dataclass(frozen=True, slots=True)
class SettlementRead:
    """The fills since the entry and the position (coins) of a market that trades no more."""

    fills: Sequence[Fill]
    position: Decimal


@dataclass(frozen=True, slots=True)
class CommandGiven:
    """An operator's command, and who waits for the first answer to it. `beside` are the keys of alarms of
    others than the trade that it has acknowledged already."""

    command: Command
    answer: asyncio.Future[Ack]
    beside: Sequence[str] = ()


AccountArrival: TypeAlias = (
    AccountRead | ComparisonRead | FundingRead | TransfersRead | AllowanceRead | SignerRead | QuestionInVain
)
ActionArrival: TypeAlias = ActionEnded | PlacementHeld | CancelHeld | OrderLookedUp | LookUpFailed
TradeArrival: TypeAlias = (
    AccountArrival | ActionArrival | CandlesRead | FeeRead | PriceRead | MarketDelisted | SettlementRead
)
Arrival: TypeAlias = (
    FeedNews
    | TradeArrival
    | EnquiryAnswered[Any]
    | EnquiryFailed[Any]
    | PriceConfirmed
    | JournalRecovered
    | JournalFailed
    | CommandGiven
)


def turn_away(left: Iterable[Arrival]) -> None:
    """Answer the commands among what nobody will handle any more: somebody waits for each."""
    for arrival in left:
        if isinstance(arrival, CommandGiven) and not arrival.answer.done():
            arrival.answer.set_result(Ack(arrival.command.id, False, NOT_RUNNING))
