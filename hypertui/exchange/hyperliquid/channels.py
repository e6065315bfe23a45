"""The text frames of one feed connection as feed messages. Pure: no socket, no clock."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic, NamedTuple, TypeVar

from hypertui.core.market import Fill
from hypertui.exchange.hyperliquid import checks
from hypertui.exchange.hyperliquid import messages as wire
from hypertui.exchange.hyperliquid.checks import Json
from hypertui.exchange.hyperliquid.errors import brief
from hypertui.exchange.protocol import (
    FeedAlive,
    FeedMessage,
    FeedUp,
    FillNotice,
    Malformed,
    OrderNotice,
    PriceTick,
    Quote,
)

_T = TypeVar("_T")

_PRICES = ("activeAssetCtx", "trades")
_ALREADY = "Already subscribed: "
_GONE = "Already unsubscribed"

# Messages, each with the symbol of those who are to hear it.
Addressed = Sequence[tuple[str, FeedMessage]]


class Stream(NamedTuple):
    """What can be subscribed to: news of one kind, about a symbol or about an account."""

    kind: str
    of: str

    @property
    def subscription(self) -> Mapping[str, str]:
        """The same in the venue's words."""
        return {"type": self.kind, "coin" if self.kind in _PRICES else "user": self.of}


class SubscriptionRefused(Exception):
    """The venue will not send one of the streams; the text is its reason. `symbol` is whose stream it is,
    None for one of the account's."""

    def __init__(self, reason: str, symbol: str | None) -> None:
        super().__init__(reason)
        self.symbol = symbol


@dataclass(frozen=True, slots=True)
class FeedFrame:
    """What one frame says to whom. `channel` is empty if it could not be read; `is_data` is True for news,
    False for acknowledgements and other signs of life."""

    messages: Addressed
    channel: str = ""
    is_data: bool = False


@dataclass(slots=True)
class _Prices:
    """What is known of the prices of one market."""

    quote: Quote | None = None
    last_trade: int = 0  # ms


