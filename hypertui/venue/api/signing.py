"""Who signed an action: hashes as Hyperliquid defines them, and recovery of the signer's address."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

import msgpack
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak

TESTNET_SOURCE = "b"
MAINNET_SOURCE = "a"
# What a user signs as it stands, by the action's type: the name of the signed type, and its fields in order.
USER_SIGNED_TYPES: dict[str, tuple[str, tuple[tuple[str, str], ...]]] = {
    "approveAgent": (
        "HyperliquidTransaction:ApproveAgent",
        (
            ("hyperliquidChain", "string"),
            ("agentAddress", "address"),
            ("agentName", "string"),
            ("nonce", "uint64"),
        ),
    ),
    "approveBuilderFee": (
        "HyperliquidTransaction:ApproveBuilderFee",
        (
            ("hyperliquidChain", "string"),
            ("maxFeeRate", "string"),
            ("builder", "address"),
            ("nonce", "uint64"),
        ),
    ),
    "userSetAbstraction": (
        "HyperliquidTransaction:UserSetAbstraction",
        (
            ("hyperliquidChain", "string"),
            ("user", "address"),
            ("abstraction", "string"),
            ("nonce", "uint64"),
        ),
    ),
    "usdSend": (
        "HyperliquidTransaction:UsdSend",
        (
            ("hyperliquidChain", "string"),
            ("destination", "string"),
            ("amount", "string"),
            ("time", "uint64"),
        ),
    ),
    "withdraw3": (
        "HyperliquidTransaction:Withdraw",
        (
            ("hyperliquidChain", "string"),
            ("destination", "string"),
            ("amount", "string"),
            ("time", "uint64"),
        ),
    ),
    "usdClassTransfer": (
        "HyperliquidTransaction:UsdClassTransfer",
        (
            ("hyperliquidChain", "string"),
            ("amount", "string"),
            ("toPerp", "bool"),
            ("nonce", "uint64"),
        ),
    ),
}
_DOMAIN_TYPE = [
    {"name": "name", "type": "string"},
    {"name": "version", "type": "string"},
    {"name": "chainId", "type": "uint256"},
    {"name": "verifyingContract", "type": "address"},
]
_NO_CONTRACT = "0x" + "0" * 40
Signature = tuple[int, int, int]  # v, r, s


class UnrecoverableError(Exception):
    """No signer can be recovered from a signature."""


def action_hash(action: Mapping[str, Any], nonce: int, vault: str | None, expires_after: int | None) -> bytes:
    """The hash under which an L1 action is signed. The order of the action's keys matters.

    Raises ValueError or OverflowError for what the encoding cannot hold.
    """
    data = msgpack.packb(action)
    try:
        data += struct.pack(">Q", nonce)
        data += b"\x00" if vault is None else b"\x01" + bytes.fromhex(vault.removeprefix("0x"))
        if expires_after is not None:
            data += b"\x00" + struct.pack(">Q", expires_after)
    except struct.error as error:
        raise OverflowError(str(error)) from None
    return keccak(data)


def recover_l1(connection_id: bytes, signature: Signature, source: str = TESTNET_SOURCE) -> str:
    """The lower-case address that signed an L1 action's hash for a network (`a` mainnet, `b` any other).

    Raises UnrecoverableError.
    """
    return _recover(
        {
            "domain": {
                "name": "Exchange",
                "version": "1",
                "chainId": 1337,
                "verifyingContract": _NO_CONTRACT,
            },
            "types": {
                "Agent": [{"name": "source", "type": "string"}, {"name": "connectionId", "type": "bytes32"}],
                "EIP712Domain": _DOMAIN_TYPE,
            },
            "primaryType": "Agent",
            "message": {"source": source, "connectionId": connection_id},
        },
        signature,
    )


def recover_user(action: Mapping[str, Any], signature: Signature) -> str:
    """The lower-case address that signed a user-signed action as it stands.

    Raises UnrecoverableError; KeyError for an action that is not user-signed.
    """
    primary_type, fields = USER_SIGNED_TYPES[action["type"]]
    return _recover(
        {
            "domain": {
                "name": "HyperliquidSignTransaction",
                "version": "1",
                "chainId": int(action["signatureChainId"], 16),
                "verifyingContract": _NO_CONTRACT,
            },
            "types": {
                primary_type: [{"name": name, "type": kind} for name, kind in fields],
                "EIP712Domain": _DOMAIN_TYPE,
            },
            "primaryType": primary_type,
            "message": {name: action[name] for name, _ in fields},
        },
        signature,
    )


def _recover(typed_data: dict[str, Any], signature: Signature) -> str:
    try:
        return str(Account.recover_message(encode_typed_data(full_message=typed_data), vrs=signature)).lower()
    except Exception as error:
        # The libraries below raise many unrelated types for bad signatures and fields.
        raise UnrecoverableError(str(error)) from error
