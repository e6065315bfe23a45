"""Guards on the price itself: one that jumps, stands still while others trade, or is far from the mid."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from hypertui.core.market import ONE, ZERO
from hypertui.risk.facts import Facts, PriceFacts
from hypertui.risk.guards import Guard
from hypertui.risk.measure import Measure, share, unknown
from hypertui.risk.rules import GuardRules, percent

JUMP_HOLDS = 30_000  # ms for which nothing more is risked after a jump
_NO_PRICE = "there is no price yet"


@dataclass(slots=True)
class PriceWatch:
    """Of one market, with every price that comes. Times are ms."""

    jump: Decimal = ZERO
    jumped_at: int = 0
    _mark: Decimal | None = None
    _mid: Decimal | None = None
    _last: Decimal | None = None
    _step: Decimal = ZERO
    _since: int = 0  # the mark and the mid are what they are
    _traded: bool = False  # since then, at another price

    def on_quote(
        self, mark: Decimal, mid: Decimal | None, last: Decimal | None, now: int, limit: Decimal | None
    ) -> bool:
        """Take a price; returns whether it has jumped by `limit` (a fraction) or more from the one before."""
        before = self._mark
        self._step = ZERO if before is None else abs(mark / before - ONE)
        jumps = limit is not None and self._step >= limit
        if jumps:
            self.jump, self.jumped_at = self._step, now
        if (mark, mid) != (self._mark, self._mid):
            self._mark, self._mid, self._since, self._traded = mark, mid, now, False
        elif last is not None and self._last is not None and last != self._last:
            self._traded = True
        self._last = last
        return jumps

    def facts(self, now: int) -> PriceFacts | None:
        """What is so at `now`; None before the first price."""
        if self._mark is None:
            return None
        frozen_for = max(now - self._since, 0) if self._traded else 0
        return PriceFacts(self._mark, self._mid, frozen_for, self.jump, self.jumped_at, self._step)


def price_jump(facts: Facts, rules: GuardRules, now: int) -> Measure:
    """How far a mark was from the one before it; for half a minute after one that was too far."""
    guard, limit, price = Guard.PRICE_JUMP, rules.price_jump, facts.price
    assert limit is not None, "it is wanted"
    if price is None:
        return unknown(guard, limit, _NO_PRICE)
    lasts = bool(price.jumped_at) and 0 <= now - price.jumped_at < JUMP_HOLDS
    figure = price.jump if lasts else price.step
    ago = f", {(now - price.jumped_at) // 1000} s ago" if lasts else ""
    text = f"{share(figure)} of {percent(limit)} between two marks{ago}"
    return Measure(guard, figure, limit, lasts, text, near=False)


def frozen_price(facts: Facts, rules: GuardRules, _now: int) -> Measure:
    """How long neither mark nor mid has changed while others traded at other prices."""
    guard, limit, price = Guard.FROZEN_PRICE, rules.frozen_price, facts.price
    if price is None:
        return unknown(guard, Decimal(limit), _NO_PRICE)
    still = price.frozen_for
    text = f"{still // 1000} s of {limit / 1000:g} s without a change while others trade"
    return Measure(guard, Decimal(still), Decimal(limit), still >= limit, text, near=False)


def mark_gap(facts: Facts, rules: GuardRules, _now: int) -> Measure:
    """How far the mark is from the mid of the book."""
    guard, limit, price = Guard.MARK_GAP, rules.mark_gap, facts.price
    assert limit is not None, "it is wanted"
    if price is None or not price.mid:
        return unknown(guard, limit, _NO_PRICE if price is None else "there is no mid price")
    figure = abs(price.mark / price.mid - ONE)
    text = f"{share(figure)} of {percent(limit)} between mark and mid"
    return Measure(guard, figure, limit, figure > limit, text, near=False)
