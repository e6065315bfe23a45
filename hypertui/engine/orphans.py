"""Orphans: orders with own ids that work at the exchange, and that nobody remembers."""

from __future__ import annotations

from collections.abc import Sequence

from hypertui.exchange.protocol import ExchangeError, OpenOrder
from hypertui.execution.arrivals import QuestionInVain
from hypertui.execution.recorder import TradeRecorder
from hypertui.execution.recovery.reconciliation import covers_bare
from hypertui.execution.trade_context import TradeContext
from hypertui.port.commands import Verb


class Orphans:
    """Of one trade: those that are still to be cancelled."""

    def __init__(self, context: TradeContext, recorder: TradeRecorder) -> None:
        self._context = context
        self._recorder = recorder
        self._left: Sequence[OpenOrder] = ()

    def found(self, orphans: Sequence[OpenOrder]) -> None:
        """All of them, by a comparison."""
        self._left = orphans
        self.let_go()

    def let_go(self) -> None:
        """Cancel them, a stop only once another one covers its coins. Where nothing is held, or everything is
        to be cancelled, it goes at once."""
        if not self._left:
            return
        wish, tracker = self._recorder.trade.wish, self._recorder.trade.tracker
        is_flat = self._context.market.knowledge.position == 0
        all_go = is_flat or (wish is not None and wish.verb == Verb.CANCEL_ALL)
        stay = [] if all_go else [order for order in self._left if covers_bare(order, tracker)]
        ids = [order.client_id for order in self._left if order not in stay and order.client_id is not None]
        self._left = stay
        if ids:
            self._context.queue.spawn(self._cancel(ids))

    async def _cancel(self, client_ids: Sequence[str]) -> None:
        context = self._context
        await context.durability.written()  # what took their place is known to the next start
        try:
            expires_at = context.clock_sync.expiry(context.clock() + context.config.timing.expires_after)
            await context.exchange.cancel(context.config.symbol, client_ids, expires_at)
        except ExchangeError as error:
            context.queue.post(QuestionInVain(f"{len(client_ids)} unknown orders not cancelled", error))
