"""A plan, its costs and exits in the records of the compiled ladder, or why they cannot be."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

import numpy as np

from hypertui.backtest.fast.double_double import Pair
from hypertui.backtest.fast.state import LOTS, NEVER, SLOTS, STATE, TERMS, PhaseCode, Records, ReinvestCode
from hypertui.backtest.instant_exchange import Costs
from hypertui.core.market import MAX_PRICE_DECIMALS, ONE
from hypertui.series.ticks import Ticks
from hypertui.strategy.exits.rules import ExitRules
from hypertui.strategy.ladder.grid import UnitGrid
from hypertui.strategy.ladder.plan import Plan, Reinvest

_REINVEST = {
    Reinvest.RECOVERY: ReinvestCode.RECOVERY,
    Reinvest.CONTINUOUS: ReinvestCode.CONTINUOUS,
    Reinvest.OFF: ReinvestCode.OFF,
}
_FLOAT = 2**53  # up to here floats are exact,
_PAIR = 2**100  # and pairs of them
_INTEGER = 2**62
_POWER = 10**22  # the largest power of ten that is exact as a float
_EXACT_DIGITS = 27  # of the 28 that the exact engine's decimals have
_SHARE_DECIMALS = 15  # to which it cuts the share of a fee
# What the exact engine's amounts may be beside the true ones: some shares cut to 1e-15 USD, and with room.
_CLOSE = Fraction(1, 10**12)


class NotCompiled(Exception):
    """What the fast engine does not do, in one line that names the option."""


class LadderRecords:
    """A trade just after its entry at the first of the ticks. Raises NotCompiled."""

    def __init__(self, ticks: Ticks, plan: Plan, costs: Costs, exits: ExitRules) -> None:
        _refuse_unknown(plan, exits)
        self.ticks, self.plan, self.costs = ticks, plan, costs
        self.terms: Records = np.zeros(1, TERMS)
        self.state: Records = np.zeros(1, STATE)
        self.lots = np.zeros((LOTS, 2), dtype=np.int64)
        instrument = plan.instrument
        first = ticks.price(0)
        self.decimals = max(ticks.decimals, MAX_PRICE_DECIMALS - instrument.sz_decimals)
        self.lot_decimals = instrument.sz_decimals
        slip_decimals, fee_decimals = _decimals(costs.slippage), _decimals(costs.fee_rate)
        self.fill_decimals = self.decimals + slip_decimals
        self.money = self.lot_decimals + self.fill_decimals + fee_decimals
        self._put_grid(first)
        self._put_costs(slip_decimals, fee_decimals)
        self._put_rules()
        self._put_exits(exits)
        self._enter(first)

    def coins(self, lots: int) -> Decimal:
        """A size."""
        return Decimal(int(lots)).scaleb(-self.lot_decimals)

    def fill_price(self, at: int) -> Decimal:
        """A price that something filled at."""
        return Decimal(int(at)).scaleb(-self.fill_decimals)

    def usd(self, grains: Sequence[float]) -> Decimal:
        """An amount that is kept as a pair."""
        return (Decimal(float(grains[0])) + Decimal(float(grains[1]))).scaleb(-self.money)

    def rounded_usd(self, grains: float) -> Decimal:
        """One that is kept as a float."""
        return Decimal(repr(float(grains) / 10.0**self.money))

    def _put_grid(self, first: Decimal) -> None:
        terms, unit = self.terms[0], self.plan.unit_size
        raw = max(self.ticks.decimals, _decimals(unit))
        entry, unit_raw = _whole(first, raw), _whole(unit, raw)
        _refuse_above(max(entry, unit_raw), _INTEGER // 4, "prices and the unit size have too many digits")
        terms["entry"], terms["unit"], terms["raw"] = entry, unit_raw, raw
        terms["sz_decimals"], terms["decimals"] = self.plan.instrument.sz_decimals, self.decimals
        terms["scale"] = 10 ** (self.decimals - self.ticks.decimals)

    def _put_costs(self, slip_decimals: int, fee_decimals: int) -> None:
        terms, costs = self.terms[0], self.costs
        terms["slip_one"], terms["slip"] = 10**slip_decimals, _whole(costs.slippage, slip_decimals)
        terms["fee_one"], terms["fee"] = 10**fee_decimals, _whole(costs.fee_rate, fee_decimals)
        per_price = 10 ** (slip_decimals + fee_decimals)
        terms["funding"] = _pair(Fraction(costs.funding) * per_price)
        per_tick = per_price * int(terms["scale"])
        _refuse_above(per_tick, _POWER, "fee rate and slippage have too many digits")
        terms["per_price"] = per_tick
        terms["size_one"] = _pair(Fraction(4 * per_price))

    def _put_rules(self) -> None:
        terms, plan = self.terms[0], self.plan
        limit_decimals = _decimals(plan.stop_slippage)
        terms["limit_one"] = one = 10**limit_decimals
        terms["limit"] = _whole(ONE - plan.stop_slippage, limit_decimals)
        terms["limit_raw"] = self.decimals + limit_decimals
        terms["limit_usd"] = 10 ** (self.decimals + limit_decimals)
        least = plan.instrument.min_order_value
        terms["least"] = _pair(Fraction(least) * 10 ** (self.lot_decimals + self.decimals + limit_decimals))
        terms["reinvest"] = _REINVEST[plan.reinvest]
        terms["most"] = min(_FLOAT // int(terms["slip_one"]) // 2, _FLOAT // one)

    def _put_exits(self, exits: ExitRules) -> None:
        terms = self.terms[0]
        wanted = [each for each in (exits.hard_stop, exits.soft_stop, exits.take_profit) if each is not None]
        one = 10 ** max((_decimals(each) for each in wanted), default=0)
        terms["part_one"] = one
        for name, part in (
            ("hard", exits.hard_stop),
            ("soft", exits.soft_stop),
            ("target", exits.take_profit),
        ):
            terms[name] = 0 if part is None else int(part * one)
        began = 0 if self.ticks.times is None else int(self.ticks.times[0])
        terms["until"] = NEVER if exits.time_stop is None else began + exits.time_stop
        terms["exits"] = bool(wanted) or exits.time_stop is not None

    def _enter(self, first: Decimal) -> None:
        terms, state, plan = self.terms[0], self.state[0], self.plan
        per_price = int(terms["slip_one"]) * int(terms["fee_one"])
        coins = plan.entry_size(first)
        size, price = _whole(coins, self.lot_decimals), _whole(first, self.decimals)
        _refuse_above(price, int(terms["most"]), "prices have too many digits")
        stake = size * price * per_price
        _refuse_above(10 * stake * int(terms["part_one"]), _PAIR, "the figures have too many digits together")
        fee = size * price * int(terms["slip_one"]) * int(terms["fee"])
        self.lots[0] = size, price * int(terms["slip_one"])
        state["after_lots"] = 1
        state["coins"] = [_whole(each, self.lot_decimals) for each in plan.split(coins)]
        state["long"], state["position"], state["fills"] = SLOTS, size, 1
        state["slope"] = _pair(Fraction(size) * int(terms["per_price"]))
        state["cash"] = _pair(Fraction(-stake - fee))
        state["fees"] = fee
        state["at_entry"] = state["fragments"] = _pair(Fraction(stake))
        grid = UnitGrid(first, plan.unit_size, plan.instrument)
        for name, unit in (("below", -1), ("here", 0), ("above", 1)):
            state[name] = _whole(grid.price(unit), self.decimals)
        state["phase"] = state["noted_phase"] = PhaseCode.ADVANCE
        state["soft_since"] = -NEVER
        state["target_at"] = NEVER
        if self.ticks.times is not None:
            state["hour"] = int(self.ticks.times[0]) // 3_600_000
        terms["close_to"] = 0 if self._is_exact(size, price, stake) else float(_CLOSE * 10**self.money)

    def _is_exact(self, size: int, price: int, stake: int) -> bool:
        """Whether the exact engine rounds no amount of money either."""
        if self.costs.funding or len(str(stake)) > _EXACT_DIGITS:
            return False
        fee_digits = len(str(size * price * int(self.terms[0]["slip_one"]) * int(self.terms[0]["fee"])))
        shares = self.money <= _SHARE_DECIMALS and fee_digits + len(str(size)) <= _EXACT_DIGITS
        return not self.costs.fee_rate or shares


def _refuse_unknown(plan: Plan, exits: ExitRules) -> None:
    if exits.trailing_stop is not None:
        raise NotCompiled("the fast engine has no trailing_stop: --engine exact has")
    if plan.trust_slots:
        raise NotCompiled(f"the fast engine has no trust_slots, and {plan.trust_slots} are set")
    if plan.instrument.min_order_value <= 0:  # a size of 0 has to be too small
        raise NotCompiled("the fast engine needs a market with a minimum order value")


def _refuse_above(figure: int, most: int, why: str) -> None:
    if figure > most:
        raise NotCompiled(f"{why} for the fast engine: --engine exact takes them")


def _decimals(amount: Decimal) -> int:
    exponent = amount.normalize().as_tuple().exponent
    assert isinstance(exponent, int), "an amount is finite"
    return max(0, -exponent)


def _whole(amount: Decimal, decimals: int) -> int:
    return int(amount.scaleb(decimals))


def _pair(value: Fraction) -> Pair:
    high = float(value)
    return high, float(value - Fraction(high))
