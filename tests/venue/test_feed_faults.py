"""Faults of the feeds: what a client is told instead of the truth, and that the truth is kept."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from hypertui.core.market import Side
from hypertui.venue.faults.faults import Faults
from hypertui.venue.faults.feed_faults import FeedFaults
from tests.venue.client import Client, data
from tests.venue.helpers import ALICE


def test_acknowledgements_go_wrong() -> None:
    client = Client()
    client.faults.on("ws-double-ack", count=1)
    assert [each["channel"] for each in client.subscribe(type="bbo", coin="SOL")] == [
        "subscriptionResponse",
        "subscriptionResponse",
        "bbo",
    ]
    client.faults.on("ws-late-ack", count=1)
    assert [each["channel"] for each in client.subscribe(type="l2Book", coin="SOL")] == [
        "l2Book",
        "subscriptionResponse",
    ]
    client.faults.on("ws-already-subscribed", count=1)
    (answer,) = client.subscribe(type="allMids")
    assert answer["data"].startswith("Already subscribed: ")


def test_a_pong_is_dropped() -> None:
    client = Client()
    client.faults.on("ws-no-pong", count=1)
    for _ in range(2):
        client.hub.receive(client.session, '{"method":"ping"}')
    assert client.heard == [{"channel": "pong"}]


def order_channels(client: Client) -> list[str]:
    client.later()
    client.trade()
    return [message["channel"] for message in client.later()]


def test_fills_come_first() -> None:
    client = Client()
    client.subscribe(type="orderUpdates", user=ALICE)
    client.subscribe(type="userFills", user=ALICE)
    assert order_channels(client) == ["orderUpdates", "userFills"]
    client.faults.on("ws-fills-first", count=1)
    assert order_channels(client) == ["userFills", "orderUpdates"]


def test_updates_are_lost_or_strange() -> None:
    client = Client()
    client.subscribe(type="orderUpdates", user=ALICE)
    client.faults.on("ws-missed-updates", count=1)
    assert order_channels(client) == []
    client.faults.on("ws-unknown-status", count=1)
    client.later()
    client.trade()
    ((update,),) = data(client.later(), "orderUpdates")
    assert update["status"] not in ("open", "filled", "canceled")


def test_open_and_canceled_change_places() -> None:
    client = Client()
    client.subscribe(type="orderUpdates", user=ALICE)
    client.venue.buy("1", "90")
    client.later()

    def replace_it() -> list[str]:
        oid = max(client.venue.account().open_orders)
        request = client.venue.request(Side.BUY, "1", "91")
        client.venue.core.modify(client.venue.account(), oid, request)
        (updates,) = data(client.later(), "orderUpdates")
        return [update["status"] for update in updates]

    usual = replace_it()
    assert sorted(usual) == ["canceled", "open"]
    client.faults.on("ws-swapped-updates", count=1)
    assert replace_it() == usual[::-1]


def test_fills_that_were_seen_come_again() -> None:
    client = Client()
    client.subscribe(type="userFills", user=ALICE)
    client.faults.on("ws-seen-fills", count=1)
    client.later()
    client.trade()
    news, snapshot = data(client.later(), "userFills")
    assert "isSnapshot" not in news and snapshot["isSnapshot"] is True
    assert news["fills"] == snapshot["fills"]


def test_market_data_goes_wrong() -> None:
    client = Client()
    for kind in ("trades", "bbo", "l2Book"):
        client.subscribe(type=kind, coin="SOL")
    client.later(1)

    def moved(name: str, price: str, **terms: Any) -> list[Any]:
        client.faults.off_all()
        client.faults.on(name, **terms)
        client.venue.now += 1_000
        client.venue.price(price)
        return client.later()

    first, second = data(moved("ws-double-trades", "101"), "trades")
    assert first == second
    (null_side,) = data(moved("ws-null-side", "102"), "bbo")
    assert null_side["bbo"][0] is None and null_side["bbo"][1] is not None
    heard = moved("ws-crossed-book", "103")
    (top,), (book,) = data(heard, "bbo"), data(heard, "l2Book")
    for bid, ask in (top["bbo"], (side[0] for side in book["levels"])):
        assert Decimal(bid["px"]) > Decimal(ask["px"])
    heard = moved("ws-empty-book", "104")
    assert data(heard, "bbo")[0]["bbo"] == [None, None]
    assert data(heard, "l2Book")[0]["levels"] == [[], []]
    heard = moved("ws-unknown-fields", "105", only="bbo", count=1)
    assert data(heard, "futureChannel") and "futureField" in data(heard, "bbo")[0]


def test_a_candle_comes_again_after_a_newer_one() -> None:
    faults = Faults(lambda: 0)
    feeds = FeedFaults(faults)
    faults.on("ws-old-candle", count=1)
    old, new = ({"s": "SOL", "i": "1m", "t": time, "c": "1"} for time in (0, 60_000))
    assert feeds.shape("candle", old) == [("candle", old)]
    assert feeds.shape("candle", new) == [("candle", new), ("candle", old)]
    assert feeds.shape("candle", old) == [("candle", old)]


def test_faults_do_not_reach_into_what_is_kept() -> None:
    client = Client()
    client.subscribe(type="userFills", user=ALICE)
    client.subscribe(type="orderUpdates", user=ALICE)
    client.subscribe(type="trades", coin="SOL")
    for name in ("ws-unknown-fields", "ws-unknown-status", "ws-seen-fills"):
        client.faults.on(name)
    client.trade()
    kept = json.dumps([list(client.venue.account().fills), list(client.venue.core.books["SOL"].recent)])
    assert "futureField" not in kept and "isSnapshot" not in kept
