"""Hashes and signers, against the official client's published vectors and its own signing functions."""

from __future__ import annotations

import json
from typing import Any

import msgpack
import pytest
from eth_account import Account
from eth_keys import KeyAPI
from hyperliquid.utils.signing import sign_agent, sign_l1_action

from hypertui.venue.api.actions import parse
from hypertui.venue.api.signing import UnrecoverableError, action_hash, recover_l1, recover_user
from tests.venue.helpers import Venue

WALLET = Account.from_key("0x0123456789012345678901234567890123456789012345678901234567890123")
DUMMY = {"type": "dummy", "num": 100_000_000_000}


def numbers(signature: dict[str, Any]) -> tuple[int, int, int]:
    return signature["v"], int(signature["r"], 16), int(signature["s"], 16)


def test_the_fast_recovery_is_in_use() -> None:
    assert type(KeyAPI().backend).__name__ == "CoinCurveECCBackend"


def test_connection_id_of_a_published_order() -> None:
    action = order(a=4, p="1670.1", s="0.0147", t={"limit": {"tif": "Ioc"}})
    connection_id = action_hash(action, 1677777606040, None, None)
    assert connection_id.hex() == "0fcbeda5ae3c4950a548021552a4fea2226858c4453571bf3f24ba017eac2908"


def order(**terms: Any) -> dict[str, Any]:
    """The order of the client's vectors: 100 ETH at 100."""
    kind = {"limit": {"tif": "Gtc"}}
    wire = {"a": 1, "b": True, "p": "100", "s": "100", "r": False, "t": kind}
    return {"type": "order", "orders": [wire | terms], "grouping": "na"}


STOP = {"trigger": {"isMarket": True, "triggerPx": "103", "tpsl": "sl"}}
VAULT = "0x1719884eb866cb12b2287399b15f7db5e7d775ea"
SUB = "0x1d9470d4b963f552e6f671a81619d395877bf409"
TRANSFER = {"type": "subAccountTransfer", "subAccountUser": SUB, "isDeposit": True, "usd": 10}
# The client does not pad: some numbers have 63 digits.
VECTORS: list[tuple[dict[str, Any], str | None, str, int, str, str]] = [
    (
        DUMMY,
        None,
        "a",
        27,
        "0x53749d5b30552aeb2fca34b530185976545bb22d0b3ce6f62e31be961a59298",
        "0x755c40ba9bf05223521753995abb2f73ab3229be8ec921f350cb447e384d8ed8",
    ),
    (
        DUMMY,
        None,
        "b",
        28,
        "0x542af61ef1f429707e3c76c5293c80d01f74ef853e34b76efffcb57e574f9510",
        "0x17b8b32f086e8cdede991f1e2c529f5dd5297cbe8128500e00cbaf766204a613",
    ),
    (
        order(),
        None,
        "a",
        28,
        "0xd65369825a9df5d80099e513cce430311d7d26ddf477f5b3a33d2806b100d78e",
        "0x2b54116ff64054968aa237c20ca9ff68000f977c93289157748a3162b6ea940e",
    ),
    (
        order(),
        None,
        "b",
        27,
        "0x82b2ba28e76b3d761093aaded1b1cdad4960b3af30212b343fb2e6cdfa4e3d54",
        "0x6b53878fc99d26047f4d7e8c90eb98955a109f44209163f52d8dc4278cbbd9f5",
    ),
    (
        order(c="0x00000000000000000000000000000001"),
        None,
        "a",
        27,
        "0x41ae18e8239a56cacbc5dad94d45d0b747e5da11ad564077fcac71277a946e3",
        "0x3c61f667e747404fe7eea8f90ab0e76cc12ce60270438b2058324681a00116da",
    ),
    (
        order(c="0x00000000000000000000000000000001"),
        None,
        "b",
        28,
        "0xeba0664bed2676fc4e5a743bf89e5c7501aa6d870bdb9446e122c9466c5cd16d",
        "0x7f3e74825c9114bc59086f1eebea2928c190fdfbfde144827cb02b85bbe90988",
    ),
    (
        DUMMY,
        VAULT,
        "a",
        28,
        "0x3c548db75e479f8012acf3000ca3a6b05606bc2ec0c29c50c515066a326239",
        "0x4d402be7396ce74fbba3795769cda45aec00dc3125a984f2a9f23177b190da2c",
    ),
    (
        DUMMY,
        VAULT,
        "b",
        27,
        "0xe281d2fb5c6e25ca01601f878e4d69c965bb598b88fac58e475dd1f5e56c362b",
        "0x7ddad27e9a238d045c035bc606349d075d5c5cd00a6cd1da23ab5c39d4ef0f60",
    ),
    (
        order(t=STOP),
        None,
        "a",
        27,
        "0x98343f2b5ae8e26bb2587daad3863bc70d8792b09af1841b6fdd530a2065a3f9",
        "0x6b5bb6bb0633b710aa22b721dd9dee6d083646a5f8e581a20b545be6c1feb405",
    ),
    (
        order(t=STOP),
        None,
        "b",
        28,
        "0x971c554d917c44e0e1b6cc45d8f9404f32172a9d3b3566262347d0302896a2e4",
        "0x206257b104788f80450f8e786c329daa589aa0b32ba96948201ae556d5637eac",
    ),
    (
        {"type": "createSubAccount", "name": "example"},
        None,
        "a",
        27,
        "0x51096fe3239421d16b671e192f574ae24ae14329099b6db28e479b86cdd6caa7",
        "0xb71f7d293af92d3772572afb8b102d167a7cef7473388286bc01f52a5c5b423",
    ),
    (
        {"type": "createSubAccount", "name": "example"},
        None,
        "b",
        28,
        "0xa699e3ed5c2b89628c746d3298b5dc1cca604694c2c855da8bb8250ec8014a5b",
        "0x53f1b8153a301c72ecc655b1c315d64e1dcea3ee58921fd7507e35818fcc1584",
    ),
    (
        TRANSFER,
        None,
        "a",
        28,
        "0x43592d7c6c7d816ece2e206f174be61249d651944932b13343f4d13f306ae602",
        "0x71a926cb5c9a7c01c3359ec4c4c34c16ff8107d610994d4de0e6430e5cc0f4c9",
    ),
    (
        TRANSFER,
        None,
        "b",
        28,
        "0xe26574013395ad55ee2f4e0575310f003c5bb3351b5425482e2969fa51543927",
        "0xefb08999196366871f919fd0e138b3a7f30ee33e678df7cfaf203e25f0a4278",
    ),
    (
        {"type": "scheduleCancel"},
        None,
        "a",
        27,
        "0x6cdfb286702f5917e76cd9b3b8bf678fcc49aec194c02a73e6d4f16891195df9",
        "0x6557ac307fa05d25b8d61f21fb8a938e703b3d9bf575f6717ba21ec61261b2a0",
    ),
    (
        {"type": "scheduleCancel"},
        None,
        "b",
        28,
        "0xc75bb195c3f6a4e06b7d395acc20bbb224f6d23ccff7c6a26d327304e6efaeed",
        "0x342f8ede109a29f2c0723bd5efb9e9100e3bbb493f8fb5164ee3d385908233df",
    ),
    (
        {"type": "scheduleCancel", "time": 123456789},
        None,
        "a",
        28,
        "0x609cb20c737945d070716dcc696ba030e9976fcf5edad87afa7d877493109d55",
        "0x16c685d63b5c7a04512d73f183b3d7a00da5406ff1f8aad33f8ae2163bab758b",
    ),
    (
        {"type": "scheduleCancel", "time": 123456789},
        None,
        "b",
        27,
        "0x4e4f2dbd4107c69783e251b7e1057d9f2b9d11cee213441ccfa2be63516dc5bc",
        "0x706c656b23428c8ba356d68db207e11139ede1670481a9e01ae2dfcdb0e1a678",
    ),
]


