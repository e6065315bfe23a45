"""The effect of a transfer on the account's perpetuals margin.

The journal keeps transfers as the venue reported them, so a kind that is not understood today can be later.

Kinds and fields: userNonFundingLedgerUpdates in Hyperliquid's API documentation and its SDKs' types.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal

from hypertui.core.market import ZERO, parse_amount

# A liquidation's loss is in its fills; the others move coins between spot wallets and staking.
_NO_FLOW = frozenset({"liquidation", "spotTransfer", "spotGenesis", "cStakingTransfer"})
# Paid or received in a token. In another one than USDC they cannot touch the margin; of USDC the venue does
# not say whether they are of the spot wallet or of the margin.
_OF_SOME_WALLET = frozenset(
    {
        "rewardsClaim",
        "borrowLend",
        "deployGasAuction",
        "gossipPriorityGasAuction",
        "accountActivationGas",
        "activateDexAbstraction",
    }
)
_USDC = "USDC"
# How a send calls the margin of the venue's own perpetuals; others are called by their name, and spot.
_MARGIN = ""
_SPOT = "spot"


def amount_of(
    kind: str, delta: Mapping[str, object], account: str, *, pooled: bool = False
) -> Decimal | None:
    """USD that a transfer brought into the margin of `account` (in small letters), negative when they left; 0
    for what does not touch it, None for what cannot be known: a kind or form that is not understood. Where
    the margin is `pooled` with the spot wallet, what moves USDC in or out of that wallet does too, and what
    moves between the two does not."""
    try:
        if pooled and kind == "accountClassTransfer":
            return ZERO
        if pooled and kind == "spotTransfer":
            return _in_spot(delta, account)
        match kind:
            case "deposit" | "vaultDistribution":
                return _usd(delta, "usdc")
            case "withdraw":
                return -_usd(delta, "usdc") - _fee(delta)
            case "accountClassTransfer":
                return _usd(delta, "usdc") if delta["toPerp"] is True else -_usd(delta, "usdc")
            case "vaultCreate" | "vaultDeposit":
                return -_usd(delta, "usdc") - _fee(delta) if not _is(delta, "vault", account) else None
            case "vaultWithdraw":
                return _usd(delta, "netWithdrawnUsd") if not _is(delta, "vault", account) else None
            case "vaultLeaderCommission":
                return _usd(delta, "usdc") if _is(delta, "user", account) else None
            case "internalTransfer" | "subAccountTransfer":
                return _between(delta, account)
            case "send":
                return _sent(delta, account, (_MARGIN, _SPOT) if pooled else (_MARGIN,))
            case _ if kind in _NO_FLOW:
                return ZERO
            case _ if kind in _OF_SOME_WALLET:
                return ZERO if delta["token"] not in ("", _USDC) else None
    except (KeyError, ValueError):
        return None
    return None


def _between(delta: Mapping[str, object], account: str) -> Decimal | None:
    """Between the margins of two accounts; the sender pays the fee."""
    came, left = _is(delta, "destination", account), _is(delta, "user", account)
    if not came and not left:
        return None
    usd = _usd(delta, "usdc")
    return (usd if came else ZERO) - (usd + _fee(delta) if left else ZERO)


def _in_spot(delta: Mapping[str, object], account: str) -> Decimal | None:
    """Between the spot wallets of two accounts; the sender pays the fee."""
    came, left = _is(delta, "destination", account), _is(delta, "user", account)
    if not came and not left:
        return None
    if delta["token"] != _USDC:
        return ZERO
    usd = _usd(delta, "amount")
    return (usd if came else ZERO) - (usd + _fee(delta) if left else ZERO)


def _sent(delta: Mapping[str, object], account: str, own: Collection[str]) -> Decimal | None:
    """From one wallet to another: of the same account or of another one; the margin is in those of `own`."""
    ours_from, ours_to = _is(delta, "user", account), _is(delta, "destination", account)
    if not ours_from and not ours_to:
        return None
    left = ours_from and delta["sourceDex"] in own
    came = ours_to and delta["destinationDex"] in own
    if not left and not came:
        return ZERO
    if delta["token"] != _USDC:
        return ZERO if _SPOT in own else None  # there is nothing else in the margin
    usd = _usd(delta, "amount")
    # Fees in another token come from the spot wallet.
    fee = _fee(delta) if left and delta.get("feeToken", _USDC) in ("", _USDC) else ZERO
    return (usd if came else ZERO) - (usd + fee if left else ZERO)


def _is(delta: Mapping[str, object], name: str, account: str) -> bool:
    return str(delta.get(name, "")).lower() == account


def _usd(delta: Mapping[str, object], name: str) -> Decimal:
    return parse_amount(delta[name])


def _fee(delta: Mapping[str, object]) -> Decimal:
    return parse_amount(delta["fee"]) if "fee" in delta else ZERO
