"""The exits that rest at the exchange, so that they act where no engine does: a stop and a profit for the
whole position, however large that is by then.

The stop stands for the nearer of the hard and the trailing one, beside the stops of the strategy, and only
where it would be the first to fire for some coins: where all of them have a stop above it, it could never
sell any. Prices are USD, sizes coins.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from hypertui.core.market import ONE, ZERO, Grouping, OrderType, Side, plain
from hypertui.core.order_key import KeyKind, OrderKey
from hypertui.core.phrases import at_price
from hypertui.core.purpose import Purpose
from hypertui.strategy.base import AliveOrder, Strategy, Target, WantedOrder
from hypertui.strategy.exits.rules import ExitRule, ExitTerms
from hypertui.strategy.exits.watch import ExitWatch

STOP, PROFIT = OrderKey(KeyKind.EXIT, 0), OrderKey(KeyKind.EXIT, 1)
OWN_STOP = OrderKey(KeyKind.STOP)
KEYS = {ExitRule.HARD_STOP: STOP, ExitRule.TRAILING_STOP: STOP, ExitRule.TAKE_PROFIT: PROFIT}
# By how much (a fraction) an order may stand on the late side of its price before it is moved: each move
# costs two requests, and an engine that runs acts at the price itself.
_MOVES_BY = Decimal("0.001")
# The exchange refuses an order whose price is further than 95 % from the one of now; what is further than
# this from what the coins have cost is watched here alone.
_REACH = Decimal("0.8")
# How far below its price a profit may be taken.
_PROFIT_SLIPPAGE = Decimal("0.005")


def key_of(rule: ExitRule, strategy: Strategy) -> OrderKey | None:
    """The key of the order by which a rule rests at the exchange; None where it does not. The stop of a
    strategy that has none of its own is its `stop/0`, and protects its coins as any stop does."""
    key = KEYS.get(rule)
    return OWN_STOP if key == STOP and strategy.stay is not None else key


def rule_of(key: OrderKey, watch: ExitWatch, strategy: Strategy) -> ExitRule | None:
    """The rule that an order of this key rested for, as far as what is known now tells: the one that has
    fired, else of the wanted ones that which would act first. None where no wanted rule rests by one."""
    wanted = () if watch.terms is None else watch.terms.rules.wanted
    resting = [rule for rule in wanted if key_of(rule, strategy) == key]
    if watch.fired in resting:
        return watch.fired
    prices = {rule: watch.price_of(rule, strategy.book, strategy.instrument) for rule in resting}
    return max(resting, key=lambda rule: prices[rule] or ZERO, default=None)


def is_exit(key: OrderKey) -> bool:
    """Whether an order of this key is an exit of the trade, and none of its strategy's."""
    return key.kind is KeyKind.EXIT


def with_exits(wanted: Target, watch: ExitWatch, alive: Collection[AliveOrder], strategy: Strategy) -> Target:
    """What the strategy wants, and the exits beside it; those are among `alive`. Once one has filled, or any
    rule ends the trade, they stay as they are until everything goes."""
    if watch.terms is None:
        return wanted
    if watch.acted is not None or watch.fired is not None:
        return replace(wanted, kept=wanted.kept | {_stop_of(strategy), PROFIT})
    if not watch.rests or strategy.protectable <= 0:
        return wanted  # or there are no coins that an order can be placed for
    exits = _Exits(watch, alive, strategy)
    rests = [want for want in (exits.stop(wanted), exits.profit()) if want is not None]
    return replace(wanted, orders=(*wanted.orders, *rests)) if rests else wanted


def _stop_of(strategy: Strategy) -> OrderKey:
    return STOP if strategy.stay is None else OWN_STOP


def is_covered(price: Decimal, wanted: Target, strategy: Strategy, *, selling: bool = False) -> bool:
    """Whether the strategy's own stops, at this price or above, are for the whole position; what is too
    little for an order waits for one of them. Coins that are being sold already count where `selling` says
    so."""
    stops = (want for want in wanted.orders if want.purpose is Purpose.PROTECT)
    above = sum((want.size for want in stops if want.stands_at >= price), wanted.loose)
    if selling:
        above += sum((strategy.coins(key) for key in wanted.kept), ZERO)
    return above >= strategy.book.held


@dataclass(frozen=True, slots=True)
class _Exits:
    watch: ExitWatch
    alive: Collection[AliveOrder]
    strategy: Strategy

    def stop(self, wanted: Target) -> WantedOrder | None:
        """The nearer of the stops: lowered at once, and raised when that matters."""
        acting = ((self._price(rule), rule) for rule in (ExitRule.HARD_STOP, ExitRule.TRAILING_STOP))
        found = [(price, rule) for price, rule in acting if price is not None]
        if not found:
            return None
        price, rule = max(found, key=lambda each: each[0])
        last = self._newest(_stop_of(self.strategy))
        if is_covered(price, wanted, self.strategy, selling=last is None):
            return None
        if last is not None and 0 <= price - last.order.stands_at <= self._slack(price):
            price = last.order.stands_at
        return self._wanted(rule, OrderType.STOP_MARKET, price, last)

    def profit(self) -> WantedOrder | None:
        """The profit: raised at once, and lowered when that matters."""
        price, last = self._price(ExitRule.TAKE_PROFIT), self._newest(PROFIT)
        if price is None:
            return None
        if last is not None and 0 <= last.order.stands_at - price <= self._slack(price):
            price = last.order.stands_at
        return self._wanted(ExitRule.TAKE_PROFIT, OrderType.TAKE_PROFIT, price, last)

    def _price(self, rule: ExitRule) -> Decimal | None:
        """Where a rule acts, if an order may stand there."""
        book = self.strategy.book
        price, paid = self.watch.price_of(rule, book, self.strategy.instrument), book.average_price
        return None if price is None or abs(price - paid) > _REACH * paid else price

    def _slack(self, price: Decimal) -> Decimal:
        return max(price * _MOVES_BY, self.strategy.instrument.tick(price))

    def _newest(self, key: OrderKey) -> AliveOrder | None:
        return next((order for order in reversed([*self.alive]) if order.key == key), None)

    def _wanted(
        self, rule: ExitRule, kind: OrderType, price: Decimal, last: AliveOrder | None
    ) -> WantedOrder:
        instrument, held, terms = self.strategy.instrument, self.strategy.book.position, self.watch.terms
        assert terms is not None, "the rule is wanted"
        takes_profit = kind.takes_profit
        slippage = _PROFIT_SLIPPAGE if takes_profit else self.strategy.slippage
        limit = instrument.round_price(
            price * (ONE - slippage), ROUND_CEILING if takes_profit else ROUND_FLOOR
        )
        key = key_of(rule, self.strategy)
        assert key is not None, "the rule rests"
        return WantedOrder(
            key,
            Purpose.REDUCE if takes_profit else Purpose.PROTECT,
            Side.SELL,
            ZERO,
            kind,
            limit,
            rule.reason,
            price,
            why=f"the {rule.words} {self._of(rule, terms)}, with {plain(held)} held",
            replaces=None if last is None else last.client_id,
            grouping=Grouping.POSITION,
            source=rule.source,
        )

    def _of(self, rule: ExitRule, terms: ExitTerms) -> str:
        if rule is ExitRule.TRAILING_STOP:
            return f"under the peak of {at_price(self.watch.trailing.peak)}"
        return f"of {terms.rules.limit(rule)}"
