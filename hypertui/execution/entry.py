"""The opening order of a trade."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar

from hypertui.core.intents import IntentReason
from hypertui.core.market import ZERO, Fill, Order, Side
from hypertui.exchange.protocol import (
    Exchange,
    ExchangeError,
    Filled,
    OrderState,
    Placed,
    Quote,
    Refused,
    Unknown,
)
from hypertui.execution.orders import ClientIds
from hypertui.execution.plausible import fault_beside
from hypertui.execution.refusal import StartRefused
from hypertui.execution.timing import Timing
from hypertui.runtime.backoff import Backoff
from hypertui.runtime.clock_sync import ClockSync
from hypertui.runtime.event_queue import EventQueue
from hypertui.strategy.plans import StrategyPlan

_FILLS_PATIENCE = 2.0
_FILLS_LOOKS = 3
_INSIST_PAUSE = 0.5
_FILLS_MARGIN_MS = 60_000


T = TypeVar("T")


class Entry:
    """Buys the position, or takes over the one that is there. `short` is how many coins were bought that no
    fill has told of yet."""

    def __init__(
        self,
        exchange: Exchange,
        plan: StrategyPlan,
        ids: ClientIds,
        timing: Timing,
        clock: Callable[[], int],
        clock_sync: ClockSync,
        backoff: Backoff,
    ) -> None:
        self._exchange = exchange
        self._plan = plan
        self._timing = timing
        self._clock = clock
        self._clock_sync = clock_sync
        self._backoff = backoff
        self._ids = ids
        self.short = ZERO
        self._client_id = ""
        self._fills: dict[tuple[int, int, int], Fill] = {}

    async def take_over(self, leverage: int, queue: EventQueue[Any], *, isolated: bool = False) -> None:
        """Let a position that is there, with cross or `isolated` margin, have the plan's leverage in place of
        its own. Raises an ExchangeError."""
        if leverage != self._plan.leverage:
            await self._set_leverage(queue, isolated=isolated)

    async def begin_flat(self, queue: EventQueue[Any]) -> None:
        """Let the market have the plan's leverage before anything is bought. Raises an ExchangeError."""
        await self._set_leverage(queue, isolated=self._plan.instrument.only_isolated)

    async def enter(
        self,
        attempt: int,
        queue: EventQueue[Any],
        newest: Callable[[], Quote],
        record: Callable[[Order, int, Decimal], Awaitable[None]],
    ) -> Sequence[Fill]:
        """Set the leverage and buy at the `newest` price; returns the fills. `attempt` counts the orders that
        the trade has tried to begin with, from 1. `record` makes the order durable before it is sent, with
        its expiry (ms) and the price it was decided at. Raises StartRefused when nothing was bought, and an
        ExchangeError only while nothing can have been."""
        symbol = self._plan.instrument.symbol
        await self._set_leverage(queue, isolated=self._plan.instrument.only_isolated)
        quote = newest()
        price = quote.mid or quote.mark
        order, expires_at = self._plan.opening(self._ids.entry(attempt), price), self._expiry()
        assert order is not None, "a plan without one begins flat"
        await record(order, expires_at, price)
        self._client_id = order.client_id
        bought = await self._bought(order, expires_at, queue)
        if bought == 0:
            text = "the entry found no seller within its limit; nothing was bought"
            raise StartRefused(text, status=3, because=IntentReason.UNFILLED)
        return await self._all_fills(bought, symbol, expires_at, queue)

    async def _set_leverage(self, queue: EventQueue[Any], *, isolated: bool) -> None:
        symbol, expiry = self._plan.instrument.symbol, self._clock_sync.expiry(self._expiry())
        setting = self._exchange.set_leverage(symbol, self._plan.leverage, expiry, isolated=isolated)
        await queue.meanwhile(setting)

    async def found(self, order: Order, expires_at: int, queue: EventQueue[Any]) -> Sequence[Fill]:
        """The fills of an entry that was recorded before a restart; none if it never took effect."""
        self._client_id = order.client_id
        bought = await self._find_out(order, expires_at, queue)
        return await self._all_fills(bought, order.symbol, expires_at, queue) if bought else ()

    async def _all_fills(
        self, bought: Decimal, symbol: str, expires_at: int, queue: EventQueue[Any]
    ) -> Sequence[Fill]:
        """The fills, all of them if they come soon. Coins without a stop do not wait for the last of them any
        longer: it is booked when it comes."""
        looks = 0
        while not await queue.run_until(lambda: self._booked >= bought, _FILLS_PATIENCE):
            if self._booked and looks >= _FILLS_LOOKS:
                break
            await self._look_for_fills(symbol, expires_at, queue)
            looks += 1
        self.short = max(bought - self._booked, ZERO)
        return sorted(self._fills.values(), key=lambda fill: fill.key)

    async def _look_for_fills(self, symbol: str, expires_at: int, queue: EventQueue[Any]) -> None:
        since = expires_at - self._timing.expires_after - _FILLS_MARGIN_MS
        for fill in await self._insist(partial(self._exchange.fills_since, symbol, since), queue):
            self.takes(fill)

    def takes(self, fill: Fill) -> None:
        """Take a fill if it is the entry's, and can be."""
        if fill.client_id == self._client_id and not fault_beside(fill, Side.BUY, self._fills.values()):
            self._fills[fill.key] = fill

    @property
    def _booked(self) -> Decimal:
        return sum((fill.size for fill in self._fills.values()), ZERO)

    def _expiry(self) -> int:
        return self._clock() + self._timing.expires_after

    async def _bought(self, order: Order, expires_at: int, queue: EventQueue[Any]) -> Decimal:
        answer: Placed
        try:
            # What is not known of by then is taken for not bought, and nobody looks after it any more.
            (answer,) = await self._exchange.place([order], self._clock_sync.sure_expiry(expires_at))
        except Unknown:
            return await self._find_out(order, expires_at, queue)
        if isinstance(answer, Filled):
            return answer.size
        if isinstance(answer, Refused):
            text = f"the exchange refused the entry: {answer.text}"
            raise StartRefused(text, because=IntentReason.EXCHANGE_REFUSED)
        return ZERO

    async def _find_out(self, order: Order, expires_at: int, queue: EventQueue[Any]) -> Decimal:
        """An entry without an answer is never sent again: it is asked for until it is known or expired."""
        while True:
            asked_at = self._clock()
            report = await self._insist(lambda: self._exchange.order_report(order.client_id), queue)
            if report is not None and report.state.ended:
                await self._look_for_fills(order.symbol, expires_at, queue)
                # Answers may be behind each other: a filled order has fills, whether they are told of yet.
                return order.size if report.state is OrderState.FILLED else self._booked
            if report is None and asked_at > expires_at:
                return ZERO
            await queue.run_until(lambda: False, self._timing.confirm_after / 1000)

    async def _insist(self, question: Callable[[], Coroutine[Any, Any, T]], queue: EventQueue[Any]) -> T:
        """The answer, however long it takes: coins may be held that nothing protects yet, so this is no time
        to give up."""
        failures = 0
        while True:
            try:
                return await queue.meanwhile(question())
            except ExchangeError as error:
                failures += 1
                pause = self._backoff.after(error, failures, _INSIST_PAUSE)
            await queue.run_until(lambda: False, pause)
