"""What one trade is asked to be, and whether the venue's rules allow it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from hypertui.market import ONE, Instrument, Order, OrderType, Side, plain
from hypertui.strategy.grid import UnitGrid

SLOTS = 4


class PlanError(ValueError):
    """A plan that cannot be carried out; the text is one line that names the figure and the limit."""


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

    `trust_slots` is how many buys may work beyond the four slots while a sale is still unproven.
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

    def check(self) -> None:
        """Refuse what is wrong at any price. Raises PlanError."""
        symbol = self.instrument.symbol
        if self.unit_size <= 0:
            raise PlanError(f"unit size {plain(self.unit_size)} is not above 0")
        if self.position_size <= 0:
            raise PlanError(f"position size {plain(self.position_size)} is not above 0")
        if self.leverage < 1:
            raise PlanError(f"leverage {self.leverage} is below 1")
        if self.leverage > self.instrument.max_leverage:
            raise PlanError(
                f"leverage {self.leverage} is above the {self.instrument.max_leverage} of {symbol}"
            )
        if self.trust_slots < 0:
            raise PlanError(f"trust slots {self.trust_slots} is below 0")
        for name, slippage in (("stop", self.stop_slippage), ("entry", self.entry_slippage)):
            if not 0 <= slippage < 1:
                raise PlanError(f"{name} slippage {plain(slippage)} is not from 0 to below 1")
        minimum = self.instrument.min_order_value
        if self.position_size / SLOTS < minimum:
            fragment = plain(self.position_size / SLOTS)
            raise PlanError(
                f"position size {plain(self.position_size)} makes fragments of {fragment} USD, "
                f"below the minimum order value of {plain(minimum)} USD"
            )

    def check_at(self, price: Decimal) -> None:
        """Refuse what the venue's rules forbid for an entry at `price`. Raises PlanError."""
        self.check()
        instrument = self.instrument
        tick = instrument.tick(price)
        if self.unit_size < tick:
            raise PlanError(
                f"unit size {plain(self.unit_size)} is below the price tick of {plain(tick)} "
                f"that {instrument.symbol} has at {plain(price)}"
            )
        grid = UnitGrid(price, self.unit_size, instrument)
        if self.unit_size * SLOTS >= price or grid.price(-SLOTS) <= 0:
            lowest = plain(price - SLOTS * self.unit_size)
            raise PlanError(
                f"unit size {plain(self.unit_size)} puts the lowest stop at {lowest}, not above 0, "
                f"from a price of {plain(price)}"
            )
        for unit in range(1 - SLOTS, SLOTS):
            if not grid.distinct(unit):
                raise PlanError(
                    f"unit size {plain(self.unit_size)} is too small: "
                    f"units next to {unit} round to one price near {plain(grid.price(unit))}"
                )
        sizes = enumerate(self.split(self.entry_size(price)), start=-SLOTS)
        value, size = min((self.stop_value(grid, unit, size), size) for unit, size in sizes)
        if value < instrument.min_order_value:
            raise PlanError(
                f"position size {plain(self.position_size)} makes the smallest stop {plain(size)} "
                f"{instrument.symbol} worth {plain(value)} USD at its limit price, below the minimum order "
                f"value of {plain(instrument.min_order_value)} USD"
            )

    def entry_size(self, price: Decimal) -> Decimal:
        """The coins that the position size buys at `price`, in whole lots."""
        return self.instrument.floor_size(self.position_size / price)

    def split(self, coins: Decimal) -> tuple[Decimal, ...]:
        """What each slot gets of the coins entered, lowest stop first: a quarter in whole lots, and the
        lowest the remainder too."""
        quarter = self.instrument.floor_size(coins / SLOTS)
        return (coins - quarter * (SLOTS - 1), *[quarter] * (SLOTS - 1))

    def entry(self, client_id: str, mid: Decimal) -> Order:
        """The opening order: an IOC at most `entry_slippage` above the mid."""
        limit = self.instrument.round_price(mid * (ONE + self.entry_slippage))
        return Order(client_id, self.instrument.symbol, Side.BUY, self.entry_size(mid), OrderType.IOC, limit)

    def stop_limit_price(self, trigger: Decimal) -> Decimal:
        """The worst price at which a stop-sell with this trigger may fill."""
        return self.instrument.round_price(trigger * (ONE - self.stop_slippage))

    def stop_value(self, grid: UnitGrid, unit: int, size: Decimal) -> Decimal:
        """What a stop-sell at `unit` is worth by the venue's measure: size times its limit price."""
        return size * self.stop_limit_price(grid.price(unit))

    def stop(self, client_id: str, trigger: Decimal, size: Decimal) -> Order:
        """A stop-sell for coins held."""
        return Order(
            client_id,
            self.instrument.symbol,
            Side.SELL,
            size,
            OrderType.STOP_MARKET,
            self.stop_limit_price(trigger),
            trigger,
            reduce_only=True,
        )

    def buy(self, client_id: str, trigger: Decimal, size: Decimal) -> Order:
        """A stop-buy for a cash slot."""
        if self.buy_order is BuyOrder.STOP_LIMIT:
            kind, limit = OrderType.STOP_LIMIT, trigger
        else:
            kind = OrderType.STOP_MARKET
            limit = self.instrument.round_price(trigger * (ONE + self.stop_slippage))
        return Order(client_id, self.instrument.symbol, Side.BUY, size, kind, limit, trigger)

    def cover(self, client_id: str, mark: Decimal, size: Decimal) -> Order:
        """A reduce-only market purchase of coins that were sold short."""
        limit = self.instrument.round_price(mark * (ONE + self.stop_slippage))
        return Order(
            client_id, self.instrument.symbol, Side.BUY, size, OrderType.IOC, limit, reduce_only=True
        )

    def sale(self, client_id: str, mark: Decimal, size: Decimal) -> Order:
        """A reduce-only market sale of coins whose stop the price has passed."""
        limit = self.stop_limit_price(mark)
        return Order(
            client_id, self.instrument.symbol, Side.SELL, size, OrderType.IOC, limit, reduce_only=True
        )
