"""The exchange as the engine knows it: questions, actions, answers, feed messages and typed errors.

The engine is written against `Exchange`; `hypertui.exchange.hyperliquid` fulfils it for paper, testnet and
mainnet alike. Times are milliseconds since the Unix epoch, money and sizes `Decimal` in USD and coins.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from hypertui.core.market import ZERO, Fill, Grouping, Instrument, Order, OrderType, Side, TimeInForce


class ExchangeError(Exception):
    """Base of what can go wrong between the engine and the venue; the text is fit for an operator."""


class Rejected(ExchangeError):
    """The venue understood the whole action and refused it; nothing of it took effect."""


class NotAuthorized(Rejected):
    """The venue does not know the key that signed as one that may act for the account."""


class Halted(Rejected):
    """The venue takes no orders in this market, for now or for ever."""


class Unknown(ExchangeError):
    """The action was sent and no usable answer came: it may or may not have taken effect."""


class RateLimited(ExchangeError):
    """The venue asks for less; nothing took effect. `retry_after` is in seconds. `actions_only`: questions
    are still answered."""

    def __init__(self, text: str, retry_after: float, *, actions_only: bool = False) -> None:
        super().__init__(text)
        self.retry_after = retry_after
        self.actions_only = actions_only


class Unreachable(ExchangeError):
    """The request never reached the venue; nothing took effect."""


class Refusal(StrEnum):
    """Why the venue refused one order, as far as the engine must tell reasons apart; and when the same order
    may be accepted, where that is known."""

    FLAT = "flat"  # reduce-only, and no position that it would reduce: once the position has changed
    PASSED = "passed"  # a trigger on the wrong side of the price: once the price is on the other side again
    MARGIN = "margin"  # with more margin, or after something else was closed
    MINIMUM = "minimum"  # never: it is worth too little
    POST_ONLY = "post_only"  # only post-only orders are accepted: minutes after a network upgrade
    WOULD_MATCH = "would_match"  # post-only, and would have traded at once: once the book has moved
    NO_MATCH = "no_match"  # had to trade at once, and nothing was within its limit: once the book has moved
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Resting:
    """The order works at the venue."""

    order_id: int


@dataclass(frozen=True, slots=True)
class Filled:
    """The order was executed at once, perhaps in part: `size` coins at `price` on average."""

    order_id: int
    size: Decimal
    price: Decimal


@dataclass(frozen=True, slots=True)
class Waiting:
    """The order works as one of a group, under an id that this answer does not tell: by its client id it is
    found. It waits for its trigger where it is `armed`, else for its parent to fill."""

    armed: bool


@dataclass(frozen=True, slots=True)
class Refused:
    """The order was refused, in the venue's words."""

    kind: Refusal
    text: str


Placed = Resting | Filled | Waiting | Refused


class CancelOutcome(StrEnum):
    CANCELLED = "cancelled"
    NOT_WORKING = "not_working"  # never placed, already cancelled, or filled: proves nothing by itself


class OrderState(StrEnum):
    """What the venue says of an order. An order ends in FILLED, CANCELLED or REJECTED."""

    OPEN = "open"
    TRIGGERED = "triggered"
    FILLED = "filled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"

    @property
    def ended(self) -> bool:
        return self in (OrderState.FILLED, OrderState.CANCELLED, OrderState.REJECTED)


@dataclass(frozen=True, slots=True)
class OrderReport:
    """One order as the venue sees it at `time`; `status` is the venue's own word for `state`.

    `remaining` is the size not filled yet; it reads 0 for a filled order and says nothing for an ended one.
    """

    symbol: str
    order_id: int
    client_id: str | None
    side: Side
    state: OrderState
    status: str
    size: Decimal
    remaining: Decimal
    time: int


