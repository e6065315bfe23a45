"""Faults of the market: what happens to orders and positions, and that the books still add up."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from eth_account import Account
from hyperliquid.exchange import Exchange
from hyperliquid.info import Info

from tests.support.local_venue import LocalVenue

KEY = Account.from_key("0x" + "1" * 64)
USER = KEY.address.lower()
GTC = {"limit": {"tif": "Gtc"}}
IOC = {"limit": {"tif": "Ioc"}}


class Scene:
    """A venue whose prices stand, the official client, and short ways to ask."""

    def __init__(self, venue: LocalVenue) -> None:
        self.venue = venue
        self.exchange = Exchange(KEY, venue.base_url, timeout=5)
        self.info = Info(venue.base_url, skip_ws=True, timeout=5)

    def strike(self, name: str, **terms: Any) -> None:
        """Switch a fault on and let the venue's next tick come at once."""

        def act() -> None:
            self.venue.server.faults.on(name, **terms)
            self.venue.server.step()

        self.venue.call(act)

    def order(self, is_buy: bool, size: float, price: float, kind: Any, reduce_only: bool = False) -> Any:
        answer = self.exchange.order("SOL", is_buy, size, price, kind, reduce_only)
        assert answer["status"] == "ok", answer
        return answer["response"]["data"]["statuses"][0]

    def stop(self, trigger: float, size: float = 10, limit: float | None = None, is_buy: bool = False) -> int:
        kind = {"trigger": {"triggerPx": trigger, "isMarket": True, "tpsl": "sl"}}
        far = round(trigger * (1.1 if is_buy else 0.9), 2)
        placed = self.order(is_buy, size, far if limit is None else limit, kind, not is_buy)
        return int(placed["resting"]["oid"])

    def status(self, oid: int) -> str:
        return str(self.info.query_order_by_oid(USER, oid)["order"]["status"])

    def held(self) -> Decimal:
        rows = self.info.user_state(USER)["assetPositions"]
        return sum((Decimal(row["position"]["szi"]) for row in rows), Decimal(0))


@pytest.fixture
def scene() -> Iterator[Scene]:
    with LocalVenue() as venue:
        yield Scene(venue)


@pytest.fixture
def long(scene: Scene) -> Scene:
    """The same with 10 SOL bought at 150.02."""
    assert "filled" in scene.order(True, 10, 160, IOC)
    return scene


def test_filled_in_part_with_the_rest_at_work(scene: Scene) -> None:
    scene.strike("market-thin")
    answer = scene.order(True, 10, 150.05, GTC)["filled"]
    (working,) = scene.info.open_orders(USER)
    assert working["oid"] == answer["oid"]
    assert Decimal(answer["totalSz"]) + Decimal(working["sz"]) == 10
    assert 0 < Decimal(answer["totalSz"]) < 10


def test_an_ioc_filled_in_part(scene: Scene) -> None:
    scene.strike("market-thin", symbol="SOL")
    answer = scene.order(True, 10, 150.05, IOC)["filled"]
    assert 0 < Decimal(answer["totalSz"]) < 10
    assert scene.info.open_orders(USER) == []
    assert scene.held() == Decimal(answer["totalSz"])


def test_books_are_as_ever_once_the_fault_is_off(scene: Scene) -> None:
    scene.strike("market-empty", count=1)
    assert "error" in scene.order(True, 10, 160, IOC)
    scene.venue.call(scene.venue.server.step)
    assert scene.order(True, 10, 160, IOC)["filled"]["totalSz"] == "10.0"


def test_a_trigger_without_liquidity(long: Scene) -> None:
    oid = long.stop(145)
    long.strike("market-empty")
    long.venue.set_price("SOL", 144)
    assert long.status(oid) == "marketOrderNoLiquidityRejected"
    assert long.held() == 10


def test_a_gap_goes_through_a_stop(long: Scene) -> None:
    oid = long.stop(145, limit=130)
    long.strike("market-gap", change=-0.1, symbol="SOL", count=1)
    assert long.status(oid) == "filled"
    assert Decimal(long.info.user_fills(USER)[0]["px"]) < 136


def test_a_gap_beyond_the_limit_leaves_the_position(long: Scene) -> None:
    oid = long.stop(145, limit=140)
    long.strike("market-gap", change=-0.1, symbol="SOL", count=1)
    assert long.status(oid) == "iocCancelRejected"
    assert long.held() == 10


def test_another_hand_reduces_and_reduce_only_orders_shrink(long: Scene) -> None:
    oid = long.order(False, 10, 170, GTC, True)["resting"]["oid"]
    long.strike("market-reduced", share=0.5, count=1)
    assert long.held() == 5
    (working,) = long.info.open_orders(USER)
    assert (working["oid"], working["sz"], working["origSz"]) == (oid, "5.0", "10.0")
    long.strike("market-reduced", share=1, user=KEY.address, count=1)
    assert long.held() == 0
    assert long.status(oid) == "reduceOnlyCanceled"


