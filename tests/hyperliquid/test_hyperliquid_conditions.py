"""How a market is, as the venue tells of it: its change, its funding, and its spread."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal as D
from typing import Any, TypeVar

import pytest

from hypertui.exchange.hyperliquid import HyperliquidExchange, SigningKey, conditions, paper
from hypertui.exchange.hyperliquid.checks import understood
from hypertui.exchange.protocol import MarketConditions, Rejected, Unreachable
from tests.support.local_venue import LocalVenue

T = TypeVar("T")
META = {"universe": [{"name": "BTC"}, {"name": "SOL"}]}
CONTEXT = {"markPx": "110", "prevDayPx": "100", "funding": "0.0000125"}


def told(**changes: object) -> MarketConditions | None:
    answer = [META, [{}, CONTEXT | changes]]
    return understood(answer, lambda said: conditions.conditions(said, "SOL"))


def spread(levels: Any, coin: str = "SOL") -> D | None:
    return understood({"coin": coin, "levels": levels}, lambda said: conditions.spread(said, "SOL"))


def test_what_a_context_says() -> None:
    assert told() == MarketConditions(D("0.1"), D("0.0000125"))
    for none in (None, "0", "0.0"):
        assert told(prevDayPx=none) == MarketConditions(None, D("0.0000125"))
    assert understood([META, [{}, CONTEXT]], lambda said: conditions.conditions(said, "ETH")) is None


@pytest.mark.parametrize(
    "changes", [{"funding": "2"}, {"funding": None}, {"markPx": "0"}, {"prevDayPx": "-1"}, {"markPx": "nan"}]
)
def test_what_a_context_cannot_mean(changes: dict[str, object]) -> None:
    with pytest.raises(Unreachable, match="not understood"):
        told(**changes)


def test_what_a_book_says() -> None:
    assert spread([[{"px": "99"}, {"px": "98"}], [{"px": "101"}]]) == D("0.02")
    assert spread([[], [{"px": "101"}]]) is None
    for wrong in ([[{"px": "101"}], [{"px": "101"}]], [[{"px": "99"}]], [[{}], [{}]]):
        with pytest.raises(Unreachable, match="not understood"):
            spread(wrong)
    with pytest.raises(Unreachable, match="not understood"):
        spread([[{"px": "99"}], [{"px": "101"}]], "BTC")


def test_they_are_asked_for_at_the_venue() -> None:
    with LocalVenue({"SOL": D(150)}) as venue:

        def asked(question: Callable[[HyperliquidExchange], Awaitable[T]]) -> T:
            async def ask() -> T:
                exchange = HyperliquidExchange(paper(venue.base_url), SigningKey.throwaway())
                try:
                    return await question(exchange)
                finally:
                    await exchange.close()

            return asyncio.run(ask())

        venue.set_price("SOL", "165")
        found = asked(lambda exchange: exchange.conditions("SOL"))
        assert found.change_24h is not None
        assert round(found.change_24h, 3) == D("0.100")
        apart = asked(lambda exchange: exchange.spread("SOL"))
        assert apart is not None
        assert 0 < apart < D("0.01")
        with pytest.raises(Rejected, match="no market 'NONE'"):
            asked(lambda exchange: exchange.conditions("NONE"))
