"""Which markets the venue lists: the usual three, a dozen of them, and those that somebody describes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

from hypertui.core.market import MAX_PRICE_DECIMALS, Instrument, parse_amount
from hypertui.venue.model.markets import Market

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{0,15}")
_ONLY_ISOLATED = "onlyIsolated"
MOST_LEVERAGE = 50
FORM = f"NAME:szDecimals:maxLeverage:price[:{_ONLY_ISOLATED}]"

MARKETS = (
    Market(0, Instrument("BTC", 5, 40), Decimal(64_000), ((150_000_000, 20),)),
    Market(1, Instrument("ETH", 4, 25), Decimal(3_000), ((100_000_000, 15),)),
    Market(2, Instrument("SOL", 2, 20), Decimal(150), ((70_000_000, 10),)),
)
# As many decimals and as much leverage as such markets have on the exchange; the prices are made up.
_MORE = (
    "XRP:0:20:2.2",
    "DOGE:0:10:0.2",
    "BNB:3:10:700",
    "AVAX:2:10:25",
    "LINK:1:10:15",
    "SUI:1:10:3.2",
    "HYPE:2:10:40",
    "kPEPE:0:10:0.012",
    "FARTCOIN:1:3:1.1:onlyIsolated",
)


def listed(described: Iterable[str], after: tuple[Market, ...] = MARKETS) -> tuple[Market, ...]:
    """The markets `after`, and those that texts of the form FORM describe. Raises ValueError."""
    markets = list(after)
    for text in described:
        market = _read(text, len(markets))
        if any(market.symbol == other.symbol for other in markets):
            raise ValueError(f"market {market.symbol} is listed twice")
        markets.append(market)
    return tuple(markets)


def _read(text: str, asset: int) -> Market:
    name, *figures = text.split(":")
    only_isolated = figures[3:] == [_ONLY_ISOLATED]
    if not _NAME.fullmatch(name) or len(figures) != 3 + only_isolated:
        raise ValueError(f"market {text} is not of the form {FORM}")
    decimals = _whole(text, "szDecimals", figures[0], range(MAX_PRICE_DECIMALS))
    leverage = _whole(text, "maxLeverage", figures[1], range(1, MOST_LEVERAGE + 1))
    instrument = Instrument(name, decimals, leverage)
    try:
        price = parse_amount(figures[2])
    except ValueError:
        raise ValueError(f"market {text}: price {figures[2]} is not a number") from None
    if not instrument.is_price(price):
        tick = instrument.tick(price) if price > 0 else None
        what = "above 0" if tick is None else f"a multiple of its tick {tick:f}"
        raise ValueError(f"market {text}: price {figures[2]} is not {what}")
    return Market(asset, instrument, price, only_isolated=only_isolated)


def _whole(text: str, name: str, figure: str, allowed: range) -> int:
    if not figure.isdecimal() or int(figure) not in allowed:
        raise ValueError(f"market {text}: {name} {figure} is not between {allowed[0]} and {allowed[-1]}")
    return int(figure)


LISTINGS = {"three": MARKETS, "dozen": listed(_MORE)}
