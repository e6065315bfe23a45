"""What one trade is asked to be, and whether the venue's rules allow it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import chain

from hypertui.core.market import ONE, ZERO, Instrument, Order, OrderType, Side, plain
from hypertui.core.round_trips import SLOTS
from hypertui.strategy.ladder.grid import UnitGrid
from hypertui.strategy.ladder.sizing import Sizing
from hypertui.strategy.plans import PlanError, Rule


class Reinvest(StrEnum):
    """When realised profit and loss change the fragment."""

    RECOVERY = "recovery"  # on each entry into decline
    CONTINUOUS = "continuous"  # with every buy
    OFF = "off"


class BuyOrder(StrEnum):
    """How a stop-buy fills once it has fired."""

    STOP_MARKET = "stop_market"
    STOP_LIMIT = "stop_limit"


@dataclass(frozen=True, slots=True)
class Plan:
    """The settings of one trade. `unit_size` and `position_size` in USD; slippages as fractions of the price.

    `trust_slots` is how many buys may work beyond the four slots while a sale is still unproven; `sizing` is
    what the figures were worked out by, None where they were given.
    """

    instrument: Instrument
    unit_size: Decimal
    position_size: Decimal
    leverage: int = 1
    reinvest: Reinvest = Reinvest.RECOVERY
    trust_slots: int = 1
    stop_slippage: Decimal = Decimal("0.10")
    entry_slippage: Decimal = Decimal("0.01")
    buy_order: BuyOrder = BuyOrder.STOP_MARKET
    sizing: Sizing | None = None

    def check(self) -> None:
        """Refuse what is wrong at any price. Raises PlanError."""
        _refuse_broken(self.rules())

    def check_at(self, price: Decimal) -> None:
        """Refuse what the venue's rules forbid for an entry at `price`. Raises PlanError."""
        _refuse_broken(chain(self.rules(), self.rules_at(price)))

    def rules(self) -> Iterator[Rule]:
        """What has to be so at any price. Where one is broken, those after it may mean nothing."""
        symbol, leverage = self.instrument.symbol, self.leverage
        highest = self.instrument.max_leverage
        for name, amount in (("unit size", self.unit_size), ("position size", self.position_size)):
            yield Rule(name, amount, ZERO, "" if amount > 0 else f"{name} {plain(amount)} is not above 0")
        yield Rule(
            "leverage", Decimal(leverage), ONE, "" if leverage >= 1 else f"leverage {leverage} is below 1"
        )
        broken = "" if leverage <= highest else f"leverage {leverage} is above the {highest} of {symbol}"
        yield Rule("leverage", Decimal(leverage), Decimal(highest), broken)
        trust = self.trust_slots
        yield Rule(
            "trust slots", Decimal(trust), ZERO, "" if trust >= 0 else f"trust slots {trust} is below 0"
        )
        for name, slippage in (
            ("stop slippage", self.stop_slippage),
            ("entry slippage", self.entry_slippage),
        ):
            broken = "" if 0 <= slippage < 1 else f"{name} {plain(slippage)} is not from 0 to below 1"
            yield Rule(name, slippage, ONE, broken)
        minimum, fragment = self.instrument.min_order_value, self.position_size / SLOTS
        broken = (
            f"position size {plain(self.position_size)} makes buy sizes of {plain(fragment)} USD, "
            f"below the minimum order value of {plain(minimum)} USD"
        )
        yield Rule("buy size", fragment, minimum, "" if fragment >= minimum else broken)

    def rules_at(self, price: Decimal, coins: Decimal | None = None) -> Iterator[Rule]:
        """What the venue's rules ask for an entry at `price` (USD) with `coins`, by default those that the
        position size buys. Where one is broken, those after it may mean nothing."""
        instrument, unit_size = self.instrument, self.unit_size
        tick = instrument.tick(price)
        broken = (
            f"unit size {plain(unit_size)} is below the price tick of {plain(tick)} "
            f"that {instrument.symbol} has at {plain(price)}"
        )
        yield Rule("price tick", unit_size, tick, "" if unit_size >= tick else broken)
        grid = UnitGrid(price, unit_size, instrument)
        lowest = price - SLOTS * unit_size
        broken = (
            f"unit size {plain(unit_size)} puts the lowest stop at {plain(lowest)}, not above 0, "
            f"from a price of {plain(price)}"
        )
        yield Rule("lowest stop", lowest, ZERO, "" if lowest > 0 and grid.price(-SLOTS) > 0 else broken)
        alike = next((unit for unit in range(1 - SLOTS, SLOTS) if not grid.distinct(unit)), None)
        broken = (
            ""
            if alike is None
            else (
                f"unit size {plain(unit_size)} is too small: "
                f"units next to {alike} round to one price near {plain(grid.price(alike))}"
            )
        )
        yield Rule("distinct units", unit_size, tick, broken)
        sizes = enumerate(self.split(self.entry_size(price) if coins is None else coins), start=-SLOTS)
        value, size = min((self.stop_value(grid, unit, size), size) for unit, size in sizes)
        position = f"position size {plain(self.position_size)}"
        if coins is not None:
            position = f"a position of {plain(coins)} {instrument.symbol}"
        broken = (
            f"{position} makes the smallest stop {plain(size)} "
            f"{instrument.symbol} worth {plain(value)} USD at its limit price, below the minimum order "
            f"value of {plain(instrument.min_order_value)} USD"
        )
        minimum = instrument.min_order_value
        yield Rule("smallest stop", value, minimum, "" if value >= minimum else broken)

    def entry_size(self, price: Decimal) -> Decimal:
        """The coins that the position size buys at `price`, in whole lots."""
        return self.instrument.floor_size(self.position_size / price)

    def split(self, coins: Decimal) -> tuple[Decimal, ...]:
        """What each slot gets of the coins entered, lowest stop first: a quarter in whole lots, and the
        lowest the remainder too."""
        quarter = self.instrument.floor_size(coins / SLOTS)
        return (coins - quarter * (SLOTS - 1), *[quarter] * (SLOTS - 1))

    def opening(self, client_id: str, mid: Decimal) -> Order:
        """The opening order: an IOC at most `entry_slippage` above the mid."""
        limit = self.instrument.round_price(mid * (ONE + self.entry_slippage))
        return Order(client_id, self.instrument.symbol, Side.BUY, self.entry_size(mid), OrderType.IOC, limit)

    def stop_limit_price(self, trigger: Decimal) -> Decimal:
        """The worst price at which a stop-sell with this trigger may fill."""
        return self.instrument.round_price(trigger * (ONE - self.stop_slippage))

    def stop_value(self, grid: UnitGrid, unit: int, size: Decimal) -> Decimal:
        """What a stop-sell at `unit` is worth by the venue's measure: size times its limit price."""
        return size * self.stop_limit_price(grid.price(unit))

    @property
    def buy_type(self) -> OrderType:
        """What a stop-buy is."""
        is_limit = self.buy_order is BuyOrder.STOP_LIMIT
        return OrderType.STOP_LIMIT if is_limit else OrderType.STOP_MARKET

    def buy_limit_price(self, trigger: Decimal) -> Decimal:
        """The worst price at which a stop-buy with this trigger may fill."""
        if self.buy_order is BuyOrder.STOP_LIMIT:
            return trigger
        return self.instrument.round_price(trigger * (ONE + self.stop_slippage))


def _refuse_broken(rules: Iterable[Rule]) -> None:
    for rule in rules:
        if rule.broken:
            raise PlanError(rule.broken)
