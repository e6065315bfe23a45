"""Orders of every kind as the official client sends them and sees them: answers, lists, statuses, feed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from eth_account import Account
from hyperliquid.exchange import Exchange
from hyperliquid.info import Info

from tests.support.local_venue import LocalVenue
from tests.venue.test_feeds import receive, run, subscribed

KEY = Account.from_key("0x" + "1" * 64)
USER = KEY.address
FIELDS = {
    *("coin", "side", "limitPx", "sz", "oid", "timestamp", "origSz", "reduceOnly", "cloid", "children"),
    *("triggerCondition", "isTrigger", "triggerPx", "isPositionTpsl", "orderType", "tif"),
}


class Client:
    """The client with an account on a venue where SOL stands at 100."""

    def __init__(self, venue: LocalVenue) -> None:
        self.venue = venue
        self.exchange = Exchange(KEY, venue.base_url, timeout=10)
        self.info = Info(venue.base_url, skip_ws=True, timeout=10)

    def place(self, *orders: dict[str, Any], grouping: str = "na") -> list[Any]:
        answer = self.exchange.bulk_orders(list(orders), grouping=grouping)
        assert answer["status"] == "ok" and answer["response"]["type"] == "order"
        return list(answer["response"]["data"]["statuses"])

    def open(self) -> list[Any]:
        """The working orders in their long form, of which the short one is a part."""
        orders = self.info.frontend_open_orders(USER)
        for long, brief in zip(orders, self.info.open_orders(USER), strict=True):
            assert long.keys() == FIELDS
            assert brief.items() <= long.items()
            assert brief.get("reduceOnly", False) == long["reduceOnly"]
        return list(orders)

    def status(self, oid: int) -> str:
        return str(self.info.query_order_by_oid(USER, oid)["order"]["status"])


@pytest.fixture
def client() -> Iterator[Client]:
    with LocalVenue({"SOL": Decimal(100)}) as venue:
        yield Client(venue)


def limit(is_buy: bool, price: float, tif: str, size: float = 4, **more: Any) -> dict[str, Any]:
    return {
        "coin": "SOL",
        "is_buy": is_buy,
        "sz": size,
        "limit_px": price,
        "order_type": {"limit": {"tif": tif}},
        "reduce_only": False,
    } | more


def trigger(
    is_buy: bool, at: float, tpsl: str, worst: float, size: float = 4, *, is_market: bool = True
) -> dict[str, Any]:
    kind = {"trigger": {"triggerPx": at, "isMarket": is_market, "tpsl": tpsl}}
    return limit(is_buy, worst, "", size, order_type=kind, reduce_only=not is_buy)


BRACKET = (limit(True, 98, "Alo"), trigger(False, 95, "sl", 90), trigger(False, 105, "tp", 100))


@pytest.mark.parametrize(
    ("order", "kind", "tif", "condition"),
    [
        (limit(True, 90, "Gtc"), "Limit", "Gtc", "N/A"),
        (limit(False, 110, "Alo"), "Limit", "Alo", "N/A"),
        (trigger(False, 95, "sl", 90), "Stop Market", None, "Price below 95.0"),
        (trigger(True, 105, "sl", 105, is_market=False), "Stop Limit", None, "Price above 105.0"),
        (trigger(False, 105, "tp", 100), "Take Profit Market", None, "Price above 105.0"),
        (trigger(True, 95, "tp", 95, is_market=False), "Take Profit Limit", None, "Price below 95.0"),
    ],
)
def test_each_kind_is_shown_as_what_it_is(
    client: Client, order: dict[str, Any], kind: str, tif: str | None, condition: str
) -> None:
    (answer,) = client.place(order)
    (shown,) = client.open()
    assert answer == {"resting": {"oid": shown["oid"]}}
    assert (shown["orderType"], shown["tif"], shown["triggerCondition"]) == (kind, tif, condition)
    assert shown["isTrigger"] == (tif is None)
    assert shown["reduceOnly"] == order["reduce_only"]
    assert (shown["isPositionTpsl"], shown["children"], shown["sz"]) == (False, [], "4.0")
    asked = client.info.query_order_by_oid(USER, shown["oid"])
    assert asked == {
        "status": "order",
        "order": {"order": shown, "status": "open", "statusTimestamp": shown["timestamp"]},
    }


def test_a_parent_and_its_children(client: Client) -> None:
    parent, *children = client.place(*BRACKET, grouping="normalTpsl")
    assert children == ["waitingForFill"] * 2
    first, *others = client.open()
    assert parent == {"resting": {"oid": first["oid"]}}
    assert first["children"] == others
    assert [(each["orderType"], each["sz"], each["reduceOnly"]) for each in others] == [
        ("Stop Market", "4.0", True),
        ("Take Profit Market", "4.0", True),
    ]
    assert not any(each["isPositionTpsl"] or each["children"] for each in others)
    client.venue.set_price("SOL", 98)
    assert client.status(first["oid"]) == "filled"
    assert client.open() == others
    client.venue.set_price("SOL", 95)
    assert [client.status(each["oid"]) for each in others] == ["filled", "siblingFilledCanceled"]
    rows = [(row["order"]["oid"], row["status"]) for row in client.info.historical_orders(USER)]
    stop, profit = (each["oid"] for each in others)
    assert rows[:3] == [(profit, "siblingFilledCanceled"), (stop, "filled"), (stop, "triggered")]


def test_the_orders_of_a_position(client: Client) -> None:
    client.place(limit(True, 101, "Ioc"))
    pair = [trigger(False, 95, "sl", 90, 0), trigger(False, 105, "tp", 100, 0)]
    assert client.place(*pair, grouping="positionTpsl") == ["waitingForTrigger"] * 2
    shown = client.open()
    assert [(each["isPositionTpsl"], each["sz"], each["origSz"]) for each in shown] == [
        (True, "0.0", "0.0")
    ] * 2
    client.place(limit(True, 101, "Ioc", 2))
    client.venue.set_price("SOL", 105)
    assert [client.status(each["oid"]) for each in shown] == ["siblingFilledCanceled", "filled"]
    fill = client.info.user_fills(USER)[0]
    assert (fill["sz"], fill["dir"], fill["oid"]) == ("6.0", "Close Long", shown[1]["oid"])


def test_only_an_order_of_the_position_may_be_without_a_size(client: Client) -> None:
    zero = trigger(False, 95, "sl", 90, 0)
    assert client.place(zero) == [{"error": "Order has zero size. asset=2"}]
    answer = client.place(BRACKET[0], zero, grouping="normalTpsl")
    assert answer == [{"error": "Order has zero size. asset=2"}]
    assert client.open() == []


def test_the_feeds_tell_of_a_group_as_the_lists_do(client: Client) -> None:
    async def test() -> None:
        feeds = [{"type": "orderUpdates", "user": USER}, {"type": "openOrders", "user": USER}]
        async with subscribed(client.venue, *feeds) as socket:
            assert (await receive(socket, "openOrders"))["orders"] == []
            await asyncio.to_thread(client.place, *BRACKET, grouping="normalTpsl")
            updates = await receive(socket, "orderUpdates")
            assert {update["status"] for update in updates} == {"open"}
            assert [update["order"].get("reduceOnly") for update in updates].count(True) == 2
            first, *others = (await receive(socket, "openOrders"))["orders"]
            assert first["children"] == others
            await asyncio.to_thread(client.venue.set_price, "SOL", 98)
            (filled,) = await receive(socket, "orderUpdates")
            assert (filled["order"]["oid"], filled["status"]) == (first["oid"], "filled")
            await asyncio.to_thread(client.venue.set_price, "SOL", 105)
            told = [(each["order"]["oid"], each["status"]) for each in await receive(socket, "orderUpdates")]
            stop, profit = (each["oid"] for each in others)
            assert told == [
                (profit, "triggered"),
                (profit, "filled"),
                (stop, "siblingFilledCanceled"),
            ]

    run(test)
