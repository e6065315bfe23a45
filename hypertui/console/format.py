"""Formatting: how numbers, times and foreign text are written on the screen; decided here only.

Nothing here computes: a value comes in as the engine knows it and goes out as text. Times are milliseconds.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, tzinfo
from decimal import ROUND_DOWN, ROUND_UP, Decimal

from hypertui.core.market import MAX_PRICE_DECIMALS, Instrument

UNKNOWN = "–"
MINUS = "−"
ELLIPSIS = "…"

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

# Longer text than this cannot be read on a console; cutting it first keeps a tick short.
MAX_TEXT = 400

# Long hexadecimal runs are addresses, signatures or keys.
_LONG_HEX = re.compile(r"(?:0x)?[0-9a-fA-F]{40,}")

# A hyphen that begins a number: not inside a word, a date or an id.
_HYPHENED_NUMBER = re.compile(r"(?<![\w.…-])-(?=\d)")

_ASCII = str.maketrans(
    {
        "▲": "^",
        "▼": "v",
        "►": ">",
        "◄": "<",
        "◆": "*",
        "●": "o",
        "○": ".",
        "◌": "?",
        "✓": "+",
        "✗": "x",
        "‼": "!",
        "…": "~",
        "−": "-",
        "–": "-",
        "—": "-",
        "│": "|",
        "─": "-",
        "·": "-",
        "×": "x",
        "Σ": "S",
        "→": ">",
        "↑": "^",
        "↓": "v",
        "�": "?",
        "▏": "|",
        "▌": "|",
        "↕": ":",
        "“": '"',
        "”": '"',
        "≤": "<",
        "≥": ">",
        "╭": "+",
        "╮": "+",
        "╰": "+",
        "╯": "+",
        "┌": "+",
        "┐": "+",
        "└": "+",
        "┘": "+",
        "┤": "+",
        "├": "+",
        "┬": "+",
        "┴": "+",
        "┼": "+",
        "╌": "-",
        "┄": "-",
        "┆": "|",
        "━": "=",
        "░": ".",
        "▎": "|",
        "▍": "|",
        "▋": "#",
        "▊": "#",
        "▉": "#",
        "▁": "_",
        "▂": "_",
        "▃": "-",
        "▄": "-",
        "▅": "=",
        "▆": "=",
        "▇": "#",
        "█": "#",
    }
)


# Dots of Braille: where most of them are, in the upper half of the cell, in the lower, or in both.
_ASCII |= {
    0x2800 + dots: {0: " ", 1: "'", 2: ".", 3: ":"}[bool(dots & 0x1B) + 2 * bool(dots & 0xE4)]
    for dots in range(256)
}


def clean(text: str, limit: int = MAX_TEXT) -> str:
    """Foreign text on one line, harmless to a terminal.

    Control and escape characters, invisible and direction-changing ones and lone surrogates become the
    replacement character, line breaks and tabs a space; marks that would stack on a neighbour are dropped.
    """
    if len(text) <= limit and text.isascii() and text.isprintable():
        return text
    kept = []
    for char in text[: limit + 1]:
        category = unicodedata.category(char)
        if char in "\t\n\r" or category in ("Zs", "Zl", "Zp"):
            kept.append(" ")
        elif category[0] == "C":
            kept.append("\N{REPLACEMENT CHARACTER}")
        elif category[0] != "M":
            kept.append(char)
    if len(text) > limit:
        kept[limit - 1 :] = [ELLIPSIS]
    return "".join(kept)


def redact(text: str) -> str:
    """`clean` text with addresses, signatures and keys cut down to their ends."""
    return _LONG_HEX.sub(lambda match: f"{match[0][:4]}{ELLIPSIS}{match[0][-4:]}", clean(text))


def to_ascii(text: str) -> str:
    """The same text, cell for cell, for terminals whose font or locale knows only ASCII."""
    return text.translate(_ASCII).encode("ascii", "replace").decode("ascii")


def _number(value: Decimal, decimals: int) -> str:
    text = f"{value:,.{decimals}f}"
    if text.startswith("-"):
        # What rounds to zero has no sign.
        text = MINUS + text[1:] if text.strip("-0.,") else text[1:]
    return text


def _signed(value: Decimal, decimals: int) -> str:
    text = _number(value, decimals)
    return text if text.startswith(MINUS) or not text.strip("0.,") else "+" + text


def _tick_decimals(value: Decimal, instrument: Instrument) -> int:
    if not value:
        return 0
    exponent = instrument.tick(value).as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


def price(value: Decimal | None, instrument: Instrument) -> str:
    """An order's price with the decimals of the venue's tick at that price."""
    return UNKNOWN if value is None else _number(value, _tick_decimals(value, instrument))


def quote(value: Decimal | None, instrument: Instrument) -> str:
    """A mark, mid or average price: one decimal more than an order's where the venue knows it, so that a
    price just short of a trigger does not read as if it had touched."""
    if value is None:
        return UNKNOWN
    finest = MAX_PRICE_DECIMALS - instrument.sz_decimals
    return _number(value, min(_tick_decimals(value, instrument) + 1, max(finest, 0)))


def away(value: Decimal, of: Decimal, instrument: Instrument) -> str:
    """A signed distance between two prices near `of`."""
    finest = MAX_PRICE_DECIMALS - instrument.sz_decimals
    return _signed(value, min(_tick_decimals(of, instrument) + 1, max(finest, 0)))


def statistic(value: float | None, unit: str = "") -> str:
    """What an indicator says, in % or as a bare figure: no money, and to six figures."""
    if value is None:
        return UNKNOWN
    text = f"{value:+,.2f} %" if unit == "%" else f"{value:,.6g}"
    return text.replace("-", MINUS)


def score(fraction: Decimal | None) -> str:
    """A signal's score, from 0 to 1; never more than it is, so that one short of a limit does not look as if
    it had reached it."""
    return UNKNOWN if fraction is None else _number(fraction.quantize(Decimal("0.01"), ROUND_DOWN), 2)


def step(value: Decimal) -> str:
    """A price step as it was set, without trailing zeros: 500, 0.25. One of 0 is not known yet."""
    if not value:
        return UNKNOWN
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def size(value: Decimal | None, instrument: Instrument) -> str:
    """A size in coins with the instrument's decimals."""
    return UNKNOWN if value is None else _number(value, instrument.sz_decimals)


