"""The venue's settings, each with the default that comes closest to the real exchange."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Literal

from hypertui.venue.model.listing import MARKETS
from hypertui.venue.model.markets import Market

# Market seconds in a second: more than this and a tick would not be done before the next one is due.
MOST_SPEED = 10_000
# Hours: a venue keeps the minutes of a little more than three days.
MOST_PAST = 72


@dataclass(frozen=True, slots=True)
class VenueOptions:
    """Amounts in USD, fractions as plain decimals (0.0001 is one basis point).

    Raises ValueError when a figure is out of its range.
    """

    # What there is to trade; each market's number is its place.
    markets: tuple[Market, ...] = MARKETS
    seed: int = 8
    # Market seconds per wall second, of the price path alone.
    speed: float = 60.0
    # How lively the synthetic path is: see presets.py.
    preset: str = "usual"
    # A price file drives `symbol`, again and again with `loop`; the other markets stay on the synthetic path.
    prices: Path | None = None
    symbol: str = "BTC"
    loop: bool = False
    # Prices stand still but for what is set on the control door.
    manual: bool = False
    # The base URL of a venue, or "mainnet", whose live prices are taken; and which of its prices.
    follow: str | None = None
    follow_price: Literal["mark", "mid"] = "mark"
    # Hours before the first price of a market on the synthetic path for which it has candles, made up.
    past: int = 0
    # What every new address owns; 0 means that accounts must be deposited to.
    faucet: Decimal = Decimal(10_000)

    half_spread: Decimal = Decimal("0.0001")
    # `depth` USD on each side, evenly over `levels` prices within `depth_range` of the mid.
    depth: Decimal = Decimal(5_000_000)
    depth_range: Decimal = Decimal("0.005")
    levels: int = 20

    taker_fee: Decimal = Decimal("0.00045")
    maker_fee: Decimal = Decimal("0.00015")
    default_leverage: int = 20
    # Traded volume in USD that scheduleCancel and createSubAccount ask for; the real exchange wants 1,000,000
    # and 100,000.
    schedule_cancel_volume: Decimal = Decimal(0)
    sub_account_volume: Decimal = Decimal(0)
    # Seconds after which a socket is closed to which nothing was sent.
    idle_timeout: float = 60.0
    # Messages, and their characters, that may wait for a socket that does not read; one more cuts it.
    socket_queue: int = 1000
    socket_characters: int = 16_000_000
    # Whether requests are throttled as the real exchange throttles them.
    rate_limits: Literal["real", "off"] = "real"

    # Behaviour of the real exchange that is not established:
    # the body of a 429,
    throttled_body: str = "null"
    # which price a new trigger is compared with,
    trigger_reference: Literal["mark", "mid"] = "mark"
    # a new trigger that the price has passed already,
    passed_trigger: Literal["fire", "reject"] = "fire"
    # a reduce-only trigger placed while there is nothing to reduce,
    flat_reduce_only_trigger: Literal["keep", "reject"] = "keep"
    # on which side of its trigger the limit of a market take-profit may be: that of a market stop has to be
    # where it can fill at the price that wakes it,
    tp_limit_side: Literal["any", "far"] = "any"
    # whether waiting reduce-only triggers shrink and go with the position as resting orders do (the older
    # ones first when together they exceed it),
    triggers_follow_position: bool = False
    # how an IOC order ends whose remainder was dropped,
    partial_ioc_status: Literal["canceled", "filled"] = "canceled"
    # and whether a client order id may be used again while an order of the account works under it.
    unique_client_ids: bool = False

    def __post_init__(self) -> None:
        if not 0 < self.speed <= MOST_SPEED:
            raise ValueError(f"speed {self.speed:g} is not above 0 and at most {MOST_SPEED}")
        sources = [
            name
            for name, given in (("prices", self.prices), ("manual", self.manual), ("follow", self.follow))
            if given
        ]
        if len(sources) > 1:
            raise ValueError(f"{' and '.join(sources)} do not go together: prices come from one source")
        if self.loop and self.prices is None:
            raise ValueError("loop is for a price file")
        if self.past and (self.manual or self.follow):
            raise ValueError("past is for invented prices")
        if not 0 <= self.past <= MOST_PAST:
            raise ValueError(f"past {self.past} is not from 0 to {MOST_PAST} hours")
        if self.faucet < 0:
            raise ValueError(f"faucet {self.faucet} is below 0")
        if not 0 < self.half_spread < self.depth_range < 1:
            raise ValueError("half_spread must be positive and below depth_range, which must be below 1")
        if self.depth <= 0 or not 1 <= self.levels <= 20:
            raise ValueError("depth must be positive and levels between 1 and 20")
