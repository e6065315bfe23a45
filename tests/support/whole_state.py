"""All of a trade's state, taken apart to plain values, whatever it is made of: nothing can be left out."""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Mapping, Set
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any

from hypertui.execution.trade import Trade

_ATOMS = (str, int, bool, Decimal, type(None), Enum)


def difference(one: Trade, other: Trade) -> str:
    """The first part in which the states of two trades differ, the order of orders too; empty where they are
    the same."""
    return _difference(_parts(one, {}), _parts(other, {}))


def _difference(one: Any, other: Any, where: str = "trade") -> str:
    if one == other:
        return ""
    if isinstance(one, list | tuple) and isinstance(other, list | tuple) and len(one) == len(other):
        for number, (left, right) in enumerate(zip(one, other, strict=True)):
            if left != right:
                name = left[0] if isinstance(left, tuple) and left and isinstance(left[0], str) else number
                return _difference(left, right, f"{where}.{name}")
    return f"{where}: {one!r} here, {other!r} there"


def _parts(value: Any, seen: dict[int, int]) -> Any:
    if isinstance(value, _ATOMS):
        return value
    if _can_change(value):
        if id(value) in seen:
            return "seen", seen[id(value)]  # one thing in two places is one thing in the other trade too
        seen[id(value)] = len(seen)
    if isinstance(value, Mapping):
        return [(key, _parts(each, seen)) for key, each in value.items()]
    if isinstance(value, list | tuple | deque):
        return [_parts(each, seen) for each in value]
    if isinstance(value, Set):
        return frozenset(value)
    if dataclasses.is_dataclass(value):
        named = {name: getattr(value, name) for name in _compared(type(value))}
    else:
        named = vars(value)
    return type(value).__name__, [(name, _parts(each, seen)) for name, each in named.items()]


@cache
def _compared(kind: Any) -> tuple[str, ...]:
    """The fields of a dataclass; what is not compared is another way to what is there already."""
    return tuple(field.name for field in dataclasses.fields(kind) if field.compare)


def _can_change(value: Any) -> bool:
    if isinstance(value, tuple | Set):
        return False
    return not (dataclasses.is_dataclass(value) and value.__dataclass_params__.frozen)  # type: ignore[attr-defined]
