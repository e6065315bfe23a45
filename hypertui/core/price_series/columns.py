"""Which cells of a row are its time, prices and symbol: by the header, or by the shape of the first row."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from hypertui.core.price_series.amounts import prices
from hypertui.core.price_series.errors import SeriesError, quoted
from hypertui.core.price_series.times import is_time

# Names in small letters without spaces, underscores, hyphens, points and what is in brackets; the first that
# is there counts.
_TIMES = (
    *("unix", "timestamp", "unixtimestamp", "unixtime", "epoch", "ts", "timestampms", "timems", "time", "t"),
    *("mts", "datetime", "date", "opentime", "timeopen", "starttime", "start", "startat", "begin"),
    *("candlebegintime", "snappedat", "createdat", "createdtime", "transacttime", "tradetime", "eventtime"),
    *("gmttime", "utctime", "timeutc", "dateutc", "datetimeutc", "closetime", "timeclose", "endtime"),
)
_PRICES = ("price", "px", "p", "last", "lastprice", "close")
_MARKS = ("mark", "markprice", "markpx")
_MIDS = ("mid", "midprice", "midpx")
_CANDLES = (("open", "high", "low", "close"), ("open", "high", "low", "price"), ("o", "h", "l", "c"))
_PARTS_OF_A_CANDLE = {"open", "high", "low"}
_SYMBOLS = (
    *("symbol", "coin", "ticker", "instrument", "instrumentname", "instid", "pair", "product", "productid"),
    "s",
)
_NAMELESS = {"", "index", "unnamed:0"}  # as data frames write their index
_BESIDE_A_NAME = re.compile(r"\(.*?\)|[<>\"'_\s.-]")
_WHOLE = re.compile(r"\d+")
_TRUTH = {"true", "false"}


class PriceKind(StrEnum):
    """Which price of a source that has several."""

    MARK = "mark"
    MID = "mid"
    LAST = "last"


_NAMES_OF = {
    None: _PRICES + _MARKS + _MIDS,
    PriceKind.MARK: _MARKS,
    PriceKind.MID: _MIDS,
    PriceKind.LAST: _PRICES,
}


@dataclass(frozen=True, slots=True)
class Layout:
    """Columns by their place in a row: of one price or of open, high, low, close, of the time, of the time of
    day where that may be apart, and of the symbol. Without a time, `nameless` are those that may be it, and
    `unknown` those that must not be. `shape` says what rows without a header were taken for."""

    prices: tuple[int, ...]
    time: int | None = None
    clock: int | None = None
    symbol: int | None = None
    nameless: tuple[int, ...] = ()
    unknown: tuple[int, ...] = ()
    shape: str = ""

    @property
    def is_header(self) -> bool:
        """Whether the row that this was found from is a header."""
        return not self.shape

    @property
    def columns(self) -> tuple[int, ...]:
        """All that are read."""
        named = (self.time, *self.prices, self.clock, self.symbol, *self.nameless, *self.unknown)
        return tuple(dict.fromkeys(index for index in named if index is not None))


@dataclass(frozen=True, slots=True)
class UnknownColumn:
    """What is missing."""

    text: str


def layout_of(
    cells: Sequence[str], kind: PriceKind | None = None, *, comma_is_free: bool = False
) -> Layout | UnknownColumn:
    """What the first row of a file says of its columns, whether it is a header or the first of the prices;
    prices of one `kind` alone, where that is given. Raises SeriesError for a header that names a column twice
    that is wanted."""
    names = [_BESIDE_A_NAME.sub("", name).lower() for name in cells]
    shape = _shape([cell.strip() for cell in cells], comma_is_free=comma_is_free)
    if shape is not None:
        return shape if kind in (None, PriceKind.LAST) else UnknownColumn(f"no column {kind.value!r}")
    found = _price_columns(cells, names, kind)
    if found is None and kind not in (None, PriceKind.LAST):
        return UnknownColumn(f"no column {kind.value!r}")
    if found is None:
        return UnknownColumn("no column 'price' and not all of open, high, low, close")
    time = _first_of(_TIMES, cells, names)
    clock = None
    if "date" in names and "time" in names and time == _find("time", cells, names):
        time, clock = _find("date", cells, names), time
    rest = [] if time is not None else [index for index in range(len(names)) if index not in found]
    return Layout(
        found,
        time,
        clock,
        _first_of(_SYMBOLS, cells, names),
        tuple(index for index in rest if names[index] in _NAMELESS),
        tuple(index for index in rest if names[index] not in _NAMELESS),
    )


def _price_columns(
    cells: Sequence[str], names: Sequence[str], kind: PriceKind | None
) -> tuple[int, ...] | None:
    if kind in (None, PriceKind.LAST):
        for candle in _CANDLES:
            if all(name in names for name in candle):
                return tuple(_find(name, cells, names) for name in candle)
        if _PARTS_OF_A_CANDLE.intersection(names) and "price" not in names:
            return None
    price = _first_of(_NAMES_OF[kind], cells, names)
    return None if price is None else (price,)


def _first_of(wanted: Sequence[str], cells: Sequence[str], names: Sequence[str]) -> int | None:
    return next((_find(name, cells, names) for name in wanted if name in names), None)


def _find(name: str, cells: Sequence[str], names: Sequence[str]) -> int:
    found = [index for index, each in enumerate(names) if each == name]
    if len(found) > 1:  # as t and T are in candles of Hyperliquid
        found = [index for index in found if cells[index] == name] or found
    if len(found) > 1:
        raise SeriesError(f"{len(found)} columns are called {quoted(cells[found[0]])}")
    return found[0]


def _shape(cells: Sequence[str], *, comma_is_free: bool) -> Layout | None:
    """The layouts of dumps that have no header, each known by what its first row holds."""
    if len(cells) in (7, 8) and _is_trade(cells, "1aa111", comma_is_free) and is_time(cells[5]):
        return Layout((1,), 5, shape="aggregate trades: id, price, quantity, first id, last id, time")
    if len(cells) in (6, 7) and _is_trade(cells, "1aaa1", comma_is_free) and is_time(cells[4]):
        return Layout((1,), 4, shape="trades: id, price, quantity, value, time")
    if not is_time(cells[0]):
        return None
    if len(cells) >= 5 and _is_candle(cells[1:5], comma_is_free):
        return Layout((1, 2, 3, 4), 0, shape="candles: time, open, high, low, close")
    if len(cells) in (2, 3) and all(_price(cell, comma_is_free) is not None for cell in cells[1:]):
        return Layout((1,), 0, shape="prices: time, price")
    return None


def _is_trade(cells: Sequence[str], kinds: str, comma_is_free: bool) -> bool:
    """Whether the cells are whole numbers (1) and amounts (a) in this order, and true or false follows."""
    return cells[len(kinds)].lower() in _TRUTH and all(
        _price(cell, comma_is_free) is not None if kind == "a" else _WHOLE.fullmatch(cell) is not None
        for kind, cell in zip(kinds, cells, strict=False)
    )


def _is_candle(cells: Sequence[str], comma_is_free: bool) -> bool:
    found = [_price(cell, comma_is_free) for cell in cells]
    opened, high, low, close = found
    if opened is None or high is None or low is None or close is None:
        return False
    return low <= opened <= high and low <= close <= high


def _price(cell: str, comma_is_free: bool) -> Decimal | None:
    try:
        return prices([[cell.replace(",", ".") if comma_is_free else cell]], str, comma_is_free=False)[0][0]
    except SeriesError:
        return None
