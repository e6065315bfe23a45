"""`Exchange` over the simulated network: the real client's reading of the real venue's JSON."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar

from hyperliquid.utils.signing import order_request_to_order_wire

from hypertui.core.market import Fill, Grouping, Instrument, Order
from hypertui.exchange.hyperliquid import checks, errors, holdings, messages
from hypertui.exchange.hyperliquid.channels import Channels
from hypertui.exchange.hyperliquid.rate_meter import RateMeter
from hypertui.exchange.hyperliquid.request import order_requests
from hypertui.exchange.protocol import (
    AccountState,
    Allowance,
    CancelOutcome,
    ExchangeError,
    FeedDown,
    FeedMessage,
    FundingPayment,
    OpenOrder,
    OrderReport,
    Placed,
    Quote,
    Signer,
    Standing,
    Transfer,
)
from hypertui.venue.api.feeds import message
from hypertui.venue.model.events import Batch
from tests.simulation.auditor import Auditor
from tests.simulation.door import Boundary, Door
from tests.simulation.network import Network
from tests.simulation.venue import ADDRESS, Venue
from tests.support.corruption import corrupted

_T = TypeVar("_T")

Arrive = Callable[[], Any]
Way = Callable[[Arrive, Callable[[], object]], Awaitable[Any]]
Watch = Callable[[], AbstractContextManager[None]]


class SimExchange:
    """One account at a simulated venue, as one process reaches it through its door; the auditor watches every
    action that arrives."""

    def __init__(
        self,
        venue: Venue,
        network: Network,
        reorder: bool,
        auditor: Auditor,
        door: Door,
        time: Callable[[], float],
        late_entry: float | None,
    ) -> None:
        self._late_entry = late_entry
        self._venue = venue
        self._network = network
        self._reorder = reorder
        self._auditor = auditor
        self._meter = RateMeter(time)
        self._door = door
        self._frames: asyncio.Queue[str | None] | None = None
        self._last_arrival = 0.0
        self._connection = 0
        venue.core.listeners.append(self._publish)

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
        return Standing(await self.signer(), fee, "http://venue", "ws://venue/ws")

    async def signer(self) -> Signer:
        return Signer(ADDRESS)

    async def is_delisted(self, symbol: str) -> bool:
        return symbol in await self._ask({"type": "meta"}, messages.delisted)

    async def available(self, symbol: str) -> Decimal:
        question = {"type": "activeAssetData", "user": ADDRESS, "coin": symbol}
        return await self._ask(question, holdings.available)

    async def instruments(self) -> Mapping[str, Instrument]:
        return await self._ask({"type": "meta"}, messages.instruments)

    async def quote(self, symbol: str) -> Quote:
        found = await self._ask(
            {"type": "metaAndAssetCtxs"}, lambda answer: messages.quote_in(answer, symbol)
        )
        assert found is not None
        return found

    async def account_state(self, symbol: str) -> AccountState:
        return (await self.account_states((symbol,)))[symbol]

    async def account_states(self, symbols: Collection[str]) -> Mapping[str, AccountState]:
        question = {"type": "clearinghouseState", "user": ADDRESS}
        return await self._ask(question, lambda answer: messages.account_states(answer, symbols))

    async def open_orders(self, symbol: str) -> Sequence[OpenOrder]:
        question = {"type": "frontendOpenOrders", "user": ADDRESS}
        return await self._ask(question, lambda answer: messages.open_orders(answer, symbol))

    async def order_report(self, client_id: str) -> OrderReport | None:
        question = {"type": "orderStatus", "user": ADDRESS, "oid": client_id}
        return await self._ask(question, messages.order_answer)

    async def fills_since(self, symbol: str, since: int) -> Sequence[Fill]:
        question = {"type": "userFillsByTime", "user": ADDRESS, "startTime": since}
        return await self._ask(question, lambda answer: messages.fills(answer, symbol))

    async def funding_since(self, symbol: str, since: int) -> Sequence[FundingPayment]:
        question = {"type": "userFunding", "user": ADDRESS, "startTime": since}
        return await self._ask(question, lambda answer: messages.funding(answer, symbol))

    async def transfers_since(self, since: int) -> Sequence[Transfer]:
        question = {"type": "userNonFundingLedgerUpdates", "user": ADDRESS, "startTime": since}
        return await self._ask(question, messages.transfers)

    # Actions

    async def set_leverage(
        self, symbol: str, leverage: int, expires_at: int, *, isolated: bool = False
    ) -> None:
        asset = self._venue.market.asset
        action = {"type": "updateLeverage", "asset": asset, "isCross": not isolated, "leverage": leverage}
        await self._act(action, expires_at, _nothing)

    def prepare(self, orders: Sequence[Order], expires_at: int, grouping: Grouping = Grouping.NONE) -> None:
        pass

    async def place(
        self, orders: Sequence[Order], expires_at: int, grouping: Grouping = Grouping.NONE
    ) -> Sequence[Placed]:
        asset = self._venue.market.asset
        requests = order_requests(orders, grouping)
        wires = [order_request_to_order_wire(request, asset) for request in requests]
        action = {"type": "order", "orders": wires, "grouping": grouping.value}
        self._auditor.check_pace(orders)
        self._auditor.check_written(orders, self._door)
        way = self._network.act
        if self._late_entry is not None and orders[0].trigger is None and not orders[0].reduce_only:
            way = partial(self._network.lose_sight, self._late_entry)
        answers = await self._act(
            action,
            expires_at,
            lambda response: messages.placed(messages.statuses(response), len(orders), grouping),
            partial(self._auditor.placing, orders),
            way,
            partial(self._left, orders),
        )
        self._auditor.answered(orders, answers)
        return answers

    async def cancel(
        self, symbol: str, client_ids: Sequence[str], expires_at: int
    ) -> Sequence[CancelOutcome]:
        if not self._door.shut:
            self._auditor.check_cancel(client_ids)
            self._auditor.check_cancel_written(client_ids, self._door)
        asset = self._venue.market.asset
        cancels = [{"asset": asset, "cloid": client_id} for client_id in client_ids]
        action = {"type": "cancelByCloid", "cancels": cancels}
        return await self._act(
            action,
            expires_at,
            lambda response: messages.cancelled(messages.statuses(response), len(client_ids)),
            self._auditor.cancelling,
        )

    async def close(self) -> None:
        return None

    async def _ask(self, question: dict[str, Any], read: Callable[[Any], _T]) -> _T:
        answer = await self._carried(self._network.ask, lambda: self._venue.ask(question))
        return checks.understood(answer, read)

    async def _act(
        self,
        action: dict[str, Any],
        expires_at: int,
        read: Callable[[Any], _T],
        watched: Watch = nullcontext,
        way: Way | None = None,
        left: Callable[[], object] | None = None,
    ) -> _T:
        def arrive() -> Any:
            if self._venue.core.now > expires_at:
                self._network.trouble()  # it has waited too long behind another one, or been carried too long
                return self._venue.act(action, expires_at)
            with watched():
                return self._venue.act(action, expires_at)

        answer = await self._carried(way or self._network.act, arrive, left)
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
        while True:
            await self._connected(symbol, deliver)
            if self._door.shut:
                await self._door.never()
            deliver(FeedDown("the connection broke"))
            await asyncio.sleep(self._network.random.uniform(0.25, 8.0))

    def hang_up(self) -> None:
        """Break the feed's connection, if there is one: what is on its way is lost, the client hears nothing
        for a while, sometimes as long as it takes to suspect a half-open socket, and only then that it is
        down."""
        frames, self._frames = self._frames, None
        if frames is not None:
            self._connection += 1
            silence = self._network.random.uniform(0.0, self._network.random.choice((15.0, 15.0, 65.0)))
            asyncio.get_running_loop().call_later(silence, frames.put_nowait, None)

    async def _connected(self, symbol: str, deliver: Callable[[FeedMessage], None]) -> None:
        await asyncio.sleep(self._network.latency())
        channels = Channels(ADDRESS, (symbol,))
        self._frames = frames = asyncio.Queue()
        fills = self._venue.ask({"type": "userFills", "user": ADDRESS})
        snapshot = {"isSnapshot": True, "user": ADDRESS, "fills": fills}
        first = {"activeAssetCtx": self._venue.context(), "userFills": message("userFills", snapshot)}
        for stream in channels.pending:
            echo = {"method": "subscribe", "subscription": stream.subscription}
            self._send(message("subscriptionResponse", echo), reliable=True)
            if stream.kind in first:
                self._send(first[stream.kind], reliable=True)
        while (text := await frames.get()) is not None:
            for _, news in channels.read(text).messages:
                deliver(news)

    def detach(self) -> None:
        """Hear the venue no more: the process is gone."""
        self._venue.core.listeners.remove(self._publish)
        self._frames = None

    def beat(self) -> None:
        """Tell the price again, as the venue does now and then."""
        if self._frames is None:
            self._network.deaf()
        self._send(self._venue.context())

    def _publish(self, batch: Batch) -> None:
        if ADDRESS in batch.orders:
            self._send(message("orderUpdates", batch.orders[ADDRESS]))
        if ADDRESS in batch.fills:
            self._send(message("userFills", {"user": ADDRESS, "fills": batch.fills[ADDRESS]}))
        if self._venue.symbol in batch.moved:
            self._send(self._venue.context())

    def _send(self, text: str, reliable: bool = False) -> None:
        if self._frames is None or (not reliable and self._network.happens(self._network.faults.drop)):
            return
        loop = asyncio.get_running_loop()
        repeats = 2 if not reliable and self._network.happens(self._network.faults.repeat) else 1
        if not reliable and self._network.spoils():
            text = corrupted(text, self._network.spoiler)
        for _ in range(repeats):
            arrival = loop.time() + self._network.latency()
            if not self._reorder or reliable:
                arrival = self._last_arrival = max(arrival, self._last_arrival + 1e-6)
            loop.call_at(arrival, self._arrive, text, self._connection)

    def _arrive(self, text: str, connection: int) -> None:
        if self._frames is not None and connection == self._connection and not self._door.shut:
            self._frames.put_nowait(text)


def _nothing(response: object) -> None:
    del response
