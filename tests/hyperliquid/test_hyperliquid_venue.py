"""The client from end to end against the local venue: the real path of orders, fills and prices."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from hypertui.core.market import Order, OrderType, Side
from hypertui.exchange.hyperliquid import HyperliquidExchange, Pace, SigningKey, paper
from hypertui.exchange.protocol import (
    CancelOutcome,
    FeedDown,
    FeedMessage,
    FeedUp,
    Filled,
    FillNotice,
    OrderNotice,
    OrderState,
    PriceTick,
    Quote,
    Refusal,
    Refused,
    Rejected,
    Resting,
    Unreachable,
)
from hypertui.venue.market.prices import ManualPrices
from hypertui.venue.model.options import VenueOptions
from hypertui.venue.server import VenueServer
from tests.support.local_venue import LocalVenue

DEADLINE = 5.0  # seconds; only a failing test waits that long
PACE = Pace(close_timeout=0.1, chance=lambda: 0.0, first_wait=0.01)
_ids = count(1)


class Market:
    """A venue, one client of it, and what its feed has delivered."""

    def __init__(self, venue: LocalVenue, exchange: HyperliquidExchange) -> None:
        self.venue = venue
        self.exchange = exchange
        self.heard: list[FeedMessage] = []
        self._news = asyncio.Event()

    def price(self, price: str) -> None:
        self.venue.set_price("SOL", price)

    def expires(self) -> int:
        return time.time_ns() // 1_000_000 + 5_000

    async def place(self, *orders: Order) -> list[object]:
        return list(await self.exchange.place(orders, self.expires()))

    def deliver(self, message: FeedMessage) -> None:
        self.heard.append(message)
        self._news.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(DEADLINE):
            while not condition():
                self._news.clear()
                await self._news.wait()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.exchange.feed("SOL", self.deliver))
        try:
            await self.until(lambda: FeedUp() in self.heard)
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])

    def states(self, client_id: str) -> list[OrderState]:
        """The states of an order as the feed told them."""
        return [
            report.state
            for message in self.heard
            if isinstance(message, OrderNotice)
            for report in message.reports
            if report.client_id == client_id
        ]

    def filled(self) -> list[tuple[str | None, Side, Decimal]]:
        """The fills that the feed told, but for those of snapshots."""
        return [
            (fill.client_id, fill.side, fill.size)
            for message in self.heard
            if isinstance(message, FillNotice) and not message.snapshot
            for fill in message.fills
        ]


def trade(use: Callable[[Market], Awaitable[None]], **options: Any) -> None:
    """Run `use` on a venue with these options, whose prices only it moves, with SOL at 100."""

    async def main(venue: LocalVenue) -> None:
        exchange = HyperliquidExchange(paper(venue.base_url), SigningKey.throwaway(), pace=PACE)
        try:
            await use(Market(venue, exchange))
        finally:
            await exchange.close()

    with LocalVenue({"SOL": Decimal(100)}, **options) as venue:
        asyncio.run(main(venue))


def new_id() -> str:
    return f"0x{next(_ids):032x}"


def market_buy(size: str, limit: str = "101") -> Order:
    return Order(new_id(), "SOL", Side.BUY, Decimal(size), OrderType.IOC, Decimal(limit))


def stop(side: Side, size: str, trigger: str, limit: str, type: OrderType = OrderType.STOP_MARKET) -> Order:
    reduce_only = side is Side.SELL
    return Order(new_id(), "SOL", side, Decimal(size), type, Decimal(limit), Decimal(trigger), reduce_only)


def test_markets_prices_and_a_fresh_account() -> None:
    async def use(market: Market) -> None:
        instruments = await market.exchange.instruments()
        assert (instruments["SOL"].sz_decimals, instruments["SOL"].max_leverage) == (2, 20)
        assert await market.exchange.quote("SOL") == Quote(Decimal(100), Decimal(100), None)
        state = await market.exchange.account_state("SOL")
        assert (state.equity, state.position, state.leverage) == (10_000, 0, 0)
        assert await market.exchange.open_orders("SOL") == ()
        assert await market.exchange.order_report(new_id()) is None
        assert await market.exchange.fills_since("SOL", 0) == ()

    trade(use)


def test_entry_stops_and_their_fills() -> None:
    async def use(market: Market) -> None:
        exchange = market.exchange
        await exchange.set_leverage("SOL", 5, market.expires())
        async with market.listening():
            entry = market_buy("8")
            (answer,) = await market.place(entry)
            assert isinstance(answer, Filled)
            assert answer.size == 8
            stops = [
                stop(Side.SELL, "2", f"{trigger}", f"{trigger * 0.9:.3f}") for trigger in (99, 98, 97, 96)
            ]
            answers = await market.place(*stops)
            assert all(isinstance(one, Resting) for one in answers)
            working = {order.client_id: order for order in await exchange.open_orders("SOL")}
            assert working.keys() == {order.client_id for order in stops}
            for order in stops:
                seen = working[order.client_id]
                assert (seen.trigger, seen.limit) == (order.trigger, order.limit)
                assert (seen.remaining, seen.reduce_only, seen.side) == (2, True, Side.SELL)
            market.price("98.9")
            await market.until(lambda: (stops[0].client_id, Side.SELL, Decimal(2)) in market.filled())
            await market.until(lambda: OrderState.FILLED in market.states(stops[0].client_id))
            buy = stop(Side.BUY, "2", "100", "110")
            (answer,) = await market.place(buy)
            assert isinstance(answer, Resting)
            market.price("100.1")
            await market.until(lambda: (buy.client_id, Side.BUY, Decimal(2)) in market.filled())
            await market.until(lambda: OrderState.FILLED in market.states(buy.client_id))
        assert market.states(stops[0].client_id) == [OrderState.OPEN, OrderState.TRIGGERED, OrderState.FILLED]
        state = await exchange.account_state("SOL")
        assert (state.position, state.leverage) == (8, 5)
        fills = await exchange.fills_since("SOL", 0)
        assert [(fill.client_id, fill.side, fill.size) for fill in fills] == market.filled()
        assert fills == await exchange.fills_since("SOL", fills[0].time)
        assert await exchange.fills_since("SOL", fills[-1].time + 1) == ()
        assert fills[0].fee == (fills[0].value * Decimal("0.00045")).quantize(Decimal("0.000001"))
        report = await exchange.order_report(buy.client_id)
        assert report is not None
        assert (report.state, report.size, report.remaining) == (OrderState.FILLED, 2, 0)
        assert PriceTick(Quote(Decimal("98.9"), Decimal("98.9"), None)) in market.heard

    trade(use)


def test_cancels() -> None:
    async def use(market: Market) -> None:
        orders = [stop(Side.BUY, "1", trigger, "120") for trigger in ("103", "104")]
        await market.place(*orders)
        ids = [orders[0].client_id, new_id(), orders[1].client_id]
        async with market.listening():
            outcomes = await market.exchange.cancel("SOL", ids, market.expires())
            assert list(outcomes) == [
                CancelOutcome.CANCELLED,
                CancelOutcome.NOT_WORKING,
                CancelOutcome.CANCELLED,
            ]
            await market.until(lambda: OrderState.CANCELLED in market.states(orders[1].client_id))
        assert await market.exchange.open_orders("SOL") == ()
        report = await market.exchange.order_report(orders[0].client_id)
        assert report is not None
        assert (report.state, report.status) == (OrderState.CANCELLED, "canceled")
        again = await market.exchange.cancel("SOL", ids[:1], market.expires())
        assert list(again) == [CancelOutcome.NOT_WORKING]

    trade(use)


def test_refusals() -> None:
    async def use(market: Market) -> None:
        async def kind(order: Order) -> Refusal:
            (answer,) = await market.place(order)
            assert isinstance(answer, Refused)
            return answer.kind

        assert await kind(stop(Side.SELL, "1", "99", "90")) is Refusal.FLAT
        assert await kind(stop(Side.BUY, "1", "99", "110")) is Refusal.PASSED
        assert await kind(market_buy("0.05")) is Refusal.MINIMUM
        assert await kind(market_buy("5000")) is Refusal.MARGIN
        assert await kind(market_buy("1", limit="99")) is Refusal.NO_MATCH
        assert await kind(market_buy("1", limit="100.00001")) is Refusal.OTHER
        with pytest.raises(Rejected, match="expired"):
            await market.exchange.place([market_buy("1")], time.time_ns() // 1_000_000 - 10_000)
        with pytest.raises(Rejected, match="leverage"):
            await market.exchange.set_leverage("SOL", 21, market.expires())
        assert await market.exchange.fills_since("SOL", 0) == ()

    trade(use, passed_trigger="reject", flat_reduce_only_trigger="reject")


def test_one_refusal_for_the_whole_batch() -> None:
    async def use(market: Market) -> None:
        good, far = stop(Side.BUY, "1", "103", "120"), stop(Side.BUY, "1", "104", "100000")
        answers = await market.place(good, far)
        assert len(answers) == 2
        assert all(isinstance(answer, Refused) for answer in answers)
        assert await market.exchange.open_orders("SOL") == ()

    trade(use)


def test_many_actions_at_once_keep_their_nonces() -> None:
    async def use(market: Market) -> None:
        orders = [stop(Side.BUY, "1", "103", "120") for _ in range(30)]
        answers = await asyncio.gather(*(market.place(order) for order in orders))
        assert all(isinstance(answer, Resting) for (answer,) in answers)

    trade(use)


def test_the_snapshot_repeats_old_fills_and_traded_prices_are_known() -> None:
    async def use(market: Market) -> None:
        entry = market_buy("1")
        await market.place(entry)
        key = SigningKey.throwaway()
        exchange = HyperliquidExchange(
            paper(market.venue.base_url), key, market.exchange.account, with_last=True
        )
        task = asyncio.create_task(exchange.feed("SOL", market.deliver))
        try:
            await market.until(lambda: any(isinstance(message, FillNotice) for message in market.heard))
            (notice,) = (message for message in market.heard if isinstance(message, FillNotice))
            assert notice.snapshot
            assert [fill.client_id for fill in notice.fills] == [entry.client_id]
            price = notice.fills[0].price
            await market.place(market_buy("1"))
            await market.until(lambda: bool([m for m in market.heard if _last(m) == price]))
        finally:
            task.cancel()
            await asyncio.wait([task])
            await exchange.close()

    trade(use)


def _last(message: FeedMessage) -> Decimal | None:
    return message.quote.last if isinstance(message, PriceTick) else None


def test_a_dropped_connection_is_made_again() -> None:
    async def use(market: Market) -> None:
        async with market.listening():
            entry = market_buy("1")
            await market.place(entry)
            await market.until(lambda: bool(market.filled()))
            market.venue.drop_sockets()
            await market.until(lambda: market.heard.count(FeedUp()) == 2)
            # What happened meanwhile is in the snapshot.
            await market.until(lambda: isinstance(market.heard[-1], FillNotice | PriceTick))
            snapshots = [m for m in market.heard if isinstance(m, FillNotice) and m.snapshot]
            assert [fill.client_id for fill in snapshots[1].fills] == [entry.client_id]
            market.price("101")
            await market.until(lambda: PriceTick(Quote(Decimal(101), Decimal(101), None)) in market.heard)
        assert any(isinstance(message, FeedDown) for message in market.heard)

    trade(use)


def test_the_venue_goes_and_comes_back() -> None:
    async def use(venue: LocalVenue, go: Callable[[], None]) -> None:
        exchange = HyperliquidExchange(paper(venue.base_url), SigningKey.throwaway(), pace=PACE)
        market = Market(venue, exchange)
        async with market.listening():
            await exchange.open()
            go()
            with pytest.raises(Unreachable):
                await exchange.account_state("SOL")
            with pytest.raises(Unreachable):
                await market.place(market_buy("1"))
            back = VenueServer(VenueOptions(), ManualPrices({"SOL": Decimal(90)}))
            await back.start(venue.port)
            tick = PriceTick(Quote(Decimal(90), Decimal(90), None))
            await market.until(lambda: tick in market.heard and market.heard.count(FeedUp()) == 2)
            assert (await exchange.quote("SOL")).mark == 90
            await exchange.close()
            await back.close()

    with ExitStack() as stack:
        venue = stack.enter_context(LocalVenue({"SOL": Decimal(100)}))
        asyncio.run(use(venue, stack.close))


def test_a_key_without_the_account_s_leave_signs_nothing() -> None:
    async def use(market: Market) -> None:
        stranger = SigningKey.throwaway()
        exchange = HyperliquidExchange(paper(market.venue.base_url), stranger, market.exchange.account)
        try:
            with pytest.raises(Rejected, match=f"{stranger.address} may not act for"):
                await exchange.place([market_buy("1")], market.expires())
        finally:
            await exchange.close()

    trade(use)
