"""Answers to questions: everything that POST /info can say. Nothing here changes anything."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from hypertui.market import ZERO, Side
from hypertui.venue.accounts import Account
from hypertui.venue.budget import request_cap
from hypertui.venue.core import FUNDING_RATE, Core
from hypertui.venue.markets import Market, number, usd
from hypertui.venue.matching import Book
from hypertui.venue.orders import Json, VenueOrder, basic, frontend
from hypertui.venue.wire import MalformedError, address, cloid, integer, text

FILLS_PAGE = 2_000
PAGE = 500
# What a trade of this many USD would cost on average, on either side, is a market's impact price.
IMPACT_VALUE = Decimal(20_000)


class Info:
    """Questions by their type. `asked_about` hears of every address that a question names."""

    def __init__(self, core: Core, asked_about: Callable[[str], None]) -> None:
        self._core = core
        self._asked_about = asked_about
        self._answers: dict[str, Callable[[Json], Any]] = {
            "meta": lambda body: self.meta(),
            "spotMeta": lambda body: _spot_meta(),
            "perpDexs": lambda body: [None],
            "metaAndAssetCtxs": lambda body: [
                self.meta(),
                [self.asset_context(market) for market in self._core.markets],
            ],
            "allMids": lambda body: self.all_mids(),
            "exchangeStatus": lambda body: {"time": self._core.now, "specialStatuses": None},
            "l2Book": self._l2_book,
            "recentTrades": lambda body: list(self._book(body).recent),
            "clearinghouseState": lambda body: self.clearinghouse(self._account(body)),
            "spotClearinghouseState": self._spot_state,
            "openOrders": lambda body: [basic(order) for order in self._working(body)],
            "frontendOpenOrders": lambda body: [frontend(order) for order in self._working(body)],
            "historicalOrders": lambda body: list(reversed(self._account(body).history)),
            "orderStatus": self._order_status,
            "userFills": lambda body: self.fills(address(body, "user")),
            "userFillsByTime": self._fills_by_time,
            "userFunding": self._funding,
            "userNonFundingLedgerUpdates": self._ledger,
            "userRole": self._role,
            "userFees": self._fees,
            "userRateLimit": self._rate_limit,
            "userAbstraction": self._abstraction,
            "extraAgents": self._extra_agents,
        }

    def answer(self, body: object) -> Any:
        """The answer to a question, ready for JSON; raises MalformedError for one that is not understood."""
        if not isinstance(body, dict):
            raise MalformedError("not an object")
        question = self._answers.get(text(body, "type"))
        if question is None:
            raise MalformedError(f"unknown question {body['type']!r}")
        # A deployment of perpetuals by its name: only the first one, which has none, exists here.
        if body.get("dex"):
            raise MalformedError(f"no such dex: {body['dex']!r}")
        return question(body)

    # Markets

    def meta(self) -> Json:
        """The markets and their leverage, each with one margin tier."""
        leverages = sorted({market.instrument.max_leverage for market in self._core.markets})
        return {
            "universe": [
                {
                    "szDecimals": market.instrument.sz_decimals,
                    "name": market.symbol,
                    "maxLeverage": market.instrument.max_leverage,
                    "marginTableId": market.instrument.max_leverage,
                    **({"isDelisted": True} if self._core.books[market.symbol].closed else {}),
                }
                for market in self._core.markets
            ],
            "marginTables": [
                [
                    leverage,
                    {"description": "", "marginTiers": [{"lowerBound": "0.0", "maxLeverage": leverage}]},
                ]
                for leverage in leverages
            ],
            "collateralToken": 0,
        }

    def all_mids(self) -> dict[str, str]:
        """The middle of every book."""
        return {symbol: number(book.mid) for symbol, book in self._core.books.items()}

    def asset_context(self, market: Market) -> Json:
        """A market's prices and figures of the day."""
        book = self._core.books[market.symbol]
        value, coins = book.volume.day(self._core.now)
        sizes = [account.size(market.symbol) for account in self._core.accounts.values()]
        longs = sum((size for size in sizes if size > 0), ZERO)
        shorts = -sum((size for size in sizes if size < 0), ZERO)
        impact = [book.impact(side, IMPACT_VALUE) for side in (Side.BUY, Side.SELL)]
        return {
            "funding": number(FUNDING_RATE),
            # Each contract has two sides: whatever the accounts leave over, the synthetic liquidity holds.
            "openInterest": number(max(longs, shorts)),
            "prevDayPx": number(book.day_open),
            "dayNtlVlm": usd(value),
            "premium": "0.0",
            "oraclePx": number(book.mark),
            "markPx": number(book.mark),
            "midPx": number(book.mid),
            "impactPxs": None if None in impact else [number(price) for price in impact if price is not None],
            "dayBaseVlm": number(coins),
        }

    def l2_book(self, symbol: str, figures: int | None = None, mantissa: int = 1) -> Json:
        """Up to 20 prices of each side, best first."""
        book = self._core.books[symbol]
        return {
            "coin": symbol,
            "time": self._core.now,
            "levels": [
                [
                    {"px": number(level.price), "sz": number(level.size), "n": level.count}
                    for level in book.levels(side, figures, mantissa)
                ]
                for side in (Side.BUY, Side.SELL)
            ],
        }

    def bbo(self, symbol: str) -> list[Json | None]:
        """The best bid and the best ask; null for an empty side."""
        book = self._core.books[symbol]
        tops: list[Json | None] = []
        for side in (Side.BUY, Side.SELL):
            levels = book.levels(side)[:1]
            shown = [{"px": number(top.price), "sz": number(top.size), "n": top.count} for top in levels]
            tops.append(shown[0] if shown else None)
        return tops

    def _book(self, body: Json) -> Book:
        book = self._core.books.get(text(body, "coin"))
        if book is None:
            raise MalformedError(f"no such coin: {body['coin']!r}")
        return book

    def _l2_book(self, body: Json) -> Json | None:
        if text(body, "coin") not in self._core.books:
            return None
        figures, mantissa = book_precision(body)
        return self.l2_book(body["coin"], figures, mantissa)

    # Accounts

    def clearinghouse(self, account: Account) -> Json:
        """Margin and positions of an account at the present marks."""
        margin = self._core.margin(account)
        summary = {
            "accountValue": usd(margin.value),
            "totalNtlPos": usd(margin.notional),
            "totalRawUsd": usd(account.cash),
            "totalMarginUsed": usd(margin.used),
        }
        return {
            "marginSummary": summary,
            "crossMarginSummary": summary,
            "crossMaintenanceMarginUsed": usd(margin.maintenance),
            "withdrawable": usd(margin.withdrawable),
            "assetPositions": [
                {"type": "oneWay", "position": self._position(account, market)}
                for market in self._core.markets
                if market.symbol in account.positions
            ],
            "time": self._core.now,
        }

    def fills(self, user: str) -> list[Json]:
        """The newest fills of an address, newest first."""
        return list(reversed(self._find(user).fills))[:FILLS_PAGE]

    def _position(self, account: Account, market: Market) -> Json:
        symbol = market.symbol
        position = account.positions[symbol]
        mark = self._core.books[symbol].mark
        leverage = self._core.rules.leverage(account, symbol)
        worth = abs(position.size) * mark
        profit = position.size * mark - position.cost
        liquidation = self._core.liquidation_price(account, symbol)
        total = account.funding_total.get(symbol, ZERO)
        return {
            "coin": symbol,
            "szi": number(position.size),
            "leverage": {"type": "cross", "value": leverage},
            "entryPx": usd(position.entry_price),
            "positionValue": usd(worth),
            "unrealizedPnl": usd(profit),
            "returnOnEquity": usd(profit * leverage / abs(position.cost)),
            "liquidationPx": None if liquidation is None else usd(liquidation),
            "marginUsed": usd(worth / leverage),
            "maxLeverage": market.instrument.max_leverage,
            # Here, unlike everywhere else, funding counts positive when paid.
            "cumFunding": {
                "allTime": usd(-total),
                "sinceOpen": usd(-position.funding_since_open),
                "sinceChange": usd(-position.funding_since_change),
            },
        }

    def _account(self, body: Json) -> Account:
        return self._find(address(body, "user"))

    def _working(self, body: Json) -> list[VenueOrder]:
        return list(self._account(body).open_orders.values())

    def _find(self, user: str) -> Account:
        self._asked_about(user)
        account = self._core.account(user)
        return Account(user) if account is None else account

    def _spot_state(self, body: Json) -> Json:
        self._account(body)
        return {"balances": []}

    def _abstraction(self, body: Json) -> str:
        self._account(body)
        return "disabled"

    def _order_status(self, body: Json) -> Json:
        account = self._account(body)
        if isinstance(body.get("oid"), str):
            order = account.by_cloid.get(cloid(body, "oid"))
        else:
            order = account.orders.get(integer(body, "oid"))
        if order is None:
            return {"status": "unknownOid"}
        shown = {"order": frontend(order), "status": order.status, "statusTimestamp": order.status_time}
        return {"status": "order", "order": shown}

    def _fills_by_time(self, body: Json) -> list[Json]:
        fills = self._between(self._account(body).fills, body, FILLS_PAGE)
        return aggregate(fills) if body.get("aggregateByTime") is True else fills

    def _funding(self, body: Json) -> list[Json]:
        payments = self._between(self._account(body).funding, body, PAGE)
        return [
            {
                "time": payment["time"],
                "hash": "0x" + "0" * 64,
                "delta": {"type": "funding"} | {key: payment[key] for key in payment if key != "time"},
            }
            for payment in payments
        ]

    def _ledger(self, body: Json) -> list[Json]:
        return self._between(self._account(body).ledger, body, PAGE)

    def _between(self, entries: Iterable[Json], body: Json, page: int) -> list[Json]:
        """The first `page` entries within the question's bounds, both included, oldest first."""
        start = integer(body, "startTime")
        end = self._core.now if body.get("endTime") is None else integer(body, "endTime")
        return [entry for entry in entries if start <= entry["time"] <= end][:page]

    def _role(self, body: Json) -> Json:
        user = address(body, "user")
        self._asked_about(user)
        agent = self._core.agents.find(user, self._core.now)
        if agent is not None:
            return {"role": "agent", "data": {"user": agent.master}}
        return {"role": "missing" if self._core.account(user) is None else "user"}

    def _extra_agents(self, body: Json) -> list[Json]:
        user = self._account(body).address
        return [
            {"name": agent.name, "address": agent.address, "validUntil": agent.valid_until}
            for agent in self._core.agents.of(user, self._core.now)
            if agent.name
        ]

    def _rate_limit(self, body: Json) -> Json:
        account = self._account(body)
        return {
            "cumVlm": number(account.volume.quantize(Decimal("0.01"), rounding=ROUND_HALF_EVEN)),
            "nRequestsUsed": account.requests,
            "nRequestsCap": request_cap(account),
            "nRequestsSurplus": 0,
        }

    def _fees(self, body: Json) -> Json:
        self._account(body)
        cross, add = number(self._core.options.taker_fee), number(self._core.options.maker_fee)
        return {
            "dailyUserVlm": [],
            "feeSchedule": {
                "cross": cross,
                "add": add,
                "spotCross": "0.0007",
                "spotAdd": "0.0004",
                "tiers": {"vip": [], "mm": []},
                "referralDiscount": "0.0",
                "stakingDiscountTiers": [{"bpsOfMaxSupply": "0.0", "discount": "0.0"}],
            },
            "userCrossRate": cross,
            "userAddRate": add,
            "userSpotCrossRate": "0.0007",
            "userSpotAddRate": "0.0004",
            "activeReferralDiscount": "0.0",
            "trial": None,
            "feeTrialEscrow": "0.0",
            "nextTrialAvailableTimestamp": None,
            "stakingLink": None,
            "activeStakingDiscount": {"bpsOfMaxSupply": "0.0", "discount": "0.0"},
        }


