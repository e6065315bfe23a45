"""The ladder over a price series, with fills that happen the moment a trigger is touched.

A stop fires at the first price that touches or passes its trigger and fills at the worse of the two, so gaps
cost; slippage comes on top, and the taker fee. Neither is rounded. The entry is at the first price.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from hypertui.core.market import ONE, ZERO, Fill, Side
from hypertui.core.price_series import Series
from hypertui.strategy.ladder.ladder import Direction, Ladder, Step, Target
from hypertui.strategy.ladder.plan import Plan

DEFAULT_FEE_RATE = Decimal("0.00045")


@dataclass(frozen=True, slots=True)
class Costs:
    """What a fill costs: the taker fee and the slippage, both as fractions."""

    fee_rate: Decimal = DEFAULT_FEE_RATE
    slippage: Decimal = ZERO


@dataclass(slots=True)
class Run:
    """A finished replay. `max_drawdown` is the deepest fall of the net PnL from an earlier high, in USD."""

    ladder: Ladder
    series: Series
    ticks: int = 0
    fills: int = 0
    last_price: Decimal = ZERO
    max_drawdown: Decimal = ZERO
    phase_steps: Counter[str] = field(default_factory=Counter)


def replay(
    series: Series,
    plan: Plan,
    costs: Costs = Costs(),
    on_step: Callable[[int, Step, Ladder], None] | None = None,
) -> Run:
    """Walk `series`, calling `on_step(tick, step, ladder)` after each step.

    Raises PlanError when the plan is impossible at the first price. Ends early when the ladder halts.
    """
    entry_price = series.prices[0]
    plan.check_at(entry_price)
    venue = _InstantVenue(plan, costs, entry_price, series.times[0])
    ladder = venue.ladder
    run = Run(ladder, series)
    drawdown = _Drawdown()
    for tick, price in enumerate(series.prices):
        while ladder.halted is None and (step := ladder.touch(price)) is not None:
            venue.fire(step, series.times[tick])
            run.phase_steps[ladder.phase.value] += 1
            if on_step is not None:
                on_step(tick, step, ladder)
        drawdown.walk(price, ladder, venue.fills)
        run.ticks = tick + 1
        run.last_price = price
        if ladder.halted is not None:
            break
    run.fills = venue.fills
    run.max_drawdown = drawdown.deepest
    return run


@dataclass(slots=True)
class _WorkingBuy:
    client_id: str
    size: Decimal


class _InstantVenue:
    """Holds the working orders and keeps them equal to the ladder's target."""

    def __init__(self, plan: Plan, costs: Costs, entry_price: Decimal, at: int) -> None:
        self._plan = plan
        self._costs = costs
        self._orders = 0
        self.fills = 0
        self._stops: dict[int, tuple[int, str]] = {}  # slot -> unit, client id
        self._buys: dict[int, _WorkingBuy] = {}  # unit -> order
        entry = self._execute(Side.BUY, plan.entry_size(entry_price), entry_price, at)
        self.ladder = Ladder.open(plan, [entry], entry_price)
        self._converge(self.ladder.target(), at)

    def fire(self, step: Step, at: int) -> None:
        """Execute what the step's price touches, then move the orders to the new target."""
        trigger = self.ladder.grid.price(step.unit)
        if step.direction is Direction.DOWN:
            fired = next((slot for slot, (unit, _) in self._stops.items() if unit == step.unit), None)
            if fired is not None:
                _, client_id = self._stops.pop(fired)
                price = min(trigger, step.price) * (ONE - self._costs.slippage)
                slot = self.ladder.slots[fired]
                self.ladder.sold(slot, client_id, self._execute(Side.SELL, slot.coins, price, at))
                self.ladder.position_map.status(client_id, "filled", at)
        elif (buy := self._buys.pop(step.unit, None)) is not None:
            self.ladder.disarmed(step.unit)
            price = max(trigger, step.price) * (ONE + self._costs.slippage)
            slot = next(slot for slot in self.ladder.slots if slot.coins == 0)
            self.ladder.bought(slot, step.unit, buy.client_id, self._execute(Side.BUY, buy.size, price, at))
            self.ladder.position_map.status(buy.client_id, "filled", at)
        self._converge(self.ladder.target(), at)

    def _converge(self, target: Target, at: int) -> None:
        if target.halted:
            self.ladder.halt(target.halted)
        for stop in target.stops:
            working = self._stops.get(stop.slot)
            if working is not None and working[0] == stop.unit:
                continue
            self._stops[stop.slot] = (stop.unit, self._place(stop.unit, Side.SELL, stop.size, at))
            self.ladder.slots[stop.slot].stop_unit = stop.unit
            if working is not None:
                self.ladder.position_map.status(working[1], "cancelled", at)
        wanted = {buy.unit: buy.size for buy in target.buys}
        for unit, buy in list(self._buys.items()):
            if wanted.get(unit) != buy.size:
                self.ladder.position_map.status(buy.client_id, "cancelled", at)
                del self._buys[unit]
                self.ladder.disarmed(unit)
        for unit, size in wanted.items():
            if unit not in self._buys:
                self._buys[unit] = _WorkingBuy(self._place(unit, Side.BUY, size, at), size)
                self.ladder.armed(unit, size)

    def _place(self, unit: int, side: Side, size: Decimal, at: int) -> str:
        self._orders += 1
        client_id = str(self._orders)
        self.ladder.position_map.placed(unit, client_id, side, size, at, "working")
        return client_id

    def _execute(self, side: Side, size: Decimal, price: Decimal, at: int) -> Fill:
        self.fills += 1
        fee = size * price * self._costs.fee_rate
        return Fill(self._plan.instrument.symbol, side, size, price, fee, at, self.fills, self.fills)


class _Drawdown:
    """The deepest fall of the net PnL. Between fills it is a straight line in the price, so the line's
    figures are worked out once a fill, and each price costs one multiplication."""

    def __init__(self) -> None:
        self.deepest = ZERO
        self._peak = ZERO
        self._fills = -1
        self._position = ZERO
        self._base = ZERO

    def walk(self, price: Decimal, ladder: Ladder, fills: int) -> None:
        if fills != self._fills:
            self._fills = fills
            self._position = ladder.position
            self._base = ladder.net_pnl(ZERO)
        pnl = self._base + self._position * price
        if pnl > self._peak:
            self._peak = pnl
        elif self._peak - pnl > self.deepest:
            self.deepest = self._peak - pnl
