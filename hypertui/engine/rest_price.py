"""Asks for the price by HTTP while only the feed is down and coins are held, so that their stops go on
following it. Nothing new is risked on such a price."""

from __future__ import annotations

from hypertui.exchange.protocol import ExchangeError
from hypertui.execution.arrivals import PriceRead, QuestionInVain
from hypertui.execution.trade_context import TradeContext


class RestPrice:
    """Of one trade. The trades of an account take turns: one question costs the weight of all markets."""

    def __init__(self, context: TradeContext) -> None:
        self._context = context
        self._next: int | None = None  # when it is asked (ms), while the feed is down
        self._asking = False

    def look(self, now: int, *, holds: bool) -> None:
        """Ask where that is due at `now` (ms); `holds` says whether the trade has coins or stops."""
        context = self._context
        every = context.config.rest_price_every * max(len(context.account.trades), 1)
        if not every or not holds or context.market.feed_up or context.market.quote is None:
            self._next = None
            return
        if self._next is None:
            self._next = now + every  # most feeds are back before
        if now >= self._next and not self._asking and context.budget.allows_question():
            self._asking, self._next = True, now + every
            context.queue.spawn(self._ask())

    async def _ask(self) -> None:
        context = self._context
        try:
            quote = await context.exchange.quote(context.config.symbol)
        except ExchangeError as error:
            context.queue.post(QuestionInVain("the price could not be read", error))
        else:
            context.queue.post(PriceRead(quote))
        finally:
            self._asking = False

    def take(self, read: PriceRead) -> bool:
        """The price has come; returns whether it is the newest: a feed that is back knows better."""
        if self._context.market.feed_up:
            return False
        self._context.market.on_quote(read.quote, by_rest=True)
        return True