def book_precision(body: Json) -> tuple[int | None, int]:
    """How coarse a book is asked for: significant figures (None: all) and mantissa; raises MalformedError."""
    figures = None if body.get("nSigFigs") is None else integer(body, "nSigFigs")
    mantissa = None if body.get("mantissa") is None else integer(body, "mantissa")
    if figures is not None and not 2 <= figures <= 5:
        raise MalformedError("nSigFigs is not between 2 and 5")
    if mantissa is not None and (figures != 5 or mantissa not in (1, 2, 5)):
        raise MalformedError("mantissa is 1, 2 or 5, and only with 5 significant figures")
    return figures, 1 if mantissa is None else mantissa


def _spot_meta() -> Json:
    """No spot market is traded here; the collateral is the only token."""
    usdc = {
        "name": "USDC",
        "szDecimals": 8,
        "weiDecimals": 8,
        "index": 0,
        "tokenId": "0x" + "0" * 32,
        "isCanonical": True,
        "evmContract": None,
        "fullName": None,
    }
    return {"universe": [], "tokens": [usdc]}


def aggregate(fills: list[Json]) -> list[Json]:
    """Partial fills that one crossing order made at one time, as one fill at their average price."""
    merged: list[Json] = []
    for fill in fills:
        last = merged[-1] if merged else None
        if last is None or not fill["crossed"] or (last["oid"], last["time"]) != (fill["oid"], fill["time"]):
            merged.append(fill)
            continue
        size = Decimal(last["sz"]) + Decimal(fill["sz"])
        value = Decimal(last["sz"]) * Decimal(last["px"]) + Decimal(fill["sz"]) * Decimal(fill["px"])
        merged[-1] = last | {
            "sz": number(size),
            "px": usd(value / size),
            "fee": usd(Decimal(last["fee"]) + Decimal(fill["fee"])),
            "closedPnl": usd(Decimal(last["closedPnl"]) + Decimal(fill["closedPnl"])),
        }
    return merged
