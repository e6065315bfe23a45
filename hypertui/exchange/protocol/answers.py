"""What an exchange answers to questions and actions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from hypertui.core.market import ZERO, OrderType, Side, TimeInForce


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
    itself. Where the collateral is `pooled` with the spot wallet, the equity is put together from two
    answers; it is `whole` unless something has happened between them."""

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
    pooled: bool = False
    whole: bool = True


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
class MarketConditions:
    """How a market is, as fractions: the mark against the price of 24 hours ago (None where there was none),
    and the funding of an hour, positive where longs pay."""

    change_24h: Decimal | None
    funding: Decimal


@dataclass(frozen=True, slots=True)
class Quote:
    """Prices of one market: `mark` fires triggers, `mid` and `last` may be missing."""

    mark: Decimal
    mid: Decimal | None
    last: Decimal | None
