"""All of a trade's state, taken apart to plain values, whatever it is made of: nothing can be left out."""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Mapping, Set
from decimal import Decimal
from enum import Enum
from typing import Any

from hypertui.execution.trade import Trade
from hypertui.strategy.ladder.grid import UnitGrid

_ATOMS = (str, int, bool, Decimal, type(None), Enum)


def whole_state(trade: Trade) -> Any:
    """Two trades are in the same state exactly if this is equal for both, the order of orders too."""
    return _parts(trade, {})


def _parts(value: Any, seen: dict[int, int]) -> Any:
    if isinstance(value, _ATOMS):
        return value
    if isinstance(value, UnitGrid):  # the prices that it has worked out are no state
        return value.entry_price, value.unit_size
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
        named = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    else:
        named = vars(value)
    return type(value).__name__, [(name, _parts(each, seen)) for name, each in named.items()]


def _can_change(value: Any) -> bool:
    if isinstance(value, tuple | Set):
        return False
    return not (dataclasses.is_dataclass(value) and value.__dataclass_params__.frozen)  # type: ignore[attr-defined]
