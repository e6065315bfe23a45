"""What a feed shows: the data of its messages, made from the answers to the questions that they repeat."""

from __future__ import annotations

from typing import Any

from hypertui.venue.api.info import Info, aggregate
from hypertui.venue.api.subscriptions import SNAPSHOTS, Subscription
from hypertui.venue.core import Core
from hypertui.venue.market.candles import INTERVALS
from hypertui.venue.model.messages import MalformedError
from hypertui.venue.model.orders import Json

FAST_LEVELS = 5


class Shown:
    """Every method raises MalformedError for what there is no answer to."""

    def __init__(self, core: Core, info: Info) -> None:
        self._core = core
        self._info = info

    def first(self, feed: Subscription) -> Any:
        """What a new subscription is told at once, or None."""
        if feed.kind in SNAPSHOTS:
            return self._snapshot(feed)
        if feed.kind in ("orderUpdates", "userEvents", "notification"):
            return None
        if feed.kind == "trades":
            return list(self._core.books[feed.coin].recent) or None
        return self.state(feed)

    def state(self, feed: Subscription) -> Any:
        """What a feed that shows a state shows now; None where there is nothing yet."""
        match feed.kind:
            case "allMids":
                return {"mids": self._info.all_mids()}
            case "bbo":
                return {
                    "coin": feed.coin,
                    "time": self._core.now,
                    "bbo": self._info.bbo(feed.coin),
                }
            case "l2Book":
                return self._book(feed)
            case "activeAssetCtx":
                return {
                    "coin": feed.coin,
                    "ctx": self._info.asset_context(self._core.by_symbol[feed.coin]),
                }
            case "candle":
                return self._candle(feed)
            case "activeAssetData":
                return self._info.answer({"type": feed.kind, "user": feed.user, "coin": feed.coin})
            case "assetCtxs":
                return {"dex": "", "ctxs": self._info.market.contexts()}
            case "allDexsAssetCtxs":
                return {"ctxs": [["", self._info.market.contexts()]]}
            case _:
                return self._of_user(feed.kind, feed.user)

    def _of_user(self, kind: str, user: str) -> Json:
        match kind:
            case "openOrders":
                return {"dex": "", "user": user, "orders": self._ask("frontendOpenOrders", user)}
            case "clearinghouseState":
                state = self._ask("clearinghouseState", user)
                return {"dex": "", "user": user, "clearinghouseState": state}
            case "allDexsClearinghouseState":
                return {"user": user, "clearinghouseStates": [["", self._ask("clearinghouseState", user)]]}
            case "spotState":
                return {"user": user, "spotState": self._ask("spotClearinghouseState", user)}
            case "twapStates":
                return {"dex": "", "user": user, "states": []}
            case "webData3":
                return self._info.web.feed(user)
            case _:
                raise ValueError(f"no such feed: {kind}")

    def _ask(self, kind: str, user: str) -> Any:
        return self._info.answer({"type": kind, "user": user})

    def _snapshot(self, feed: Subscription) -> Json:
        account = self._core.account(feed.user)
        entries: list[Json] = []
        if feed.kind == "userFills":
            entries = self._info.fills(feed.user)
            if feed.aggregated:
                entries = aggregate(entries[::-1])[::-1]
        elif feed.kind == "userHistoricalOrders":
            entries = self._ask("historicalOrders", feed.user)
        elif account is not None and feed.kind == "userFundings":
            entries = list(account.funding)
        elif account is not None and feed.kind == "userNonFundingLedgerUpdates":
            entries = list(account.ledger)
        return {"isSnapshot": True, "user": feed.user, SNAPSHOTS[feed.kind]: entries}

    def _book(self, feed: Subscription) -> Json:
        book = self._info.l2_book(feed.coin, feed.figures, feed.mantissa)
        if feed.fast:
            book["levels"] = [side[:FAST_LEVELS] for side in book["levels"]]
            book["fast"] = True
        return book

    def _candle(self, feed: Subscription) -> Json | None:
        if feed.interval not in INTERVALS:
            raise MalformedError(f"no such interval: {feed.interval!r}")
        return self._core.books[feed.coin].candles.latest(feed.interval)
