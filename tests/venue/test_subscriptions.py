"""Every subscription: how it is echoed, what it begins with, what it goes on with, how it is refused."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from hypertui.core.market import Side
from hypertui.venue.model.orders import Tif
from tests.venue.client import Client, data
from tests.venue.helpers import ALICE, BOB

USER_STATES = ("openOrders", "clearinghouseState", "allDexsClearinghouseState", "spotState", "webData3")


@pytest.mark.parametrize(
    ("wanted", "echo", "first"),
    [
        ({"type": "allMids"}, {"dex": None}, "allMids"),
        ({"type": "allMids", "dex": ""}, {}, "allMids"),
        ({"type": "l2Book", "coin": "SOL"}, {"nSigFigs": None, "mantissa": None, "fast": False}, "l2Book"),
        ({"type": "l2Book", "coin": "SOL", "nSigFigs": 5, "mantissa": 2}, {"fast": False}, "l2Book"),
        ({"type": "l2Book", "coin": "SOL", "fast": True}, {"nSigFigs": None, "mantissa": None}, "l2Book"),
        ({"type": "bbo", "coin": "SOL"}, {}, "bbo"),
        ({"type": "trades", "coin": "SOL"}, {}, None),
        ({"type": "activeAssetCtx", "coin": "SOL"}, {}, "activeAssetCtx"),
        ({"type": "assetCtxs"}, {"dex": None}, "assetCtxs"),
        ({"type": "allDexsAssetCtxs"}, {}, "allDexsAssetCtxs"),
        ({"type": "orderUpdates", "user": ALICE}, {}, None),
        ({"type": "userEvents", "user": ALICE}, {}, None),
        ({"type": "notification", "user": ALICE}, {}, None),
        ({"type": "userFills", "user": ALICE}, {"aggregateByTime": None}, "userFills"),
        ({"type": "userFills", "user": ALICE, "aggregateByTime": True}, {}, "userFills"),
        ({"type": "userFundings", "user": ALICE}, {}, "userFundings"),
        ({"type": "userNonFundingLedgerUpdates", "user": ALICE}, {}, "userNonFundingLedgerUpdates"),
        ({"type": "userHistoricalOrders", "user": ALICE}, {}, "userHistoricalOrders"),
        ({"type": "userTwapSliceFills", "user": ALICE}, {}, "userTwapSliceFills"),
        ({"type": "userTwapHistory", "user": ALICE}, {}, "userTwapHistory"),
        ({"type": "openOrders", "user": ALICE}, {"dex": None}, "openOrders"),
        ({"type": "clearinghouseState", "user": ALICE}, {"dex": None}, "clearinghouseState"),
        ({"type": "allDexsClearinghouseState", "user": ALICE}, {}, "allDexsClearinghouseState"),
        ({"type": "spotState", "user": ALICE}, {"ignorePortfolioMargin": False}, "spotState"),
        ({"type": "spotState", "user": ALICE, "ignorePortfolioMargin": True}, {}, "spotState"),
        ({"type": "twapStates", "user": ALICE}, {"dex": None}, "twapStates"),
        ({"type": "webData3", "user": ALICE}, {}, "webData3"),
    ],
)
def test_acknowledged_and_begun(wanted: dict[str, Any], echo: dict[str, Any], first: str | None) -> None:
    client = Client()
    answers = client.subscribe(**wanted)
    assert answers[0]["channel"] == "subscriptionResponse"
    assert answers[0]["data"] == {"method": "subscribe", "subscription": {**wanted, **echo}}
    assert [answer["channel"] for answer in answers[1:]] == ([] if first is None else [first])
    again = client.subscribe(**wanted)
    assert again == [
        {"channel": "error", "data": f"Already subscribed: {json.dumps(wanted, separators=(',', ':'))}"}
    ]
    gone = client.ask("unsubscribe", **wanted)
    assert gone[0]["data"] == {"method": "unsubscribe", "subscription": {**wanted, **echo}}
    client.trade()
    client.venue.price("101")
    assert client.later(60) == []
    assert client.ask("unsubscribe", **wanted)[0]["data"].startswith("Already unsubscribed: {")


def test_addresses_are_echoed_in_lower_case() -> None:
    (ack, _) = Client().subscribe(type="userFundings", user="0x" + "A" * 40)
    assert ack["data"]["subscription"]["user"] == "0x" + "a" * 40


@pytest.mark.parametrize(
    "wanted",
    [
        {"type": "bbo", "coin": "DOGE"},
        {"type": "candle", "coin": "SOL", "interval": "7m"},
        {"type": "allMids", "dex": "other"},
        {"type": "openOrders", "user": ALICE, "dex": "other"},
        {"type": "activeAssetData", "user": ALICE, "coin": "DOGE"},
    ],
)
def test_what_is_not_there(wanted: dict[str, Any]) -> None:
    client = Client()
    shown = json.dumps(wanted, separators=(",", ":"))
    assert client.subscribe(**wanted) == [{"channel": "error", "data": f"Invalid subscription {shown}"}]
    assert not client.session.feeds


@pytest.mark.parametrize(
    "wanted",
    [
        {"type": "webData2", "user": ALICE},
        {"type": "spotState", "user": ALICE, "ignorePortfolioMargin": "yes"},
        {"type": "bbo"},
        {"type": "bbo", "coin": 7},
        {"type": "userFills", "user": "me"},
        {"type": "userFills", "user": ALICE, "aggregateByTime": "yes"},
        {"type": "l2Book", "coin": "SOL", "nSigFigs": 9},
        {"type": "l2Book", "coin": "SOL", "fast": 1},
        {},
    ],
)
def test_what_is_not_understood(wanted: dict[str, Any]) -> None:
    (error,) = Client().subscribe(**wanted)
    assert error["data"].startswith("Error parsing JSON into valid websocket request: {")


def test_a_fill_on_every_channel() -> None:
    client = Client()
    for kind in ("orderUpdates", "userEvents", "userFills", "userHistoricalOrders", "openOrders"):
        client.subscribe(type=kind, user=ALICE)
    client.subscribe(type="clearinghouseState", user=ALICE)
    client.later()
    client.trade(BOB)
    assert client.later() == []
    client.trade()
    heard = client.later(0.25)
    ((update,),) = data(heard, "orderUpdates")
    assert update["status"] == "filled" and "triggerPx" not in update["order"]
    (history,) = data(heard, "userHistoricalOrders")
    assert "isSnapshot" not in history
    (row,) = history["orderHistory"]
    assert row["status"] == "filled" and row["order"]["orderType"] == "Limit"
    (events,) = data(heard, "user")
    (fills,) = data(heard, "userFills")
    assert events["fills"] == fills["fills"] and "isSnapshot" not in fills
    (state,) = data(heard, "clearinghouseState")
    assert state["user"] == ALICE and state["dex"] == ""
    assert state["clearinghouseState"]["assetPositions"][0]["position"]["szi"] == "10.0"


def test_states_are_shown_after_a_change_and_every_five_seconds() -> None:
    client = Client()
    client.subscribe(type="openOrders", user=ALICE)
    assert client.later(4.9) == []
    assert data(client.later(0.1), "openOrders")[0]["orders"] == []
    client.venue.buy("1", "90")
    (shown,) = data(client.later(0.25), "openOrders")
    assert shown["orders"][0]["limitPx"] == "90.0" and shown["orders"][0]["isTrigger"] is False
    assert client.later(4.9) == []


@pytest.mark.parametrize("kind", USER_STATES)
def test_states_repeat_what_can_be_asked(kind: str) -> None:
    client = Client()
    client.trade()
    client.venue.buy("1", "90")
    shown = client.subscribe(type=kind, user=ALICE)[1]["data"]
    asked = {
        "openOrders": "frontendOpenOrders",
        "clearinghouseState": "clearinghouseState",
        "spotState": "spotClearinghouseState",
    }
    if kind in asked:
        name = {"openOrders": "orders"}.get(kind, kind)
        assert shown[name] == client.info.answer({"type": asked[kind], "user": ALICE})
    elif kind == "allDexsClearinghouseState":
        assert shown["clearinghouseStates"] == [
            ["", client.info.answer({"type": "clearinghouseState", "user": ALICE})]
        ]
    else:
        assert shown["userState"]["user"] == ALICE and shown["userState"]["cumLedger"] == "10000.0"


def test_fills_by_time_are_one() -> None:
    client = Client(depth=Decimal(20_000), levels=20)
    client.subscribe(type="userFills", user=ALICE)
    client.subscribe(type="userFills", user=ALICE, aggregateByTime=True)
    client.later()
    client.trade(ALICE)
    client.venue.place(Side.BUY, "40", "110", Tif.IOC)
    apart, together = [], []
    for message in data(client.later(), "userFills"):
        (together if len(message["fills"]) == 1 and len(apart) > len(together) else apart).append(message)
    assert sum(len(message["fills"]) for message in apart) > len(together) == 2
    sizes = [
        sum(Decimal(fill["sz"]) for message in each for fill in message["fills"])
        for each in (apart, together)
    ]
    assert sizes[0] == sizes[1] == 50
    snapshot = client.ask("unsubscribe", type="userFills", user=ALICE, aggregateByTime=True)
    snapshot = client.subscribe(type="userFills", user=ALICE, aggregateByTime=True)
    assert [fill["sz"] for fill in snapshot[1]["data"]["fills"]] == ["40.0", "10.0"]


def test_books_keep_their_pace() -> None:
    client = Client()
    client.subscribe(type="l2Book", coin="SOL")
    client.subscribe(type="l2Book", coin="SOL", fast=True)
    client.later(1)
    client.venue.price("101")
    heard = data(client.later(), "l2Book")
    assert sorted(len(book["levels"][0]) for book in heard) == [5, 20]
    client.venue.price("102")
    assert data(client.later(), "l2Book") == []
    assert [len(book["levels"][0]) for book in data(client.later(0.25), "l2Book")] == [5]
    assert [len(book["levels"][0]) for book in data(client.later(0.25), "l2Book")] == [20]
    assert data(client.later(5), "l2Book") == []


def test_the_best_prices_only_when_they_change() -> None:
    client = Client()
    client.subscribe(type="bbo", coin="SOL")
    client.venue.buy("1", "90")
    assert data(client.later(), "bbo") == []
    client.venue.price("101")
    assert len(data(client.later(), "bbo")) == 1


@pytest.mark.parametrize("interval", ["1m", "1h", "1M"])
def test_candles_are_the_latest_that_can_be_asked_for(interval: str) -> None:
    client = Client()
    assert data(client.subscribe(type="candle", coin="SOL", interval=interval), "candle") == []
    for minutes, price in ((0, "101"), (1, "99"), (61, "102")):
        client.venue.now += 60_000 * minutes
        client.venue.price(price)
        *_, candle = data(client.later(0.5), "candle")
        wanted = {"coin": "SOL", "interval": interval, "startTime": 0}
        assert candle == client.info.answer({"type": "candleSnapshot", "req": wanted})[-1]
    client.venue.price("101")
    client.later(0.1)
    client.venue.price("103")
    assert data(client.later(0.1), "candle") == [], "at most twice a second"
    assert len(data(client.later(0.4), "candle")) == 1
    assert data(client.later(9), "candle") == []


def test_a_capped_market_shows_in_the_web_data() -> None:
    client = Client()
    client.venue.core.books["SOL"].capped = True
    (shown,) = data(client.subscribe(type="webData3", user=ALICE), "webData3")
    assert shown["perpDexStates"][0]["perpsAtOpenInterestCap"] == ["SOL"]
    assert shown["userState"]["cumLedger"] == "10000.0"


def test_trading_limits_are_told_again_and_again() -> None:
    client = Client()
    limits = {"user": ALICE, "coin": "SOL", "maxTradeSzs": ["1.0", "1.0"]}
    client.info._answers["activeAssetData"] = lambda body: limits
    wanted = {"type": "activeAssetData", "user": ALICE, "coin": "SOL"}
    assert data(client.subscribe(**wanted), "activeAssetData") == [limits]
    client.trade()
    assert data(client.later(), "activeAssetData") == [limits]


def test_a_fast_book_is_shallow_and_says_so() -> None:
    client = Client()
    fast = data(client.subscribe(type="l2Book", coin="SOL", fast=True), "l2Book")[0]
    assert fast["fast"] is True and [len(side) for side in fast["levels"]] == [5, 5]
    coarse = data(client.subscribe(type="l2Book", coin="SOL", nSigFigs=5), "l2Book")[0]
    assert "fast" not in coarse and coarse["spread"] == "0.02"
