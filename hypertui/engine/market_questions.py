"""Asks the exchange what those beside the trades want to know of its markets, within the request budget."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from hypertui.core.candles import ClosedCandles, Interval, closed
from hypertui.core.purpose import Purpose
from hypertui.exchange.protocol import ExchangeError, RateLimited
from hypertui.execution.account_context import AccountContext
from hypertui.port.markets import MarketFacts, NotAnswered
from hypertui.runtime.machine import Machine
from hypertui.runtime.request_budget import RequestBudget

_FEW = 100  # candles that a question is for which others wait
_PATIENCE = 30.0  # seconds that an engine has to answer: it may have ended meanwhile

T = TypeVar("T")


class QuestionedEngine(Protocol):
    """Whoever has the accounts."""

    @property
    def loop(self) -> asyncio.AbstractEventLoop | None:
        """The loop that it runs on, None while it does not."""

    def account_of(self, symbol: str) -> AccountContext | None:
        """The account of the trade of that market, or else any; None before there is one. On its loop."""


class MarketQuestions:
    """Fulfils `MarketSource`, by the account of the market's trade, or any other. What the exchange refuses
    here delays no trade, what it asks of the account holds for all."""

    def __init__(self, engine: QuestionedEngine, machine: Machine) -> None:
        self._engine = engine
        self._machine = machine
        self._budgets: dict[AccountContext, RequestBudget] = {}

    async def candles(self, symbol: str, interval: Interval, since: int, now: int) -> ClosedCandles:
        """As MarketSource has it."""
        purpose = Purpose.ASK if now - since < _FEW * interval else Purpose.SHOW

        async def ask(account: AccountContext) -> ClosedCandles:
            there = account.clock_sync.at_venue(now)
            told = await account.exchange.candles(symbol, interval, since, there)
            return closed(told, interval, interval.ended(there))

        return await self._answered(symbol, purpose, ask)

    async def facts(self, symbol: str, *, conditions: bool, spread: bool) -> MarketFacts:
        """As MarketSource has it."""
        found = MarketFacts()
        try:
            if conditions:
                told = await self._answered(
                    symbol, Purpose.ASK, lambda account: account.exchange.conditions(symbol)
                )
                found = MarketFacts(told.change_24h, None, told.funding)
            if spread:
                apart = await self._answered(
                    symbol, Purpose.ASK, lambda account: account.exchange.spread(symbol)
                )
                found = MarketFacts(found.change_24h, apart, found.funding)
        except NotAnswered:
            pass
        return found

    async def _answered(
        self, symbol: str, purpose: Purpose, ask: Callable[[AccountContext], Awaitable[T]]
    ) -> T:
        loop = self._engine.loop
        if loop is None or not loop.is_running():
            raise NotAnswered("the engine is not running")
        asked = self._ask(symbol, purpose, ask)
        try:
            answer = asyncio.run_coroutine_threadsafe(asked, loop)
        except RuntimeError:  # it has closed its loop since
            asked.close()
            raise NotAnswered("the engine is not running") from None
        try:
            async with asyncio.timeout(_PATIENCE):
                return await asyncio.wrap_future(answer)
        except TimeoutError:
            raise NotAnswered("the engine does not answer") from None

    async def _ask(self, symbol: str, purpose: Purpose, ask: Callable[[AccountContext], Awaitable[T]]) -> T:
        """On the engine's loop."""
        account = self._engine.account_of(symbol)
        if account is None:
            raise NotAnswered("the engine has no connection to the exchange yet")
        if purpose is not Purpose.SHOW:
            return await self._within_budget(account, purpose, ask)
        async with account.showing:  # long answers, one after the other: what each costs is known then
            return await self._within_budget(account, purpose, ask)

    async def _within_budget(
        self, account: AccountContext, purpose: Purpose, ask: Callable[[AccountContext], Awaitable[T]]
    ) -> T:
        budget = self._budget(account)
        if not budget.allows_question(purpose):
            raise NotAnswered("requests are kept for stops")
        try:
            answer = await ask(account)
        except ExchangeError as error:
            if isinstance(error, RateLimited):
                budget.refused(purpose, error)
            raise NotAnswered(str(error)) from None
        budget.answered(purpose)
        return answer

    def _budget(self, account: AccountContext) -> RequestBudget:
        if account not in self._budgets:
            clock, random = self._machine.clock, self._machine.random
            self._budgets[account] = RequestBudget(
                lambda: account.exchange.allowance, account.clock_sync, clock, random, account.throttle
            )
        return self._budgets[account]
