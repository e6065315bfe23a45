"""A trade's state as JSON and back: a cache, so that a restart replays the newest inputs alone."""

from __future__ import annotations

import dataclasses
from base64 import b64decode, b64encode
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal
from functools import cache
from struct import Struct
from typing import Any, get_type_hints

from pydantic import TypeAdapter
from pydantic_core import from_json, to_json

from hypertui.core.kept import Indexed
from hypertui.core.market import parse_amount
from hypertui.execution.trade import Trade

_KEY = Struct("<qqq")  # of a fill: time, order id, trade id
_NEVER_HAD = 0x7FFF


def dump(trade: Trade) -> str:
    """The state, as JSON."""
    tracker = trade.tracker
    state = {
        "trade": _dump(trade),
        "alive": list(tracker._alive),
        "fills": b64encode(b"".join(_KEY.pack(*key) for key in sorted(tracker._fills))),
    }
    return to_json(state).decode()


def load(trade: Trade, text: str) -> None:
    """Give a trade that has just been opened its state back. Raises an Exception of any kind for what is no
    state of this version: the trade is of no use then."""
    state = from_json(text)
    tracker = trade.tracker
    _load(trade, state["trade"])
    tracker._alive = {client_id: tracker._orders[client_id] for client_id in state["alive"]}
    tracker._fills = set(_KEY.iter_unpack(b64decode(state["fills"])))


def price_in(text: str) -> Decimal | None:
    """The newest price (USD) of a state; None where there is none, or none that can be read."""
    with suppress(Exception):
        return parse_amount(from_json(text)["trade"]["tracker"]["price"]["price"])
    return None


def ids_in(text: str) -> tuple[int | None, int]:
    """The number of the trade and of its newest start by a state; None and a start that no process can have
    had where it cannot be read."""
    with suppress(Exception):
        ids = from_json(text)["trade"]["ids"]
        return int(ids["trade"]), int(ids["start"])
    return None, _NEVER_HAD


def _dump(part: Any) -> dict[str, Any]:
    said = {}
    kind: type = type(part)
    for name in _names(kind):
        value = getattr(part, name)
        said[name] = _dump(value) if _is_part(value) else value
    return said


def _load(part: Any, said: Mapping[str, Any]) -> None:
    kind: type = type(part)
    for name in _names(kind):
        value = getattr(part, name)
        if _is_part(value):
            _load(value, said[name])
            continue
        kept = _adapter(kind, name).validate_python(said[name])
        if isinstance(value, deque):  # which may have a length of its own
            kept = deque(kept, value.maxlen)
        setattr(part, name, kept)
    if isinstance(part, Indexed):
        part.index()


def _is_part(value: Any) -> bool:
    """Whether it changes and has fields of its own; all else is a value, however much is in it."""
    return dataclasses.is_dataclass(value) and not getattr(type(value), "__dataclass_params__").frozen  # noqa: B009


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind) if not field.metadata.get("given"))


@cache
def _adapter(kind: type, name: str) -> TypeAdapter[Any]:
    return TypeAdapter(get_type_hints(kind)[name])
