"""The markets of the venue, and how numbers are written on its wire."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from hypertui.market import MAX_PRICE_DECIMALS, ONE, Instrument, plain

# The smallest amount of USDC that the venue books.
MICRO = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Market:
    """A perpetual market: `asset` is its number on the wire, `start` its first synthetic price in USD."""

    asset: int
    instrument: Instrument
    start: Decimal

    @property
    def symbol(self) -> str:
        return self.instrument.symbol

    @property
    def maintenance_rate(self) -> Decimal:
        """Maintenance margin as a fraction of notional value: half the initial margin at full leverage."""
        return ONE / (2 * self.instrument.max_leverage)

    def round_mark(self, price: Decimal) -> Decimal:
        """A mark or oracle price: as many decimals as an order price may have, any number of figures."""
        step = ONE.scaleb(self.instrument.sz_decimals - MAX_PRICE_DECIMALS)
        return price.quantize(step, rounding=ROUND_HALF_EVEN)


MARKETS = (
    Market(0, Instrument("BTC", 5, 40), Decimal(64_000)),
    Market(1, Instrument("ETH", 4, 25), Decimal(3_000)),
    Market(2, Instrument("SOL", 2, 20), Decimal(150)),
)


def number(amount: Decimal) -> str:
    """An amount as the venue prints it: plain digits with at least one decimal, `12.0`."""
    text = plain(amount)
    return text if "." in text else f"{text}.0"


def usd(amount: Decimal) -> str:
    """An amount of USDC, rounded to its smallest unit, as the venue prints it."""
    return number(amount.quantize(MICRO, rounding=ROUND_HALF_EVEN))