class Channels:
    """Reads the frames of one connection: one account, and as many markets as have joined. `with_last`
    follows trades too."""

    def __init__(self, account: str, symbols: Iterable[str] = (), *, with_last: bool = False) -> None:
        self._account = account
        self._kinds = _PRICES if with_last else _PRICES[:1]
        self._markets: dict[str, _Prices] = {}
        self._held_back: set[str] = set()
        self._missing: list[Stream] = []  # not acknowledged, in the order in which they are asked for
        for symbol in symbols:
            self.join(symbol)
        self._missing += [Stream("orderUpdates", account), Stream("userFills", account)]
        self._readers: dict[str, Callable[[Json], FeedFrame]] = {
            "activeAssetCtx": self._contexts,
            "trades": self._trades,
            "orderUpdates": self._orders,
            "userFills": self._fills,
        }

    @property
    def symbols(self) -> Collection[str]:
        """The markets that have joined."""
        return self._markets.keys()

    @property
    def pending(self) -> Sequence[Stream]:
        """The streams to be subscribed to that the venue has not acknowledged yet."""
        return [stream for stream in self._missing if stream.of not in self._held_back]

    def join(self, symbol: str) -> None:
        """Follow a market that is not followed yet."""
        self._markets[symbol] = _Prices()
        self._missing += self._streams(symbol)

    def leave(self, symbol: str) -> Sequence[Stream]:
        """Follow a market no longer; returns what it may be subscribed to."""
        del self._markets[symbol]
        self._held_back.discard(symbol)
        self._missing = [stream for stream in self._missing if stream.of != symbol]
        return self._streams(symbol)

    def hold_back(self, symbol: str) -> None:
        """Ask no more for what is missing of a market, until `ask_again`. What the account's streams tell of
        it is read all the same."""
        self._held_back.add(symbol)

    def ask_again(self, symbol: str) -> None:
        """Ask for what is missing of a market after all, behind what has been asked for meanwhile."""
        self._held_back.discard(symbol)
        again = [stream for stream in self._missing if stream.of == symbol]
        self._missing = [stream for stream in self._missing if stream.of != symbol] + again

    def known(self, symbol: str) -> Sequence[FeedMessage]:
        """What has been said of a market, to one who comes to it late."""
        if not self._is_up(symbol):
            return ()
        quote = self._markets[symbol].quote
        return (FeedUp(),) if quote is None else (FeedUp(), PriceTick(quote))

    def read(self, text: str | bytes) -> FeedFrame:
        """Read one frame; what is not understood is skipped and told as Malformed, to those whose market it
        is about, or to all.

        Raises SubscriptionRefused if the venue answers a subscription with an error.
        """
        channel, data = "", None
        try:
            envelope = json.loads(text)
            channel, data = checks.text_of(envelope["channel"]), envelope.get("data")
            if channel == "subscriptionResponse":
                return FeedFrame(self._answered(data), channel)
            if channel == "error":
                return FeedFrame(self._error(str(data)), channel)
            reader = self._readers.get(channel)
            if reader is None:
                return FeedFrame(self._alive(), channel)
            return replace(reader(data), channel=channel)
        # Deeply nested JSON ends in a RecursionError, any other garbage in one of the others.
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            what = str(error) if isinstance(error, checks.MalformedJson) else type(error).__name__
            said = Malformed(f"the feed: {brief(what)}", channel in _PRICES)
            return FeedFrame([(symbol, said) for symbol in self._concerned(channel, data)])

    def _streams(self, symbol: str) -> list[Stream]:
        return [Stream(kind, symbol) for kind in self._kinds]

    def _is_up(self, symbol: str) -> bool:
        return not any(stream.of in (symbol, self._account) for stream in self._missing)

    def _alive(self) -> Addressed:
        return [(symbol, FeedAlive()) for symbol in self._markets]

    def _concerned(self, channel: str, data: Json) -> Collection[str]:
        """Whom a frame that cannot be read may be news for."""
        try:
            coin = data["coin"] if channel == "activeAssetCtx" else data[0]["coin"]
            return (coin,) if channel in _PRICES and coin in self._markets else self._markets
        except (LookupError, TypeError):
            return self._markets

    def _answered(self, data: Json) -> Addressed:
        # The end of a subscription is none of those that are waited for.
        return (
            self._alive() if data.get("method") == "unsubscribe" else self._acknowledge(data["subscription"])
        )

    def _acknowledge(self, echo: Mapping[str, object]) -> Addressed:
        """Tick off a subscription. The venue may add fields, write it in another case, or repeat itself."""
        were_up = {symbol for symbol in self._markets if self._is_up(symbol)}
        said = _in_lower_case(echo)
        self._missing = [stream for stream in self._missing if not _is_meant(stream, said)]
        return [
            (symbol, FeedUp() if symbol not in were_up and self._is_up(symbol) else FeedAlive())
            for symbol in self._markets
        ]

    def _error(self, text: str) -> Addressed:
        if text.startswith(_ALREADY):
            return self._acknowledge(json.loads(text.removeprefix(_ALREADY)))
        refused = None if text.startswith(_GONE) else self._refused(text)
        if refused is None:
            return self._alive()
        raise SubscriptionRefused(brief(text), refused.of if refused.of in self._markets else None)

    def _refused(self, text: str) -> Stream | None:
        """Which of the pending streams an error is about. Where it does not say, it is the one that was asked
        for first: the venue answers in order."""
        pending = self.pending
        try:
            said = _in_lower_case(json.loads(text[text.index("{") :]))
        except (ValueError, AttributeError, RecursionError):
            said = {}
        for stream in self._missing:
            if _is_meant(stream, said):
                return stream if stream in pending else None
        if said.get("coin", "") not in ("", *map(str.lower, self._markets)):
            return None  # its market has left meanwhile
        return pending[0] if pending else None

    def _contexts(self, data: Json) -> FeedFrame:
        symbol = checks.text_of(data["coin"])
        prices = self._markets.get(symbol)
        if prices is None:
            return FeedFrame(self._alive())
        last = None if prices.quote is None else prices.quote.last
        prices.quote = wire.quote_of(data["ctx"], last)
        return FeedFrame([(symbol, PriceTick(prices.quote))], is_data=True)

    def _trades(self, data: Json) -> FeedFrame:
        symbol = next((checks.text_of(trade["coin"]) for trade in checks.rows(data)), "")
        prices = self._markets.get(symbol)
        newest = None if prices is None else wire.last_trade(data, symbol)
        # The first message repeats old trades.
        if prices is None or newest is None or newest[0] < prices.last_trade:
            return FeedFrame(self._alive())
        prices.last_trade = newest[0]
        if prices.quote is None:
            return FeedFrame([(symbol, FeedAlive())], is_data=True)
        prices.quote = replace(prices.quote, last=newest[1])
        return FeedFrame([(symbol, PriceTick(prices.quote))], is_data=True)

    def _orders(self, data: Json) -> FeedFrame:
        found = _by_market(wire.order_report, checks.rows(data), lambda row: row["order"], self._markets)
        told: list[tuple[str, FeedMessage]] = []
        for symbol, rows in found.items():
            notice = (OrderNotice(tuple(rows.good)),) if rows.good else ()
            told += [(symbol, message) for message in (*notice, *rows.complaint) or (FeedAlive(),)]
        return FeedFrame(told, is_data=True)

    def _fills(self, data: Json) -> FeedFrame:
        if checks.text_of(data["user"]).lower() != self._account:
            return FeedFrame(self._alive())
        found = _by_market(wire.fill, checks.rows(data["fills"]), lambda row: row, self._markets)
        snapshot = data.get("isSnapshot") is True
        told: list[tuple[str, FeedMessage]] = []
        for symbol, rows in found.items():
            notice = (FillNotice(_oldest_first(rows.good), snapshot),) if rows.good or snapshot else ()
            told += [(symbol, message) for message in (*notice, *rows.complaint) or (FeedAlive(),)]
        return FeedFrame(told, is_data=True)