@pytest.mark.parametrize(("action", "vault", "source", "v", "r", "s"), VECTORS)
def test_signer_of_a_published_signature(
    action: dict[str, Any], vault: str | None, source: str, v: int, r: str, s: str
) -> None:
    signature = (v, int(r, 16), int(s, 16))
    connection_id = action_hash(action, 0, vault, None)
    assert recover_l1(connection_id, signature, source) == WALLET.address.lower()
    other = "b" if source == "a" else "a"
    assert recover_l1(connection_id, signature, other) != WALLET.address.lower()


@pytest.mark.parametrize(
    "action", [action for action, *_ in VECTORS if action["type"] != "dummy"], ids=lambda each: each["type"]
)
def test_what_the_client_signs_is_the_canonical_form(action: dict[str, Any]) -> None:
    form = parse(Venue().core, action).form
    assert msgpack.packb(form) == msgpack.packb(action)


@pytest.mark.parametrize(
    ("kind", "v", "r", "s"),
    [
        (
            "usdSend",
            27,
            "0x637b37dd731507cdd24f46532ca8ba6eec616952c56218baeff04144e4a77073",
            "0x11a6a24900e6e314136d2592e2f8d502cd89b7c15b198e1bee043c9589f9fad7",
        ),
        (
            "withdraw3",
            28,
            "0x8363524c799e90ce9bc41022f7c39b4e9bdba786e5f9c72b20e43e1462c37cf9",
            "0x58b1411a775938b83e29182e8ef74975f9054c8e97ebf5ec2dc8d51bfc893881",
        ),
    ],
)
def test_signer_of_a_published_transfer(kind: str, v: int, r: str, s: str) -> None:
    action = {
        "type": kind,
        "signatureChainId": "0x66eee",
        "hyperliquidChain": "Testnet",
        "destination": "0x5e9ee1089755c3435139848e47e6635505d5a13a",
        "amount": "1",
        "time": 1687816341423,
    }
    assert recover_user(action, (v, int(r, 16), int(s, 16))) == WALLET.address.lower()


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
