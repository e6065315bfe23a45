"""Margin and positions, sub-accounts, agents, and what an account may do."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from hypertui.core.market import ZERO
from hypertui.venue.accounts.accounts import Account
from hypertui.venue.accounts.fees import DAY_MS
from hypertui.venue.accounts.margin import Margin
from hypertui.venue.api.budget import request_cap
from hypertui.venue.api.info.people import People
from hypertui.venue.core import Core
from hypertui.venue.model.markets import Market, number, usd
from hypertui.venue.model.messages import MalformedError, address, text
from hypertui.venue.model.orders import Json

CENT = Decimal("0.01")
# How many days each part of a portfolio goes back.
PERIODS = {"day": 1, "week": 7, "month": 30, "allTime": None}


class AccountInfo:
    """Questions about accounts."""

    def __init__(self, core: Core, people: People) -> None:
        self._core = core
        self._people = people
        self.answers: dict[str, Callable[[Json], Any]] = {
            "clearinghouseState": lambda body: self.clearinghouse(people.asked(body)),
            "spotClearinghouseState": lambda body: self.spot_state(people.asked(body)),
            "activeAssetData": lambda body: self.active_asset(people.asked(body), self._market(body)),
            "subAccounts": self._sub_accounts,
            "portfolio": self._portfolio,
            "userRole": self._role,
            "userRateLimit": self._rate_limit,
            "userAbstraction": lambda body: people.asked(body).abstraction,
            "userDexAbstraction": lambda body: people.asked(body) and False,
            "extraAgents": self._extra_agents,
            "maxBuilderFee": lambda body: people.asked(body).builders.get(address(body, "builder"), 0),
            "approvedBuilders": lambda body: list(people.asked(body).builders),
            "userVaultEquities": lambda body: people.asked(body) and [],
        }

    def clearinghouse(self, account: Account) -> Json:
        """Margin and positions of an account at the present marks."""
        cross, whole = self._core.rules.cross(account, self._core.marks), self._core.margin(account)
        if account.is_pooled:
            # Its value is not the perpetuals' to tell: all balances and holds are those of the spot state.
            return self._perpetuals(account, _poor(whole), _poor(cross), cross.maintenance, ZERO)
        summary, crossed = _summary(whole, account.cash), _summary(cross, account.cross_cash)
        return self._perpetuals(account, summary, crossed, cross.maintenance, cross.withdrawable)

    def _perpetuals(
        self, account: Account, summary: Json, cross: Json, maintenance: Decimal, withdrawable: Decimal
    ) -> Json:
        return {
            "marginSummary": summary,
            "crossMarginSummary": cross,
            "crossMaintenanceMarginUsed": usd(maintenance),
            "withdrawable": usd(withdrawable),
            "assetPositions": [
                {"type": "oneWay", "position": self._position(account, market)}
                for market in self._core.markets
                if market.symbol in account.positions
            ],
            "time": self._core.now,
        }

    def spot_state(self, account: Account) -> Json:
        """What an account has beside its perpetuals."""
        balance = {
            "coin": "USDC",
            "token": 0,
            "hold": usd(
                self._core.rules.cross(account, self._core.marks).used if account.is_pooled else ZERO
            ),
            "total": usd(account.usdc),
            "entryNtl": "0.0",
        }
        return {"balances": [balance] if account.usdc else []}

    def active_asset(self, account: Account, market: Market) -> Json:
        """What an account could trade of a market at once."""
        symbol, rules = market.symbol, self._core.rules
        mark, leverage = self._core.books[symbol].mark, rules.leverage(account, symbol)
        available = rules.available(account, symbol, self._core.marks)
        sizes = [market.instrument.floor_size(each * leverage / mark) for each in available]
        return {
            "user": account.address,
            "coin": symbol,
            "leverage": self._leverage(account, symbol),
            "maxTradeSzs": [number(size) for size in sizes],
            "availableToTrade": [usd(each) for each in available],
            "markPx": number(mark),
        }

    def _position(self, account: Account, market: Market) -> Json:
        symbol = market.symbol
        position = account.positions[symbol]
        mark = self._core.books[symbol].mark
        leverage = self._core.rules.leverage(account, symbol)
        profit = position.size * mark - position.cost
        liquidation = self._core.liquidation_price(account, symbol)
        total = account.funding_total.get(symbol, ZERO)
        return {
            "coin": symbol,
            "szi": number(position.size),
            "leverage": self._leverage(account, symbol),
            "entryPx": usd(position.entry_price),
            "positionValue": usd(abs(position.size) * mark),
            "unrealizedPnl": usd(profit),
            "returnOnEquity": usd(profit * leverage / abs(position.cost)),
            "liquidationPx": None if liquidation is None else usd(liquidation),
            "marginUsed": usd(self._core.rules.used_by(account, symbol, mark)),
            "maxLeverage": market.instrument.max_leverage,
            # Here, unlike everywhere else, funding counts positive when paid.
            "cumFunding": {
                "allTime": usd(-total),
                "sinceOpen": usd(-position.funding_since_open),
                "sinceChange": usd(-position.funding_since_change),
            },
        }

    def _leverage(self, account: Account, symbol: str) -> Json:
        value = self._core.rules.leverage(account, symbol)
        position = account.positions.get(symbol)
        if not self._core.rules.is_isolated(account, symbol):
            return {"type": "cross", "value": value}
        raw = ZERO if position is None or position.raw_usd is None else position.raw_usd
        return {"type": "isolated", "value": value, "rawUsd": usd(raw)}

    def _market(self, body: Json) -> Market:
        market = self._core.by_symbol.get(text(body, "coin"))
        if market is None:
            raise MalformedError(f"no such coin: {body['coin']!r}")
        return market

    def _sub_accounts(self, body: Json) -> list[Json] | None:
        subs = self._core.treasury.sub_accounts(self._people.asked(body))
        return [
            {
                "name": sub.name,
                "subAccountUser": sub.address,
                "master": sub.master,
                "clearinghouseState": self.clearinghouse(sub),
                "spotState": self.spot_state(sub),
            }
            for sub in subs
        ] or None

    def _portfolio(self, body: Json) -> list[Any]:
        account, now = self._people.asked(body), self._core.now
        value = self._core.margin(account).value
        present = {"time": now, "value": usd(value), "pnl": usd(value - account.deposits)}
        parts: list[Any] = []
        for name, days in PERIODS.items():
            start = 0 if days is None else now - days * DAY_MS
            rows = [*account.hours.between(start, now, len(account.hours)), present]
            # An account that is younger than the period began it with nothing.
            before = account.hours.between(0, start, 1, newest=True) if days is not None else []
            since = Decimal(before[0]["pnl"]) if before else ZERO
            volume = account.volume
            if days is not None:
                today = now // DAY_MS
                volume = min(volume, account.turnover.between(today - days + 1, today))
            part = {
                "accountValueHistory": [[row["time"], row["value"]] for row in rows],
                "pnlHistory": [[row["time"], usd(Decimal(row["pnl"]) - since)] for row in rows],
                "vlm": usd(volume),
            }
            parts.append([name, part])
        # All of it is perpetuals.
        return [*parts, *([f"perp{name[0].upper()}{name[1:]}", part] for name, part in parts)]

    def _role(self, body: Json) -> Json:
        account = self._people.asked(body)
        agent = self._core.agents.find(account.address, self._core.now)
        if agent is not None:
            return {"role": "agent", "data": {"user": agent.master}}
        if account.master is not None:
            return {"role": "subAccount", "data": {"master": account.master}}
        return {"role": "missing" if self._core.account(account.address) is None else "user"}

    def _extra_agents(self, body: Json) -> list[Json]:
        user = self._people.asked(body).address
        return [
            {"name": agent.name, "address": agent.address, "validUntil": agent.valid_until}
            for agent in self._core.agents.of(user, self._core.now)
            if agent.name
        ]

    def _rate_limit(self, body: Json) -> Json:
        account = self._people.asked(body)
        return {
            "cumVlm": number(account.volume.quantize(CENT, rounding=ROUND_HALF_EVEN)),
            "nRequestsUsed": account.requests,
            "nRequestsCap": request_cap(account),
            "nRequestsSurplus": 0,
        }


def _poor(margin: Margin) -> Json:
    """The summary of perpetuals that have no collateral of their own."""
    return _summary(margin, ZERO) | {"accountValue": "0.0"}


def _summary(margin: Margin, raw: Decimal) -> Json:
    return {
        "accountValue": usd(margin.value),
        "totalNtlPos": usd(margin.notional),
        "totalRawUsd": usd(raw),
        "totalMarginUsed": usd(margin.used),
    }
