"""The text frames of one feed connection as feed messages. Pure: no socket, no clock."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from hypertui.exchange import (
    FeedAlive,
    FeedMessage,
    FeedUp,
    FillNotice,
    Malformed,
    OrderNotice,
    PriceTick,
    Quote,
)
from hypertui.hyperliquid import checks, wire
from hypertui.hyperliquid.checks import Json
from hypertui.hyperliquid.errors import brief
from hypertui.market import Fill

_T = TypeVar("_T")

_ALIVE = (FeedAlive(),)
_PRICES = ("activeAssetCtx", "trades")
_ALREADY = "Already subscribed: "


class SubscriptionRefused(Exception):
    """The venue will not send one of the streams; the text is its reason."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What one frame says. `channel` is empty if it could not be read; `is_data` is True for news, False for
    acknowledgements and other signs of life."""

    messages: Sequence[FeedMessage]
    channel: str = ""
    is_data: bool = False


class Channels:
    """Reads the frames of one connection: one account, one symbol. `with_last` subscribes to trades too."""

    def __init__(self, account: str, symbol: str, *, with_last: bool = False) -> None:
        self._account = account
        self._symbol = symbol
        self._quote: Quote | None = None
        self._last_trade = 0
        self.subscriptions: list[Mapping[str, str]] = [
            {"type": "activeAssetCtx", "coin": symbol},
            {"type": "orderUpdates", "user": account},
            {"type": "userFills", "user": account},
        ]
        if with_last:
            self.subscriptions.append({"type": "trades", "coin": symbol})
        self._pending = list(self.subscriptions)
        self._readers: dict[str, Callable[[Json], Frame]] = {
            "activeAssetCtx": self._prices,
            "trades": self._trades,
            "orderUpdates": self._orders,
            "userFills": self._fills,
        }

    @property
    def pending(self) -> Sequence[Mapping[str, str]]:
        """The subscriptions that the venue has not acknowledged yet."""
        return self._pending

    def read(self, text: str | bytes) -> Frame:
        """Read one frame; what is not understood is skipped and told as Malformed.

        Raises SubscriptionRefused if the venue answers a subscription with an error.
        """
        channel = ""
        try:
            envelope = json.loads(text)
            channel, data = checks.text_of(envelope["channel"]), envelope.get("data")
            if channel == "subscriptionResponse":
                return Frame(self._acknowledge(data["subscription"]), channel)
            if channel == "error":
                return Frame(self._error(str(data)), channel)
            reader = self._readers.get(channel)
            if reader is None:
                return Frame(_ALIVE, channel)
            return replace(reader(data), channel=channel)
        # Deeply nested JSON ends in a RecursionError, any other garbage in one of the others.
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            what = str(error) if isinstance(error, checks.Malformed) else type(error).__name__
            return Frame((Malformed(f"the feed: {brief(what)}", channel in _PRICES),))

    def _acknowledge(self, echo: Mapping[str, object]) -> Sequence[FeedMessage]:
        """Tick off a subscription. The venue may add fields, write it in another case, or repeat itself."""
        if not self._pending:
            return _ALIVE
        said = {key: str(value).lower() for key, value in echo.items()}
        self._pending = [
            wanted
            for wanted in self._pending
            if not all(said.get(key) == value.lower() for key, value in wanted.items())
        ]
        return _ALIVE if self._pending else (FeedUp(),)

    def _error(self, text: str) -> Sequence[FeedMessage]:
        if text.startswith(_ALREADY):
            return self._acknowledge(json.loads(text.removeprefix(_ALREADY)))
        if self._pending:
            raise SubscriptionRefused(brief(text))
        return _ALIVE

    def _prices(self, data: Json) -> Frame:
        if checks.text_of(data["coin"]) != self._symbol:
            return Frame(_ALIVE)
        last = None if self._quote is None else self._quote.last
        self._quote = wire.quote_of(data["ctx"], last)
        return Frame((PriceTick(self._quote),), is_data=True)

    def _trades(self, data: Json) -> Frame:
        newest = wire.last_trade(data, self._symbol)
        # The first message repeats old trades.
        if newest is None or newest[0] < self._last_trade:
            return Frame(_ALIVE)
        self._last_trade = newest[0]
        if self._quote is None:
            return Frame(_ALIVE, is_data=True)
        self._quote = replace(self._quote, last=newest[1])
        return Frame((PriceTick(self._quote),), is_data=True)

    def _orders(self, data: Json) -> Frame:
        mine, bad = _each(wire.order_report, checks.rows(data), lambda row: row["order"], self._symbol)
        notice = (OrderNotice(tuple(mine)),) if mine else ()
        return Frame((*notice, *bad) or _ALIVE, is_data=True)

    def _fills(self, data: Json) -> Frame:
        if checks.text_of(data["user"]).lower() != self._account:
            return Frame(_ALIVE)
        mine, bad = _each(wire.fill, checks.rows(data["fills"]), lambda row: row, self._symbol)
        snapshot = data.get("isSnapshot") is True
        notice = (FillNotice(_oldest_first(mine), snapshot),) if mine or snapshot else ()
        return Frame((*notice, *bad) or _ALIVE, is_data=True)


def _each(
    read: Callable[[Json], _T], rows: Iterable[Json], about: Callable[[Json], Json], symbol: str
) -> tuple[list[_T], Sequence[Malformed]]:
    """Every row about `symbol` that can be read, and a word on the others: one bad row must not hide the
    rest. What `about` finds in a row names its market."""
    found: list[_T] = []
    bad: list[str] = []
    for row in rows:
        try:
            if checks.text_of(about(row)["coin"]) == symbol:
                found.append(read(row))
        except (LookupError, TypeError, checks.Malformed) as error:
            bad.append(str(error))
    return found, (Malformed(f"the feed: {len(bad)} rows, {brief(bad[0])}"),) if bad else ()


def _oldest_first(fills: list[Fill]) -> tuple[Fill, ...]:
    """Snapshots come newest first, later messages the other way; the order within a millisecond is kept."""
    if fills and fills[0].time > fills[-1].time:
        fills.reverse()
    return tuple(sorted(fills, key=lambda fill: fill.time))
