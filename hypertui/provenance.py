"""Where a setting comes from, and how it is named and refused when it cannot be used."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from hypertui.core.market import LARGEST_POWER, SMALLEST_POWER
from hypertui.core.redaction import printable, without_secrets

Place = tuple[str, ...]


class SettingsError(ValueError):
    """A setting that cannot be used; the text is one line that names it and its limit."""


class Origin(StrEnum):
    """Who has set a value; a later one goes before those above it."""

    DEFAULT = "default"
    FILE = "file"
    ENVIRONMENT = "environment"
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class Origins:
    """What was read from where: `file_values` and `flags` nested by place, variables by their `prefix`, or as
    `variables` has them. `trades` is the place of each trade, in their order: ("trade",) of the only one, of
    several such as ("trades", "BTC")."""

    file: str
    file_values: Mapping[str, Any]
    flags: Mapping[str, Any]
    prefix: str
    flag_names: Mapping[Place, str]
    variables: Mapping[Place, str]
    trades: tuple[Place, ...]

    def of(self, place: Place) -> Origin:
        """Where the value at `place` comes from, such as ("trade", "unit_size")."""
        if _has(self.flags, place):
            return Origin.FLAG
        if self._variable(place) is not None:
            return Origin.ENVIRONMENT
        return Origin.FILE if _has(self.file_values, place) else Origin.DEFAULT

    def name(self, place: Place) -> str:
        """How the value is named where it comes from: the flag, the variable, or the key of the file."""
        match self.of(place):
            case Origin.FLAG:
                return self.flag_names.get(place, ".".join(place))
            case Origin.ENVIRONMENT:
                return self._variable(place) or ""
            case _:
                return ".".join(place)

    def source(self, place: Place) -> str:
        """Where the value comes from, in words: the file, variable or flag by its name."""
        origin = self.of(place)
        if origin is Origin.DEFAULT:
            return origin.value
        return f"{origin.value} {self.file if origin is Origin.FILE else self.name(place)}"

    def refusal(self, error: ValidationError) -> str:
        """The first error in one line: name, figure and limit. It repeats no secret."""
        first = error.errors(include_url=False)[0]
        place = self._place(first["loc"])
        if first["type"] == "extra_forbidden":
            return f"{'.'.join(place)} is not a setting"
        given, secret = first.get("input"), "secret" in str(place)
        shown = "" if secret or not isinstance(given, str | int | float | Decimal) else f" {_brief(given)}"
        where = f" in {self.file}" if self.of(place) is Origin.FILE else ""
        return f"{self.name(place)}{shown}{where} {_limit(first)}"

    def _place(self, found: tuple[int | str, ...]) -> Place:
        """What an error is about, a trade by the place that it has."""
        match found:
            case ("trades", int() as number, *inside):
                return (*self.trades[number], *map(str, inside))
            case _:
                return tuple(map(str, found))

    def _variable(self, place: Place) -> str | None:
        """The variable that sets it, as it is written: its case does not matter."""
        if place in self.variables:
            return self.variables[place]
        wanted = self.prefix + "__".join(place).upper()
        return next((name for name in os.environ if name.upper() == wanted), None)


_LONGEST = 60  # characters of a figure that a message repeats


def _brief(given: str | float | Decimal) -> str:
    try:
        text = str(given)
    except ValueError:  # Python prints no integer of thousands of digits
        text = "of thousands of digits"
    return printable(without_secrets(text), _LONGEST)


_NUMBER: Callable[[Mapping[str, Any]], str] = lambda limits: "is not a number"  # noqa: E731
_WHOLE: Callable[[Mapping[str, Any]], str] = lambda limits: "is not a whole number"  # noqa: E731


def _one_of(limits: Mapping[str, Any]) -> str:
    words: str = limits["expected"].replace(" or ", ", ").replace("''", '""').replace("'", "")
    return f"is not one of {words}"


# pydantic's kinds of error in our words
_WORDS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "greater_than": lambda limits: f"is not above {limits['gt']}",
    "greater_than_equal": lambda limits: f"is below {limits['ge']}",
    "less_than": lambda limits: f"is not below {limits['lt']}",
    "less_than_equal": lambda limits: f"is above {limits['le']}",
    "finite_number": lambda limits: "is not a finite number",
    "decimal_parsing": _NUMBER,
    "decimal_type": _NUMBER,
    "float_parsing": _NUMBER,
    "float_type": _NUMBER,
    "int_parsing": _WHOLE,
    "int_type": _WHOLE,
    "int_from_float": _WHOLE,
    "int_parsing_size": _WHOLE,
    "bool_parsing": lambda limits: "is neither true nor false",
    "bool_type": lambda limits: "is neither true nor false",
    "enum": _one_of,
    "literal_error": _one_of,
    "string_type": lambda limits: "is not a text",
    "string_unicode": lambda limits: "is not text",
    "string_too_short": lambda limits: "is empty",
    "string_pattern_mismatch": lambda limits: "is not 0x and 40 hex digits",
    "beyond_reason": lambda limits: f"is not from 1e{SMALLEST_POWER} to 1e{LARGEST_POWER + 1}",
    "no_symbol": lambda limits: "is not the name of a market",
    "no_trade_name": lambda limits: "is not a name of up to 32 letters, digits, - and _",
    "no_percentage": lambda limits: "is no percentage above 0% and below 100%, such as 5%",
    "no_multiple": lambda limits: "is no multiple of the ATR above 0, such as 0.5atr",
    "no_limit": lambda limits: "is neither a percentage such as 5% nor an amount in USD such as 500, above 0",
    "no_amount": lambda limits: "is no amount above 0",
    "no_time": lambda limits: "is no time in minutes, hours or days, such as 90m, 36h or 2d",
    "path_refused": lambda limits: str(limits["why"]),
    "address_refused": lambda limits: str(limits["why"]),
    "hours_refused": lambda limits: str(limits["why"]),
    "path_type": lambda limits: "is not a path",
    "two_sizes": lambda limits: "has both risk and position_size: give one of them, the other follows",
    "model_type": lambda limits: "is not a section of settings",
    "dict_type": lambda limits: "is not a section of settings",
    "tuple_type": lambda limits: "is not a list",
    "missing": lambda limits: "is not set",
    "table_refused": lambda limits: str(limits["why"]),
}


def _limit(error: ErrorDetails) -> str:
    words = _WORDS.get(error["type"])
    if words is None:
        return f"is refused: {error['msg'][0].lower()}{error['msg'][1:]}"
    return words(error.get("ctx", {}))


def _has(values: Mapping[str, Any], place: Place) -> bool:
    inner: Any = values
    for part in place:
        if not isinstance(inner, Mapping) or part not in inner:
            return False
        inner = inner[part]
    return True
