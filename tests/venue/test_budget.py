"""The actions that an account may send: bought with volume, used up, and what is let through then."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from eth_account import Account
from hyperliquid.utils.signing import sign_l1_action

from hypertui.venue.api.budget import REQUEST_BUFFER
from hypertui.venue.api.gateway import Gateway
from hypertui.venue.api.info import Info
from tests.venue.helpers import START, Venue

KEY = Account.from_key("0x" + "1" * 64)
USER = KEY.address.lower()


class Door:
    def __init__(self, **options: Any) -> None:
        self.venue = Venue(**options)
        self.gateway = Gateway(self.venue.core)
        self.info = Info(self.venue.core, self.gateway.asked_about)
        self._nonce = START

    def send(self, action: dict[str, Any], expires: int | None = None) -> dict[str, Any]:
        self._nonce += 1
        signature = sign_l1_action(KEY, action, None, self._nonce, expires, False)
        body = {"action": action, "nonce": self._nonce, "signature": signature, "vaultAddress": None}
        return self.gateway.submit(body | {"expiresAfter": expires})

    @property
    def limit(self) -> dict[str, Any]:
        shown: dict[str, Any] = self.info.answer({"type": "userRateLimit", "user": USER})
        return shown


NOOP = {"type": "noop"}


def order(size: str = "1", count: int = 1) -> dict[str, Any]:
    one = {"a": 2, "b": True, "p": "120", "s": size, "r": False, "t": {"limit": {"tif": "Ioc"}}}
    return {"type": "order", "orders": [one] * count, "grouping": "na"}


def cancel(count: int = 1) -> dict[str, Any]:
    return {"type": "cancel", "cancels": [{"a": 2, "o": 99}] * count}


def test_batches_count_what_they_hold_and_refused_actions_nothing() -> None:
    door = Door()
    door.send(order(count=3))
    assert door.limit["nRequestsUsed"] == 3
    door.send(cancel(4))
    assert door.limit["nRequestsUsed"] == 7
    assert (
        door.send({"type": "updateLeverage", "asset": 2, "isCross": True, "leverage": 99})["status"] == "err"
    )
    assert door.send(order(count=201))["status"] == "err"
    assert door.limit["nRequestsUsed"] == 7


def test_volume_buys_actions() -> None:
    door = Door()
    assert door.limit["nRequestsCap"] == REQUEST_BUFFER
    door.send(order("10"))
    volume = door.venue.account(USER).volume
    assert volume == Decimal("1000.1")
    assert door.limit == {
        "cumVlm": "1000.1",
        "nRequestsUsed": 1,
        "nRequestsCap": 11_000,
        "nRequestsSurplus": 0,
    }


def test_an_exhausted_account_acts_every_ten_seconds_and_cancels_more() -> None:
    door = Door()
    account = door.venue.account(USER)
    account.requests = REQUEST_BUFFER
    assert door.send(NOOP)["status"] == "ok", "the first of the ten seconds"
    refused = door.send(NOOP)
    assert refused == {
        "status": "err",
        "response": "Too many cumulative requests sent (10002 > 10000) for cumulative volume traded $0.00. "
        "Place taker orders to free up 1 request per USDC traded.",
    }
    assert door.send(cancel())["status"] == "ok", "cancels have a cap of their own"
    door.venue.now += 9_999
    assert door.send(NOOP)["status"] == "err"
    door.venue.now += 1
    assert door.send(NOOP)["status"] == "ok"
    account.requests = 2 * REQUEST_BUFFER
    assert door.send(cancel())["status"] == "err"
    account.volume = Decimal(500_000)
    assert door.send(NOOP)["status"] == "ok"
    account.requests = 510_000 + 100_000
    door.venue.now += 10_000
    assert door.send(cancel())["status"] == "ok"
    assert door.send(cancel())["status"] == "err"


def test_nothing_is_exhausted_where_limits_are_off() -> None:
    door = Door(rate_limits="off")
    door.venue.account(USER).requests = 10 * REQUEST_BUFFER
    assert all(door.send(NOOP)["status"] == "ok" for _ in range(3))


def test_an_expired_action_costs_five_times() -> None:
    door = Door()
    door.send(NOOP)
    assert door.send(order(count=2), expires=START - 1)["response"] == "Action already expired"
    assert door.limit["nRequestsUsed"] == 1 + 5 * 2
