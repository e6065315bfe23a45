"""The faults that there are: their names, what each does, and the figures that can be set.

All of them have been seen on the real exchange, are documented there, or follow from its protocol.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

LONGEST_SECONDS = 3_600.0


@dataclass(frozen=True, slots=True)
class Item:
    """One fault. `figures` are what can be set, with their defaults."""

    name: str
    about: str
    figures: Mapping[str, Any] = field(default_factory=dict)

    def with_figures(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The figures with those that were given; raises ValueError for one of the wrong name or kind."""
        figures = dict(self.figures)
        for name, value in given.items():
            if name not in figures:
                known = ", ".join(figures) or "none"
                raise ValueError(f"fault {self.name} has no figure {name!r}; it has {known}")
            default = figures[name]
            if isinstance(default, float):
                highest = LONGEST_SECONDS if name == "seconds" else 1.0
                if isinstance(value, bool) or not isinstance(value, (int, float)) or not isfinite(value):
                    raise ValueError(f"{name} {value} is not a number")
                if not -highest < value <= highest or (value < 0 and name != "change"):
                    raise ValueError(f"{name} {value:g} is out of its range")
                figures[name] = float(value)
            elif type(value) is not type(default):
                raise ValueError(f"{name} {value!r} is not a {type(default).__name__}")
            elif isinstance(value, int) and not isinstance(value, bool) and not 1 <= value <= 100:
                raise ValueError(f"{name} {value} is not between 1 and 100")
            else:
                figures[name] = value
        return figures


# `applied`: whether what was asked for is done all the same.
_APPLIED = {"applied": False}
_ITEMS = (
    # HTTP
    Item("http-timeout-before", "no answer, and nothing is done", {"seconds": 30.0}),
    Item("http-timeout-after", "no answer, though it is done", {"seconds": 30.0}),
    Item("http-429", "429 with the body null", _APPLIED),
    Item("http-500", "500 with the body null", _APPLIED),
    Item("http-502", "502 with an HTML page", _APPLIED),
    Item("http-422", "422 with text", _APPLIED),
    Item("http-not-json", "200 with something that is not JSON", _APPLIED),
    Item("http-slow", "the answer comes late", {"seconds": 2.0}),
    Item("http-updates-first", "the answer waits until the sockets have been told"),
    # What is refused, over HTTP and sockets
    Item("duplicate-nonce", "the nonce counts as used"),
    Item("too-many-requests", "the account has used up its actions"),
    Item("expired", "the action's expiresAfter has passed"),
    Item("agent-revoked", "agents are de-registered, those of `user` or all of them", {"user": ""}),
    Item("agent-expired", "agents have run out, those of `user` or all of them", {"user": ""}),
    Item("unified-account", "accounts are unified: their USDC shows in the spot state alone"),
    # Sockets
    Item("ws-refuse", "a new socket is refused"),
    Item("ws-close", "a socket is cut instead of being sent a message"),
    Item("ws-half-open", "a new socket is accepted and never sent anything"),
    Item("ws-no-pong", "a ping is not answered"),
    Item("ws-slow-post", "the answer to a post comes late", {"seconds": 2.0}),
    Item("ws-double-ack", "a subscription is acknowledged twice"),
    Item("ws-already-subscribed", "a new subscription is answered as one that is there already"),
    Item("ws-late-ack", "the acknowledgement follows the first snapshot"),
    Item("ws-fills-first", "fills come before the orderUpdates that belong to them"),
    Item("ws-swapped-updates", "open and canceled of one message change places"),
    Item("ws-missed-updates", "orderUpdates are lost"),
    Item("ws-seen-fills", "a snapshot of userFills follows the fills that it repeats"),
    Item("ws-double-trades", "trades come twice"),
    Item("ws-old-candle", "a candle comes again after a newer one"),
    Item("ws-null-side", "bbo without a bid or without an ask"),
    Item("ws-crossed-book", "the best bid of l2Book and bbo lies above the best ask"),
    Item("ws-empty-book", "l2Book and bbo with no levels"),
    Item("ws-unknown-status", "orderUpdates with a status that nobody knows"),
    Item("ws-unknown-fields", "fields and a channel that nobody knows"),
    # The market
    Item(
        "market-thin",
        "little stands in the books: orders fill in part",
        {"share": 0.0001, "symbol": ""},
    ),
    Item("market-empty", "nothing stands in the books: triggers find no liquidity", {"symbol": ""}),
    Item(
        "market-gap",
        "the price jumps by `change`, through every stop on its way",
        {"change": -0.05, "symbol": ""},
    ),
    Item("market-reduced", "a part of every position is closed by another hand", {"share": 0.5, "user": ""}),
    Item(
        "market-sibling",
        "an account's oldest reduce-only trigger ends as siblingFilledCanceled",
        {"user": ""},
    ),
    Item("market-post-only", "a network upgrade is just over: only post-only orders are accepted"),
    Item("market-trigger-margin", "an order whose trigger fires is refused for want of margin"),
    Item("market-liquidation", "accounts with a position are liquidated", {"user": ""}),
    Item("market-scheduled-cancel", "accounts' scheduled cancels are due", {"user": ""}),
    Item("market-open-interest-cap", "no position may grow", {"symbol": ""}),
    Item("market-funding", "funding is paid now"),
    Item(
        "market-leverage-tier",
        "a market's highest leverage changes, and with it the maintenance margin",
        {"leverage": 5, "symbol": "SOL"},
    ),
    Item("market-delisting", "a market ends: orders are cancelled, positions settled", {"symbol": "SOL"}),
)
MENU = {item.name: item for item in _ITEMS}
