"""Whatever is sent, the doors answer or call it malformed; nothing else comes out of them."""

from __future__ import annotations

import contextlib
import json
from copy import deepcopy
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hypertui.venue.api.endpoints import Doors
from hypertui.venue.api.gateway import Gateway
from hypertui.venue.api.info import Info
from hypertui.venue.api.throttle import ThrottledAddress
from hypertui.venue.api.ws_sessions import Hub
from hypertui.venue.faults.faults import Faults
from hypertui.venue.model.messages import MalformedError
from tests.venue.helpers import ALICE, START, Venue

ORDER = {
    "a": 2,
    "b": True,
    "p": "90",
    "s": "1",
    "r": False,
    "t": {"limit": {"tif": "Gtc"}},
    "c": "0x" + "1" * 32,
}
TRIGGER = {"trigger": {"isMarket": True, "triggerPx": "110", "tpsl": "sl"}}
CHILD = {
    **ORDER,
    "b": False,
    "r": True,
    "p": "80",
    "t": {"trigger": TRIGGER["trigger"] | {"triggerPx": "85"}},
}
SIGNED = {"signatureChainId": "0x66eee", "hyperliquidChain": "Testnet", "nonce": START}
ACTIONS: list[dict[str, Any]] = [
    {"type": "order", "orders": [ORDER, {**ORDER, "p": "120", "t": TRIGGER}], "grouping": "na"},
    {"type": "cancel", "cancels": [{"a": 2, "o": 1}]},
    {"type": "cancelByCloid", "cancels": [{"asset": 2, "cloid": "0x" + "1" * 32}]},
    {"type": "updateLeverage", "asset": 2, "isCross": True, "leverage": 5},
    {"type": "scheduleCancel", "time": START + 10_000},
    {
        "type": "approveAgent",
        "signatureChainId": "0x66eee",
        "hyperliquidChain": "Testnet",
        "agentAddress": ALICE,
        "agentName": "x",
        "nonce": START,
    },
    {"type": "noop"},
    {"type": "order", "orders": [ORDER, CHILD], "grouping": "normalTpsl"},
    {"type": "order", "orders": [CHILD], "grouping": "positionTpsl", "builder": {"b": ALICE, "f": 1}},
    {"type": "modify", "oid": 1, "order": ORDER},
    {"type": "batchModify", "modifies": [{"oid": "0x" + "1" * 32, "order": ORDER, "a": True}]},
    {"type": "updateIsolatedMargin", "asset": 2, "isBuy": True, "ntli": -1_000_000},
    {"type": "setReferrer", "code": "FRIEND"},
    {"type": "createSubAccount", "name": "one"},
    {"type": "subAccountTransfer", "subAccountUser": ALICE, "isDeposit": True, "usd": 1},
    SIGNED | {"type": "approveBuilderFee", "maxFeeRate": "0.01%", "builder": ALICE},
    SIGNED | {"type": "usdClassTransfer", "amount": f"1 subaccount:{ALICE}", "toPerp": True},
    SIGNED | {"type": "usdSend", "destination": ALICE, "amount": "1", "time": START},
]
QUESTIONS: list[dict[str, Any]] = [
    {"type": kind, "user": ALICE, "coin": "SOL", "oid": 1, "startTime": 0, "nSigFigs": 5, "dex": ""}
    | {"req": {"coin": "SOL", "interval": "1h", "startTime": 0, "endTime": START}, "builder": ALICE, "id": 20}
    for kind in (
        "meta",
        "spotMeta",
        "perpDexs",
        "metaAndAssetCtxs",
        "allMids",
        "exchangeStatus",
        "l2Book",
        "recentTrades",
        "clearinghouseState",
        "spotClearinghouseState",
        "openOrders",
        "frontendOpenOrders",
        "historicalOrders",
        "orderStatus",
        "userFills",
        "userFillsByTime",
        "userFunding",
        "userNonFundingLedgerUpdates",
        "userRole",
        "userFees",
        "userRateLimit",
        "userAbstraction",
        "extraAgents",
        "spotMetaAndAssetCtxs",
        "allPerpMetas",
        "marginTable",
        "maxMarketOrderNtls",
        "perpsAtOpenInterestCap",
        "predictedFundings",
        "candleSnapshot",
        "fundingHistory",
        "activeAssetData",
        "subAccounts",
        "portfolio",
        "referral",
        "maxBuilderFee",
        "approvedBuilders",
        "userDexAbstraction",
        "userTwapSliceFills",
        "userVaultEquities",
    )
]
ODDITIES: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    1.5,
    1 << 70,
    "",
    "0",
    "-5",
    "1e5",
    "0x",
    "9" * 25,
    "0.00000000000000000001",
    "99999999999999999999",
    "\ud800",
    [],
    {},
    [[]],
)


def mutate(value: Any, random: Random) -> Any:
    """A copy of a JSON value with some of its parts dropped or replaced."""
    if random.random() < 0.06:
        return random.choice(ODDITIES)
    if isinstance(value, dict):
        return {key: mutate(part, random) for key, part in value.items() if random.random() > 0.03}
    if isinstance(value, list):
        return [mutate(part, random) for part in value]
    return deepcopy(value)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 1_000_000))
def test_the_doors_stand(seed: int) -> None:
    random = Random(seed)
    venue = Venue()
    gateway = Gateway(venue.core)
    info = Info(venue.core, gateway.asked_about)
    faults = Faults(lambda: venue.now)
    hub = Hub(venue.core, info, Doors(venue.core, info, gateway, faults), faults)
    sent: list[str] = []
    session = hub.open(sent.append, ThrottledAddress(False, START), lambda seconds, call: call())
    for step in range(30):
        body = {
            "action": random.choice(ACTIONS),
            "nonce": START + step,
            "signature": {"r": f"0x{random.randint(1, 9)}", "s": "0x5", "v": 27},
            "vaultAddress": None,
            "expiresAfter": None,
        }
        with contextlib.suppress(MalformedError):
            json.dumps(gateway.submit(mutate(body, random)))
        question = random.choice(QUESTIONS)
        with contextlib.suppress(MalformedError):
            json.dumps(info.answer(mutate(question, random)))
        subscription = {"method": "subscribe", "subscription": {**question, "type": "l2Book", "mantissa": 2}}
        before = len(sent)
        hub.receive(session, json.dumps(mutate(subscription, random)))
        assert len(sent) > before, "every message is answered"


def test_every_question_has_an_answer() -> None:
    venue = Venue()
    info = Info(venue.core, Gateway(venue.core).asked_about)
    for question in QUESTIONS:
        json.dumps(info.answer(question))
