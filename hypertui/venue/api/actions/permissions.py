"""What a user permits others, with a signature of its own key: agents that act, builders that charge."""

from __future__ import annotations

import re
from decimal import Decimal

from hypertui.venue.accounts.accounts import Account
from hypertui.venue.api.actions.base import Action, Parser, done
from hypertui.venue.core import Core
from hypertui.venue.model.errors import ActionError
from hypertui.venue.model.messages import MalformedError, address, text
from hypertui.venue.model.orders import Json

_PERCENT = re.compile(r"[0-9]{1,4}(\.[0-9]{1,8})?%")
# Tenths of a basis point in a percent, and the highest fee that may be permitted: that of spot markets.
TENTHS_PER_PERCENT = 1_000
HIGHEST_FEE = 1_000


def _approve_agent(core: Core, action: Json) -> Action:
    agent = address(action, "agentAddress")
    # The official client signs an empty name and then leaves it out of what it sends.
    name = "" if action.get("agentName") is None else text(action, "agentName")

    def run(account: Account) -> Json:
        if agent in core.accounts:
            raise ActionError("Extra agent already used.")
        count = len(core.treasury.sub_accounts(account))
        core.agents.approve(account.address, agent, name, core.now, count)
        return done()

    return Action({**action, "agentName": name}, run)


def _approve_builder_fee(core: Core, action: Json) -> Action:
    builder, shown = address(action, "builder"), text(action, "maxFeeRate")
    if not _PERCENT.fullmatch(shown):
        raise MalformedError("maxFeeRate is not a percentage")
    tenths = Decimal(shown.removesuffix("%")) * TENTHS_PER_PERCENT

    def run(account: Account) -> Json:
        if tenths > HIGHEST_FEE or tenths != int(tenths):
            raise ActionError("Invalid builder fee rate.")
        account.builders[builder] = int(tenths)
        return done()

    return Action(action, run)


ACTIONS: dict[str, Parser] = {
    "approveAgent": _approve_agent,
    "approveBuilderFee": _approve_builder_fee,
}
