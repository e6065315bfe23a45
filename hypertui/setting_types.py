"""What a setting may be: amounts, names, percentages and times, checked as they are read."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError, PydanticKnownError

from hypertui.core.endpoint import ListenAddress, endpoint
from hypertui.core.files import named_path
from hypertui.core.market import ZERO, parse_amount
from hypertui.notices.hours import QuietHours, time_of_day
from hypertui.trade_tables import is_name

_METRICS_AT = ListenAddress("127.0.0.1", 9464)  # where figures are, as far as nothing else is said
_DIGITS = 5  # of a time
_UNITS = {"m": 60_000, "h": 3_600_000, "d": 86_400_000}  # ms

_SYMBOL = re.compile(r"[A-Za-z0-9@][A-Za-z0-9:/@._-]{0,31}")  # BTC, kPEPE, xyz:GOLD, PURR/USDC, @107


def _reasonable(amount: Decimal) -> Decimal:
    try:
        return parse_amount(amount)
    except ValueError:
        raise PydanticCustomError("beyond_reason", "beyond reason") from None


def _a_name(symbol: str) -> str:
    if _SYMBOL.fullmatch(symbol) is None:
        raise PydanticCustomError("no_symbol", "no symbol")
    return symbol


def _a_trade_name(name: str) -> str:
    if not is_name(name):
        raise PydanticCustomError("no_trade_name", "no name")
    return name


def _spelled_out(given: object) -> object:
    try:
        return named_path(given) if isinstance(given, str) else given
    except ValueError as error:
        raise PydanticCustomError("path_refused", "{why}", {"why": str(error)}) from None


def _an_endpoint(given: object) -> object:
    try:
        return endpoint(given, *_METRICS_AT) if isinstance(given, str) else given
    except ValueError as error:
        raise PydanticCustomError("address_refused", "{why}", {"why": str(error)}) from None


def fraction_of(percentage: str) -> Decimal | None:
    """The fraction that `5%` says; None for an empty text. Raises ValueError for what is none between 0 and
    100."""
    return share_of(percentage) if percentage else None


def share_of(percentage: str) -> Decimal:
    """The same of a text that is not to be empty."""
    figure, sign, rest = percentage.partition("%")
    fraction = parse_amount(figure.strip()) / 100
    if not sign or rest or not ZERO < fraction < 1:
        raise ValueError(percentage)
    return fraction


def says_atr(text: str) -> bool:
    """Whether a text is meant as a multiple of the ATR."""
    return text.lower().endswith("atr")


def multiple_of(text: str) -> Decimal:
    """How many times the ATR `0.5atr` says. Raises ValueError for what is no multiple above 0."""
    multiple = parse_amount(text[: -len("atr")].strip())
    if not says_atr(text) or multiple <= 0:
        raise ValueError(text)
    return multiple


def limit_of(text: str) -> tuple[Decimal | None, Decimal | None]:
    """The fraction that `5%` says, or the USD that `500` does; None for what it does not say. Raises
    ValueError."""
    if not text or "%" in text:
        return fraction_of(text), None
    usd = parse_amount(text.strip())
    if usd <= 0:
        raise ValueError(text)
    return None, usd


def amount_of_text(text: str) -> Decimal | None:
    """The amount that `12000` says; None for an empty text. Raises ValueError for what is none above 0."""
    if not text:
        return None
    amount = parse_amount(text.strip())
    if amount <= 0:
        raise ValueError(text)
    return amount


def ms_of(lasting: str) -> int | None:
    """The milliseconds that `90m`, `36h` or `2d` say; None for an empty text. Raises ValueError."""
    if not lasting:
        return None
    figure, unit = lasting[:-1], _UNITS.get(lasting[-1:], 0)
    if not figure.isdecimal() or len(figure) > _DIGITS or not int(figure) * unit:
        raise ValueError(lasting)
    return int(figure) * unit


def _a_percentage(text: str) -> str:
    try:
        fraction_of(text)
    except ValueError:
        raise PydanticCustomError("no_percentage", "no percentage") from None
    return text


def _distance(given: object) -> Decimal | str:
    """A text that ends with % is a percentage, one that ends with atr a multiple of it; anything else has to
    be an amount above 0."""
    if isinstance(given, str) and given.endswith("%"):
        return _a_percentage(given)
    if isinstance(given, str) and says_atr(given):
        return _a_multiple(given)
    if isinstance(given, bool) or not isinstance(given, str | int | Decimal):
        raise PydanticKnownError("decimal_type")
    try:
        amount = Decimal(given)
    except (InvalidOperation, ValueError):
        raise PydanticKnownError("decimal_parsing") from None
    if not amount.is_finite():
        raise PydanticKnownError("finite_number")
    if amount <= 0:
        raise PydanticKnownError("greater_than", {"gt": 0})
    return _reasonable(amount)


def _a_multiple(text: str) -> str:
    try:
        multiple_of(text)
    except ValueError:
        raise PydanticCustomError("no_multiple", "no multiple") from None
    return text


def _a_time(text: str) -> str:
    try:
        ms_of(text)
    except ValueError:
        raise PydanticCustomError("no_time", "no time") from None
    return text


def _a_limit(text: object) -> object:
    try:
        limit_of(str(text))
    except ValueError:
        raise PydanticCustomError("no_limit", "no limit") from None
    return str(text)


def _an_amount(text: object) -> object:
    try:
        amount_of_text(str(text))
    except ValueError:
        raise PydanticCustomError("no_amount", "no amount") from None
    return str(text)


def _of_the_day(read: Callable[[str], object]) -> AfterValidator:
    """A text that `read` makes something of."""

    def check(text: str) -> str:
        try:
            read(text)
        except ValueError as error:
            raise PydanticCustomError("hours_refused", "{why}", {"why": str(error)}) from None
        return text

    return AfterValidator(check)


Symbol = Annotated[str, AfterValidator(_a_name)]
Positive = Annotated[Decimal, Field(gt=0, allow_inf_nan=False), AfterValidator(_reasonable)]
Fraction = Annotated[Decimal, Field(ge=0, lt=1, allow_inf_nan=False), AfterValidator(_reasonable)]
Portioned = Annotated[Decimal, Field(ge=0, le=1, allow_inf_nan=False), AfterValidator(_reasonable)]
Money = Annotated[Decimal, Field(ge=0, allow_inf_nan=False), AfterValidator(_reasonable)]
SecondsOrNone = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, le=1_000)]
Seconds = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]
TradeName = Annotated[str, AfterValidator(_a_trade_name)]
Address = Annotated[str, Field(pattern="^0x[0-9a-fA-F]{40}$")]
Percent = Annotated[str, AfterValidator(_a_percentage)]
Share = Annotated[str, Field(min_length=1), AfterValidator(_a_percentage)]
Distance = Annotated[Decimal | str, BeforeValidator(_distance)]  # USD, or the text of 0.4% or 0.5atr
Limit = Annotated[str, BeforeValidator(_a_limit)]  # 5% or, in USD, 500
Amount = Annotated[str, BeforeValidator(_an_amount)]  # above 0
Lasting = Annotated[str, AfterValidator(_a_time)]
Listening = Annotated[ListenAddress, BeforeValidator(_an_endpoint)]
Hours = Annotated[str, _of_the_day(QuietHours.parse)]  # such as 22:00-07:00
TimeOfDay = Annotated[str, _of_the_day(time_of_day)]
HomePath = Annotated[Path, BeforeValidator(_spelled_out)]


class Section(BaseModel):
    """A part of the settings."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
