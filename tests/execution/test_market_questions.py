"""What those beside the trades may ask of the exchange: within the budget, and never instead of a stop."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from decimal import Decimal as D
from random import Random
from typing import cast

import pytest

from hypertui.core.candles import SETTLES, Candle, Interval
from hypertui.engine.market_questions import MarketQuestions
from hypertui.exchange.protocol import (
    Allowance,
    Exchange,
    ExchangeError,
    MarketConditions,
    RateLimited,
    Unreachable,
)
from hypertui.execution.account_context import AccountContext
from hypertui.port.markets import MarketFacts, NotAnswered
from hypertui.runtime.machine import Machine

MINUTE = Interval.MINUTE
NOW = 28_000_000 * MINUTE + SETTLES


class TellingExchange:
    """Tells of every minute, while it is not `wrong`."""

    def __init__(self) -> None:
        self.weight = 1_200
        self.asked = 0
        self.at_once = self.most_at_once = 0
        self.wrong: ExchangeError | None = None

    @property
    def allowance(self) -> Allowance:
        return Allowance(self.weight, 1_200)

    async def candles(self, symbol: str, interval: Interval, since: int, until: int) -> Sequence[Candle]:
        self.asked += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0)
        self.at_once -= 1
        if self.wrong is not None:
            raise self.wrong
        return [Candle(at, D(1), D(3), D(2)) for at in range(since, until + 1, interval)]

    async def conditions(self, symbol: str) -> MarketConditions:
        return MarketConditions(D("0.02"), D("0.00001"))

    async def spread(self, symbol: str) -> D:
        raise Unreachable("the book is not read")


class Asking:
    """An engine that has an account, or none."""

    def __init__(self, exchange: TellingExchange | None) -> None:
        self.account = None if exchange is None else AccountContext(cast(Exchange, exchange))
        self.now = NOW
        self.markets = MarketQuestions(self, Machine(lambda: self.now, Random(1)))

    @property
    def loop(self) -> asyncio.AbstractEventLoop | None:
        return asyncio.get_running_loop()

    def account_of(self, symbol: str) -> AccountContext | None:
        return self.account

    async def few(self) -> tuple[Candle, ...]:
        return (await self.markets.candles("SOL", MINUTE, self.now - 3 * MINUTE, self.now)).candles

    async def many(self) -> tuple[Candle, ...]:
        return (await self.markets.candles("SOL", MINUTE, self.now - 5_000 * MINUTE, self.now)).candles


def test_only_what_is_closed_by_the_exchanges_clock_is_told() -> None:
    engine = Asking(TellingExchange())
    assert engine.account is not None

    async def ends() -> int:
        return (await engine.few())[-1].at + MINUTE

    assert asyncio.run(ends()) <= NOW - SETTLES
    engine.account.clock_sync.measure(NOW, NOW, NOW - 1_000)
    assert asyncio.run(ends()) < NOW - SETTLES, "the exchange's clock is behind: it may still change there"


@pytest.mark.parametrize(
    ("weight", "few", "many"), [(399, True, False), (299, False, False), (400, True, True)]
)
def test_what_is_left_is_kept_for_the_trades(weight: int, few: bool, many: bool) -> None:
    exchange = TellingExchange()
    engine, exchange.weight = Asking(exchange), weight
    for asked, may in ((engine.few, few), (engine.many, many)):
        if may:
            assert asyncio.run(asked())
        else:
            with pytest.raises(NotAnswered, match="requests are kept for stops"):
                asyncio.run(asked())
    assert exchange.asked == few + many


def test_long_answers_are_asked_for_one_after_the_other() -> None:
    exchange = TellingExchange()
    engine = Asking(exchange)

    async def ask_all() -> None:
        await asyncio.gather(*(engine.many() for _ in range(5)))

    asyncio.run(ask_all())
    assert (exchange.asked, exchange.most_at_once) == (5, 1)


def test_a_pause_that_the_exchange_asks_for_holds_for_all_of_the_account() -> None:
    exchange = TellingExchange()
    engine, exchange.wrong = Asking(exchange), RateLimited("slower", 10.0)
    with pytest.raises(NotAnswered, match="slower"):
        asyncio.run(engine.few())
    exchange.wrong = None
    with pytest.raises(NotAnswered, match="requests are kept"):
        asyncio.run(engine.few())
    engine.now += 11_000
    assert exchange.asked == 1
    engine.now += 60_000
    assert asyncio.run(engine.few())


def test_what_is_not_known_is_said_to_be_so() -> None:
    engine = Asking(TellingExchange())
    facts = asyncio.run(engine.markets.facts("SOL", conditions=True, spread=True))
    assert facts == MarketFacts(D("0.02"), None, D("0.00001"))
    with pytest.raises(NotAnswered, match="no connection to the exchange yet"):
        asyncio.run(Asking(None).few())
    assert asyncio.run(Asking(None).markets.facts("SOL", conditions=True, spread=True)) == MarketFacts()
