"""One account at one exchange: what the engine may ask of it and do there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from decimal import Decimal
from typing import Protocol

from hypertui.core.candles import Candle, Interval
from hypertui.core.market import Fill, Grouping, Instrument, Order
from hypertui.exchange.protocol.answers import (
    AccountState,
    Allowance,
    CancelOutcome,
    FundingPayment,
    MarketConditions,
    OpenOrder,
    OrderReport,
    Placed,
    Quote,
    Signer,
    Standing,
    Transfer,
)
from hypertui.exchange.protocol.feed_messages import FeedMessage
from hypertui.exchange.protocol.funds import AccountFunds


class Exchange(Protocol):
    """One account at one venue. All calls may raise the errors above; actions carry `expires_at` (ms), after
    which the venue must not carry them out any more."""

    @property
    def account(self) -> str:
        """The address whose orders and position these are, 0x and 40 hex digits, lower case."""

    @property
    def allowance(self) -> Allowance:
        """What may still be sent, as far as this client has counted."""

    @property
    def funds(self) -> AccountFunds:
        """The money of the account, beside its orders."""

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

    async def conditions(self, symbol: str) -> MarketConditions:
        """How a market is now, beside its prices."""

    async def spread(self, symbol: str) -> Decimal | None:
        """How far the best ask of a market is above the best bid now, as a fraction of their middle; None
        where a side of its book is empty."""

    async def candles(self, symbol: str, interval: Interval, since: int, until: int) -> Sequence[Candle]:
        """The candles of a market that begin from `since` to `until`, both included, oldest first. The one
        that still grows is among them, a time without trades has none, and of very many there are only the
        newest. They are made of what was traded, the feed's prices are marks: the two differ a little."""

    async def account_state(self, symbol: str) -> AccountState:
        """The account, and its position in `symbol`."""

    async def account_states(self, symbols: Collection[str]) -> Mapping[str, AccountState]:
        """The account with its position in each of `symbols`, all by one question. Where only the position
        in one of them cannot be read, that one is missing; raises Unreachable where none can be."""

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
        """Deliver what the feed tells of `symbol` until cancelled, reconnecting for ever. Several calls share
        one connection; what one's `deliver` raises ends that one alone, and is raised there."""

    async def close(self) -> None:
        """Let go of connections and threads."""
