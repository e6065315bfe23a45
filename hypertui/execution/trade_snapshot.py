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

from hypertui.core.fifo import FifoBook
from hypertui.core.market import parse_amount
from hypertui.core.round_trips import RoundTrips
from hypertui.execution.order_tracker import OrderTracker
from hypertui.execution.orders import ClientIds
from hypertui.execution.pacing import Pacing
from hypertui.execution.trade import Trade
from hypertui.strategy.ladder.cycle_stats import CycleStats
from hypertui.strategy.ladder.ladder import Ladder
from hypertui.strategy.ladder.position_map import PositionMap

_KEY = Struct("<qqq")  # of a fill: time, order id, trade id
_NEVER_HAD = 0x7FFF

# What has parts of its own; everything else is a value.
_PARTS = (ClientIds, CycleStats, FifoBook, Ladder, OrderTracker, Pacing, PositionMap, RoundTrips, Trade)
# What the trade's settings and its opening give anyway, and what is another way to what is kept already.
_LEFT_OUT = {
    Trade: ("timing",),
    Ladder: ("plan", "grid", "entry_coins", "fragment_at_entry"),
    OrderTracker: ("ladder", "timing", "news", "_alive", "_stops", "_fills"),
    PositionMap: ("_orders",),
}


def dump(trade: Trade) -> str:
    """The state, as JSON."""
    tracker = trade.tracker
    state = {
        "trade": _dump(trade),
        "alive": list(tracker._alive),
        "stops": [(slot, stop.client_id) for slot, stop in tracker._stops.items()],
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
    tracker._stops = {slot: tracker._orders[client_id] for slot, client_id in state["stops"]}
    tracker._fills = set(_KEY.iter_unpack(b64decode(state["fills"])))
    trade.ladder.position_map.index()


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
        said[name] = _dump(value) if type(value) in _PARTS else value
    return said


def _load(part: Any, said: Mapping[str, Any]) -> None:
    kind: type = type(part)
    for name in _names(kind):
        value = getattr(part, name)
        if type(value) in _PARTS:
            _load(value, said[name])
            continue
        kept = _adapter(kind, name).validate_python(said[name])
        if isinstance(value, deque):  # which may have a length of its own
            kept = deque(kept, value.maxlen)
        setattr(part, name, kept)


@cache
def _names(kind: type) -> tuple[str, ...]:
    left_out = _LEFT_OUT.get(kind, ())
    return tuple(field.name for field in dataclasses.fields(kind) if field.name not in left_out)


@cache
def _adapter(kind: type, name: str) -> TypeAdapter[Any]:
    return TypeAdapter(get_type_hints(kind)[name])
