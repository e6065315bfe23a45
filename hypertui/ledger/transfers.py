"""What a transfer means for the account's perpetuals margin. The journal keeps the venue's own words; this
reads them anew each time, so that a kind which is not understood today can be tomorrow.

Kinds and fields: userNonFundingLedgerUpdates in Hyperliquid's API documentation and its SDKs' types.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from hypertui.ledger.records import TransferRecord
from hypertui.market import ZERO, parse_amount

_NO_FLOW = frozenset({"liquidation", "spotTransfer", "spotGenesis", "cStakingTransfer", "rewardsClaim"})
_BETWEEN = frozenset({"internalTransfer", "subAccountTransfer"})


def amount_of(transfer: TransferRecord, account: str) -> Decimal | None:
    """USD that came into the margin of `account`, negative when they left; 0 for what does not touch it (a
    liquidation's loss is in its fills), None for a kind or form that is not understood."""
    delta = transfer.delta
    try:
        match transfer.kind:
            case "deposit" | "vaultDistribution":
                return _usd(delta, "usdc")
            case "withdraw":
                return -_usd(delta, "usdc") - _fee(delta)
            case "accountClassTransfer":
                return _usd(delta, "usdc") if delta["toPerp"] is True else -_usd(delta, "usdc")
            case "vaultCreate" | "vaultDeposit":
                return -_usd(delta, "usdc") - _fee(delta)
            case "vaultWithdraw":
                return _usd(delta, "netWithdrawnUsd")
            case kind if kind in _BETWEEN:
                if str(delta["destination"]).lower() == account:
                    return _usd(delta, "usdc")
                return -_usd(delta, "usdc") - _fee(delta)
            case kind if kind in _NO_FLOW:
                return ZERO
    except (KeyError, ValueError):
        return None
    return None


def _usd(delta: Mapping[str, object], name: str) -> Decimal:
    return parse_amount(delta[name])


def _fee(delta: Mapping[str, object]) -> Decimal:
    return parse_amount(delta["fee"]) if "fee" in delta else ZERO
