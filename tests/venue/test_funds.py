"""Signed actions about money and permissions: sub-accounts, transfers, builders, referrers, fees."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from eth_account import Account
from hyperliquid.utils.signing import (
    sign_approve_builder_fee,
    sign_l1_action,
    sign_usd_class_transfer_action,
    sign_usd_transfer_action,
    sign_withdraw_from_bridge_action,
)

from hypertui.core.market import Side
from hypertui.venue.accounts.fees import DAY_MS
from hypertui.venue.api.info import Info
from hypertui.venue.model.messages import MalformedError
from hypertui.venue.model.orders import Tif
from tests.venue.helpers import ALICE, BOB, START, Venue
from tests.venue.test_gateway import AGENT, MASTER, OTHER, Door, error, is_ok, wire

BUILDER = "0x" + "b" * 40


def ask(door: Door, kind: str, user: str = MASTER, **terms: Any) -> Any:
    info = Info(door.venue.core, door.gateway.asked_about)
    return info.answer({"type": kind, "user": user, **terms})


def sub_account(door: Door, name: str = "one") -> str:
    answer = door.send({"type": "createSubAccount", "name": name})
    assert answer["response"]["type"] == "createSubAccount", answer
    return str(answer["response"]["data"])


def transfer(door: Door, sub: str, usd: int, deposit: bool = True, **terms: Any) -> dict[str, Any]:
    action = {"type": "subAccountTransfer", "subAccountUser": sub, "isDeposit": deposit, "usd": usd}
    return door.send(action, **terms)


def class_transfer(door: Door, amount: str, to_perp: bool, key: Any = None) -> dict[str, Any]:
    door._nonce += 1
    action = {"type": "usdClassTransfer", "amount": amount, "toPerp": to_perp, "nonce": door._nonce}
    signature = sign_usd_class_transfer_action(key or Account.from_key("0x" + "1" * 64), action, False)
    return door.gateway.submit({"action": action, "nonce": door._nonce, "signature": signature})


def test_a_sub_account_begins_empty_and_is_its_masters() -> None:
    door = Door()
    assert ask(door, "subAccounts") is None
    sub = sub_account(door)
    assert ask(door, "userRole", sub) == {"role": "subAccount", "data": {"master": MASTER}}
    (listed,) = ask(door, "subAccounts")
    assert (listed["name"], listed["subAccountUser"], listed["master"]) == ("one", sub, MASTER)
    assert listed["clearinghouseState"]["marginSummary"]["accountValue"] == "0.0"
    assert "already used" in error(door.send({"type": "createSubAccount", "name": "one"}))
    assert sub_account(door, "two") != sub


def test_a_sub_account_trades_by_its_masters_key_and_its_agents() -> None:
    door = Door()
    sub = sub_account(door)
    assert is_ok(transfer(door, sub, 500_000_000))
    assert is_ok(door.send(wire(), vault=sub))
    assert is_ok(door.approve(AGENT, "bot"))
    assert is_ok(door.send(wire(), vault=sub, key=AGENT))
    assert len(door.venue.core.accounts[sub].open_orders) == 2
    assert not door.venue.core.accounts[MASTER].open_orders
    assert "Vault not registered" in error(door.send(wire(), vault=sub, key=OTHER))


def test_money_goes_to_a_sub_account_and_back() -> None:
    door = Door()
    sub = sub_account(door)
    assert is_ok(transfer(door, sub, 1_500_000))
    core = door.venue.core
    assert (core.accounts[sub].cash, core.accounts[MASTER].cash) == (Decimal("1.5"), Decimal("9998.5"))
    assert error(transfer(door, sub, 2_000_000, deposit=False)) == "Insufficient balance for withdrawal"
    assert is_ok(transfer(door, sub, 1_000_000, deposit=False))
    assert error(transfer(door, BOB, 1)) == f"Invalid sub-account transfer from {MASTER} to {BOB}"
    back = error(transfer(door, BOB, 1, deposit=False))
    assert back == f"Invalid sub-account transfer from {BOB} to {MASTER}"
    delta = ask(door, "userNonFundingLedgerUpdates", sub)[-1]["delta"]
    assert delta == {"type": "subAccountTransfer", "usdc": "1.0", "user": sub, "destination": MASTER}


def test_volume_may_be_asked_for() -> None:
    door = Door(sub_account_volume=Decimal(100_000))
    text = error(door.send({"type": "createSubAccount", "name": "one"}))
    assert text.startswith("Cannot create sub-accounts until enough volume traded")


def test_sub_accounts_allow_for_more_agents() -> None:
    door = Door()
    sub_account(door)
    keys = [Account.from_key("0x" + digit * 64) for digit in "456789"]
    names = "abcdef"
    assert [is_ok(door.approve(k, n)) for k, n in zip(keys, names, strict=True)] == [True] * 5 + [False]


def test_usdc_between_spot_and_perpetuals() -> None:
    door = Door()
    assert is_ok(class_transfer(door, "2500.5", False))
    balance = ask(door, "spotClearinghouseState")["balances"][0]
    assert (balance["coin"], balance["total"]) == ("USDC", "2500.5")
    assert ask(door, "clearinghouseState")["withdrawable"] == "7499.5"
    assert "Insufficient balance" in error(class_transfer(door, "2500.6", True))
    assert is_ok(class_transfer(door, "2500.5", True))
    assert ask(door, "spotClearinghouseState")["balances"] == []
    delta = ask(door, "userNonFundingLedgerUpdates")[-1]["delta"]
    assert delta == {"type": "accountClassTransfer", "usdc": "2500.5", "toPerp": True}
    sub = sub_account(door)
    transfer(door, sub, 5_000_000)
    assert is_ok(class_transfer(door, f"3 subaccount:{sub}", False))
    assert door.venue.core.accounts[sub].spot == 3
    with pytest.raises(MalformedError):
        class_transfer(door, "-1", True)


def money_out(door: Door, sign: Any, kind: str, amount: str) -> dict[str, Any]:
    door._nonce += 1
    action = {"type": kind, "destination": BOB, "amount": amount, "time": door._nonce}
    signature = sign(Account.from_key("0x" + "1" * 64), action, False)
    return door.gateway.submit({"action": action, "nonce": door._nonce, "signature": signature})


def test_usdc_goes_to_others_and_out() -> None:
    door = Door()
    assert is_ok(money_out(door, sign_usd_transfer_action, "usdSend", "250"))
    core = door.venue.core
    assert (core.accounts[MASTER].cash, core.accounts[BOB].cash) == (9_750, 10_250)
    assert ask(door, "userNonFundingLedgerUpdates", BOB)[-1]["delta"]["user"] == MASTER
    assert is_ok(money_out(door, sign_withdraw_from_bridge_action, "withdraw3", "750"))
    delta = ask(door, "userNonFundingLedgerUpdates")[-1]["delta"]
    assert (delta["usdc"], delta["fee"]) == ("749.0", "1.0")
    assert core.accounts[MASTER].cash == 9_000
    answer = money_out(door, sign_withdraw_from_bridge_action, "withdraw3", "9000.1")
    assert error(answer) == "Insufficient balance for withdrawal"


def test_an_agent_signs_nothing_for_the_user() -> None:
    door = Door()
    door.approve(AGENT, "bot")
    agent = AGENT.address.lower()
    words = f"Must deposit before performing actions. User: {agent}"
    assert error(class_transfer(door, "1", False, key=AGENT)) == words


def approve_builder(door: Door, rate: str) -> dict[str, Any]:
    door._nonce += 1
    action = {"type": "approveBuilderFee", "maxFeeRate": rate, "builder": BUILDER, "nonce": door._nonce}
    signature = sign_approve_builder_fee(Account.from_key("0x" + "1" * 64), action, False)
    return door.gateway.submit({"action": action, "nonce": door._nonce, "signature": signature})


def test_a_builder_is_paid_on_top_once_it_is_approved() -> None:
    door = Door()
    order = wire(p="101", t={"limit": {"tif": "Ioc"}}) | {"builder": {"b": BUILDER, "f": 10}}
    refusal = door.send(order)["response"]["data"]["statuses"]
    assert refusal == [{"error": "Builder fee has not been approved"}]
    assert is_ok(approve_builder(door, "0.01%"))
    assert ask(door, "maxBuilderFee", builder=BUILDER) == 10
    assert ask(door, "approvedBuilders") == [BUILDER]
    assert is_ok(door.send(order))
    fill = ask(door, "userFills")[0]
    assert (fill["builderFee"], fill["fee"]) == ("0.010001", "0.055005")
    order["builder"]["f"] = 11
    assert "not been approved" in str(door.send(order))
    assert "Invalid builder fee rate" in error(approve_builder(door, "2%"))


def test_a_builder_that_takes_nothing_needs_no_approval() -> None:
    door = Door()
    order = wire(p="101", t={"limit": {"tif": "Ioc"}}) | {"builder": {"b": BUILDER, "f": 0}}
    assert "filled" in str(door.send(order))
    (fill,) = door.venue.core.accounts[MASTER].fills.latest(2)
    assert fill["fee"] == "0.045004"


def test_a_referrer_is_set_once_and_makes_trading_cheaper() -> None:
    door = Door()
    assert ask(door, "referral")["referredBy"] is None
    assert "not registered" in error(door.send({"type": "setReferrer", "code": "no code"}))
    assert is_ok(door.send({"type": "setReferrer", "code": "FRIEND"}))
    assert "already set" in error(door.send({"type": "setReferrer", "code": "OTHER"}))
    assert ask(door, "referral")["referredBy"]["code"] == "FRIEND"
    fees = ask(door, "userFees")
    assert (fees["activeReferralDiscount"], fees["userCrossRate"]) == ("0.04", "0.000432")
    door.send(wire(p="101", t={"limit": {"tif": "Ioc"}}))
    assert ask(door, "userFills")[0]["fee"] == "0.043204"


def test_the_fee_tier_follows_the_volume_of_the_fourteen_days_before() -> None:
    venue = Venue(faucet=Decimal(10_000_000), depth=Decimal(50_000_000))
    for side in (Side.BUY, Side.SELL):
        venue.place(side, "30000", "110" if side is Side.BUY else "90", Tif.IOC)
    rate = venue.core.desk.records.rate
    assert rate(venue.account(), venue.now, crossed=True) == Decimal("0.00045"), "today does not count yet"
    assert rate(venue.account(), venue.now + DAY_MS, crossed=True) == Decimal("0.0004")
    assert rate(venue.account(), venue.now + DAY_MS, crossed=False) == Decimal("0.00012")
    assert rate(venue.account(), venue.now + 14 * DAY_MS, crossed=True) == Decimal("0.0004")
    assert rate(venue.account(), venue.now + 15 * DAY_MS, crossed=True) == Decimal("0.00045")
    info = Info(venue.core, lambda user: None)
    today = info.answer({"type": "userFees", "user": ALICE})["dailyUserVlm"][-1]
    traded = sum(Decimal(fill["px"]) * Decimal(fill["sz"]) for fill in venue.account().fills)
    assert Decimal(today["userCross"]) == round(traded, 2) == Decimal(today["exchange"])


def test_scheduled_cancels_are_counted_by_the_day() -> None:
    door = Door()
    for _ in range(10):
        door.send(wire())
        assert is_ok(door.send({"type": "scheduleCancel", "time": door.venue.now + 5_000}))
        door.venue.now += 5_000
        door.venue.core.tick()
        assert not door.venue.core.accounts[MASTER].open_orders
    assert "limited to 10" in error(door.send({"type": "scheduleCancel", "time": door.venue.now + 5_000}))
    door.venue.now = START + DAY_MS
    assert is_ok(door.send({"type": "scheduleCancel", "time": door.venue.now + 5_000}, nonce=door.venue.now))


def modification(oid: int | str, **more: Any) -> dict[str, Any]:
    return {"oid": oid, "order": wire(p="91")["orders"][0], **more}


def test_modifying_over_the_door() -> None:
    door = Door()
    door.send(wire())
    answer = door.send({"type": "batchModify", "modifies": [modification(1), modification(77)]})
    assert answer["response"] == {
        "type": "order",
        "data": {
            "statuses": [
                {"resting": {"oid": 2}},
                {"error": "Cannot modify canceled or filled order asset=2"},
            ]
        },
    }
    assert door.send({"type": "modify", **modification(2)}) == {
        "status": "ok",
        "response": {"type": "default"},
    }
    assert "Cannot modify" in error(door.send({"type": "modify", **modification(2)}))
    assert is_ok(door.send({"type": "modify", **modification(2, a=True)})), "placed always"
    assert "does not exist" in error(door.send({"type": "modify", **modification(3, a=False)}))
    assert is_ok(door.send({"type": "batchModify", "modifies": [modification(3, a=True)]}))


@pytest.mark.parametrize(
    "form",
    [
        {"type": "order", "grouping": "na", "orders": wire()["orders"]},
        wire() | {"extra": 1},
        {"type": "order", "orders": [dict(reversed(wire()["orders"][0].items()))], "grouping": "na"},
    ],
)
def test_what_is_signed_in_another_form_is_signed_by_somebody_else(form: dict[str, Any]) -> None:
    door = Door()
    door.gateway.asked_about(MASTER)
    text = error(door.send(form))
    assert "does not exist" in text and MASTER not in text
    assert not door.venue.core.accounts


def test_a_body_may_come_in_another_order_than_it_was_signed_in() -> None:
    door = Door()
    door.send({"type": "noop"})
    action = wire()
    signature = sign_l1_action(Account.from_key("0x" + "1" * 64), action, None, START + 9, None, False)
    shuffled = {"grouping": "na", "orders": [dict(sorted(action["orders"][0].items()))], "type": "order"}
    assert is_ok(door.gateway.submit({"action": shuffled, "nonce": START + 9, "signature": signature}))
