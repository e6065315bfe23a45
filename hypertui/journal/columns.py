"""The journal's column types, which round-trip every value exactly.

Each validates a value before it is written, alike for every database: one that a database would coerce
(a float for an amount, text for a number) raises ValueError before it gets near a row.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal

from sqlalchemy import BigInteger, Boolean, Text, TypeDecorator
from sqlalchemy.engine import Dialect

from hypertui.core.market import Side, plain

_WHOLE_LIMIT = 2**63


class Amount(TypeDecorator[Decimal]):
    """A decimal as its plain digits; 1.50 and 1.5 are the same amount and the same text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: object, dialect: Dialect) -> str | None:
        if value is None:
            return None
        if not isinstance(value, Decimal) or not value.is_finite():
            raise ValueError(f"not an exact amount: {value!r}")
        return plain(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value)


class Document(TypeDecorator[Mapping[str, object]]):
    """A mapping as JSON text, in pure ASCII, so that no character in it can be refused."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: object, dialect: Dialect) -> str | None:
        if not isinstance(value, Mapping):
            raise ValueError(f"not a mapping: {value!r}")
        document = dict(value)
        _check_keys(document)
        try:
            return json.dumps(document, allow_nan=False, separators=(",", ":"))
        except (TypeError, RecursionError) as error:
            raise ValueError(f"not JSON: {error}") from None

    def process_result_value(self, value: str | None, dialect: Dialect) -> Mapping[str, object] | None:
        return None if value is None else json.loads(value)


class Words(TypeDecorator[str]):
    """Text. The few characters that a database may refuse, NUL and lone surrogates, become U+FFFD: they come
    from outside only, and no word of a venue may keep the journal from being written."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: object, dialect: Dialect) -> str | None:
        if value is None:
            return None
        if not isinstance(value, str):
            raise ValueError(f"not text: {value!r}")
        if value.isascii() and "\0" not in value:
            return str(value)
        clean = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return clean.replace("\0", "\ufffd")


class SideWord(TypeDecorator[Side]):
    """Buy or sell."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: object, dialect: Dialect) -> str | None:
        return Side(value).value  # type: ignore[arg-type]

    def process_result_value(self, value: str | None, dialect: Dialect) -> Side | None:
        return None if value is None else Side(value)


class Whole(TypeDecorator[int]):
    """An integer of 64 bits."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: object, dialect: Dialect) -> int | None:
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError(f"not a whole number: {value!r}")
        if not -_WHOLE_LIMIT <= value < _WHOLE_LIMIT:
            raise ValueError(f"more than 64 bits: {value}")
        return int(value)


class Flag(TypeDecorator[bool]):
    """Yes or no."""

    impl = Boolean
    cache_ok = True

    def process_bind_param(self, value: object, dialect: Dialect) -> bool | None:
        if not isinstance(value, bool):
            raise ValueError(f"not yes or no: {value!r}")
        return value


def _check_keys(value: object) -> None:
    """JSON would turn other keys than text into text, and they would not come back."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if not isinstance(key, str):
                raise ValueError(f"not JSON: the key {key!r} is not text")
            if not isinstance(inner, str | int | float | None):
                _check_keys(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            if not isinstance(inner, str | int | float | None):
                _check_keys(inner)
