"""Signed requests: who may act, when, and how refusals read."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from eth_account import Account
from hyperliquid.utils.signing import sign_agent, sign_l1_action

from hypertui.venue.api.gateway import Gateway
from hypertui.venue.model.messages import MalformedError
from tests.venue.helpers import START, Venue

KEY = Account.from_key("0x" + "1" * 64)
AGENT = Account.from_key("0x" + "2" * 64)
OTHER = Account.from_key("0x" + "3" * 64)
MASTER = KEY.address.lower()
DAY = 86_400_000


def wire(**changes: Any) -> dict[str, Any]:
    order = {"a": 2, "b": True, "p": "90", "s": "1", "r": False, "t": {"limit": {"tif": "Gtc"}}}
    return {"type": "order", "orders": [order | changes], "grouping": "na"}


class Door:
    """A gateway with a nonce that counts by itself."""

    def __init__(self, **options: Any) -> None:
        self.venue = Venue(**options)
        self.gateway = Gateway(self.venue.core)
        self._nonce = START

    def send(
        self,
        action: Mapping[str, Any],
        key: Any = KEY,
        nonce: int | None = None,
        expires: int | None = None,
        vault: str | None = None,
        mainnet: bool = False,
    ) -> dict[str, Any]:
        self._nonce += 1
        nonce = self._nonce if nonce is None else nonce
        signature = sign_l1_action(key, action, vault, nonce, expires, mainnet)
        body = {"action": action, "nonce": nonce, "signature": signature, "vaultAddress": vault}
        return self.gateway.submit(body | {"expiresAfter": expires})

    def approve(self, agent: Any = AGENT, name: str = "", key: Any = KEY) -> dict[str, Any]:
        self._nonce += 1
        action = {
            "type": "approveAgent",
            "agentAddress": agent.address,
            "agentName": name,
            "nonce": self._nonce,
        }
        signature = sign_agent(key, action, False)
        if not name:
            del action["agentName"]
        return self.gateway.submit({"action": action, "nonce": self._nonce, "signature": signature})


def is_ok(answer: dict[str, Any]) -> bool:
    return answer["status"] == "ok" and "error" not in str(answer)


def error(answer: dict[str, Any]) -> str:
    assert answer["status"] == "err", answer
    return str(answer["response"])


def test_a_first_action_makes_an_account() -> None:
    door = Door()
    assert MASTER not in door.venue.core.accounts
    answer = door.send(wire(c="0x" + "AB" * 16))
    assert answer == {
        "status": "ok",
        "response": {
            "type": "order",
            "data": {"statuses": [{"resting": {"oid": 1, "cloid": "0x" + "ab" * 16}}]},
        },
    }
    assert door.venue.core.accounts[MASTER].deposits == 10_000


def test_without_a_faucet_accounts_must_be_deposited_to() -> None:
    door = Door(faucet=Decimal(0))
    assert error(door.send(wire())) == f"User or API Wallet {MASTER} does not exist."
    assert error(door.approve()) == f"Must deposit before performing actions. User: {MASTER}"
    door.venue.core.deposit(MASTER, Decimal(500))
    assert is_ok(door.send(wire()))
    assert is_ok(door.approve())


@pytest.mark.parametrize("changes", [{"p": "90.0"}, {"s": "1.00"}])
def test_trailing_zeros_sign_for_somebody_else(changes: dict[str, str]) -> None:
    door = Door()
    text = error(door.send(wire(**changes)))
    assert (
        text.startswith("User or API Wallet 0x") and text.endswith("does not exist.") and MASTER not in text
    )
    assert not door.venue.core.accounts


def test_mainnet_signatures_are_refused_when_the_signer_is_known() -> None:
    door = Door()
    door.gateway.asked_about(MASTER)
    assert "mainnet is refused" in error(door.send(wire(), mainnet=True))
    assert not door.venue.core.accounts
    action = {
        "type": "approveAgent",
        "agentAddress": AGENT.address,
        "agentName": "x",
        "nonce": START,
    }
    signature = sign_agent(KEY, action, True)
    answer = door.gateway.submit({"action": action, "nonce": START, "signature": signature})
    assert "mainnet is refused" in error(answer)


def test_nonces() -> None:
    door = Door()
    assert is_ok(door.send(wire(), nonce=START))
    assert error(door.send(wire(), nonce=START)) == f"Invalid nonce: duplicate nonce {START}"
    assert is_ok(door.send(wire(), nonce=START - 50)), "out of order is fine"
    assert "nonce too low" in error(door.send(wire(), nonce=START - 3 * DAY))
    assert "nonce too high" in error(door.send(wire(), nonce=START + DAY))
    for nonce in range(START + 1, START + 100):
        door.send({"type": "noop"}, nonce=nonce)
    assert (
        error(door.send(wire(), nonce=START - 60)) == f"Invalid nonce: nonce too low {START - 60} < {START}"
    )
    assert is_ok(door.send(wire(), key=OTHER, nonce=START)), "nonces are counted for each signer"


def test_an_expired_action_does_nothing() -> None:
    door = Door()
    assert is_ok(door.send(wire(), expires=START))
    assert error(door.send(wire(), expires=START - 1)) == "Action already expired"
    assert len(door.venue.core.accounts[MASTER].orders) == 1


def test_an_agent_acts_for_its_master_and_is_nobody_itself() -> None:
    door = Door()
    assert is_ok(door.approve())
    assert is_ok(door.send(wire(), key=AGENT))
    assert list(door.venue.core.accounts) == [MASTER]
    assert door.venue.core.account(AGENT.address.lower()) is None
    agent = AGENT.address.lower()
    assert error(door.approve(OTHER, key=AGENT)) == f"Must deposit before performing actions. User: {agent}"


def test_approving_again_replaces_the_old_key_for_ever() -> None:
    door = Door()
    door.approve(AGENT, "bot")
    assert is_ok(door.approve(OTHER, "bot"))
    assert is_ok(door.send(wire(), key=OTHER))
    gone = AGENT.address.lower()
    assert error(door.send(wire(), key=AGENT)) == f"User or API Wallet {gone} does not exist."
    assert error(door.approve(AGENT, "again")) == "Extra agent already used."


def test_three_named_agents_and_one_without_a_name() -> None:
    door = Door()
    keys = [Account.from_key("0x" + str(digit) * 64) for digit in range(4, 9)]
    assert all(is_ok(door.approve(key, name)) for key, name in zip(keys, ("a", "b", "c", ""), strict=False))
    assert error(door.approve(keys[4], "d")).endswith("Current limit is 3")


def test_an_agent_runs_out() -> None:
    door = Door()
    assert error(door.approve(AGENT, f"bot valid_until {START}")) == "Agent valid_until already expired."
    assert is_ok(door.approve(AGENT, f"bot valid_until {START + 5_000}"))
    assert is_ok(door.send(wire(), key=AGENT))
    door.venue.now += 5_000
    assert "does not exist" in error(door.send(wire(), key=AGENT))


def test_a_vault_is_not_known() -> None:
    door = Door()
    assert "Vault not registered" in error(door.send(wire(), vault="0x" + "9" * 40))


def test_too_many_orders_in_one_action() -> None:
    door = Door()
    action = wire()
    action["orders"] = action["orders"] * 201
    assert error(door.send(action)) == "Signed action over weight limit of 200."


def test_one_action_is_one_batch() -> None:
    door = Door()
    action = wire()
    action["orders"] = action["orders"] * 3
    door.send(action)
    assert len(door.venue.batches) == 1
    assert len(door.venue.batches[0].orders[MASTER]) == 3


def test_cancels_answer_each() -> None:
    door = Door()
    door.send(wire())
    answer = door.send({"type": "cancel", "cancels": [{"a": 2, "o": 1}, {"a": 2, "o": 1}, {"a": 1, "o": 9}]})
    gone = "Order was never placed, already canceled, or filled."
    assert answer["response"] == {
        "type": "cancel",
        "data": {
            "statuses": ["success", {"error": f"{gone} asset=2"}, {"error": f"{gone} asset=1"}],
        },
    }


def test_what_is_not_supported_says_so() -> None:
    door = Door()
    assert "not supported" in error(door.send({"type": "spotSend"}))
    assert "not supported" in error(door.send({"type": "twapOrder", "nobody": "checks what is in it"}))
    for kind in ("userOutcome", "hip3LiquidatorTransfer", "stakingLinkDisableTradingUser"):
        assert error(door.send({"type": kind})) == f"Action {kind} is not supported by the local venue."


def test_an_order_that_pays_for_its_priority_is_refused_for_want_of_a_stake() -> None:
    door = Door()
    refusal = error(door.send(wire() | {"grouping": {"p": 100_000_000}}))
    assert refusal == "Insufficient delegatable balance for priority order"
    assert not door.venue.core.accounts[MASTER].orders
    for odd in ({}, {"p": -1}, {"p": "1"}, {"p": 1.5}):
        with pytest.raises(MalformedError):
            door.send(wire() | {"grouping": odd})


@pytest.mark.parametrize(
    "action",
    [
        {"type": "nonsense"},
        {"type": "order"},
        {"type": "order", "orders": [], "grouping": "NA"},
        wire(p=90),
        wire(p="9e1"),
        wire(p="NaN"),
        wire(a=7),
        wire(a=-1),
        wire(b=1),
        wire(c="0x12"),
        wire(t={"limit": {"tif": "Fok"}}),
        wire(t={"trigger": {"isMarket": True, "triggerPx": "1"}}),
        {"type": "cancel", "cancels": [{"a": 2, "o": "1"}]},
        {"type": "updateLeverage", "asset": 2, "isCross": True, "leverage": 2.5},
    ],
)
def test_malformed_actions(action: dict[str, Any]) -> None:
    door = Door()
    body = {"action": action, "nonce": START, "signature": {"r": "0x1", "s": "0x1", "v": 27}}
    with pytest.raises(MalformedError):
        door.gateway.submit(body)
    assert not door.venue.core.accounts


def test_a_bad_signature_is_an_answer() -> None:
    door = Door()
    body = {"action": wire(), "nonce": START, "signature": {"r": "0x0", "s": "0x0", "v": 27}}
    assert error(door.gateway.submit(body)) == "Unable to recover signer."


def test_scheduled_cancel() -> None:
    door = Door()
    door.send(wire())
    assert "5 seconds" in error(door.send({"type": "scheduleCancel", "time": START + 4_999}))
    assert is_ok(door.send({"type": "scheduleCancel", "time": START + 5_000}))
    door.venue.now += 4_999
    door.venue.core.tick()
    assert door.venue.core.accounts[MASTER].open_orders
    door.venue.now += 1
    door.venue.core.tick()
    assert door.venue.core.accounts[MASTER].orders[1].status == "scheduledCancel"