@dataclass(frozen=True, slots=True)
class OpenOrder:
    """An order that works at the venue. `type` and `tif` are None where the venue's word is not one of ours,
    `tif` for a trigger too. `parent` is the id of the order that must fill before this one may fire. One that
    belongs to the position (`position_tpsl`) and has nothing `remaining` closes all of it."""

    symbol: str
    order_id: int
    client_id: str | None
    side: Side
    remaining: Decimal
    limit: Decimal
    trigger: Decimal | None
    reduce_only: bool
    time: int
    type: OrderType | None = None
    tif: TimeInForce | None = None
    position_tpsl: bool = False
    parent: int | None = None

    @property
    def closes_all(self) -> bool:
        """Whether it closes the position, whatever that is by then."""
        return self.position_tpsl and not self.remaining


class Pooling(StrEnum):
    """How an account keeps its collateral: the perpetuals have their own, or share the spot balance."""

    APART = "apart"
    UNIFIED = "unified account"
    PORTFOLIO = "portfolio margin"


@dataclass(frozen=True, slots=True)
class Collateral:
    """What backs an account's cross positions, in USD: its `equity`, the margin that they use of it, and what
    they need to be kept. Isolated positions are no part of it."""

    equity: Decimal
    used: Decimal
    maintenance: Decimal

    @property
    def free(self) -> Decimal:
        """What new positions may use as margin; negative where even the old ones have too little."""
        return self.equity - self.used


@dataclass(frozen=True, slots=True)
class AccountState:
    """The account and its position in one market. `funding` is what the open position has received so far
    (negative when paid), `position_margin` the margin (USD) that it uses, which an `isolated` one has for
    itself."""

    equity: Decimal
    margin_used: Decimal
    position: Decimal
    entry_price: Decimal | None
    liquidation_price: Decimal | None
    leverage: int
    funding: Decimal
    time: int
    cross: Collateral
    isolated: bool = False
    position_margin: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class FundingPayment:
    """Funding of the position, booked at `time`: `amount` USD received, negative when paid."""

    time: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Transfer:
    """Money of the account that moved otherwise than by trading and funding, at `time` in the transaction
    `hash`: `kind` and `delta` are the venue's own words (userNonFundingLedgerUpdates)."""

    time: int
    hash: str
    kind: str
    delta: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Allowance:
    """What the venue lets this client still send: request weight, which refills all the time, and actions of
    the account, which only trading refills (None until the venue has been asked)."""

    weight: int
    weight_limit: int
    requests: int | None = None
    requests_limit: int | None = None


@dataclass(frozen=True, slots=True)
class Signer:
    """The key that signs: its address, the name of the API wallet that it is (empty without one), until when
    it may act (ms; None where the venue does not say, or the account signs itself), and whether it still
    may."""

    address: str
    name: str = ""
    valid_until: int | None = None
    may_act: bool = True


@dataclass(frozen=True, slots=True)
class Standing:
    """How this client stands at the venue: who signs, the taker's fee as a fraction of a trade's value, how
    the account keeps its collateral, and the addresses of requests and feed."""

    signer: Signer
    taker_fee: Decimal
    base_url: str
    feed_url: str
    pooling: Pooling = Pooling.APART


@dataclass(frozen=True, slots=True)
class Quote:
    """Prices of one market: `mark` fires triggers, `mid` and `last` may be missing."""

    mark: Decimal
    mid: Decimal | None
    last: Decimal | None


@dataclass(frozen=True, slots=True)
class PriceTick:
    """A new price of the market, from the feed."""

    quote: Quote


@dataclass(frozen=True, slots=True)
class FillNotice:
    """Fills from the feed. `snapshot` is True for the first one of a connection, which repeats old fills."""

    fills: tuple[Fill, ...]
    snapshot: bool


@dataclass(frozen=True, slots=True)
class OrderNotice:
    """Orders that changed, from the feed."""

    reports: tuple[OrderReport, ...]


@dataclass(frozen=True, slots=True)
class FeedUp:
    """The feed is connected and every subscription is acknowledged; notices may have been missed before."""


