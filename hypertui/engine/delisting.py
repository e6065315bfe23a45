"""A trade whose market is no more: it is ended where nothing is held in it."""

from __future__ import annotations

from hypertui.execution import exposure
from hypertui.execution.refusal import StartRefused
from hypertui.execution.trade_context import TradeContext
from hypertui.port.commands import StopReason


async def ended_without_market(context: TradeContext, error: StartRefused) -> StopReason:
    """End a trade that has begun, and whose market was delisted, which is the `error`. Raises StartRefused
    where that is not so, or something is held or works there."""
    symbol = context.config.symbol
    if not (context.journal.history().has_begun and await context.exchange.is_delisted(symbol)):
        raise error
    seen = await exposure.look(context.exchange, symbol)
    if seen.position or seen.orders:
        raise StartRefused(f"{error}; {seen.in_words()}", status=3)
    context.ended(str(error))
    return StopReason(0, f"{error}; {seen.in_words()}: the trade is ended")
