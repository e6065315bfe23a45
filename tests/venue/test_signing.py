"""Hashes and signers, against the official client's published vectors and its own signing functions."""

from __future__ import annotations

import json
from typing import Any

import pytest
from eth_account import Account
from eth_keys import KeyAPI
from hyperliquid.utils.signing import sign_agent, sign_l1_action

from hypertui.venue.signing import UnrecoverableError, action_hash, recover_l1, recover_user

WALLET = Account.from_key("0x0123456789012345678901234567890123456789012345678901234567890123")
DUMMY = {"type": "dummy", "num": 100_000_000_000}


def numbers(signature: dict[str, Any]) -> tuple[int, int, int]:
    return signature["v"], int(signature["r"], 16), int(signature["s"], 16)


def test_the_fast_recovery_is_in_use() -> None:
    assert type(KeyAPI().backend).__name__ == "CoinCurveECCBackend"


def test_connection_id_of_a_published_order() -> None:
    order = {
        "a": 4,
        "b": True,
        "p": "1670.1",
        "s": "0.0147",
        "r": False,
        "t": {"limit": {"tif": "Ioc"}},
    }
    action = {"type": "order", "orders": [order], "grouping": "na"}
    connection_id = action_hash(action, 1677777606040, None, None)
    assert connection_id.hex() == "0fcbeda5ae3c4950a548021552a4fea2226858c4453571bf3f24ba017eac2908"


@pytest.mark.parametrize(
    ("source", "v", "r", "s"),
    [
        (
            "a",
            27,
            # 63 digits: the client does not pad.
            "0x53749d5b30552aeb2fca34b530185976545bb22d0b3ce6f62e31be961a59298",
            "0x755c40ba9bf05223521753995abb2f73ab3229be8ec921f350cb447e384d8ed8",
        ),
        (
            "b",
            28,
            "0x542af61ef1f429707e3c76c5293c80d01f74ef853e34b76efffcb57e574f9510",
            "0x17b8b32f086e8cdede991f1e2c529f5dd5297cbe8128500e00cbaf766204a613",
        ),
    ],
)
def test_signer_of_a_published_signature(source: str, v: int, r: str, s: str) -> None:
    signature = (v, int(r, 16), int(s, 16))
    connection_id = action_hash(DUMMY, 0, None, None)
    assert recover_l1(connection_id, signature, source) == WALLET.address.lower()
    other = "b" if source == "a" else "a"
    assert recover_l1(connection_id, signature, other) != WALLET.address.lower()


@pytest.mark.parametrize("vault", [None, "0x1719884eb866cb12b2287399b15f7db5e7d775ea"])
@pytest.mark.parametrize("expires_after", [None, 1_790_000_000_000])
def test_signer_after_a_trip_through_json(vault: str | None, expires_after: int | None) -> None:
    action = {"type": "cancel", "cancels": [{"a": 2, "o": 77}]}
    signature = sign_l1_action(WALLET, action, vault, 123, expires_after, False)
    received = json.loads(json.dumps(action))
    assert recover_l1(action_hash(received, 123, vault, expires_after), numbers(signature)) == (
        WALLET.address.lower()
    )


def test_signer_of_an_approval() -> None:
    action = {"type": "approveAgent", "agentAddress": "0x" + "1" * 40, "agentName": "me", "nonce": 5}
    signature = sign_agent(WALLET, action, False)
    assert recover_user(action, numbers(signature)) == WALLET.address.lower()
    assert recover_user({**action, "agentName": "you"}, numbers(signature)) != WALLET.address.lower()


@pytest.mark.parametrize("signature", [(27, 0, 0), (3, 1, 1), (27, 1 << 256, 1), (28, 5, (1 << 256) - 1)])
def test_nonsense_has_no_signer(signature: tuple[int, int, int]) -> None:
    with pytest.raises(UnrecoverableError):
        recover_l1(b"\0" * 32, signature)


def test_numbers_too_large_for_the_encoding() -> None:
    with pytest.raises(OverflowError):
        action_hash(DUMMY, 1 << 64, None, None)
    with pytest.raises(OverflowError):
        action_hash({"type": "dummy", "num": 1 << 64}, 0, None, None)
