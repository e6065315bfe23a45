"""The exit before a liquidation: everything is sold at the market once the price has come most of the way
from what the coins cost to where the exchange would liquidate them, and no stop sells all of them before
that."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal

from hypertui.core.market import ZERO, Side
from hypertui.core.phrases import coins
from hypertui.execution.knowledge import Knowledge
from hypertui.execution.order_tracker import OrderTracker
from hypertui.execution.orders import Role
from hypertui.strategy.exits.native import STOP
from hypertui.strategy.exits.rules import LAST_PART, ExitRule
from hypertui.strategy.exits.watch import ExitVerdict

_FRESH = 30_000  # ms for which a liquidation price that was read is gone by
_NEAREST = Decimal("0.002")  # of the liquidation price, at least


def judge(knowledge: Knowledge, tracker: OrderTracker, price: Decimal, now: int) -> ExitVerdict | None:
    """What it says at a price (USD); None where nothing is held, or nothing would be liquidated, and where
    the exchange has not said lately."""
    account, asked_at, book = knowledge.account, knowledge.account_at, tracker.strategy.book
    if account is None or asked_at is None or now - asked_at > _FRESH or book.position <= 0:
        return None
    liquidation, entry = account.liquidation_price, book.average_price
    if liquidation is None or liquidation <= 0:
        return None
    instrument = tracker.strategy.instrument
    # An account that other positions have emptied may be liquidated above what the coins have cost.
    near = max(LAST_PART * (entry - liquidation), _NEAREST * liquidation)
    acts_at = instrument.round_price(liquidation + near, ROUND_CEILING)
    stopped = min(_stopped_above(liquidation, tracker), tracker.strategy.protectable)
    bare = tracker.strategy.protectable - stopped
    text = f"{coins(bare, instrument)} of {coins(book.position, instrument)} have no stop above it"
    return ExitVerdict(
        ExitRule.LIQUIDATION_GUARD,
        bare > 0 and price <= acts_at,
        acts_at,
        text if bare > 0 else "stops above it sell everything",
    )


def _stopped_above(liquidation: Decimal, tracker: OrderTracker) -> Decimal:
    """Coins that live stops, or an exit, would sell before, and those that are being sold already."""
    selling = [own for own in tracker.alive if own.order.side is Side.SELL and (own.due or own.ended)]
    if any(own.whole or own.role is Role.CLOSE for own in selling):
        return tracker.strategy.protectable
    alive = [own for own in tracker.alive if own.is_live and own not in selling]
    above = [own for own in alive if own.order.stands_at > liquidation]
    if any(own.role is Role.EXIT and own.key == STOP for own in above):
        return tracker.strategy.protectable
    stops = [own for own in above if own.protects]
    if any(own.whole for own in stops):
        return tracker.strategy.protectable
    return sum((own.remaining for own in (*stops, *selling)), ZERO)
