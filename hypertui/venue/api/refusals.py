"""The faults that speak for the venue itself: signed requests refused, accounts that look otherwise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypertui.core.market import ZERO
from hypertui.venue.api.budget import REQUEST_BUFFER, too_many_requests
from hypertui.venue.api.weights import kind_of
from hypertui.venue.core import Core
from hypertui.venue.faults.faults import Faults
from hypertui.venue.model.markets import usd
from hypertui.venue.model.orders import Json


class RequestFaults:
    """Asked before a signed request is carried out and after a question is answered."""

    def __init__(self, core: Core, faults: Faults) -> None:
        self._core = core
        self._faults = faults

    def refusal(self, body: object) -> Json | None:
        """What a signed request is answered instead of being carried out."""
        if self._faults.quiet:
            return None
        kind = kind_of(body)
        for name, end in (
            ("agent-revoked", self._core.agents.revoke),
            ("agent-expired", self._core.agents.expire),
        ):
            fault = self._faults.strikes(name, kind)
            if fault is not None:
                self._end_agents(fault.figure("user"), end)
        nonce = body.get("nonce") if isinstance(body, dict) else None
        for name, text in (
            ("duplicate-nonce", f"Invalid nonce: duplicate nonce {nonce}"),
            ("too-many-requests", too_many_requests(REQUEST_BUFFER + 1, REQUEST_BUFFER, ZERO)),
            ("expired", "Action already expired"),
        ):
            if self._faults.strikes(name, kind) is not None:
                return {"status": "err", "response": text}
        if kind == "usdClassTransfer" and self._faults.strikes("unified-account", kind) is not None:
            return {"status": "err", "response": "Action disabled when unified account is active"}
        return None

    def answered(self, body: object, answer: Any) -> Any:
        """What a question is answered, given the true answer."""
        kind = kind_of(body)
        if kind not in _UNIFIED or self._faults.strikes("unified-account", kind) is None:
            return answer
        return _UNIFIED[kind](self._core, body, answer)

    def _end_agents(self, user: str, end: Callable[[str, int], None]) -> None:
        masters = [user.lower()] if user else list(self._core.accounts)
        now = self._core.now
        for master in masters:
            for agent in self._core.agents.of(master, now):
                end(agent.address, now)


def _no_perps(core: Core, body: Any, answer: Json) -> Json:
    nothing = {"accountValue": "0.0", "totalRawUsd": "0.0"}
    return answer | {
        "marginSummary": answer["marginSummary"] | nothing,
        "crossMarginSummary": answer["crossMarginSummary"] | nothing,
        "withdrawable": "0.0",
    }


def _all_spot(core: Core, body: Any, answer: Json) -> Json:
    account = core.account(str(body["user"]).lower())
    if account is None:
        return answer
    balance = {
        "coin": "USDC",
        "token": 0,
        "hold": usd(core.rules.cross(account, core.marks).used),
        "total": usd(account.spot + account.booked),
        "entryNtl": "0.0",
    }
    return answer | {"balances": [balance]}


_UNIFIED: dict[str, Callable[[Core, Any, Any], Any]] = {
    "userAbstraction": lambda core, body, answer: "unifiedAccount",
    "clearinghouseState": _no_perps,
    "spotClearinghouseState": _all_spot,
}
