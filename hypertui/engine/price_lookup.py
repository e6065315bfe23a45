"""Asks what the price was before the first one was heard, and while none was.

Nothing is decided by the answers: they go into the history of the price at once, and so are on the next
snapshot.
"""

from __future__ import annotations

from hypertui.core.purpose import Purpose
from hypertui.exchange.protocol import ExchangeError, RateLimited
from hypertui.execution.trade_context import TradeContext

_SOON = 5_000  # ms until it is looked again whether something may be asked
_PAUSE = 60_000  # ms between two questions: a feed may break again and again
_LONGEST_PAUSE = 15 * 60_000  # where they are not answered, for longer each time


class PriceLookup:
    """Of one trade, which began at `began_at` (ms). Without an answer the charts begin with what the feed has
    told: no alarm, but another try."""

    def __init__(self, context: TradeContext, began_at: int) -> None:
        self._context = context
        self._market = context.market
        self._asking = False
        self._next = 0  # when something is asked again (ms)
        self._failures = 0  # in a row
        context.market.history.reach_back_to(began_at)

    def look(self, now: int) -> None:
        """Ask what there is to ask at `now` (ms), beside the events."""
        unheard = self._market.unheard
        if unheard is not None and now >= self._next and not self._asking:
            self._asking = True
            self._context.queue.spawn(self._ask(*unheard))

    async def _ask(self, since: int, until: int) -> None:
        """One trade of an account after the other, so that other questions need not wait for these."""
        try:
            async with self._context.account.showing:
                pause = await self._answered(since, until)
        finally:
            self._asking = False
        self._next = self._context.clock() + pause

    async def _answered(self, since: int, until: int) -> int:
        """Ask, if that may be; returns for how long not to do so again (ms)."""
        context, history, budget = self._context, self._market.history, self._context.budget
        if not budget.allows_question(Purpose.SHOW):
            return _SOON
        try:
            for interval, begin in history.wanted(since, until):
                candles = await context.exchange.candles(context.config.symbol, interval, begin, until)
                history.fill(interval, until, candles)
        except ExchangeError as error:
            if isinstance(error, RateLimited):
                budget.refused(Purpose.SHOW, error)
            self._failures += 1
            return min(_PAUSE * self._failures, _LONGEST_PAUSE)
        budget.answered(Purpose.SHOW)
        self._failures = 0
        if self._market.unheard == (since, until):  # else more has been missed meanwhile
            self._market.unheard = None
        return _PAUSE
