"""Own orders by the order in which they were placed: their client ids are the engine's own affair."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

from hypertui.core.market import Order


class Names:
    """`#1`, `#2` and so on, over all processes of one tape."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._ids: dict[str, str] = {}

    def __len__(self) -> int:
        """How many orders were placed."""
        return len(self._names)

    def give(self, orders: Sequence[Order]) -> None:
        """These are placed now."""
        for order in orders:
            if order.client_id not in self._names:
                name = f"#{len(self._names) + 1}"
                self._names[order.client_id], self._ids[name] = name, order.client_id

    def name(self, client_id: str) -> str:
        """The name of an own order; the id of any other."""
        return self._names.get(client_id, client_id)

    def named(self, value: Any) -> Any:
        """`value` with names instead of the client ids of own orders, however deep they stand."""
        return _renamed(value, self.name)

    def identified(self, value: Any) -> Any:
        """`value` with the client ids that this run has given instead of names."""
        return _renamed(value, lambda name: self._ids.get(name, name))


def _renamed(value: Any, rename: Callable[[str], str]) -> Any:
    if isinstance(value, tuple | list):
        return tuple(_renamed(each, rename) for each in value)
    if isinstance(value, Mapping):
        return {key: _renamed(each, rename) for key, each in value.items()}
    if not is_dataclass(value) or isinstance(value, type):
        return value
    changes: dict[str, Any] = {}
    for each in fields(value):
        inner = getattr(value, each.name)
        if each.name == "client_id" and inner is not None:
            changes[each.name] = rename(inner)
        elif isinstance(inner, tuple | list):
            changes[each.name] = _renamed(inner, rename)
    return replace(value, **changes) if changes else value
