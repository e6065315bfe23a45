"""What the feed of an exchange tells."""

from __future__ import annotations

from dataclasses import dataclass

from hypertui.core.market import Fill
from hypertui.exchange.protocol.answers import OrderReport, Quote


@dataclass(frozen=True, slots=True)
class PriceTick:
    """A new price of the market, from the feed."""

    quote: Quote


@dataclass(frozen=True, slots=True)
class FillNotice:
    """Fills from the feed. `snapshot` is True for the first one of a connection, which repeats old fills."""

    fills: tuple[Fill, ...]
    snapshot: bool


@dataclass(frozen=True, slots=True)
class OrderNotice:
    """Orders that changed, from the feed."""

    reports: tuple[OrderReport, ...]


@dataclass(frozen=True, slots=True)
class FeedUp:
    """The feed is connected and every subscription is acknowledged; notices may have been missed before."""


@dataclass(frozen=True, slots=True)
class FeedDown:
    """The feed broke; it is being connected again."""

    reason: str


@dataclass(frozen=True, slots=True)
class FeedAlive:
    """A sign of life without news."""


@dataclass(frozen=True, slots=True)
class Malformed:
    """Something came that cannot be what the venue says, and was dropped: there may be news in it that only a
    comparison finds. `is_price`: no more than a price."""

    reason: str
    is_price: bool = False


FeedNews = PriceTick | FillNotice | OrderNotice | FeedUp | FeedDown | Malformed
FeedMessage = FeedNews | FeedAlive
