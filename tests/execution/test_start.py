"""What is refused before anything is placed, each as one line that names the figure and the limit."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from hypertui.core.market import Order, OrderType, Side
from hypertui.exchange.hyperliquid import HyperliquidExchange, paper
from hypertui.exchange.protocol import Exchange
from hypertui.port.commands import Stop, StopReason
from tests.support.live_engine import LiveEngine
from tests.support.local_venue import LocalVenue

BAD: list[tuple[dict[str, Any], int, str]] = [
    ({"symbol": "NOPE"}, 2, "symbol NOPE is not among the exchange's markets"),
    ({"unit_size": Decimal("0.001")}, 2, "unit size 0.001 is below the price tick of 0.01"),
    ({"unit_size": Decimal(40)}, 2, "unit size 40 puts the lowest stop at"),
    ({"position_size": Decimal(30)}, 2, "below the minimum order value of 10 USD"),
    ({"leverage": 21}, 2, "leverage 21 is above"),
    ({"position_size": Decimal(900_000)}, 2, "the account has 10,000.00 USD free"),
]


def assert_refused(live: LiveEngine, reason: StopReason, status: int, text: str) -> None:
    assert reason.status == status
    assert text in reason.text
    assert "\n" not in reason.text
    assert live.fills() == []


@pytest.mark.parametrize(("changes", "status", "text"), BAD)
def test_a_plan_that_cannot_work_places_nothing(changes: dict[str, Any], status: int, text: str) -> None:
    with LocalVenue({"SOL": Decimal(150)}) as venue, LiveEngine(venue, **changes) as live:
        assert_refused(live, live.reason, status, text)
        assert live.working() == []


def test_a_position_or_an_order_that_is_there_already_is_refused() -> None:
    async def trade(venue: LocalVenue, live: LiveEngine) -> None:
        exchange = HyperliquidExchange(paper(venue.base_url), live.key)
        try:
            expires_at = 2**53
            low = Order(
                "0x" + "1" * 32,
                "SOL",
                Side.BUY,
                Decimal(1),
                OrderType.STOP_MARKET,
                Decimal(190),
                Decimal(180),
            )
            await exchange.place([low], expires_at)
        finally:
            await exchange.close()

    with LocalVenue({"SOL": Decimal(150)}) as venue:
        live = LiveEngine(venue)
        asyncio.run(trade(venue, live))
        with live:
            assert_refused(live, live.reason, 2, "has 1 live orders in SOL already")
            assert len(live.working()) == 1
        venue.set_price("SOL", 181)
        again = LiveEngine(venue)
        again.key = live.key
        with again:
            assert again.reason.status == 2
            assert "holds 1 SOL already" in again.reason.text


def test_a_venue_that_is_not_there_is_status_4() -> None:
    with LocalVenue({"SOL": Decimal(150)}) as venue:
        live = LiveEngine(venue)
    with live:
        assert live.reason.status == 4


def test_an_exchange_that_cannot_be_opened_ends_the_run_with_its_reason() -> None:
    with LocalVenue({"SOL": Decimal(150)}) as venue:
        live = LiveEngine(venue)

        async def fails(account: str | None) -> Exchange:
            raise ConnectionError("a defect")

        live.engine._connect = fails
        with pytest.raises(ConnectionError):
            asyncio.run(live.engine.run(Stop()))
