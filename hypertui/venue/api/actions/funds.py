"""Sub-accounts, and money: between them, their master and its spot wallet, to others, and out."""

from __future__ import annotations

from decimal import Decimal

from hypertui.venue.accounts.accounts import APART, POOLED, Account
from hypertui.venue.api.actions.base import Action, Parser, done, ordered
from hypertui.venue.core import Core
from hypertui.venue.model.errors import ActionError
from hypertui.venue.model.markets import MICRO
from hypertui.venue.model.messages import MalformedError, address, boolean, decimal, integer, one_of, text
from hypertui.venue.model.orders import Json

SUB_ACCOUNT = " subaccount:"


def _create_sub_account(core: Core, action: Json) -> Action:
    name = text(action, "name")

    def run(account: Account) -> Json:
        created = core.treasury.create_sub_account(account, name)
        return {"status": "ok", "response": {"type": "createSubAccount", "data": created}}

    return Action(ordered(action, "type", "name"), run)


def _sub_account_transfer(core: Core, action: Json) -> Action:
    sub, deposit = address(action, "subAccountUser"), boolean(action, "isDeposit")
    amount = integer(action, "usd") * MICRO

    def run(account: Account) -> Json:
        core.treasury.transfer_sub(account, sub, amount, deposit=deposit)
        return done()

    return Action(ordered(action, "type", "subAccountUser", "isDeposit", "usd"), run)


def _usd_class_transfer(core: Core, action: Json) -> Action:
    """Signed by the user. The amount may name the sub-account whose money it is."""
    shown, mark, named = text(action, "amount").partition(SUB_ACCOUNT)
    amount, to_perp = decimal({"amount": shown}, "amount"), boolean(action, "toPerp")
    sub = address({"subaccount": named}, "subaccount") if mark else None
    if amount < 0:
        raise MalformedError("amount is negative")

    def run(account: Account) -> Json:
        owner = account
        if sub is not None:
            found = core.accounts.get(sub)
            if found is None or found.master != account.address:
                raise ActionError(f"Sub-account {sub} is not registered to {account.address}")
            owner = found
        core.treasury.transfer_class(owner, amount, to_perp=to_perp)
        return done()

    return Action(action, run)


def _set_abstraction(core: Core, action: Json) -> Action:
    """Signed by the user, for itself or for a sub-account."""
    user, wanted = address(action, "user"), one_of(action, "abstraction", (APART, *POOLED))

    def run(account: Account) -> Json:
        owner = core.accounts.get(user)
        if owner is None or (owner is not account and owner.master != account.address):
            raise ActionError(f"Invalid user for abstraction change: {user}")
        core.treasury.set_abstraction(owner, wanted)
        return done()

    return Action(action, run)


def _usd_send(core: Core, action: Json) -> Action:
    """Signed by the user."""
    destination, amount = address(action, "destination"), _positive(action)

    def run(account: Account) -> Json:
        core.treasury.send(account, core.stored(destination), amount)
        return done()

    return Action(action, run)


def _withdraw(core: Core, action: Json) -> Action:
    """Signed by the user. Where the money would go makes no difference here."""
    address(action, "destination")
    amount, nonce = _positive(action), integer(action, "time")

    def run(account: Account) -> Json:
        core.treasury.withdraw(account, amount, nonce)
        return done()

    return Action(action, run)


def _positive(action: Json) -> Decimal:
    amount = decimal(action, "amount")
    if amount <= 0:
        raise MalformedError("amount is not positive")
    return amount


ACTIONS: dict[str, Parser] = {
    "userSetAbstraction": _set_abstraction,
    "usdSend": _usd_send,
    "withdraw3": _withdraw,
    "createSubAccount": _create_sub_account,
    "subAccountTransfer": _sub_account_transfer,
    "usdClassTransfer": _usd_class_transfer,
}
