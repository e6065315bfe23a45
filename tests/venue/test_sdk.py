"""The official client trading on the venue, over real HTTP on the loopback interface."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from eth_account import Account
from hyperliquid.exchange import Exchange
from hyperliquid.info import Info
from hyperliquid.utils.error import ClientError
from hyperliquid.utils.types import Cloid

from hypertui.venue.model.options import VenueOptions
from hypertui.venue.serve import serve
from tests.support.local_venue import LocalVenue

KEY = Account.from_key("0x" + "1" * 64)


@pytest.fixture
def venue() -> Iterator[LocalVenue]:
    with LocalVenue() as running:
        yield running


@pytest.fixture
def exchange(venue: LocalVenue) -> Exchange:
    return Exchange(KEY, venue.base_url, timeout=10)


@pytest.fixture
def info(venue: LocalVenue) -> Info:
    return Info(venue.base_url, skip_ws=True, timeout=10)


def status(answer: dict[str, Any]) -> Any:
    assert answer["status"] == "ok", answer
    (only,) = answer["response"]["data"]["statuses"]
    return only


def stop(trigger: float, size: float = 2.5, **more: Any) -> dict[str, Any]:
    kind = {"trigger": {"triggerPx": trigger, "isMarket": True, "tpsl": "sl"}}
    return {
        "coin": "SOL",
        "is_buy": False,
        "sz": size,
        "limit_px": round(trigger * 0.9, 2),
        "order_type": kind,
        "reduce_only": True,
    } | more


def test_a_market_order_and_its_close(exchange: Exchange, info: Info) -> None:
    filled = status(exchange.market_open("BTC", True, 0.01))["filled"]
    assert filled["totalSz"] == "0.01" and filled["avgPx"] == "64007.0"
    (position,) = info.user_state(KEY.address)["assetPositions"]
    assert position["position"]["entryPx"] == "64007.0"
    assert status(exchange.market_close("BTC"))["filled"]["totalSz"] == "0.01"
    assert exchange.market_close("BTC") is None
    newest, oldest = info.user_fills(KEY.address)
    assert (newest["dir"], oldest["dir"]) == ("Close Long", "Open Long")
    assert oldest["fee"] == "0.288032"


def test_stops_in_bulk_fire_at_the_mark(venue: LocalVenue, exchange: Exchange, info: Info) -> None:
    exchange.market_open("SOL", True, 10)
    cloids = [Cloid.from_int(index) for index in range(4)]
    answer = exchange.bulk_orders([stop(149 - index, cloid=cloid) for index, cloid in enumerate(cloids)])
    oids = [each["resting"]["oid"] for each in answer["response"]["data"]["statuses"]]
    shown = info.frontend_open_orders(KEY.address)
    assert [order["triggerPx"] for order in shown] == ["149.0", "148.0", "147.0", "146.0"]
    venue.set_price("SOL", "147.99")
    assert [order["oid"] for order in info.open_orders(KEY.address)] == oids[2:]
    done = info.query_order_by_cloid(KEY.address, cloids[0])
    assert done["order"]["status"] == "filled" and done["order"]["order"]["sz"] == "0.0"
    assert {fill["cloid"] for fill in info.user_fills(KEY.address)[:2]} == {c.to_raw() for c in cloids[:2]}
    assert info.user_state(KEY.address)["assetPositions"][0]["position"]["szi"] == "5.0"


def test_cancel_by_cloid(exchange: Exchange, info: Info) -> None:
    cloid = Cloid.from_int(7)
    exchange.order("SOL", True, 1, 140, {"limit": {"tif": "Gtc"}}, cloid=cloid)
    assert status(exchange.cancel_by_cloid("SOL", cloid)) == "success"
    assert "never placed" in status(exchange.cancel_by_cloid("SOL", cloid))["error"]
    assert info.query_order_by_cloid(KEY.address, cloid)["order"]["status"] == "canceled"
    assert info.query_order_by_oid(KEY.address, 999) == {"status": "unknownOid"}


def test_leverage(exchange: Exchange, info: Info) -> None:
    assert exchange.update_leverage(7, "SOL")["status"] == "ok"
    assert exchange.update_leverage(21, "SOL") == {"status": "err", "response": "Invalid leverage value"}
    exchange.market_open("SOL", True, 1)
    assert info.user_state(KEY.address)["assetPositions"][0]["position"]["leverage"]["value"] == 7


@pytest.mark.parametrize(
    ("size", "price", "kind", "reduce_only", "text"),
    [
        (0.01, 140, {"limit": {"tif": "Gtc"}}, False, "Order must have minimum value of $10. asset=2"),
        (1, 140.123, {"limit": {"tif": "Gtc"}}, False, "Price must be divisible by tick size. asset=2"),
        (1, 140, {"limit": {"tif": "Gtc"}}, True, "Reduce only order would increase position. asset=2"),
        (
            1,
            150,
            {"trigger": {"triggerPx": 160, "isMarket": True, "tpsl": "sl"}},
            False,
            "Invalid TP/SL price. asset=2",
        ),
    ],
)
def test_refusals(
    exchange: Exchange, size: float, price: float, kind: dict[str, Any], reduce_only: bool, text: str
) -> None:
    assert status(exchange.order("SOL", True, size, price, kind, reduce_only)) == {"error": text}


def test_an_approved_agent_trades_for_its_master(venue: LocalVenue, exchange: Exchange, info: Info) -> None:
    answer, key = exchange.approve_agent("bot")
    assert answer["status"] == "ok"
    agent = Account.from_key(key)
    deputy = Exchange(agent, venue.base_url, account_address=KEY.address, timeout=10)
    assert "filled" in status(deputy.market_open("ETH", False, 0.1))
    assert info.user_state(KEY.address)["assetPositions"][0]["position"]["szi"] == "-0.1"
    assert info.user_role(agent.address) == {"role": "agent", "data": {"user": KEY.address.lower()}}
    assert info.user_state(agent.address)["withdrawable"] == "0.0"
    assert [each["name"] for each in info.extra_agents(KEY.address)] == ["bot"]
    unnamed, _ = exchange.approve_agent()
    assert unnamed["status"] == "ok"


def test_a_stranger_is_refused_where_nothing_is_given_away() -> None:
    with LocalVenue(faucet=0) as venue:
        answer = Exchange(KEY, venue.base_url, timeout=10).market_open("SOL", True, 1)
    text = f"User or API Wallet {KEY.address.lower()} does not exist."
    assert answer == {"status": "err", "response": text}


def test_an_action_in_the_past_has_expired(exchange: Exchange) -> None:
    exchange.set_expires_after(1_600_000_000_000)
    answer = exchange.market_open("SOL", True, 1)
    assert answer == {"status": "err", "response": "Action already expired"}


def test_every_question_of_the_client_is_answered(venue: LocalVenue, exchange: Exchange, info: Info) -> None:
    exchange.market_open("SOL", True, 1)
    user = KEY.address
    assert info.user_fills_by_time(user, 0, None, True)[0]["coin"] == "SOL"
    assert info.l2_snapshot("SOL")["levels"][0][0]["px"] == "149.98"
    assert info.all_mids() == {"BTC": "64000.0", "ETH": "3000.0", "SOL": "150.0"}
    assert info.user_fees(user)["userCrossRate"] == "0.00045"
    assert info.user_rate_limit(user)["nRequestsUsed"] == 1
    assert info.spot_user_state(user) == {"balances": []}
    assert info.perp_dexs() == [None]
    assert info.user_funding_history(user, 0) == []
    (gift,) = info.user_non_funding_ledger_updates(user, 0)
    assert gift["delta"] == {"type": "deposit", "usdc": "10000.0"}
    assert info.historical_orders(user)[0]["status"] == "filled"
    context = info.meta_and_asset_ctxs()[1][2]
    assert context["markPx"] == context["oraclePx"] == "150.0"
    assert context["dayBaseVlm"] == "1.0" and context["openInterest"] == "1.0"


@pytest.mark.parametrize(
    "body",
    [
        '{"type":"Meta"}',
        '{"type":"clearinghouseState"}',
        '{"type":"openOrders","user":"0x12"}',
        "[]",
        "nonsense",
        '{"type":"orderStatus","user":"0x' + "1" * 40 + '","oid":1.5}',
        "[" * 100_000,
    ],
)
def test_malformed_questions(venue: LocalVenue, body: str) -> None:
    answer = requests.post(f"{venue.base_url}/info", data=body, timeout=10)
    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text == "Failed to deserialize the JSON body into the target type"


def test_the_client_sees_a_422(info: Info) -> None:
    with pytest.raises(ClientError) as caught:
        info.user_state("nobody")
    assert caught.value.status_code == 422


def test_a_mistake_inside_costs_one_request(venue: LocalVenue, info: Info, caplog: Any) -> None:
    def broken(*question: object) -> None:
        raise RuntimeError("a mistake")

    venue.call(lambda: setattr(venue.server.info.market, "l2_book", broken))
    answer = requests.post(f"{venue.base_url}/info", json={"type": "l2Book", "coin": "SOL"}, timeout=10)
    assert (answer.status_code, answer.text) == (500, "null")
    assert "a mistake" in caplog.text
    assert info.all_mids()


def test_a_taken_port_is_an_os_error(venue: LocalVenue) -> None:
    with pytest.raises(OSError):
        asyncio.run(serve(VenueOptions(), venue.port, lambda bound, control: None))
