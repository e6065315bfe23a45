"""Feeds: what a connection subscribed to, and the messages that the core's events become.

Without I/O: a session is handed each message as text and gets it to its socket by itself.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypertui.venue.api.feed_payloads import Shown
from hypertui.venue.api.info import aggregate
from hypertui.venue.api.subscriptions import MARKET_STATES, USER_STATES, Subscription
from hypertui.venue.core import Core
from hypertui.venue.faults.feed_faults import FeedFaults
from hypertui.venue.model.events import Batch
from hypertui.venue.model.messages import MalformedError
from hypertui.venue.model.orders import history_row

log = logging.getLogger(__name__)
CONTEXT_EVERY_MS = 1_000
STATE_EVERY_MS = 5_000
# Feeds of a market that are told of a change at most so often.
PACES = {"l2Book": 500, "candle": 500}
FAST_BOOK_MS = 250


def message(channel: str, data: Any) -> str:
    """A message as it goes over the wire."""
    return json.dumps({"channel": channel, "data": data}, separators=(",", ":"))


@dataclass(slots=True, eq=False)
class Audience:
    """Who listens to a feed. `due`: it has news that nobody was told; `sent_at` is in ms."""

    sends: dict[object, Callable[[str], None]] = field(default_factory=dict)
    due: bool = False
    sent_at: int = 0
    last: Any = None


class Broadcaster:
    """All feeds that anybody listens to. Listens to the core."""

    def __init__(self, core: Core, shown: Shown, faults: FeedFaults) -> None:
        self._core = core
        self._shown = shown
        self._faults = faults
        self._audiences: dict[Subscription, Audience] = {}
        # The same feeds by what moves them: a coin or a user, either under its own name.
        self._about: dict[str, dict[Subscription, None]] = {}
        core.listeners.append(self.publish)

    def join(self, feed: Subscription, listener: object, send: Callable[[str], None], first: Any) -> None:
        """Let `send` have every further message of a feed, of which it knows `first`; it must not block."""
        audience = self._audiences.setdefault(feed, Audience(sent_at=self._core.now))
        if feed.kind == "bbo" and audience.last is None:
            audience.last = first["bbo"]
        audience.sends[listener] = send
        for subject in {feed.coin, feed.user}:
            self._about.setdefault(subject, {})[feed] = None

    def leave(self, feed: Subscription, listener: object) -> None:
        """Send a listener of a feed nothing more of it."""
        audience = self._audiences[feed]
        del audience.sends[listener]
        if audience.sends:
            return
        del self._audiences[feed]
        for subject in {feed.coin, feed.user}:
            del self._about[subject][feed]
            if not self._about[subject]:
                del self._about[subject]

    def texts(self, channel: str, data: Any) -> list[str]:
        """The messages that some data becomes: one, where no fault strikes."""
        return [message(*each) for each in self._faults.shape(channel, data)]

    def publish(self, batch: Batch) -> None:
        """Tell everybody what a batch changed. A mistake in that must not undo the answer to an action that
        has taken effect."""
        try:
            parts = [self._orders, self._fills]
            if batch.orders and batch.fills and self._faults.fills_first():
                parts.reverse()
            for part in (*parts, self._payments, self._markets):
                part(batch)
            self._users(batch)
        except Exception:
            log.exception("a batch could not be published")

    def flush(self) -> None:
        """Send what has waited for its pace, the context of every market that has stood still for a second
        (a price that does not move is news too), and states that were last shown a while ago."""
        now = self._core.now
        for feed, audience in tuple(self._audiences.items()):
            age = now - audience.sent_at
            if feed.kind in PACES:
                if audience.due and age >= _pace(feed):
                    self._show(feed, audience)
            elif feed.kind == "activeAssetCtx":
                if age >= CONTEXT_EVERY_MS:
                    self._show(feed, audience)
            elif (feed.kind in USER_STATES or feed.kind in MARKET_STATES) and (
                audience.due or age >= STATE_EVERY_MS
            ):
                self._show(feed, audience)

    def _orders(self, batch: Batch) -> None:
        for user, updates in batch.orders.items():
            self._send(Subscription("orderUpdates", user=user), "orderUpdates", updates)
        for user, events in batch.history.items():
            feed = Subscription("userHistoricalOrders", user=user)
            if feed in self._audiences:
                rows = [history_row(event) for event in events]
                self._send(feed, feed.kind, {"user": user, "orderHistory": rows})

    def _fills(self, batch: Batch) -> None:
        for user, fills in batch.fills.items():
            self._send(Subscription("userEvents", user=user), "user", {"fills": fills})
            self._send(Subscription("userFills", user=user), "userFills", {"user": user, "fills": fills})
            merged = Subscription("userFills", user=user, aggregated=True)
            if merged in self._audiences:
                self._send(merged, "userFills", {"user": user, "fills": aggregate(fills)})

    def _payments(self, batch: Batch) -> None:
        for user, entries in batch.cancels.items():
            self._send(Subscription("userEvents", user=user), "user", {"nonUserCancel": entries})
        for name, lists in (("funding", batch.funding), ("liquidation", batch.liquidations)):
            for user, entries in lists.items():
                for entry in entries:
                    self._send(Subscription("userEvents", user=user), "user", {name: entry})
        for kind, name, lists in (
            ("userFundings", "fundings", batch.funding),
            ("userNonFundingLedgerUpdates", "nonFundingLedgerUpdates", batch.ledger),
        ):
            for user, entries in lists.items():
                self._send(Subscription(kind, user=user), kind, {"user": user, name: entries})

    def _markets(self, batch: Batch) -> None:
        for symbol, trades in batch.trades.items():
            self._send(Subscription("trades", symbol), "trades", trades)
        if batch.moved:
            self._refresh(Subscription("allMids"))
        for symbol in sorted(batch.moved):
            self._refresh(Subscription("activeAssetCtx", symbol))
            self._refresh_bbo(Subscription("bbo", symbol))
            for feed in self._about.get(symbol, ()):
                if feed.kind in PACES:
                    self._audiences[feed].due = True
        self.flush()

    def _users(self, batch: Batch) -> None:
        """States of the accounts that this changed are shown with the next tick, not once for every fill."""
        for user in {*batch.orders, *batch.fills, *batch.funding, *batch.ledger}:
            for feed in self._about.get(user, ()):
                if feed.kind in USER_STATES:
                    self._audiences[feed].due = True

    def _refresh(self, feed: Subscription) -> None:
        audience = self._audiences.get(feed)
        if audience is not None:
            self._show(feed, audience)

    def _refresh_bbo(self, feed: Subscription) -> None:
        audience = self._audiences.get(feed)
        if audience is None:
            return
        shown = self._shown.state(feed)
        if shown["bbo"] != audience.last:
            audience.last = shown["bbo"]
            self._send(feed, "bbo", shown)

    def _show(self, feed: Subscription, audience: Audience) -> None:
        audience.due = False
        audience.sent_at = self._core.now
        try:
            data = self._shown.state(feed)
        except MalformedError:
            return  # what was there when it was subscribed to is there no more
        if data is not None:
            self._send(feed, feed.kind, data)

    def _send(self, feed: Subscription, channel: str, data: Any) -> None:
        """Write a message once, if anybody wants it, and hand it to all who do."""
        audience = self._audiences.get(feed)
        if audience is None:
            return
        for text in self.texts(channel, data):
            for send in tuple(audience.sends.values()):
                send(text)


def _pace(feed: Subscription) -> int:
    return FAST_BOOK_MS if feed.fast else PACES[feed.kind]
