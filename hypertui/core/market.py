"""The nouns every room shares: instruments with their price and size rules, orders, fills, exact rounding.

All prices, sizes and amounts are `decimal.Decimal`. Prices and amounts are in USD, sizes in coins, times in
milliseconds since the Unix epoch.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal, InvalidOperation
from enum import StrEnum

ZERO = Decimal(0)
ONE = Decimal(1)

# Hyperliquid's price rule for perpetuals, from its documentation of tick and lot size.
MAX_SIGNIFICANT_FIGURES = 5
MAX_PRICE_DECIMALS = 6
MIN_ORDER_VALUE = Decimal(10)

# Powers of ten that no amount in this program has reason to leave; within them decimals never run out of
# digits, whatever is divided and rounded.
SMALLEST_POWER, LARGEST_POWER = -18, 14


class Side(StrEnum):
    BUY = "buy"
    SELL = "sell"

    @property
    def sign(self) -> int:
        """+1 for a buy, -1 for a sale: what a coin traded does to the position."""
        return 1 if self is Side.BUY else -1


class OrderType(StrEnum):
    """The kinds of order that there are."""

    STOP_MARKET = "stop_market"  # fires at the trigger, then fills down to (up to) the limit
    STOP_LIMIT = "stop_limit"  # fires at the trigger, then rests at the limit
    IOC = "ioc"  # fills at once down to (up to) the limit; what is left is dropped
    TAKE_PROFIT = "take_profit"  # as a market stop, for a price that comes from the other side
    TAKE_PROFIT_LIMIT = "take_profit_limit"  # as a limit stop, for a price that comes from the other side
    LIMIT = "limit"  # trades down to (up to) the limit for as long as its time in force lets it

    @property
    def takes_profit(self) -> bool:
        """Whether its trigger lies on the other side of the price than a stop's."""
        return self in (OrderType.TAKE_PROFIT, OrderType.TAKE_PROFIT_LIMIT)

    @property
    def has_trigger(self) -> bool:
        """Whether it waits for a price."""
        return self not in (OrderType.IOC, OrderType.LIMIT)


class TimeInForce(StrEnum):
    """How long a limit order works."""

    GTC = "gtc"  # until it is filled or cancelled
    ALO = "alo"  # the same, but only as a maker (post only): refused where it would trade at once
    IOC = "ioc"  # what does not trade at once is dropped


class Grouping(StrEnum):
    """How the orders of one placement belong together, in the venue's words."""

    NONE = "na"  # not at all
    # First a parent, which has no trigger; then at most one stop and one take-profit that reduce what it
    # opens. They wait until it has filled completely, and go when it is cancelled.
    NORMAL = "normalTpsl"
    # At most one stop and one take-profit of the position: they go when it is closed, and where their size is
    # 0 they close all of it, whatever it is by then. In either group one that fills cancels the other.
    POSITION = "positionTpsl"


class Reason(StrEnum):
    """Why an order was made, or why coins changed hands without one of ours. Decided with the order, and
    never changed by what becomes of it."""

    ENTRY = "ENTRY"  # the opening order
    LADDER_BUY = "LADDER_BUY"
    LADDER_STOP = "LADDER_STOP"  # a slot's stop, or the sale of coins whose stop the price has passed
    REPAIR = "REPAIR"  # a stop in the place of one that was lost, refused or altered
    LIQUIDATION_GUARD = "LIQUIDATION_GUARD"
    HARD_STOP = "HARD_STOP"
    SOFT_STOP = "SOFT_STOP"
    TRAILING_STOP = "TRAILING_STOP"
    TAKE_PROFIT = "TAKE_PROFIT"
    SIGNAL_EXIT = "SIGNAL_EXIT"
    TIME_STOP = "TIME_STOP"
    GUARD = "GUARD"  # a limit on the risk is reached; the source says which
    MANUAL = "MANUAL"  # the operator's word, or somebody else's trade in the account
    LIQUIDATION = "LIQUIDATION"  # by the venue


class SourceKind(StrEnum):
    """Who may be behind an order, a fill or a command."""

    STRATEGY = "strategy"
    OPERATOR = "operator"
    REPAIR = "repair"  # the engine, in place of an order that was lost, refused or altered
    EXCHANGE = "exchange"  # a liquidation, an auto-deleveraging, a settlement
    OTHERS = "others"  # somebody else who trades in the account
    EXIT = "exit"  # a rule that ends the trade; its name says which
    GUARD = "guard"  # a limit on the risk; its name says which
    WEBHOOK = "webhook"  # an alert by HTTP; its name says of which source
    SIGNAL = "signal"  # indicators of closed candles; its name says which


@dataclass(frozen=True, slots=True)
class Source:
    """Who is behind an order, a fill or a command, beside the reason, which says why. `name` tells those of
    one kind apart, where there can be several."""

    kind: SourceKind
    name: str = ""

    def __str__(self) -> str:
        """As it is journalled and shown: a strategy by its name alone."""
        if self.kind is SourceKind.STRATEGY:
            return self.name
        return f"{self.kind.value}:{self.name}" if self.name else self.kind.value


OPERATOR = Source(SourceKind.OPERATOR)
REPAIR = Source(SourceKind.REPAIR)
EXCHANGE = Source(SourceKind.EXCHANGE)
OTHERS = Source(SourceKind.OTHERS)


