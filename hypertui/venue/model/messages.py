"""Fields of JSON, each of them checked: what does not fit is malformed as a whole."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import Any

from hypertui.venue.model.orders import Json

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_CLOID = re.compile(r"0x[0-9a-fA-F]{32}")
_DECIMAL = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?")
_HEX = re.compile(r"0x[0-9a-fA-F]{1,64}")
LARGEST_INT = (1 << 64) - 1


class MalformedError(Exception):
    """A body that does not have the shape of what it says it is."""


# Each of these takes one field of a JSON object and raises MalformedError if it is missing or something else.


def mapping(item: Mapping[str, Any], key: str) -> Json:
    """An object."""
    value = item.get(key)
    if not isinstance(value, dict):
        raise MalformedError(f"{key} is not an object")
    return value


def items(item: Mapping[str, Any], key: str) -> list[Json]:
    """A list of objects."""
    value = item.get(key)
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise MalformedError(f"{key} is not a list of objects")
    return value


def text(item: Mapping[str, Any], key: str) -> str:
    """A string."""
    value = item.get(key)
    if not isinstance(value, str):
        raise MalformedError(f"{key} is not a string")
    return value


def one_of(item: Mapping[str, Any], key: str, choices: Sequence[str]) -> str:
    """One of the strings that are possible."""
    value = text(item, key)
    if value not in choices:
        raise MalformedError(f"{key} is none of {', '.join(choices)}")
    return value


def integer(item: Mapping[str, Any], key: str) -> int:
    """An unsigned integer of 64 bits."""
    value = item.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST_INT:
        raise MalformedError(f"{key} is not an unsigned integer")
    return value


def signed_integer(item: Mapping[str, Any], key: str) -> int:
    """An integer of 64 bits, perhaps negative."""
    value = item.get(key)
    if isinstance(value, bool) or not isinstance(value, int) or not -(1 << 63) <= value < 1 << 63:
        raise MalformedError(f"{key} is not an integer")
    return value


def flag(item: Mapping[str, Any], key: str) -> bool:
    """true or false; false when it is missing."""
    return item.get(key) is not None and boolean(item, key)


def integers(item: Mapping[str, Any], key: str) -> list[int]:
    """A list of unsigned integers of 64 bits."""
    value = item.get(key)
    if not isinstance(value, list):
        raise MalformedError(f"{key} is not a list of unsigned integers")
    return [integer({key: each}, key) for each in value]


def real(item: Mapping[str, Any], key: str) -> float:
    """A finite number."""
    value = item.get(key)
    if not isinstance(value, float) or not isfinite(value):
        raise MalformedError(f"{key} is not a finite number")
    return value


def boolean(item: Mapping[str, Any], key: str) -> bool:
    """true or false."""
    value = item.get(key)
    if not isinstance(value, bool):
        raise MalformedError(f"{key} is not a boolean")
    return value


def decimal(item: Mapping[str, Any], key: str) -> Decimal:
    """An amount in plain digits, as a string."""
    value = text(item, key)
    if not _DECIMAL.fullmatch(value):
        raise MalformedError(f"{key} is not a decimal")
    return Decimal(value)


def exact(item: Mapping[str, Any], key: str) -> Decimal:
    """A finite amount with any number of digits, as a string: what the venue itself wrote down."""
    try:
        value = Decimal(text(item, key))
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise MalformedError(f"{key} is not a decimal")
    return value


def address(item: Mapping[str, Any], key: str) -> str:
    """A lower-case address."""
    value = text(item, key)
    if not _ADDRESS.fullmatch(value):
        raise MalformedError(f"{key} is not an address")
    return value.lower()


def cloid(item: Mapping[str, Any], key: str) -> str:
    """A lower-case client order id."""
    value = text(item, key)
    if not _CLOID.fullmatch(value):
        raise MalformedError(f"{key} is not a client order id")
    return value.lower()


def order_key(item: Mapping[str, Any], key: str) -> int | str:
    """An order id, or a lower-case client order id."""
    return cloid(item, key) if isinstance(item.get(key), str) else integer(item, key)


def hex_number(item: Mapping[str, Any], key: str) -> int:
    """A number from hexadecimal digits, padded or not."""
    value = text(item, key)
    if not _HEX.fullmatch(value):
        raise MalformedError(f"{key} is not a hexadecimal number")
    return int(value, 16)
