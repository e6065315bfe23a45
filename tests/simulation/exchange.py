"""`Exchange` over the simulated network: the real client's reading of the real venue's JSON."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar

from hyperliquid.utils.signing import order_request_to_order_wire

from hypertui.core.candles import Candle, Interval
from hypertui.core.market import Fill, Grouping, Instrument, Order
from hypertui.exchange.hyperliquid import candles, checks, errors, holdings, messages
from hypertui.exchange.hyperliquid.rate_meter import RateMeter
from hypertui.exchange.hyperliquid.request import order_requests
from hypertui.exchange.protocol import (
    AccountState,
    Allowance,
    CancelOutcome,
    ExchangeError,
    FeedMessage,
    FundingPayment,
    OpenOrder,
    OrderReport,
    Placed,
    Quote,
    Rejected,
    Signer,
    Standing,
    Transfer,
)
from tests.simulation.auditor import Auditor
from tests.simulation.door import Boundary, Door
from tests.simulation.feed import SimFeed
from tests.simulation.network import Network
from tests.simulation.venue import ADDRESS, Venue

_T = TypeVar("_T")

Arrive = Callable[[], Any]
Way = Callable[[Arrive, Callable[[], object]], Awaitable[Any]]
Watch = Callable[[], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True)
class Line:
    """The way to one market, and who watches every action that arrives there. Its first entry arrives so many
    seconds late of which its sender lost sight, if any."""

    network: Network
    auditor: Auditor
    late_entry: float | None = None


class SimExchange:
    """One account at a simulated venue, as one process reaches it through its door: each market by a `Line`
    of its own, so that one may fail while the others do not."""

    def __init__(
        self,
        venue: Venue,
        lines: Mapping[str, Line],
        reorder: bool,
        door: Door,
        time: Callable[[], float],
    ) -> None:
        self._venue = venue
        self._lines = lines
        # What is asked of no market goes the way of the first one.
        self._first = next(iter(lines.values()))
        self._meter = RateMeter(time)
        self._door = door
        self._feeds = {
            symbol: SimFeed(venue.markets[symbol], line.network, reorder, door)
            for symbol, line in lines.items()
        }

    @property
    def account(self) -> str:
        return ADDRESS

    @property
    def allowance(self) -> Allowance:
        return self._meter.allowance

    # Questions

    async def open(self) -> None:
        """There is no key to be verified."""

    async def ask_allowance(self) -> None:
        question = {"type": "userRateLimit", "user": ADDRESS}
        self._meter.account(*await self._ask(question, messages.request_budget))

    async def standing(self) -> Standing:
        fee = await self._ask({"type": "userFees", "user": ADDRESS}, messages.taker_fee)
        return Standing(await self.signer(), fee, "http://localhost", "ws://localhost/ws")

    async def signer(self) -> Signer:
        return Signer(ADDRESS)

    async def is_delisted(self, symbol: str) -> bool:
        return symbol in await self._ask({"type": "meta"}, messages.delisted, symbol)

    async def available(self, symbol: str) -> Decimal:
        question = {"type": "activeAssetData", "user": ADDRESS, "coin": symbol}
        return await self._ask(question, holdings.available, symbol)

    async def instruments(self) -> Mapping[str, Instrument]:
        return await self._ask({"type": "meta"}, messages.instruments)

    async def quote(self, symbol: str) -> Quote:
        question = {"type": "metaAndAssetCtxs"}
        found = await self._ask(question, lambda answer: messages.quote_in(answer, symbol), symbol)
        if found is None:  # the answer was garbled where the market is named
            raise Rejected(f"the exchange has no market {symbol!r}")
        return found

    async def candles(self, symbol: str, interval: Interval, since: int, until: int) -> Sequence[Candle]:
        """At once and by no network, as nothing hangs on it: what befalls the others stays as it was."""
        told = self._venue.ask(candles.question(symbol, interval, since, until))
        return checks.understood(told, lambda answer: candles.candles(answer, symbol, interval, since, until))

    async def account_state(self, symbol: str) -> AccountState:
        return (await self.account_states((symbol,)))[symbol]

    async def account_states(self, symbols: Collection[str]) -> Mapping[str, AccountState]:
        question = {"type": "clearinghouseState", "user": ADDRESS}
        return await self._ask(question, lambda answer: messages.account_states(answer, symbols))

    async def open_orders(self, symbol: str) -> Sequence[OpenOrder]:
        question = {"type": "frontendOpenOrders", "user": ADDRESS}
        return await self._ask(question, lambda answer: messages.open_orders(answer, symbol), symbol)

    async def order_report(self, client_id: str) -> OrderReport | None:
        question = {"type": "orderStatus", "user": ADDRESS, "oid": client_id}
        lines = self._lines.items()
        owner = next((symbol for symbol, line in lines if line.auditor.owns(client_id)), None)
        return await self._ask(question, messages.order_answer, owner)

    async def fills_since(self, symbol: str, since: int) -> Sequence[Fill]:
        question = {"type": "userFillsByTime", "user": ADDRESS, "startTime": since}
        return await self._ask(question, lambda answer: messages.fills(answer, symbol), symbol)

    async def funding_since(self, symbol: str, since: int) -> Sequence[FundingPayment]:
        question = {"type": "userFunding", "user": ADDRESS, "startTime": since}
        return await self._ask(question, lambda answer: messages.funding(answer, symbol), symbol)

    async def transfers_since(self, since: int) -> Sequence[Transfer]:
        question = {"type": "userNonFundingLedgerUpdates", "user": ADDRESS, "startTime": since}
        return await self._ask(question, messages.transfers)

    # Actions

    async def set_leverage(
        self, symbol: str, leverage: int, expires_at: int, *, isolated: bool = False
    ) -> None:
        asset = self._asset(symbol)
        action = {"type": "updateLeverage", "asset": asset, "isCross": not isolated, "leverage": leverage}
        await self._act(self._lines[symbol].network, action, expires_at, _nothing)

    def prepare(self, orders: Sequence[Order], expires_at: int, grouping: Grouping = Grouping.NONE) -> None:
        pass

    async def place(
        self, orders: Sequence[Order], expires_at: int, grouping: Grouping = Grouping.NONE
    ) -> Sequence[Placed]:
        symbol = orders[0].symbol
        line, asset = self._lines[symbol], self._asset(symbol)
        requests = order_requests(orders, grouping)
        wires = [order_request_to_order_wire(request, asset) for request in requests]
        action = {"type": "order", "orders": wires, "grouping": grouping.value}
        line.auditor.check_pace(orders)
        line.auditor.check_written(orders, self._door)
        way = line.network.act
        if line.late_entry is not None and orders[0].trigger is None and not orders[0].reduce_only:
            way = partial(line.network.lose_sight, line.late_entry)
        answers = await self._act(
            line.network,
            action,
            expires_at,
            lambda response: messages.placed(messages.statuses(response), len(orders), grouping),
            partial(line.auditor.placing, orders),
            way,
            partial(self._left, orders),
        )
        line.auditor.answered(orders, answers)
        return answers

    async def cancel(
        self, symbol: str, client_ids: Sequence[str], expires_at: int
    ) -> Sequence[CancelOutcome]:
        line, asset = self._lines[symbol], self._asset(symbol)
        if not self._door.shut:
            line.auditor.check_cancel(client_ids)
            line.auditor.check_cancel_written(client_ids, self._door)
        cancels = [{"asset": asset, "cloid": client_id} for client_id in client_ids]
        action = {"type": "cancelByCloid", "cancels": cancels}
        return await self._act(
            line.network,
            action,
            expires_at,
            lambda response: messages.cancelled(messages.statuses(response), len(client_ids)),
            line.auditor.cancelling,
        )

    async def close(self) -> None:
        return None

    def _asset(self, symbol: str) -> int:
        return self._venue.markets[symbol].market.asset

    async def _ask(
        self, question: dict[str, Any], read: Callable[[Any], _T], symbol: str | None = None
    ) -> _T:
        network = (self._first if symbol is None else self._lines[symbol]).network
        answer = await self._carried(network.ask, lambda: self._venue.ask(question))
        return checks.understood(answer, read)

    async def _act(
        self,
        network: Network,
        action: dict[str, Any],
        expires_at: int,
        read: Callable[[Any], _T],
        watched: Watch = nullcontext,
        way: Way | None = None,
        left: Callable[[], object] | None = None,
    ) -> _T:
        def arrive() -> Any:
            if self._venue.core.now > expires_at:
                network.trouble()  # it has waited too long behind another one, or been carried too long
                return self._venue.act(action, expires_at)
            with watched():
                return self._venue.act(action, expires_at)

        answer = await self._carried(way or network.act, arrive, left)
        return checks.understood(answer, lambda sent: read(errors.accepted(sent)), is_action=True)

    def _left(self, orders: Sequence[Order]) -> None:
        sent = {order.client_id for order in orders} & self._door.noted
        self._door.left |= sent
        self._door.passes(Boundary.SENT)
        if sent & self._door.ahead:
            self._door.passes(Boundary.AHEAD)

    async def _carried(self, way: Way, arrive: Arrive, left: Callable[[], object] | None = None) -> Any:
        """What has left goes on without its process; no answer, and no error, comes back to a dead one."""

        def arrived() -> Any:
            answer = arrive()
            self._door.passes(Boundary.ARRIVED)
            return answer

        if self._door.shut:
            await self._door.never()
        try:
            answer = await way(arrived, left or partial(self._door.passes, Boundary.SENT))
        except ExchangeError:
            if self._door.shut:
                await self._door.never()
            raise
        if not self._door.passes(Boundary.ANSWERED):
            await self._door.never()
        return answer

    # The feed

    async def feed(self, symbol: str, deliver: Callable[[FeedMessage], None]) -> None:
        await self._feeds[symbol].follow(deliver)

    def hang_up(self, symbol: str) -> None:
        """Break the connection of a market's feed, if there is one."""
        self._feeds[symbol].hang_up()

    def beat(self) -> None:
        """Tell the prices again, as the venue does now and then."""
        for feed in self._feeds.values():
            feed.beat()

    def detach(self) -> None:
        """Hear the venue no more: the process is gone."""
        for feed in self._feeds.values():
            feed.detach()


def _nothing(response: object) -> None:
    del response
