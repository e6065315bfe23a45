"""Trades beside the engine, with the same key: a second program, or a person at the exchange's own page."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from itertools import count

from hypertui.core.market import Order, OrderType, Side
from hypertui.exchange.hyperliquid import HyperliquidExchange, paper
from hypertui.exchange.hyperliquid.keys import SigningKey
from hypertui.exchange.protocol import Filled, Placed
from tests.support.live_engine import LiveEngine

_ids = count(0xBAD)


def by_hand(live: LiveEngine, side: Side, size: str) -> None:
    """Trade in the account of a live SOL engine."""
    limit = Decimal(200 if side is Side.BUY else 100)
    order = Order(f"0x{next(_ids):032x}", "SOL", side, Decimal(size), OrderType.IOC, limit)
    assert isinstance(placed_beside(live, order), Filled)


def sold_by_another(live: LiveEngine, size: str, limit: str) -> None:
    """Another account sells SOL, down to a limit."""
    order = Order(f"0x{next(_ids):032x}", "SOL", Side.SELL, Decimal(size), OrderType.IOC, Decimal(limit))
    assert isinstance(placed_beside(live, order, SigningKey.throwaway()), Filled)


def placed_beside(live: LiveEngine, order: Order, key: SigningKey | None = None) -> Placed:
    """What the venue says to an order that the engine knows nothing of, by its own key or another one."""

    async def place() -> Placed:
        exchange = HyperliquidExchange(paper(live.venue.base_url), key or live.key)
        try:
            (answer,) = await exchange.place([order], live.venue.core.now + 5_000)
            return answer
        finally:
            await exchange.close()

    return asyncio.run(place())
