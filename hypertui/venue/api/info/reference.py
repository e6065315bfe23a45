"""What there is to trade: markets, margin tables, and the empty rooms of everything that this venue lacks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypertui.venue.api.info.spot import spot_contexts, spot_meta
from hypertui.venue.core import Core
from hypertui.venue.model.markets import Market, Tier, number
from hypertui.venue.model.messages import MalformedError, integer
from hypertui.venue.model.orders import Json

# Below this a margin table is one tier, of the leverage that is its number.
FIRST_TIERED_TABLE = 50
# The largest market order in USD by the leverage that a market allows. Hyperliquid docs, contract
# specifications.
MARKET_ORDER_LIMITS = ((25, "15000000.0"), (20, "5000000.0"), (10, "2000000.0"), (1, "500000.0"))


class ReferenceInfo:
    """Questions about what there is."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self.answers: dict[str, Callable[[Json], Any]] = {
            "meta": lambda body: self.meta(),
            "allPerpMetas": lambda body: [self.meta()],
            "marginTable": self._margin_table,
            "spotMeta": lambda body: spot_meta(),
            "spotMetaAndAssetCtxs": lambda body: [spot_meta(), spot_contexts()],
            "outcomeMeta": lambda body: {"outcomes": [], "questions": []},
            "perpDexs": lambda body: [None],
            "exchangeStatus": lambda body: {"time": core.now, "specialStatuses": None},
            "maxMarketOrderNtls": lambda body: [list(each) for each in MARKET_ORDER_LIMITS],
            "perpsAtOpenInterestCap": lambda body: self.capped(),
        }

    def meta(self) -> Json:
        """The markets, their leverage and their margin tiers."""
        markets = self._core.markets
        tables = {market.table_id: _table(market) for market in markets}
        return {
            "universe": [
                {
                    "szDecimals": market.instrument.sz_decimals,
                    "name": market.symbol,
                    "maxLeverage": market.instrument.max_leverage,
                    "marginTableId": market.table_id,
                    **({"onlyIsolated": True, "marginMode": "noCross"} if market.only_isolated else {}),
                    **({"isDelisted": True} if self._core.books[market.symbol].closed else {}),
                }
                for market in markets
            ],
            "marginTables": [[number, tables[number]] for number in sorted(tables)],
            "collateralToken": 0,
        }

    def capped(self) -> list[str]:
        """The markets in which no position may grow."""
        return [symbol for symbol, book in self._core.books.items() if book.capped]

    def _margin_table(self, body: Json) -> Json:
        number = integer(body, "id")
        for market in self._core.markets:
            if market.table_id == number:
                return _table(market)
        if not 1 <= number < FIRST_TIERED_TABLE:
            raise MalformedError(f"no such margin table: {number}")
        return {"description": "", "marginTiers": [{"lowerBound": "0.0", "maxLeverage": number}]}


def _table(market: Market) -> Json:
    tiers = market.tiers
    description = f"tiered {tiers[0].max_leverage}x" if len(tiers) > 1 else ""
    return {"description": description, "marginTiers": [_tier(tier) for tier in tiers]}


def _tier(tier: Tier) -> Json:
    return {"lowerBound": number(tier.lower), "maxLeverage": tier.max_leverage}
