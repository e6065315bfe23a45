"""One client that serves several trades of one account, against the local venue."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from decimal import Decimal
from itertools import count

from hypertui.core.market import Order, OrderType, Side
from hypertui.exchange.hyperliquid import HyperliquidExchange, Pace, SigningKey, paper
from hypertui.exchange.protocol import FeedDown, FeedUp, Filled, FillNotice, PriceTick
from tests.hyperliquid.listeners import Listeners
from tests.support.local_venue import LocalVenue

DEADLINE = 10.0  # seconds; only a failing test waits that long
PACE = Pace(close_timeout=0.1, chance=lambda: 0.0, first_wait=0.01)
PRICES = {"SOL": Decimal(100), "BTC": Decimal(50_000), "ETH": Decimal(2_000)}
_ids = count(0xFEED)


class Trades(Listeners):
    """An account's client, and what the feed of each symbol has delivered."""

    def __init__(self, venue: LocalVenue, exchange: HyperliquidExchange) -> None:
        super().__init__(exchange.feed, DEADLINE)
        self.venue = venue
        self.exchange = exchange

    async def until_priced(self, symbol: str, price: int) -> None:
        await self.until(lambda: any(tick.quote.mark == price for tick in self.of(symbol, PriceTick)))

    def filled(self, symbol: str) -> set[str]:
        """The symbols of the fills that were delivered to one."""
        return {fill.symbol for notice in self.of(symbol, FillNotice) for fill in notice.fills}

    async def buy(self, symbol: str) -> None:
        price = PRICES[symbol]
        size = (Decimal(1_000) / price).quantize(Decimal("0.01"))
        order = Order(f"0x{next(_ids):032x}", symbol, Side.BUY, size, OrderType.IOC, price * Decimal("1.1"))
        (answer,) = await self.exchange.place([order], time.time_ns() // 1_000_000 + 5_000)
        assert isinstance(answer, Filled), answer


def trade(use: Callable[[Trades], Awaitable[None]]) -> None:
    """Run `use` with one client at a venue of three markets."""

    async def main(venue: LocalVenue) -> None:
        exchange = HyperliquidExchange(paper(venue.base_url), SigningKey.throwaway(), pace=PACE)
        trades = Trades(venue, exchange)
        try:
            await use(trades)
        finally:
            for symbol in list(trades.tasks):
                await trades.leave(symbol)
            await exchange.close()

    with LocalVenue(PRICES) as venue:
        asyncio.run(main(venue))


def test_each_trade_hears_of_its_own_market_over_one_connection() -> None:
    async def use(trades: Trades) -> None:
        trades.join("SOL")
        trades.join("BTC")
        await trades.until_up("SOL", "BTC")
        await trades.buy("SOL")
        await trades.buy("BTC")
        await trades.until(lambda: trades.filled("SOL") == {"SOL"} and trades.filled("BTC") == {"BTC"})
        trades.join("ETH")
        await trades.until_up("ETH")
        await trades.buy("ETH")
        await trades.until(lambda: trades.filled("ETH") == {"ETH"})
        await trades.leave("BTC")
        trades.venue.set_price("SOL", 101)
        trades.venue.set_price("BTC", 50_100)
        trades.venue.set_price("ETH", 2_001)
        await trades.until_priced("ETH", 2_001)
        await trades.until_priced("SOL", 101)
        assert {tick.quote.mark for tick in trades.of("BTC", PriceTick)} == {50_000}
        assert trades.venue.call(trades.venue.server.sockets.count) == 1
        assert not [symbol for symbol in trades.heard if trades.of(symbol, FeedDown)]

    trade(use)


def test_all_are_up_again_after_a_break_with_their_own_old_fills() -> None:
    async def use(trades: Trades) -> None:
        for symbol in PRICES:
            trades.join(symbol)
        await trades.until_up(*PRICES)
        await trades.buy("SOL")
        await trades.buy("BTC")
        trades.venue.drop_sockets()
        await trades.until_up(*PRICES, times=2)

        def again(symbol: str) -> list[FillNotice]:
            return [notice for notice in trades.of(symbol, FillNotice) if notice.snapshot][1:]

        await trades.until(lambda: all(again(symbol) for symbol in PRICES))
        assert [len(again(symbol)[0].fills) for symbol in ("SOL", "BTC", "ETH")] == [1, 1, 0]
        assert all(len(trades.of(symbol, FeedDown)) == 1 for symbol in PRICES)

    trade(use)


def test_a_market_that_there_is_not_harms_no_other() -> None:
    async def use(trades: Trades) -> None:
        trades.join("SOL")
        await trades.until_up("SOL")
        trades.join("NONE")
        await trades.until(lambda: len(trades.of("NONE", FeedDown)) > 1)
        trades.venue.set_price("SOL", 101)
        await trades.until_priced("SOL", 101)
        assert "Invalid subscription" in trades.of("NONE", FeedDown)[0].reason
        assert trades.of("SOL", FeedDown) == trades.of("NONE", FeedUp) == []
        await trades.leave("NONE")
        trades.join("BTC")
        await trades.until_up("BTC")

    trade(use)


def test_one_question_tells_each_trade_its_position() -> None:
    async def use(trades: Trades) -> None:
        await trades.buy("SOL")
        await trades.buy("BTC")
        before = trades.exchange.weight_spent
        await trades.exchange.account_state("SOL")
        one = trades.exchange.weight_spent - before
        states = await trades.exchange.account_states(PRICES)
        assert trades.exchange.weight_spent - before - one <= one
        assert {symbol: state.position for symbol, state in states.items()} == {
            "SOL": 10,
            "BTC": Decimal("0.02"),
            "ETH": 0,
        }
        assert len({state.equity for state in states.values()}) == 1

    trade(use)
