"""A trade's state as JSON and back: a cache, so that a restart replays the newest inputs alone."""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, get_type_hints

from pydantic import TypeAdapter

from hypertui.core.fifo import FifoBook
from hypertui.core.round_trips import RoundTrips
from hypertui.execution.order_tracker import OrderTracker
from hypertui.execution.orders import ClientIds
from hypertui.execution.pacing import Pacing
from hypertui.execution.trade import Trade
from hypertui.strategy.ladder.cycle_stats import CycleStats
from hypertui.strategy.ladder.ladder import Ladder
from hypertui.strategy.ladder.position_map import PositionMap

# What has parts of its own; everything else is a value.
_PARTS = (ClientIds, CycleStats, FifoBook, Ladder, OrderTracker, Pacing, PositionMap, RoundTrips, Trade)
# What the trade's settings and its opening give anyway, and what is another way to what is kept already.
_LEFT_OUT = {
    Trade: ("timing",),
    Ladder: ("plan", "grid", "entry_coins", "fragment_at_entry"),
    OrderTracker: ("ladder", "timing", "news", "_alive", "_stops", "_fills"),
    PositionMap: ("_orders",),
}


def dump(trade: Trade) -> Mapping[str, Any]:
    """The state, as JSON can say it."""
    tracker = trade.tracker
    return {
        "trade": _dump(trade),
        "alive": list(tracker._alive),
        "stops": [[slot, stop.client_id] for slot, stop in tracker._stops.items()],
        "fills": [[*key, is_own] for key, is_own in tracker._fills.items()],
    }


def load(trade: Trade, state: Mapping[str, Any]) -> None:
    """Give a trade that has just been opened its state back. Raises an Exception of any kind for what is no
    state of this version: the trade is of no use then."""
    tracker = trade.tracker
    _load(trade, state["trade"])
    tracker._alive = {client_id: tracker._orders[client_id] for client_id in state["alive"]}
    tracker._stops = {slot: tracker._orders[client_id] for slot, client_id in state["stops"]}
    tracker._fills = {(time, oid, number): is_own for time, oid, number, is_own in state["fills"]}
    trade.ladder.position_map.index()


def _dump(part: Any) -> dict[str, Any]:
    said = {}
    kind: type = type(part)
    for name in _names(kind):
        value = getattr(part, name)
        is_part = type(value) in _PARTS
        said[name] = _dump(value) if is_part else _adapter(kind, name).dump_python(value, mode="json")
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
    return tuple(_kept(kind))


def _kept(kind: type) -> Iterator[str]:
    for field in dataclasses.fields(kind):
        if field.name not in _LEFT_OUT.get(kind, ()):
            yield field.name


@cache
def _adapter(kind: type, name: str) -> TypeAdapter[Any]:
    return TypeAdapter(get_type_hints(kind)[name])
