"""What any JSON of the venue's has to be before it is anything else.

Nothing gets past here that the rest of the program could not count, store or show: whole numbers fit into 64
bits, amounts are finite and of a bounded length, prices are above zero, texts are printable, and what is
nested is so within reason. Anything else is Malformed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from hypertui.hyperliquid.errors import brief, no_answer
from hypertui.market import parse_amount
from hypertui.redaction import printable

Json = Any  # what json.loads gives; its shape is proven by reading it

_P = ParamSpec("_P")
_T = TypeVar("_T")

_INTEGERS = 2**63  # what a database counts with
_LONGEST_AMOUNT = 40  # characters
_LONGEST_TEXT = 200
_DEEPEST = 6
_CLIENT_ID = re.compile(r"0x[0-9a-f]{32}")


class Malformed(ValueError):
    """JSON that does not have the form it should have."""


def reader(read: Callable[_P, _T]) -> Callable[_P, _T]:
    """Let `read` take the form it wants for granted: what fails on any other form becomes Malformed."""

    @wraps(read)
    def checked(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        try:
            return read(*args, **kwargs)
        except Malformed:
            raise
        except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError) as error:
            raise Malformed(f"{read.__name__}: {type(error).__name__}: {brief(error)}") from error

    return checked


def understood(answer: Json, read: Callable[[Json], _T], *, is_action: bool = False) -> _T:
    """What `read` finds in the venue's answer; raises Unknown (of an action) or Unreachable for one that
    cannot be read, as for none."""
    try:
        return read(answer)
    except Malformed as error:
        text = f"the exchange's answer is not understood: {error}"
        raise no_answer(text, is_action=is_action) from error


# Each of these raises ValueError or TypeError for what is not as it says; `reader` makes Malformed of that.


def integer(value: Json, least: int = 0, most: int = _INTEGERS - 1) -> int:
    """A whole number; times are in ms."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ValueError(f"not an integer from {least} to {most}: {value!r}")
    return value


def optional_integer(value: Json) -> int | None:
    """A whole number where there is one."""
    return None if value is None else integer(value)


def amount(value: Json) -> Decimal:
    """USD or coins, of either sign."""
    if isinstance(value, str) and len(value) > _LONGEST_AMOUNT:
        raise ValueError("an amount of too many digits")
    return parse_amount(value)


def optional_amount(value: Json) -> Decimal | None:
    """An amount where there is one."""
    return None if value is None else amount(value)


def positive(value: Json) -> Decimal:
    """A price, or the size of something that happened."""
    found = amount(value)
    if found <= 0:
        raise ValueError(f"not above zero: {value!r}")
    return found


def size_left(value: Json) -> Decimal:
    """What is left of an order; none is where it follows a position."""
    found = amount(value)
    if found < 0:
        raise ValueError(f"a negative size: {value!r}")
    return found


def text_of(value: Json) -> str:
    """A text, as it may be stored and shown."""
    if not isinstance(value, str):
        raise TypeError(f"not a text: {value!r}")
    return printable(value, _LONGEST_TEXT)


def flag(value: Json) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise TypeError(f"neither true nor false: {value!r}")
    return value


def client_id(value: Json) -> str | None:
    """The id that an order was given by whoever placed it, in lower case, where there is one."""
    if value is None:
        return None
    text = text_of(value).lower()
    if _CLIENT_ID.fullmatch(text) is None:
        raise ValueError(f"not a client order id: {text!r}")
    return text


def plain_json(value: Json, depth: int = _DEEPEST) -> Json:
    """Somebody's own JSON, as it may be stored and shown."""
    if depth == 0:
        raise ValueError("nested too deeply")
    match value:
        case None | bool():
            return value
        case str():
            return text_of(value)
        case int():
            return integer(value, -_INTEGERS)
        case float():
            amount(repr(value))
            return value
        case list():
            return [plain_json(part, depth - 1) for part in value]
        case dict():
            return {text_of(key): plain_json(part, depth - 1) for key, part in sorted(value.items())}
    raise TypeError(f"not JSON: {value!r}")


@reader
def rows(answer: Json) -> Sequence[Json]:
    """A list, whatever is in it: an empty object must not pass for the news that there is nothing."""
    if not isinstance(answer, list):
        raise TypeError(f"not a list: {answer!r}")
    return answer


def of_market(answer: Json, symbol: str) -> Iterable[Json]:
    """The rows that are about `symbol`: how well the others are formed is no matter, as long as they
    name a market."""
    return (row for row in rows(answer) if text_of(row["coin"]) == symbol)
