"""Feeds: what a connection subscribed to, and the messages that the core's events become.

Without I/O: a session is handed each message as text and gets it to its socket by itself.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from hypertui.venue.core import Core
from hypertui.venue.events import Batch
from hypertui.venue.gateway import Gateway
from hypertui.venue.info import Info, book_precision
from hypertui.venue.orders import Json
from hypertui.venue.wire import MalformedError, address, integer, mapping, one_of, text

log = logging.getLogger(__name__)
L2_EVERY_MS = 500
CONTEXT_EVERY_MS = 1_000
COIN_FEEDS = ("l2Book", "bbo", "trades", "activeAssetCtx")
USER_FEEDS = (
    "orderUpdates",
    "userEvents",
    "userFills",
    "userFundings",
    "userNonFundingLedgerUpdates",
)
# A feed as asked for: its type, then coin or user, then how coarse a book.
Feed = tuple[Any, ...]


def message(channel: str, data: Any) -> str:
    """A message as it goes over the wire."""
    return json.dumps({"channel": channel, "data": data}, separators=(",", ":"))


@dataclass(slots=True, eq=False)
class Session:
    """One connection. `send` takes a message and never blocks."""

    send: Callable[[str], None]
    feeds: dict[Feed, Json] = field(default_factory=dict)


class Hub:
    """All sessions. Listens to the core."""

    def __init__(self, core: Core, info: Info, gateway: Gateway) -> None:
        self._core = core
        self._info = info
        self._gateway = gateway
        self._sessions: set[Session] = set()
        self._bbos: dict[str, list[Json | None]] = {}
        self._books_due: set[str] = set()
        self._books_sent: dict[str, int] = {}
        self._contexts_sent: dict[str, int] = {}
        core.listeners.append(self.publish)

    def open(self, send: Callable[[str], None]) -> Session:
        """A new connection; `send` must not block."""
        session = Session(send)
        self._sessions.add(session)
        return session

    def close(self, session: Session) -> None:
        """Forget a connection; nothing is sent to it any more."""
        self._sessions.discard(session)

    # From a client

    def receive(self, session: Session, raw: str) -> None:
        """Do what a client's message asks; what cannot be done is answered on the error channel."""
        try:
            request = json.loads(raw, parse_constant=_refuse_constant)
            method = one_of(request, "method", ("ping", "subscribe", "unsubscribe", "post"))
            if method == "ping":
                session.send('{"channel":"pong"}')
            elif method == "post":
                self._post(session, request)
            else:
                self._subscribe(session, method, mapping(request, "subscription"))
        except (ValueError, AttributeError, RecursionError, MalformedError):
            shown = f"Error parsing JSON into valid websocket request: {raw[:1000]}"
            session.send(message("error", shown))

    def _subscribe(self, session: Session, method: str, subscription: Json) -> None:
        feed, echo = self._feed(subscription)
        shown = json.dumps(subscription, separators=(",", ":"))
        if (method == "subscribe") == (feed in session.feeds):
            session.send(message("error", f"Already {method}d: {shown}"))
            return
        session.send(message("subscriptionResponse", {"method": method, "subscription": echo}))
        if method == "unsubscribe":
            del session.feeds[feed]
            return
        session.feeds[feed] = echo
        first = self._first(feed)
        if first is not None:
            session.send(first)

    def _feed(self, subscription: Json) -> tuple[Feed, Json]:
        kind = text(subscription, "type")
        if kind == "allMids":
            return (kind,), {"type": kind, "dex": None}
        if kind in COIN_FEEDS:
            coin = text(subscription, "coin")
            if coin not in self._core.books:
                raise MalformedError(f"no such coin: {coin!r}")
            echo: Json = {"type": kind, "coin": coin}
            if kind != "l2Book":
                return (kind, coin), echo
            if subscription.get("fast"):
                raise MalformedError("books have one pace here")
            figures, mantissa = book_precision(subscription)
            precision = {"nSigFigs": figures, "mantissa": subscription.get("mantissa"), "fast": False}
            return (kind, coin, figures, mantissa), echo | precision
        if kind in USER_FEEDS:
            user = address(subscription, "user")
            echo = {"type": kind, "user": user}
            if kind == "userFills":
                if subscription.get("aggregateByTime"):
                    raise MalformedError("fills are not aggregated on this feed")
                echo["aggregateByTime"] = subscription.get("aggregateByTime")
            return (kind, user), echo
        raise MalformedError(f"no such feed: {kind!r}")

    def _first(self, feed: Feed) -> str | None:
        """What a new subscription is told at once."""
        kind, *about = feed
        if kind == "allMids":
            return self._mids()
        if kind in USER_FEEDS:
            return self._snapshot(kind, about[0])
        if kind == "l2Book":
            return self._book(feed)
        if kind == "bbo":
            return self._bbo(about[0], self._info.bbo(about[0]))
        if kind == "activeAssetCtx":
            return self._context(about[0])
        recent = list(self._core.books[about[0]].recent)
        return message("trades", recent) if recent else None

    def _snapshot(self, kind: str, user: str) -> str | None:
        account = self._core.account(user)
        if kind == "userFills":
            name, entries = "fills", self._info.fills(user)
        elif kind == "userFundings":
            name, entries = "fundings", [] if account is None else list(account.funding)
        elif kind == "userNonFundingLedgerUpdates":
            name, entries = "nonFundingLedgerUpdates", [] if account is None else list(account.ledger)
        else:
            return None
        return message(kind, {"isSnapshot": True, "user": user, name: entries})

    def _post(self, session: Session, request: Json) -> None:
        number = integer(request, "id")
        inner = mapping(request, "request")
        kind = one_of(inner, "type", ("info", "action"))
        try:
            if kind == "info":
                question = mapping(inner, "payload")
                payload: Any = {"type": question.get("type"), "data": self._info.answer(question)}
            else:
                payload = self._gateway.submit(inner.get("payload"))
        except MalformedError:
            kind, payload = "error", "422 Failed to deserialize the JSON body into the target type"
        session.send(message("post", {"id": number, "response": {"type": kind, "payload": payload}}))

    # From the core

    def publish(self, batch: Batch) -> None:
        """Tell every session what a batch changed. A mistake in that must not undo the answer to an action
        that has taken effect."""
        try:
            self._publish(batch)
        except Exception:
            log.exception("a batch could not be published")

    def _publish(self, batch: Batch) -> None:
        for user, updates in batch.orders.items():
            self._send(("orderUpdates", user), partial(message, "orderUpdates", updates))
        for name, lists in (("fills", batch.fills), ("nonUserCancel", batch.cancels)):
            for user, entries in lists.items():
                self._send(("userEvents", user), partial(message, "user", {name: entries}))
        for name, lists in (("funding", batch.funding), ("liquidation", batch.liquidations)):
            for user, entries in lists.items():
                for entry in entries:
                    self._send(("userEvents", user), partial(message, "user", {name: entry}))
        for kind, name, lists in (
            ("userFills", "fills", batch.fills),
            ("userFundings", "fundings", batch.funding),
            ("userNonFundingLedgerUpdates", "nonFundingLedgerUpdates", batch.ledger),
        ):
            for user, entries in lists.items():
                self._send((kind, user), partial(message, kind, {"user": user, name: entries}))
        for symbol, trades in batch.trades.items():
            self._send(("trades", symbol), partial(message, "trades", trades))
        self._publish_markets(batch.moved)

    def _publish_markets(self, moved: set[str]) -> None:
        if moved:
            self._send(("allMids",), self._mids)
        for symbol in sorted(moved):
            self._send_context(symbol)
            self._send_bbo(symbol)
        self._books_due |= moved
        self.flush()

    def flush(self) -> None:
        """Send the books that changed and were not sent within the last half second, and the context of every
        market that has stood still for a second: a price that does not move is news too."""
        now = self._core.now
        for symbol in self._core.books:
            if now - self._contexts_sent.get(symbol, 0) >= CONTEXT_EVERY_MS:
                self._send_context(symbol)
        wanted = {feed for session in self._sessions for feed in session.feeds if feed[0] == "l2Book"}
        for symbol in sorted(self._books_due):
            if now - self._books_sent.get(symbol, 0) < L2_EVERY_MS:
                continue
            self._books_due.discard(symbol)
            self._books_sent[symbol] = now
            for feed in wanted:
                if feed[1] == symbol:
                    self._send(feed, partial(self._book, feed))

    def _send_context(self, symbol: str) -> None:
        self._contexts_sent[symbol] = self._core.now
        self._send(("activeAssetCtx", symbol), partial(self._context, symbol))

    def _send_bbo(self, symbol: str) -> None:
        if not any(("bbo", symbol) in session.feeds for session in self._sessions):
            self._bbos.pop(symbol, None)
            return
        bbo = self._info.bbo(symbol)
        if self._bbos.get(symbol) != bbo:
            self._bbos[symbol] = bbo
            self._send(("bbo", symbol), partial(self._bbo, symbol, bbo))

    def _mids(self) -> str:
        return message("allMids", {"mids": self._info.all_mids()})

    def _book(self, feed: Feed) -> str:
        _, symbol, figures, mantissa = feed
        return message("l2Book", self._info.l2_book(symbol, figures, mantissa))

    def _bbo(self, symbol: str, bbo: list[Json | None]) -> str:
        return message("bbo", {"coin": symbol, "time": self._core.now, "bbo": bbo})

    def _context(self, symbol: str) -> str:
        context = self._info.asset_context(self._core.by_symbol[symbol])
        return message("activeAssetCtx", {"coin": symbol, "ctx": context})

    def _send(self, feed: Feed, build: Callable[[], str]) -> None:
        """Build a message once, if anybody wants it, and hand it to all who do."""
        sessions = [session for session in self._sessions if feed in session.feeds]
        if sessions:
            built = build()
            for session in sessions:
                session.send(built)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"not JSON: {name}")
