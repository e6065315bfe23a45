"""The entry when answers are lost: what may have been bought is never given up on."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pytest

from hypertui.exchange import Exchange, FeedMessage, FillNotice, Unknown, Unreachable
from hypertui.hyperliquid import HyperliquidExchange, paper
from hypertui.market import Fill, Order
from tests.support.live_engine import LiveEngine
from tests.support.local_venue import LocalVenue


class Unlucky(HyperliquidExchange):
    """The real client on a bad day: fills never come by the feed, and questions about them fail at first."""

    lose_placement = False
    failures = 3

    async def feed(self, symbol: str, deliver: Callable[[FeedMessage], None]) -> None:
        def without_fills(message: FeedMessage) -> None:
            if not isinstance(message, FillNotice):
                deliver(message)

        await super().feed(symbol, without_fills)

    async def fills_since(self, symbol: str, since: int) -> Sequence[Fill]:
        self._fail()
        return await super().fills_since(symbol, since)

    async def order_report(self, client_id: str) -> Any:
        self._fail()
        return await super().order_report(client_id)

    async def place(self, orders: Sequence[Order], expires_at: int) -> Any:
        answer = await super().place(orders, expires_at)
        if self.lose_placement:
            self.lose_placement = False
            raise Unknown("the answer was lost")
        return answer

    def _fail(self) -> None:
        if self.failures:
            self.failures -= 1
            raise Unreachable("no route")


@pytest.mark.parametrize("lose_placement", [False, True])
def test_an_entry_is_seen_through(lose_placement: bool) -> None:
    with LocalVenue({"SOL": Decimal(150)}) as venue:
        live = LiveEngine(venue)

        async def connect() -> Exchange:
            exchange = Unlucky(paper(venue.base_url), live.key)
            exchange.lose_placement = lose_placement
            await exchange.open()
            return exchange

        live.engine._connect = connect
        with live:
            live.opened()
            assert len(live.fills()) == 1
            stops = [Decimal(order["sz"]) for order in live.working()]
            assert len(stops) == 4
            assert sum(stops) == live.held() > 0
