"""The actions of /exchange, by their type: each is read into an `Action`, which can be carried out."""

from __future__ import annotations

from hypertui.venue.api.actions import account, funds, orders, permissions
from hypertui.venue.api.actions.base import Action, Parser, done
from hypertui.venue.core import Core
from hypertui.venue.model.messages import MalformedError, text
from hypertui.venue.model.orders import Json

ACTIONS: dict[str, Parser] = {
    **orders.ACTIONS,
    **account.ACTIONS,
    **funds.ACTIONS,
    **permissions.ACTIONS,
}
# What the real exchange knows and this one does not.
UNSUPPORTED = frozenset(
    {
        "activateOutcomeDeployer",
        "agentEnableDexAbstraction",
        "agentSendAsset",
        "agentSetAbstraction",
        "authorizeAqav2Role",
        "borrowLend",
        "cDeposit",
        "CSignerAction",
        "CValidatorAction",
        "claimRewards",
        "convertToMultiSigUser",
        "createVault",
        "cWithdraw",
        "evmUserModify",
        "finalizeEvmContract",
        "gossipPriorityBid",
        "hip3LiquidatorTransfer",
        "linkStakingUser",
        "multiSig",
        "perpDeploy",
        "registerReferrer",
        "reserveRequestWeight",
        "sendAsset",
        "sendToEvmWithData",
        "setDisplayName",
        "spotDeploy",
        "spotSend",
        "spotUser",
        "stakingLinkDisableTradingUser",
        "subAccountModify",
        "subAccountSpotTransfer",
        "tokenDelegate",
        "topUpIsolatedOnlyMargin",
        "twapCancel",
        "twapOrder",
        "userDexAbstraction",
        "userOutcome",
        "userPortfolioMargin",
        "validatorL1Stream",
        "vaultDistribute",
        "vaultModify",
        "vaultTransfer",
    }
)

__all__ = ["ACTIONS", "Action", "done", "not_supported", "parse"]


def parse(core: Core, wire: Json) -> Action:
    """The action that JSON describes; raises MalformedError."""
    kind = text(wire, "type")
    parser = ACTIONS.get(kind)
    if parser is None:
        raise MalformedError(f"unknown action {kind!r}")
    return parser(core, wire)


def not_supported(wire: Json) -> Json | None:
    """The answer to an action that exists, but not here; None for any other."""
    kind = text(wire, "type")
    if kind not in UNSUPPORTED:
        return None
    return {"status": "err", "response": f"Action {kind} is not supported by the local venue."}
