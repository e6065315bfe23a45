"""The exits that rest at the exchange, so that they act where no engine does: a stop and a profit for the
whole position, however large that is by then.

The stop stands beside those of the strategy, and only where it would be the first to fire for some coins:
where all of them have a stop above it, it could never sell any. Prices are USD, sizes coins.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from hypertui.core.market import ONE, ZERO, Grouping, OrderType, Side, plain
from hypertui.core.order_key import KeyKind, OrderKey
from hypertui.core.purpose import Purpose
from hypertui.strategy.base import AliveOrder, Strategy, Target, WantedOrder
from hypertui.strategy.exits.rules import ExitRule
from hypertui.strategy.exits.watch import ExitWatch

STOP, PROFIT = OrderKey(KeyKind.EXIT, 0), OrderKey(KeyKind.EXIT, 1)
KEYS = {ExitRule.HARD_STOP: STOP, ExitRule.TAKE_PROFIT: PROFIT}
# By how much (a fraction) an order may stand on the late side of its price before it is moved: each move
# costs two requests, and an engine that runs acts at the price itself.
_MOVES_BY = Decimal("0.001")
# The exchange refuses an order whose price is further than 95 % from the one of now; what is further than
# this from what the coins have cost is watched here alone.
_REACH = Decimal("0.8")
# How far below its price a profit may be taken.
_PROFIT_SLIPPAGE = Decimal("0.005")


def is_exit(key: OrderKey) -> bool:
    """Whether an order of this key is an exit of the trade, and none of its strategy's."""
    return key.kind is KeyKind.EXIT


def rule_of(key: OrderKey) -> ExitRule:
    """The rule that an order of this key stands for. Raises StopIteration where it is for none."""
    return next(rule for rule, own in KEYS.items() if own == key)


def _price_of(rule: ExitRule, watch: ExitWatch, strategy: Strategy) -> Decimal | None:
    """Where a rule acts, if there are coins that an order can be placed for, and one may stand there."""
    price = watch.price_of(rule, strategy.book, strategy.instrument) if strategy.protectable > 0 else None
    paid = strategy.book.average_price
    return None if price is None or abs(price - paid) > _REACH * paid else price


def with_exits(wanted: Target, watch: ExitWatch, alive: Collection[AliveOrder], strategy: Strategy) -> Target:
    """What the strategy wants, and the exits beside it; `alive` are the orders of those. Once one has filled,
    or any rule ends the trade, they stay as they are until everything goes."""
    if watch.terms is None:
        return wanted
    if watch.acted is not None or watch.fired is not None:
        return replace(wanted, kept=wanted.kept | {STOP, PROFIT})
    if not watch.rests:
        return wanted
    rests = tuple(
        want for want in (_stop(wanted, watch, alive, strategy), _profit(watch, alive, strategy)) if want
    )
    return replace(wanted, orders=(*wanted.orders, *rests)) if rests else wanted


def is_covered(price: Decimal, wanted: Target, strategy: Strategy, *, selling: bool = False) -> bool:
    """Whether the strategy's own stops, at this price or above, are for the whole position; what is too
    little for an order waits for one of them. Coins that are being sold already count where `selling` says
    so."""
    stops = (want for want in wanted.orders if want.purpose is Purpose.PROTECT)
    above = sum((want.size for want in stops if want.stands_at >= price), wanted.loose)
    if selling:
        above += sum((strategy.coins(key) for key in wanted.kept), ZERO)
    return above >= strategy.book.position


def _stop(
    wanted: Target, watch: ExitWatch, alive: Collection[AliveOrder], strategy: Strategy
) -> WantedOrder | None:
    instrument, stands = strategy.instrument, _newest(alive, STOP)
    price = _price_of(ExitRule.HARD_STOP, watch, strategy)
    if price is None or is_covered(price, wanted, strategy, selling=stands is None):
        return None
    if stands is not None and 0 <= price - stands <= max(price * _MOVES_BY, instrument.tick(price)):
        price = stands
    limit = instrument.round_price(price * (ONE - strategy.slippage), ROUND_FLOOR)
    return _exit(ExitRule.HARD_STOP, OrderType.STOP_MARKET, price, limit, watch, alive, strategy)


def _profit(watch: ExitWatch, alive: Collection[AliveOrder], strategy: Strategy) -> WantedOrder | None:
    instrument, stands = strategy.instrument, _newest(alive, PROFIT)
    price = _price_of(ExitRule.TAKE_PROFIT, watch, strategy)
    if price is None:
        return None
    if stands is not None and 0 <= stands - price <= max(price * _MOVES_BY, instrument.tick(price)):
        price = stands
    limit = instrument.round_price(price * (ONE - _PROFIT_SLIPPAGE), ROUND_CEILING)
    return _exit(ExitRule.TAKE_PROFIT, OrderType.TAKE_PROFIT, price, limit, watch, alive, strategy)


def _exit(
    rule: ExitRule,
    kind: OrderType,
    price: Decimal,
    limit: Decimal,
    watch: ExitWatch,
    alive: Collection[AliveOrder],
    strategy: Strategy,
) -> WantedOrder:
    assert watch.terms is not None, "the rule is wanted"
    key = KEYS[rule]
    purpose = Purpose.REDUCE if kind.takes_profit else Purpose.PROTECT
    return WantedOrder(
        key,
        purpose,
        Side.SELL,
        ZERO,
        kind,
        limit,
        rule.reason,
        price,
        why=f"the {rule.words} of {watch.terms.rules.limit(rule)}, with {plain(strategy.book.position)} held",
        replaces=next((order.client_id for order in reversed([*alive]) if order.key == key), None),
        grouping=Grouping.POSITION,
        source=rule.source,
    )


def _newest(alive: Collection[AliveOrder], key: OrderKey) -> Decimal | None:
    """Where the newest order of a key stands; None where there is none."""
    return next((order.order.stands_at for order in reversed([*alive]) if order.key == key), None)
