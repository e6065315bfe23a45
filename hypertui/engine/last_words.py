"""How things were left, by the exchange's own word where it answers in time, else by the own books with their
age."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from hypertui.core import phrases
from hypertui.core.market import ZERO
from hypertui.exchange.protocol import ExchangeError
from hypertui.execution import exposure, operator_exits

if TYPE_CHECKING:
    from hypertui.engine.live_trade import LiveTrade
    from hypertui.execution.exposure import Exposure
    from hypertui.execution.trade_context import TradeContext

PATIENCE = 4.0  # seconds that the exchange has for the answer
_LOG = logging.getLogger(__name__)


async def exposed(context: TradeContext) -> Exposure | None:
    """What the exchange holds and has live now; None where it does not say so in time. Raises nothing: it is
    asked for when everything else may have gone wrong."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await exposure.look(context.exchange, context.config.symbol)
    except (ExchangeError, TimeoutError):
        return None
    except Exception:  # noqa: BLE001 - the defect that is being told of may be this one
        _LOG.exception("the exchange could not be asked for the last words")
        return None


def in_words(seen: Exposure | None, context: TradeContext, trade: LiveTrade | None) -> str:
    """What is held, what protects it and what may still buy."""
    if seen is not None:
        return seen.in_words()
    if trade is None:
        return "what is held is not known: the exchange does not answer"
    heard = context.market.heard_at
    as_of = "never" if heard is None else f"{datetime.fromtimestamp(heard / 1000, UTC):%H:%M:%S} UTC"
    return (
        f"the exchange does not answer; by the own books, as of {as_of}: {operator_exits.what_works(trade)}"
    )


def corrected(said: str, seen: Exposure | None, trade: LiveTrade) -> str:
    """What was `said` by the own books, or the exchange's word where more has happened than they know."""
    if seen is None:
        return said
    listed = {(order.client_id, order.remaining) for order in seen.orders}
    known = {(own.client_id, own.remaining) for own in trade.tracker.alive}
    if seen.position == trade.book.held and listed == known:
        return said
    buys = f"; UNATTENDED: {phrases.unattended(len(seen.buys))}" if seen.buys else ""
    return seen.in_words() + buys


def is_covered(seen: Exposure, trade: LiveTrade) -> bool:
    """Whether stops cover all that is held, but for a remainder for which the exchange takes no order."""
    price = trade.recorder.mark or ZERO
    return seen.position >= 0 and (not seen.bare or seen.bare * price < trade.instrument.min_order_value)