class IngestVia(StrEnum):
    """The way on which a fill came into the books."""

    FEED = "feed"
    SNAPSHOT = "snapshot"  # the feed's retelling of older fills after it connected
    ANSWER = "answer"  # to a question about its order, or about the entry
    COMPARISON = "comparison"
    ADOPTION = "adoption"


@dataclass(frozen=True, slots=True)
class Order:
    """An order as the engine decides it, before the venue has heard of it.

    `trigger` is None exactly for an IOC and a LIMIT. `tif` counts for a LIMIT alone. `size` is 0 only in a
    placement of `Grouping.POSITION`, for all of the position. `client_id` is 0x and 32 hex digits, unique for
    all time.
    """

    client_id: str
    symbol: str
    side: Side
    size: Decimal
    type: OrderType
    limit: Decimal
    trigger: Decimal | None = None
    reduce_only: bool = False
    tif: TimeInForce = TimeInForce.GTC

    @property
    def stands_at(self) -> Decimal:
        """The price (USD) at which it stands: its trigger, or its limit where it has none."""
        return self.limit if self.trigger is None else self.trigger

    @property
    def is_immediate(self) -> bool:
        """Whether what does not trade at once is dropped."""
        return self.type is OrderType.IOC or (self.type is OrderType.LIMIT and self.tif is TimeInForce.IOC)


class Forced(StrEnum):
    """How the venue closed a position by itself, other than by a liquidation."""

    NO = ""
    DELEVERAGED = "deleveraged"  # to fill the liquidation of somebody else
    SETTLED = "settled"  # because the market has ended


@dataclass(frozen=True, slots=True)
class Fill:
    """One execution as the venue reports it. `fee` is positive when paid; `trade_id` is unique together with
    `time` and `order_id`. `start_position` is what the account held just before, in signed coins (the venue's
    `startPosition`); None where it was not told. `liquidated` is the address whose position the venue closed
    with it, None for an ordinary trade; either side of one names it. `forced` is how the venue closed the
    account's own position otherwise."""

    symbol: str
    side: Side
    size: Decimal
    price: Decimal
    fee: Decimal
    time: int
    order_id: int
    trade_id: int
    client_id: str | None = None
    closed_pnl: Decimal = ZERO
    start_position: Decimal | None = None
    liquidated: str | None = None
    forced: Forced = Forced.NO

    @property
    def value(self) -> Decimal:
        """Notional value in USD."""
        return self.size * self.price

    @property
    def key(self) -> tuple[int, int, int]:
        """What makes this fill unique: time, order id, trade id."""
        return (self.time, self.order_id, self.trade_id)


@dataclass(frozen=True, slots=True)
class Instrument:
    """A perpetual market with its rules for prices and sizes.

    `sz_decimals` is the number of decimals of a size; `max_leverage` the highest that the venue grants. An
    `only_isolated` one takes no cross margin.
    """

    symbol: str
    sz_decimals: int
    max_leverage: int
    min_order_value: Decimal = MIN_ORDER_VALUE
    only_isolated: bool = False

    @property
    def lot(self) -> Decimal:
        """The smallest size step, in coins."""
        return ONE.scaleb(-self.sz_decimals)

    def tick(self, price: Decimal) -> Decimal:
        """The smallest price step at `price`: five significant figures, at most 6 - sz_decimals decimals, and
        never coarser than 1 because integers are always allowed."""
        by_figures = price.adjusted() - (MAX_SIGNIFICANT_FIGURES - 1)
        by_decimals = self.sz_decimals - MAX_PRICE_DECIMALS
        return ONE.scaleb(min(0, max(by_figures, by_decimals)))

    def round_price(self, price: Decimal, rounding: str = ROUND_HALF_EVEN) -> Decimal:
        """`price` on the venue's grid, rounded once."""
        return price.quantize(self.tick(price), rounding=rounding)

    def is_price(self, price: Decimal) -> bool:
        """Whether the venue would accept `price` as it stands."""
        return price > 0 and price == self.round_price(price)

    def floor_size(self, size: Decimal) -> Decimal:
        """`size` rounded down to whole lots."""
        return size.quantize(self.lot, rounding=ROUND_DOWN)

    def is_size(self, size: Decimal) -> bool:
        """Whether `size` is a positive number of whole lots."""
        return size > 0 and size == self.floor_size(size)


# The markets that are known without asking a venue; a venue's own word goes before this.
KNOWN_INSTRUMENTS = {
    instrument.symbol: instrument
    for instrument in (Instrument("BTC", 5, 40), Instrument("ETH", 4, 25), Instrument("SOL", 2, 20))
}


def parse_amount(text: object) -> Decimal:
    """A finite decimal from a string or an integer.

    Raises ValueError for anything else: NaN, infinities, floats (whose digits are not what was meant), and
    amounts too large or too small to be counted exactly.
    """
    if isinstance(text, bool | float) or not isinstance(text, str | int | Decimal):
        raise ValueError(f"not a decimal amount: {text!r}")
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"not a decimal amount: {text!r}") from None
    if not amount.is_finite():
        raise ValueError(f"not a finite amount: {text!r}")
    if not SMALLEST_POWER <= amount.adjusted() <= LARGEST_POWER:
        raise ValueError(f"an amount beyond reason: {text!r}")
    return amount


def plain(amount: Decimal) -> str:
    """An amount as a decimal string without exponent, trailing zeros or a negative zero."""
    text = format(amount, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
