"""Orphans: orders with own ids that work at the exchange, and that nobody remembers."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from hypertui.core.phrases import counted
from hypertui.exchange.protocol import ExchangeError, OpenOrder
from hypertui.execution.arrivals import QuestionInVain
from hypertui.execution.recorder import TradeRecorder
from hypertui.execution.recovery.reconciliation import covers_bare
from hypertui.execution.trade_context import TradeContext
from hypertui.port.commands import Verb

_AGAIN_AFTER = 2.0  # seconds


class Orphans:
    """Of one trade: those that are still to be cancelled."""

    def __init__(self, context: TradeContext, recorder: TradeRecorder) -> None:
        self._context = context
        self._recorder = recorder
        self._left: Sequence[OpenOrder] = ()
        self._in_vain = 0  # cancels without effect, one after the other

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
        go = [order for order in self._left if order not in stay]
        self._left = stay
        if go:
            self._context.queue.spawn(self._cancel(go))

    async def _cancel(self, orphans: Sequence[OpenOrder]) -> None:
        """Cancel these. Where nobody knows whether that took effect, they are looked at again soon: by then
        one of them may be all that covers some coins."""
        context = self._context
        client_ids = [order.client_id for order in orphans if order.client_id is not None]
        await context.durability.written()  # what took their place is known to the next start
        try:
            expires_at = context.clock_sync.expiry(context.clock() + context.config.timing.expires_after)
            await context.exchange.cancel(context.config.symbol, client_ids, expires_at)
        except ExchangeError as error:
            self._in_vain += 1
            said = f"{counted(len(client_ids), 'unknown order')} not cancelled"
            context.queue.post(QuestionInVain(said, error))
            await asyncio.sleep(context.backoff.after(error, self._in_vain, _AGAIN_AFTER))
            known = {order.client_id for order in self._left}
            self._left = [*self._left, *(order for order in orphans if order.client_id not in known)]
            context.queue.wake()
        else:
            self._in_vain = 0
