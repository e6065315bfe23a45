"""What the exchange's own site shows of an account: all at once in an answer, or as the state of a feed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypertui.venue.accounts.accounts import Account
from hypertui.venue.api.info.account import AccountInfo
from hypertui.venue.api.info.market import MarketInfo
from hypertui.venue.api.info.orders import OrderInfo
from hypertui.venue.api.info.people import People
from hypertui.venue.api.info.reference import ReferenceInfo
from hypertui.venue.api.info.spot import spot_contexts
from hypertui.venue.core import Core
from hypertui.venue.model.markets import usd
from hypertui.venue.model.orders import Json

NO_VAULTS = "0.0"


class WebInfo:
    """Puts together what the other parts know."""

    def __init__(
        self,
        core: Core,
        people: People,
        reference: ReferenceInfo,
        market: MarketInfo,
        account: AccountInfo,
        orders: OrderInfo,
    ) -> None:
        self._core = core
        self._people = people
        self._reference = reference
        self._market = market
        self._account = account
        self._orders = orders
        self.answers: dict[str, Callable[[Json], Any]] = {"webData2": self._everything}

    def feed(self, user: str) -> Json:
        """The state that the feed webData3 shows."""
        return {
            "userState": self._user(self._people.find(user)),
            "perpDexStates": [
                {
                    "totalVaultEquity": NO_VAULTS,
                    "perpsAtOpenInterestCap": self._reference.capped(),
                    "leadingVaults": [],
                }
            ],
        }

    def _everything(self, body: Json) -> Json:
        account = self._people.asked(body)
        return {
            "clearinghouseState": self._account.clearinghouse(account),
            "leadingVaults": [],
            "totalVaultEquity": NO_VAULTS,
            "openOrders": self._orders.working(account),
            "meta": self._reference.meta(),
            "assetCtxs": self._market.contexts(),
            "twapStates": [],
            "spotState": self._account.spot_state(account),
            "spotAssetCtxs": spot_contexts(),
            "perpsAtOpenInterestCap": self._reference.capped(),
            **self._user(account),
        }

    def _user(self, account: Account) -> Json:
        agents = self._core.agents.of(account.address, self._core.now)
        agent = next((agent for agent in agents if not agent.name), None)
        return {
            "agentAddress": None if agent is None else agent.address,
            "agentValidUntil": None if agent is None else agent.valid_until,
            "cumLedger": usd(account.deposits),
            "serverTime": self._core.now,
            "isVault": False,
            "user": account.address,
        }
