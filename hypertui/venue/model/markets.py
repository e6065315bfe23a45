"""A market of the venue with its margin tiers, and how numbers are written on its wire."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal

from hypertui.core.market import MAX_PRICE_DECIMALS, ONE, ZERO, Instrument, plain

# The smallest amount of USDC that the venue books.
MICRO = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Tier:
    """What holds for positions worth at least `lower` USD. Hyperliquid docs, margin tiers.

    `rate` is the maintenance margin of what lies within the tier as a fraction of its value, `deduction`
    what that takes too much on the part below, in USD.
    """

    lower: Decimal
    max_leverage: int
    rate: Decimal
    deduction: Decimal


@dataclass(frozen=True, slots=True)
class Market:
    """A perpetual market: `asset` is its number on the wire, `start` its first synthetic price in USD.

    `steps` are the tiers above the first one: the value in USD from which each holds, and its leverage.
    A market of `only_isolated` margin knows no cross positions.
    """

    asset: int
    instrument: Instrument
    start: Decimal
    steps: tuple[tuple[int, int], ...] = ()
    only_isolated: bool = False
    tiers: tuple[Tier, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        tiers: list[Tier] = []
        for lower, leverage in ((0, self.instrument.max_leverage), *self.steps):
            rate = ONE / (2 * leverage)
            below = tiers[-1] if tiers else Tier(ZERO, leverage, rate, ZERO)
            deduction = below.deduction + lower * (rate - below.rate)
            tiers.append(Tier(Decimal(lower), leverage, rate, deduction))
        object.__setattr__(self, "tiers", tuple(tiers))

    @property
    def symbol(self) -> str:
        return self.instrument.symbol

    @property
    def table_id(self) -> int:
        """The number of the market's margin table. Below 50 a table is one tier of that leverage."""
        return 56 - self.asset if self.steps else self.instrument.max_leverage

    def tier(self, notional: Decimal) -> Tier:
        """The tier of a position worth `notional` USD."""
        return next(tier for tier in reversed(self.tiers) if notional >= tier.lower)

    def maintenance(self, notional: Decimal) -> Decimal:
        """The maintenance margin in USD of a position worth `notional` USD: in each tier half of what full
        leverage asks for at first."""
        tier = self.tier(notional)
        return notional * tier.rate - tier.deduction

    def round_mark(self, price: Decimal) -> Decimal:
        """A mark or oracle price: as many decimals as an order price may have, any number of figures."""
        step = ONE.scaleb(self.instrument.sz_decimals - MAX_PRICE_DECIMALS)
        return price.quantize(step, rounding=ROUND_HALF_EVEN)


def number(amount: Decimal) -> str:
    """An amount as the venue prints it: plain digits with at least one decimal, `12.0`."""
    text = plain(amount)
    return text if "." in text else f"{text}.0"


def usd(amount: Decimal) -> str:
    """An amount of USDC, rounded to its smallest unit, as the venue prints it."""
    return number(amount.quantize(MICRO, rounding=ROUND_HALF_EVEN))
