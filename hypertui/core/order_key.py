"""Order keys: the place that an order has in its strategy's plan, as text and in a client id."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

_NUMBERS = 256


class KeyKind(StrEnum):
    """What a strategy may have orders for."""

    STOP = "stop"  # the exit that protects coins
    ENTRY = "entry"
    TARGET = "target"  # the exit with a gain
    CLOSE = "close"  # of the whole position
    EXIT = "exit"  # a rule that ends the trade, resting at the exchange
    OPENING = "opening"  # of the trade itself


_CODES = {
    KeyKind.STOP: 0,
    KeyKind.ENTRY: 1,
    KeyKind.TARGET: 2,
    KeyKind.CLOSE: 3,
    KeyKind.EXIT: 4,
    KeyKind.OPENING: 0xFF,
}
_KINDS = {code: kind for kind, code in _CODES.items()}


@dataclass(frozen=True, slots=True)
class OrderKey:
    """The `number`th of a strategy's orders of one kind, counted from 0 to 255. At most one order of a key
    is unacknowledged; older ones may be dying beside it."""

    kind: KeyKind
    number: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.number < _NUMBERS:
            raise ValueError(f"order key number {self.number} is not from 0 to {_NUMBERS - 1}")

    def __str__(self) -> str:
        """As it is journalled and shown: `stop/2`."""
        return f"{self.kind.value}/{self.number}"

    @classmethod
    def parse(cls, text: str) -> OrderKey:
        """The key with this text. Raises ValueError for what is none."""
        kind, _, number = text.partition("/")
        key = cls(KeyKind(kind), int(number))
        if str(key) != text:
            raise ValueError(f"{text!r} is no order key, {str(key)!r} is")
        return key

    @property
    def code(self) -> int:
        """The same in the 16 bits that a client id has for it."""
        return _CODES[self.kind] << 8 | self.number

    @classmethod
    def of_code(cls, code: int) -> OrderKey | None:
        """The key with this code, None where there is none."""
        kind = _KINDS.get(code >> 8)
        return None if kind is None else cls(kind, code & 0xFF)


OPENING = OrderKey(KeyKind.OPENING)
CLOSE = OrderKey(KeyKind.CLOSE)
