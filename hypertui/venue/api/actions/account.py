"""What an account sets about itself: leverage, margin, scheduled cancels, referrer; and doing nothing."""

from __future__ import annotations

from decimal import Decimal

from hypertui.venue.accounts.accounts import Account
from hypertui.venue.api.actions.base import Action, Parser, done, ordered
from hypertui.venue.api.actions.orders import find_market
from hypertui.venue.core import Core
from hypertui.venue.model.errors import ActionError
from hypertui.venue.model.markets import MICRO
from hypertui.venue.model.messages import boolean, integer, signed_integer, text
from hypertui.venue.model.orders import Json

LONGEST_CODE = 20


def _update_leverage(core: Core, action: Json) -> Action:
    market = find_market(core, action, "asset")
    cross, leverage = boolean(action, "isCross"), integer(action, "leverage")

    def run(account: Account) -> Json:
        core.collateral.set_leverage(account, market, leverage, cross=cross)
        return done()

    return Action(ordered(action, "type", "asset", "isCross", "leverage"), run)


def _update_isolated_margin(core: Core, action: Json) -> Action:
    market = find_market(core, action, "asset")
    boolean(action, "isBuy")  # a position has one side only; the exchange wants the field all the same
    amount = signed_integer(action, "ntli") * MICRO

    def run(account: Account) -> Json:
        core.collateral.shift_isolated_margin(account, market, Decimal(amount))
        return done()

    return Action(ordered(action, "type", "asset", "isBuy", "ntli"), run)


def _schedule_cancel(core: Core, action: Json) -> Action:
    time = None if action.get("time") is None else integer(action, "time")

    def run(account: Account) -> Json:
        core.schedule_cancel(account, time)
        return done()

    return Action(ordered(action, "type", "time"), run)


def _set_referrer(core: Core, action: Json) -> Action:
    code = text(action, "code")

    def run(account: Account) -> Json:
        # Every code counts as registered: nobody can register one here.
        if not 1 <= len(code) <= LONGEST_CODE or not code.isalnum():
            raise ActionError("Referral code not registered")
        if account.referrer is not None:
            raise ActionError("Referrer already set")
        account.referrer = code
        return done()

    return Action(ordered(action, "type", "code"), run)


def _noop(core: Core, action: Json) -> Action:
    return Action(ordered(action, "type"), lambda account: done())


ACTIONS: dict[str, Parser] = {
    "updateLeverage": _update_leverage,
    "updateIsolatedMargin": _update_isolated_margin,
    "scheduleCancel": _schedule_cancel,
    "setReferrer": _set_referrer,
    "noop": _noop,
}
