"""How a person reads a figure: what kind it is, by the name of its column, and its text.

Programs get every digit (JSON, CSV). People get USD to the cent, prices and sizes with the decimals of their
market, thousands apart, and words instead of names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum, auto

from hypertui.core import phrases
from hypertui.core.market import ONE, Instrument

UNKNOWN = "–"
CENT = Decimal("0.01")


class FigureKind(Enum):
    """What a column holds."""

    TEXT = auto()  # as it is
    WORDS = auto()  # a name, to be said in words
    TIME = auto()
    HOUR = auto()  # of the day, 0 to 23
    COUNT = auto()
    UNIT = auto()
    SECONDS = auto()
    COINS = auto()
    PRICE = auto()
    USD = auto()
    GAIN = auto()  # USD, with its sign
    EXACT = auto()  # too small for cents, or of changing units: all of its digits
    RATIO = auto()  # to two decimals
    SHARE = auto()  # a fraction, in hundredths


_K = FigureKind
_KINDS: Mapping[str, FigureKind] = {
    **dict.fromkeys(("time", "opened", "closed", "acquired", "sold", "began", "ended"), _K.TIME),
    **dict.fromkeys(("side", "reason", "via", "direction", "kind", "matter"), _K.WORDS),
    **dict.fromkeys(("size", "position", "unmatched", "start_position"), _K.COINS),
    **dict.fromkeys(("price", "trigger", "buy_price", "sale_price"), _K.PRICE),
    **dict.fromkeys(("value", "volume", "fee", "fees", "buy_fee", "sale_fee", "cost"), _K.USD),
    **dict.fromkeys(("cost_basis", "proceeds", "net_proceeds"), _K.USD),
    **dict.fromkeys(("pnl", "gross_pnl", "closed_pnl", "funding", "net", "gain", "amount"), _K.GAIN),
    **dict.fromkeys(("buy_fee_per_coin", "sale_fee_per_coin", "expected", "found", "difference"), _K.EXACT),
    **dict.fromkeys(("mean", "bound"), _K.GAIN),
    **dict.fromkeys(("units", "slippage_bps", "profit_factor", "effective_n"), _K.RATIO),
    **dict.fromkeys(("win_rate", "fee_share"), _K.SHARE),
    **dict.fromkeys(("rank", "n", "break_evens"), _K.COUNT),
    **dict.fromkeys(("unit", "peak_unit", "valley_unit"), _K.UNIT),
    **dict.fromkeys(("fills", "closings", "steps", "allocations", "flat_points", "problems"), _K.COUNT),
    "slippage": _K.GAIN,
    "max_drawdown": _K.USD,
    "hour": _K.HOUR,
    "hold_s": _K.SECONDS,
}
_HEADINGS = {
    "hold_s": "held",
    "closed_pnl": "exchange's pnl",
    "source-reason": "source: reason",
    "n": "samples",
    "mean": "weighted mean",
    "win_rate": "won",
    "break_evens": "even",
    "bound": "lower bound",
    "effective_n": "effective samples",
    "max_drawdown": "drawdown",
}
_UNITS = {_K.USD: " USD", _K.GAIN: " USD", _K.TIME: " UTC"}


def kinds(names: Iterable[str]) -> dict[str, FigureKind]:
    """The kinds of a table's columns."""
    found = {name: _KINDS.get(name, _K.TEXT) for name in names}
    if "slippage_bps" in found:
        found["slippage"] = _K.EXACT  # of one fill, for each coin
    return found


def heading(name: str, kind: FigureKind) -> str:
    """What stands above a column: its name in words, with the unit of its figures."""
    if name == "slippage" and kind is _K.EXACT:
        return "slippage USD per coin"
    return _HEADINGS.get(name, name.replace("_", " ")) + _UNITS.get(kind, "")


def shown(value: object, kind: FigureKind, instrument: Instrument | None = None) -> str:
    """A figure for people; what cannot be known is a dash. `instrument` is the market of a price or size."""
    match value:
        case None:
            return UNKNOWN
        case bool():
            return "yes" if value else "no"
        case Decimal():
            return _amount(value, kind, instrument)
        case int() if kind is _K.UNIT:
            return phrases.unit(value)
        case int() if kind is _K.HOUR:
            return f"{value:02d}:00"
        case int() if kind is _K.SECONDS:
            return phrases.lasting(value)
        case int() if kind is _K.COUNT:
            return f"{value:,}"
        case str() if kind is _K.TIME:
            return value[:19].replace("T", " ")
        case str() if kind is _K.WORDS:
            return phrases.in_words(value)
        case _:
            return str(value)


def _amount(value: Decimal, kind: FigureKind, instrument: Instrument | None) -> str:
    match kind:
        case _ if value.is_infinite():
            return "∞"
        case _K.SHARE:
            return percent(value, ONE)
        case _K.USD | _K.RATIO:
            return usd(value)
        case _K.GAIN:
            return gain(value)
        case _K.COINS if instrument is not None:
            return phrases.coins(value, instrument)
        case _K.PRICE if instrument is not None:
            return price(value, instrument)
        case _:
            return exact(value)


def row_shown(
    row: Mapping[str, object], kinds_: Mapping[str, FigureKind], instruments: Mapping[str, Instrument]
) -> dict[str, str]:
    """A row for people, in its market's decimals."""
    instrument = instruments.get(str(row.get("symbol", "")))
    texts = {name: shown(value, kinds_[name], instrument) for name, value in row.items()}
    if row.get("ended", "") is None:
        texts["ended"] = "open"
    return texts


def usd(value: Decimal) -> str:
    """To the cent; what rounds to nothing has no sign."""
    return phrases.usd(abs(value) if abs(value) * 2 <= CENT else value)


def gain(value: Decimal) -> str:
    """USD to the cent with its sign."""
    text = usd(value)
    return f"+{text}" if value * 2 > CENT else text


def price(value: Decimal, instrument: Instrument) -> str:
    """As the exchange rounds prices there."""
    exponent = instrument.tick(value).as_tuple().exponent if value else 0
    return f"{value:,.{-exponent if isinstance(exponent, int) else 0}f}"


def exact(value: Decimal) -> str:
    """All digits."""
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(part: Decimal, whole: Decimal) -> str:
    """`part` in hundredths of `whole`, to two decimals: '2.13 %'."""
    return f"{usd(part * 100 / whole)} %"


def minute(at: int) -> str:
    """A moment (ms) in UTC, to the minute."""
    return f"{datetime.fromtimestamp(at // 1000, UTC):%Y-%m-%d %H:%M}"


def second(at: int) -> str:
    """A moment (ms) in UTC, to the second."""
    return f"{datetime.fromtimestamp(at // 1000, UTC):%Y-%m-%d %H:%M:%S}"
