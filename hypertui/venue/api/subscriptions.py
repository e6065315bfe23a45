"""What can be subscribed to, and how a subscription is read and echoed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from hypertui.venue.api.info import book_precision
from hypertui.venue.model.messages import MalformedError, address, boolean, text
from hypertui.venue.model.orders import Json

COIN_FEEDS = frozenset({"l2Book", "bbo", "trades", "candle", "activeAssetCtx"})
# Feeds that tell what happens; those of them that begin with a snapshot name its list.
SNAPSHOTS = {
    "userFills": "fills",
    "userFundings": "fundings",
    "userNonFundingLedgerUpdates": "nonFundingLedgerUpdates",
    "userHistoricalOrders": "orderHistory",
    "userTwapSliceFills": "twapSliceFills",
    "userTwapHistory": "history",
}
EVENT_FEEDS = frozenset({"orderUpdates", "userEvents", "notification", *SNAPSHOTS})
# Feeds that show a state, again and again.
USER_STATES = frozenset(
    {
        "openOrders",
        "clearinghouseState",
        "allDexsClearinghouseState",
        "spotState",
        "twapStates",
        "webData3",
        "activeAssetData",
    }
)
MARKET_STATES = frozenset({"assetCtxs", "allDexsAssetCtxs"})
USER_FEEDS = EVENT_FEEDS | USER_STATES
OF_ONE_DEX = frozenset({"allMids", "assetCtxs", "openOrders", "clearinghouseState", "twapStates"})


class InvalidSubscriptionError(Exception):
    """A subscription of the right shape to something that is not there."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """One stream of messages. Books have a precision, fills may be aggregated, candles have an interval."""

    kind: str
    coin: str = ""
    user: str = ""
    figures: int | None = None
    mantissa: int = 1
    fast: bool = False
    aggregated: bool = False
    interval: str = ""


def read_subscription(wanted: Json, coins: Collection[str]) -> tuple[Subscription, Json]:
    """The feed, and the subscription as it is echoed. Raises MalformedError for one that is not understood,
    InvalidSubscriptionError for one of a market or a deployment that is not there."""
    kind = text(wanted, "type")
    echo: Json = {"type": kind}
    if kind in OF_ONE_DEX:
        # A deployment of perpetuals by its name: only the first one, which has none, exists here.
        if wanted.get("dex") is not None and text(wanted, "dex"):
            raise InvalidSubscriptionError
        echo["dex"] = wanted.get("dex")
    if kind in USER_FEEDS:
        return _user_feed(kind, wanted, coins, echo)
    if kind in COIN_FEEDS:
        return _coin_feed(kind, wanted, coins, echo)
    if kind == "allMids" or kind in MARKET_STATES:
        return Subscription(kind), echo
    raise MalformedError(f"no such feed: {kind!r}")


def _user_feed(kind: str, wanted: Json, coins: Collection[str], echo: Json) -> tuple[Subscription, Json]:
    user = address(wanted, "user")
    echo["user"] = user
    if kind == "activeAssetData":
        echo["coin"] = _coin(wanted, coins)
        return Subscription(kind, user=user, coin=echo["coin"]), echo
    if kind == "userFills":
        echo["aggregateByTime"] = wanted.get("aggregateByTime")
        aggregated = echo["aggregateByTime"] is not None and boolean(wanted, "aggregateByTime")
        return Subscription(kind, user=user, aggregated=aggregated), echo
    if kind == "spotState":
        # There is no portfolio margin here to be ignored.
        ignored = wanted.get("ignorePortfolioMargin") is not None and boolean(wanted, "ignorePortfolioMargin")
        echo["ignorePortfolioMargin"] = ignored
    return Subscription(kind, user=user), echo


def _coin_feed(kind: str, wanted: Json, coins: Collection[str], echo: Json) -> tuple[Subscription, Json]:
    coin = echo["coin"] = _coin(wanted, coins)
    if kind == "candle":
        echo["interval"] = text(wanted, "interval")
        return Subscription(kind, coin, interval=echo["interval"]), echo
    if kind != "l2Book":
        return Subscription(kind, coin), echo
    figures, mantissa = book_precision(wanted)
    fast = wanted.get("fast") is not None and boolean(wanted, "fast")
    echo |= {"nSigFigs": figures, "mantissa": wanted.get("mantissa"), "fast": fast}
    return Subscription(kind, coin, figures=figures, mantissa=mantissa, fast=fast), echo


def _coin(wanted: Json, coins: Collection[str]) -> str:
    coin = text(wanted, "coin")
    if coin not in coins:
        raise InvalidSubscriptionError
    return coin