def test_a_sibling_ends_before_it_is_cancelled(long: Scene) -> None:
    oid = long.stop(145)
    long.strike("market-sibling", count=1)
    assert long.status(oid) == "siblingFilledCanceled"
    answer = long.exchange.cancel("SOL", oid)["response"]["data"]["statuses"][0]
    assert answer["error"].startswith("Order was never placed, already canceled, or filled.")


def test_a_trigger_is_refused_for_margin(scene: Scene) -> None:
    oid = scene.stop(155, is_buy=True)
    scene.strike("market-trigger-margin", count=1)
    scene.venue.set_price("SOL", 156)
    assert scene.status(oid) == "perpMarginRejected"
    assert scene.held() == 0


def test_liquidation(long: Scene) -> None:
    resting = long.order(True, 1, 100, GTC)["resting"]["oid"]
    long.strike("market-liquidation", count=1)
    assert long.held() == 0
    assert long.status(resting) == "liquidatedCanceled"
    newest = long.info.user_fills(USER)[0]
    assert newest["liquidation"]["liquidatedUser"] == USER
    value = Decimal(long.info.user_state(USER)["marginSummary"]["accountValue"])
    assert 9_990 < value < 10_000, "it is closed at the market, not taken away"


def test_a_scheduled_cancel_fires(long: Scene) -> None:
    oids = [long.stop(145), long.order(True, 1, 100, GTC)["resting"]["oid"]]
    long.strike("market-scheduled-cancel", count=1)
    assert [long.status(oid) for oid in oids] == ["scheduledCancel"] * 2


def test_open_interest_is_capped(long: Scene) -> None:
    long.strike("market-open-interest-cap", symbol="SOL")
    refused = long.order(True, 1, 160, IOC)
    assert refused["error"] == "Order would increase open interest while open interest is capped asset=2"
    flipping = long.order(False, 25, 140, IOC)
    assert "open interest" in flipping["error"]
    kinds = [row["status"] for row in long.info.historical_orders(USER)[:2]]
    assert kinds == ["positionFlipAtOpenInterestCapRejected", "positionIncreaseAtOpenInterestCapRejected"]
    assert "filled" in long.order(False, 4, 140, IOC)
    long.venue.call(lambda: long.venue.server.faults.off_all())
    long.venue.call(long.venue.server.step)
    assert "filled" in long.order(True, 1, 160, IOC)


def test_funding_is_paid_now(long: Scene) -> None:
    long.strike("market-funding", count=1)
    (payment,) = long.info.user_funding_history(USER, 0)
    assert payment["delta"]["coin"] == "SOL"
    assert Decimal(payment["delta"]["usdc"]) == -Decimal("0.01875")


def test_a_market_is_delisted(long: Scene) -> None:
    oid = long.stop(145)
    long.strike("market-delisting", symbol="SOL", count=1)
    assert long.status(oid) == "delistedCanceled"
    assert long.held() == 0
    assert Decimal(long.info.user_fills(USER)[0]["px"]) == 150
    assert long.exchange.order("SOL", True, 1, 150, GTC) == {"status": "err", "response": "Trading is halted"}
    assert [each.get("isDelisted") for each in long.info.meta()["universe"]] == [None, None, True]
    long.venue.set_price("SOL", 160)
    assert long.info.all_mids()["SOL"] != "160.0"
    assert long.exchange.order("ETH", True, 0.1, 2000, GTC)["status"] == "ok"


def test_a_leverage_tier_changes(long: Scene) -> None:
    before = long.info.user_state(USER)["crossMaintenanceMarginUsed"]
    assert before == "37.5"
    long.strike("market-leverage-tier", leverage=5, symbol="SOL", count=1)
    assert long.info.user_state(USER)["crossMaintenanceMarginUsed"] == "150.0"
    assert long.info.meta()["universe"][2]["maxLeverage"] == 5
    assert long.exchange.update_leverage(6, "SOL") == {"status": "err", "response": "Invalid leverage value"}
    assert long.exchange.update_leverage(5, "SOL")["status"] == "ok"


def test_a_leverage_tier_may_liquidate(scene: Scene) -> None:
    scene.order(True, 600, 160, IOC)
    scene.venue.set_price("SOL", 140)
    assert scene.held() == 600
    scene.strike("market-leverage-tier", leverage=2, symbol="SOL", count=1)
    assert scene.held() == 0


def test_after_an_upgrade_only_post_only_orders_are_accepted(scene: Scene) -> None:
    scene.strike("market-post-only", lasts=60.0)
    text = "Only post-only orders allowed immediately after network upgrade asset=2"
    trigger = {"trigger": {"triggerPx": 140.0, "isMarket": True, "tpsl": "sl"}}
    for kind in (GTC, IOC, trigger):
        assert scene.order(True, 1, 155, kind) == {"error": text}
    placed = scene.order(True, 1, 140, {"limit": {"tif": "Alo"}})["resting"]["oid"]
    assert scene.exchange.cancel("SOL", placed)["response"]["data"]["statuses"] == ["success"]
    scene.venue.call(lambda: scene.venue.server.faults.off_all())
    assert "filled" in scene.order(True, 1, 155, IOC)
