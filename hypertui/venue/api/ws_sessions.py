"""Sessions: what the clients' messages ask for, and the answers to them. Without I/O."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypertui.venue.api.endpoints import Doors
from hypertui.venue.api.feed_payloads import Shown
from hypertui.venue.api.feeds import Broadcaster, message
from hypertui.venue.api.info import Info
from hypertui.venue.api.subscriptions import InvalidSubscriptionError, Subscription, read_subscription
from hypertui.venue.api.throttle import ThrottledAddress, ThrottledError
from hypertui.venue.core import Core
from hypertui.venue.faults.faults import Faults
from hypertui.venue.faults.feed_faults import FeedFaults
from hypertui.venue.model.messages import MalformedError, integer, mapping, one_of
from hypertui.venue.model.orders import Json

PONG = '{"channel":"pong"}'
MALFORMED_POST = "422 Failed to deserialize the JSON body into the target type"
THROTTLED_POST = "429 Too Many Requests"
# Characters of a message that an error repeats.
REPEATED = 1_000


@dataclass(slots=True, eq=False)
class WsSession:
    """One connection of a peer. `send` takes a message and never blocks; `later` calls something after so
    many seconds."""

    send: Callable[[str], None]
    peer: ThrottledAddress
    later: Callable[[float, Callable[[], None]], object]
    feeds: set[Subscription] = field(default_factory=set)


class Hub:
    """All sessions."""

    def __init__(self, core: Core, info: Info, doors: Doors, faults: Faults) -> None:
        self._core = core
        self._doors = doors
        self._faults = faults
        self._shown = Shown(core, info)
        self._broadcaster = Broadcaster(core, self._shown, FeedFaults(faults))

    def open(
        self,
        send: Callable[[str], None],
        peer: ThrottledAddress,
        later: Callable[[float, Callable[[], None]], object],
    ) -> WsSession:
        """A new connection; `send` must not block."""
        return WsSession(send, peer, later)

    def close(self, session: WsSession) -> None:
        """Forget a connection; nothing is sent to it any more."""
        for feed in tuple(session.feeds):
            self._leave(session, feed)

    def flush(self) -> None:
        """Send what has waited for its time."""
        self._broadcaster.flush()

    def receive(self, session: WsSession, raw: str) -> None:
        """Do what a client's message asks; what cannot be done is answered on the error channel."""
        try:
            request = json.loads(raw, parse_constant=_refuse_constant)
            method = one_of(request, "method", ("ping", "subscribe", "unsubscribe", "post"))
            if method == "ping":
                if self._faults.strikes("ws-no-pong") is None:
                    session.send(PONG)
            elif method == "post":
                self._post(session, request)
            else:
                self._subscription(session, method, mapping(request, "subscription"))
        except (ValueError, AttributeError, RecursionError, MalformedError):
            shown = f"Error parsing JSON into valid websocket request: {raw[:REPEATED]}"
            session.send(message("error", shown))

    def _subscription(self, session: WsSession, method: str, wanted: Json) -> None:
        repeated = json.dumps(wanted, separators=(",", ":"))[:REPEATED]
        try:
            feed, echo = read_subscription(wanted, self._core.books)
            if method == "unsubscribe":
                self._unsubscribe(session, feed, echo, repeated)
                return
            if feed in session.feeds or self._faults.strikes("ws-already-subscribed", feed.kind):
                session.send(message("error", f"Already subscribed: {repeated}"))
                return
            try:
                first = self._shown.first(feed)
            except MalformedError:
                raise InvalidSubscriptionError from None
        except InvalidSubscriptionError:
            session.send(message("error", f"Invalid subscription {repeated}"))
            return
        refusal = session.peer.subscribe(feed.user or None)
        if refusal is not None:
            session.send(message("error", refusal))
            return
        session.feeds.add(feed)
        self._broadcaster.join(feed, session, session.send, first)
        self._welcome(session, feed, echo, first)

    def _welcome(self, session: WsSession, feed: Subscription, echo: Json, first: Any) -> None:
        """Acknowledge a subscription and send what it begins with."""
        acks = [message("subscriptionResponse", {"method": "subscribe", "subscription": echo})]
        if self._faults.strikes("ws-double-ack", feed.kind):
            acks *= 2
        firsts = [] if first is None else self._broadcaster.texts(feed.kind, first)
        late = self._faults.strikes("ws-late-ack", feed.kind)
        for text in (*firsts, *acks) if late else (*acks, *firsts):
            session.send(text)

    def _unsubscribe(self, session: WsSession, feed: Subscription, echo: Json, repeated: str) -> None:
        if feed not in session.feeds:
            session.send(message("error", f"Already unsubscribed: {repeated}"))
            return
        self._leave(session, feed)
        session.send(message("subscriptionResponse", {"method": "unsubscribe", "subscription": echo}))

    def _leave(self, session: WsSession, feed: Subscription) -> None:
        session.feeds.discard(feed)
        session.peer.unsubscribe(feed.user or None)
        self._broadcaster.leave(feed, session)

    def _post(self, session: WsSession, request: Json) -> None:
        number = integer(request, "id")
        inner = mapping(request, "request")
        kind = one_of(inner, "type", ("info", "action"))
        if not session.peer.begin_post():
            session.send(message("error", f"too many pending post requests id={number}"))
            return
        slow = self._faults.strikes("ws-slow-post", kind)
        try:
            response = self._answer(session, kind, inner)
        except BaseException:
            session.peer.end_post()
            raise
        text = message("post", {"id": number, "response": response})

        def answer() -> None:
            session.peer.end_post()
            session.send(text)

        if slow is None:
            answer()
        else:
            session.later(slow.figure("seconds"), answer)

    def _answer(self, session: WsSession, kind: str, inner: Json) -> Json:
        try:
            if kind == "info":
                question = mapping(inner, "payload")
                payload: Any = {
                    "type": question.get("type"),
                    "data": self._doors.ask(question, session.peer),
                }
            else:
                payload = self._doors.act(inner.get("payload"), session.peer)
        except MalformedError:
            return {"type": "error", "payload": MALFORMED_POST}
        except ThrottledError:
            return {"type": "error", "payload": THROTTLED_POST}
        return {"type": kind, "payload": payload}


def _refuse_constant(name: str) -> None:
    raise ValueError(f"not JSON: {name}")