def _in_lower_case(echo: Mapping[str, object]) -> Mapping[str, str]:
    return {key: str(value).lower() for key, value in echo.items()}


def _is_meant(stream: Stream, said: Mapping[str, str]) -> bool:
    """Whether a subscription, as the venue says it, is to this stream."""
    return all(said.get(key) == value.lower() for key, value in stream.subscription.items())


@dataclass(slots=True)
class _Rows(Generic[_T]):
    """What the rows of one frame say of one market, and why others could not be read."""

    good: list[_T] = field(default_factory=list)
    bad: list[str] = field(default_factory=list)

    @property
    def complaint(self) -> Sequence[Malformed]:
        return (Malformed(f"the feed: {len(self.bad)} rows, {brief(self.bad[0])}"),) if self.bad else ()


def _by_market(
    read: Callable[[Json], _T], rows: Iterable[Json], about: Callable[[Json], Json], symbols: Iterable[str]
) -> Mapping[str, _Rows[_T]]:
    """For each of `symbols` every row about it that can be read, and a word on the others: one bad row must
    not hide the rest. What `about` finds in a row names its market; without that it may be anybody's."""
    found: dict[str, _Rows[_T]] = {symbol: _Rows() for symbol in symbols}
    for row in rows:
        concerned = list(found.values())
        try:
            of = found.get(checks.text_of(about(row)["coin"]))
            concerned = [] if of is None else [of]
            if of is not None:
                of.good.append(read(row))
        except (LookupError, TypeError, checks.MalformedJson) as error:
            for each in concerned:
                each.bad.append(str(error))
    return found


def _oldest_first(fills: list[Fill]) -> tuple[Fill, ...]:
    """Snapshots come newest first, later messages the other way; the order within a millisecond is kept."""
    if fills and fills[0].time > fills[-1].time:
        fills.reverse()
    return tuple(sorted(fills, key=lambda fill: fill.time))