@dataclass(frozen=True, slots=True)
class FeedDown:
    """The feed broke; it is being connected again."""

    reason: str


@dataclass(frozen=True, slots=True)
class FeedAlive:
    """A sign of life without news."""


@dataclass(frozen=True, slots=True)
class Malformed:
    """Something came that cannot be what the venue says, and was dropped: there may be news in it that only a
    comparison finds. `is_price`: no more than a price."""

    reason: str
    is_price: bool = False


FeedMessage = PriceTick | FillNotice | OrderNotice | FeedUp | FeedDown | FeedAlive | Malformed


class Exchange(Protocol):
    """One account at one venue. All calls may raise the errors above; actions carry `expires_at` (ms), after
    which the venue must not carry them out any more."""

    @property
    def account(self) -> str:
        """The address whose orders and position these are, 0x and 40 hex digits, lower case."""

    @property
    def allowance(self) -> Allowance:
        """What may still be sent, as far as this client has counted."""

    async def open(self) -> None:
        """Learn what everything else needs. Raises Rejected if the key may not act for the account."""

    async def ask_allowance(self) -> None:
        """Ask how many actions the account may still send; `allowance` knows it afterwards."""

    async def standing(self) -> Standing:
        """Who signs and until when, and what trading costs this account."""

    async def signer(self) -> Signer:
        """The key that signs, as the venue knows it now."""

    async def instruments(self) -> Mapping[str, Instrument]:
        """Every perpetual market that trades, by symbol."""

    async def is_delisted(self, symbol: str) -> bool:
        """Whether a market that there was trades no more, by the venue's word of now."""

    async def available(self, symbol: str) -> Decimal:
        """The margin (USD) with which the account could buy `symbol` now, by the venue's own count."""

    async def quote(self, symbol: str) -> Quote:
        """The prices of a market now."""

    async def account_state(self, symbol: str) -> AccountState:
        """The account, and its position in `symbol`."""

    async def open_orders(self, symbol: str) -> Sequence[OpenOrder]:
        """All orders of the account that work in `symbol`."""

    async def order_report(self, client_id: str) -> OrderReport | None:
        """The order with this client id, or None when the venue does not know it."""

    async def fills_since(self, symbol: str, since: int) -> Sequence[Fill]:
        """The account's fills in `symbol` at or after `since`, oldest first."""

    async def funding_since(self, symbol: str, since: int) -> Sequence[FundingPayment]:
        """The funding of the account's position in `symbol` at or after `since`, oldest first."""

    async def transfers_since(self, since: int) -> Sequence[Transfer]:
        """Deposits, withdrawals and other transfers of the account at or after `since`, oldest first."""

    async def set_leverage(
        self, symbol: str, leverage: int, expires_at: int, *, isolated: bool = False
    ) -> None:
        """Set the leverage of `symbol`, with cross or with isolated margin; raises Rejected with the venue's
        reason."""

    def prepare(self, orders: Sequence[Order], expires_at: int, grouping: Grouping = Grouping.NONE) -> None:
        """Do what can be done before `orders` may be sent, such as signing, so that placing the same ones
        takes less time. Sends nothing, waits for nothing, and raises nothing."""

    async def place(
        self, orders: Sequence[Order], expires_at: int, grouping: Grouping = Grouping.NONE
    ) -> Sequence[Placed]:
        """Place orders in one action; one answer for each, in order. Only those of a group are answered with
        Waiting. Raises Rejected for an order that breaks the rules of `Order`, with nothing sent."""

    async def cancel(
        self, symbol: str, client_ids: Sequence[str], expires_at: int
    ) -> Sequence[CancelOutcome]:
        """Cancel orders in one action; one answer for each, in order."""

    async def feed(self, symbol: str, deliver: Callable[[FeedMessage], None]) -> None:
        """Deliver the feed's messages until cancelled, reconnecting for ever."""

    async def close(self) -> None:
        """Let go of connections and threads."""
