"""Faults of the feeds: messages lost, doubled, out of order, or with something in them that is odd."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypertui.venue.faults.faults import Faults
from hypertui.venue.model.orders import Json

Messages = list[tuple[str, Any]]
UNKNOWN_STATUS = "quantumEntangledCanceled"
UNKNOWN_FIELD = {"futureField": {"nested": [1, "two", None]}}
UNKNOWN_MESSAGE = ("futureChannel", UNKNOWN_FIELD)


class FeedFaults:
    """Shapes every message before it is written. What it is given is shared: it changes copies."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._candles: dict[tuple[str, str], Json] = {}
        self._shapes: dict[str, Callable[[Any], Messages]] = {
            "orderUpdates": self._order_updates,
            "userFills": self._fills,
            "trades": self._trades,
            "candle": self._candle,
            "bbo": self._bbo,
            "l2Book": self._book,
        }

    def fills_first(self) -> bool:
        """Whether a batch's fills are told before its order updates."""
        return self._faults.strikes("ws-fills-first") is not None

    def shape(self, channel: str, data: Any) -> Messages:
        """The messages that are sent instead of this one."""
        if self._faults.quiet:
            return [(channel, data)]
        shape = self._shapes.get(channel)
        messages = [(channel, data)] if shape is None else shape(data)
        if messages and self._faults.strikes("ws-unknown-fields", channel):
            messages = [UNKNOWN_MESSAGE, *((name, _with_field(each)) for name, each in messages)]
        return messages

    def _order_updates(self, updates: list[Json]) -> Messages:
        if self._faults.strikes("ws-missed-updates"):
            return []
        if {"open", "canceled"} <= {each["status"] for each in updates} and self._faults.strikes(
            "ws-swapped-updates"
        ):
            updates = updates[::-1]
        if self._faults.strikes("ws-unknown-status"):
            updates = [each | {"status": UNKNOWN_STATUS} for each in updates]
        return [("orderUpdates", updates)]

    def _fills(self, data: Json) -> Messages:
        messages: Messages = [("userFills", data)]
        if "isSnapshot" not in data and self._faults.strikes("ws-seen-fills"):
            messages.append(("userFills", {"isSnapshot": True, **data}))
        return messages

    def _trades(self, trades: list[Json]) -> Messages:
        return [("trades", trades)] * (2 if self._faults.strikes("ws-double-trades") else 1)

    def _candle(self, candle: Json) -> Messages:
        key = (candle["s"], candle["i"])
        before = self._candles.get(key)
        self._candles[key] = candle
        messages: Messages = [("candle", candle)]
        if before is not None and before != candle and self._faults.strikes("ws-old-candle"):
            messages.append(("candle", before))
        return messages

    def _bbo(self, data: Json) -> Messages:
        bid, ask = data["bbo"]
        if self._faults.strikes("ws-null-side", "bbo"):
            bid = None
        if self._faults.strikes("ws-crossed-book", "bbo"):
            bid, ask = ask, bid
        if self._faults.strikes("ws-empty-book", "bbo"):
            bid = ask = None
        return [("bbo", data | {"bbo": [bid, ask]})]

    def _book(self, data: Json) -> Messages:
        bids, asks = data["levels"]
        if self._faults.strikes("ws-crossed-book", "l2Book"):
            bids, asks = asks[::-1], bids[::-1]
        if self._faults.strikes("ws-empty-book", "l2Book"):
            bids, asks = [], []
        return [("l2Book", data | {"levels": [bids, asks]})]


def _with_field(data: Any) -> Any:
    if isinstance(data, dict):
        return data | UNKNOWN_FIELD
    return [each | UNKNOWN_FIELD if isinstance(each, dict) else each for each in data]