def usd(value: Decimal | None) -> str:
    """An amount in USD to the cent."""
    return UNKNOWN if value is None else _number(value, 2)


def signed_usd(value: Decimal | None) -> str:
    """A gain or a loss in USD, its sign always written."""
    return UNKNOWN if value is None else _signed(value, 2)


def percent(fraction: Decimal | None) -> str:
    """A signed fraction as a percentage: 0.0049 is '+0.49 %'."""
    return UNKNOWN if fraction is None else _signed(fraction.scaleb(2), 2) + " %"


def share(fraction: Decimal | None, places: int = 1) -> str:
    """A part of a whole as a percentage without sign: '19.7 %'."""
    return UNKNOWN if fraction is None else _number(fraction.scaleb(2), places) + " %"


def share_down(fraction: Decimal, places: int = 1) -> str:
    """The same, never more than it is."""
    return _number(fraction.scaleb(2).quantize(Decimal(1).scaleb(-places), ROUND_DOWN), places) + " %"


def share_up(fraction: Decimal, places: int = 1) -> str:
    """The same, never less than it is."""
    return _number(fraction.scaleb(2).quantize(Decimal(1).scaleb(-places), ROUND_UP), places) + " %"


def unit(number: int | None) -> str:
    """A unit of the ladder: +3, 0, −4; a dash where there is none."""
    if number is None:
        return "–"
    return f"{number:+d}".replace("-", MINUS) if number else "0"


def age(ms: int | None) -> str:
    """How long ago, in the coarsest form that still tells: <1s, 12s, 41m, 3h10, 3d04h.

    Below a second it does not change, so that a healthy screen stands still.
    """
    if ms is None:
        return "never"
    if ms < SECOND:
        return "<1s"
    if ms < MINUTE:
        return f"{ms // SECOND}s"
    if ms < HOUR:
        return f"{ms // MINUTE}m"
    if ms < DAY:
        return f"{ms // HOUR}h{ms % HOUR // MINUTE:02d}"
    return f"{ms // DAY}d{ms % DAY // HOUR:02d}h"


def exact_age(ms: int) -> str:
    """An age that matters, to the tenth of a second while short: 12.4s."""
    tenths = max(ms, 0) // 100
    return f"{tenths // 10}.{tenths % 10}s" if ms < 10 * MINUTE else age(ms)


def plain_age(ms: int) -> str:
    """An age inside a sentence: '12 s', '3 min', '2 h 05 min'."""
    if ms < MINUTE:
        return f"{max(ms, 0) // SECOND} s"
    if ms < HOUR:
        return f"{ms // MINUTE} min"
    return f"{ms // HOUR} h {ms % HOUR // MINUTE:02d} min"


def signs(text: str) -> str:
    """Words of the engine with the minus sign that all other numbers bear here: 'stop -2' is 'stop −2'."""
    return _HYPHENED_NUMBER.sub(MINUS, text)


def took(ms: int) -> str:
    """A round trip: 41ms, 0.8s, 12s, 3m."""
    if ms < SECOND:
        return f"{ms}ms"
    return exact_age(ms) if ms < 10 * SECOND else age(ms)


def skew(ms: int) -> str:
    """How far another clock is ahead of ours (or, −, behind): '+2.4s'. What is next to nothing stands
    still."""
    tenths = (abs(ms) + 50) // 100
    sign = "" if not tenths else MINUS if ms < 0 else "+"
    return f"{sign}{tenths // 10}.{tenths % 10}s"


def clock(ms: int, zone: tzinfo | None = UTC) -> str:
    """A time of day; in this machine's own zone where `zone` is None."""
    return _moment(ms, zone).strftime("%H:%M:%S")


def clock_short(ms: int, zone: tzinfo | None = UTC) -> str:
    """A time of day without seconds."""
    return _moment(ms, zone).strftime("%H:%M")


def day(ms: int, zone: tzinfo | None = UTC) -> str:
    """A day and an hour: 11-20 14h."""
    return _moment(ms, zone).strftime("%m-%d %Hh")


def exact_time(ms: int, zone: tzinfo | None = UTC) -> str:
    """Day and time to the millisecond."""
    return f"{_moment(ms, zone):%m-%d %H:%M:%S}.{ms % SECOND:03d}"


def _moment(ms: int, zone: tzinfo | None) -> datetime:
    return datetime.fromtimestamp(ms // SECOND, zone)


def account(address: str) -> str:
    """Enough of an account's address to tell it from another."""
    address = clean(address)
    return address if len(address) <= 12 else f"{address[:4]}{ELLIPSIS}{address[-4:]}"


def order_id(number: int | None) -> str:
    """The tail of an order id."""
    if number is None:
        return UNKNOWN
    text = str(number)
    return text if len(text) <= 5 else ELLIPSIS + text[-4:]


def rate(count: int | None) -> str:
    """Bytes a second."""
    return UNKNOWN if count is None else f"{count:,} B/s"


def memory(count: int | None) -> str:
    """An amount of memory in whole MiB."""
    return UNKNOWN if count is None else f"{count >> 20:,} MiB"


def plural(count: int, noun: str) -> str:
    """'1 buy', '3 buys'."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
