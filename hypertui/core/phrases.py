"""Amounts and counts in the words that the engine says to its operator."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal

from hypertui.core.market import ONE, Instrument, plain

_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


def in_words(name: str) -> str:
    """A name for programs in words: 'ladder stop' for LADDER_STOP, 'spot transfer' for spotTransfer."""
    return _HUMP.sub(" ", name).replace("_", " ").lower()


def counted(count: int, noun: str) -> str:
    """'1 buy', '3 buys', '1,200 buys'."""
    return f"{count:,} {noun}{'s' * (count != 1)}"


def coins(size: Decimal, instrument: Instrument) -> str:
    """A size with the market's decimals; more of them where it has more."""
    exact = plain(size)
    fixed = f"{size:,.{instrument.sz_decimals}f}"
    return fixed if Decimal(fixed.replace(",", "")) == size else exact


def ordinal(number: int) -> str:
    """'1st', '2nd', '11th'."""
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th") if number % 100 not in (11, 12, 13) else "th"
    return f"{number:,}{ending}"


def lasting(seconds: int) -> str:
    """A time span in its two coarsest units: '12 s', '3 min', '2 h 05 min', '3 d 04 h'."""
    if seconds < _MINUTE:
        return f"{seconds} s"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE} min"
    if seconds < _DAY:
        return f"{seconds // _HOUR} h {seconds % _HOUR // _MINUTE:02d} min"
    return f"{seconds // _DAY} d {seconds % _DAY // _HOUR:02d} h"


def usd(amount: Decimal) -> str:
    """An amount of money to the cent, its thousands apart."""
    return f"{amount:,.2f}"


def at_price(price: Decimal) -> str:
    """A price with its thousands apart, every digit of it kept."""
    whole, dot, rest = plain(price).partition(".")
    return f"{int(whole):,}{dot}{rest}"


def five_figures(amount: Decimal) -> str:
    """An amount that stands on no tick, to five significant figures and no fewer than its whole ones."""
    return at_price(amount.quantize(ONE.scaleb(min(amount.adjusted() - 4, 0))))


def time_of_day(at: int) -> str:
    """The hour and minute of a time (ms): '14:00 UTC'."""
    return f"{datetime.fromtimestamp(at // 1000, UTC):%H:%M} UTC"


def unit(number: int) -> str:
    """A unit of the ladder: +3, 0, -4."""
    return f"{number:+d}" if number else "0"


def at_level(level: int | None) -> str:
    """', unit +3', to be added to what stands at a level; empty where there is none."""
    return "" if level is None else f", unit {level:+d}"


def place(level: int | None, price: Decimal) -> str:
    """Where an order stands: its unit, or its price where it has none."""
    return at_price(price) if level is None else f"unit {unit(level)}"


def unattended(buys: int) -> str:
    """What buys without an engine are."""
    are = "is" if buys == 1 else "are"
    return f"{counted(buys, 'buy')} {are} live with no engine: a buy that fills gets no stop"
