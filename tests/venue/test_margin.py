"""Isolated margin, margin tiers, and liquidation in parts, at the market and through the backstop."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hypertui.core.market import Grouping, Side
from hypertui.venue.api.gateway import Gateway
from hypertui.venue.api.info import Info
from hypertui.venue.model.errors import ActionError
from hypertui.venue.model.listing import MARKETS
from hypertui.venue.model.orders import Json, Tif
from tests.venue.helpers import ALICE, Venue, refused, resting

BTC = MARKETS[0]


def isolated(venue: Venue, leverage: int = 10) -> None:
    market = venue.core.by_symbol["SOL"]
    venue.core.collateral.set_leverage(venue.account(), market, leverage, cross=False)


def state(venue: Venue) -> Json:
    info = Info(venue.core, Gateway(venue.core).asked_about)
    answer: Json = info.answer({"type": "clearinghouseState", "user": ALICE})
    return answer


def test_an_isolated_position_takes_its_margin_along() -> None:
    venue = Venue(taker_fee=Decimal(0))
    isolated(venue)
    venue.buy("10", "105", Tif.IOC)
    position = state(venue)["assetPositions"][0]["position"]
    # 10 coins at 100.01: a tenth of 1,000.10 is the margin, the rest is owed.
    assert position["leverage"] == {"type": "isolated", "value": 10, "rawUsd": "-900.09"}
    assert position["marginUsed"] == "99.91"
    answer = state(venue)
    assert answer["crossMarginSummary"]["accountValue"] == "9899.99"
    assert answer["marginSummary"]["accountValue"] == "9999.9"
    assert answer["crossMaintenanceMarginUsed"] == "0.0"
    assert answer["withdrawable"] == "9899.99"


def test_closing_a_part_frees_its_share_of_the_margin() -> None:
    venue = Venue(taker_fee=Decimal(0))
    isolated(venue)
    venue.buy("10", "105", Tif.IOC)
    venue.price("110")
    before = venue.account().positions["SOL"].equity(Decimal("109.98"))
    venue.sell("4", "100", Tif.IOC)
    position = venue.account().positions["SOL"]
    assert position.equity(Decimal("109.98")) == (before * 6 / 10).quantize(Decimal("0.000001"))
    venue.sell("6", "100", Tif.IOC)
    assert venue.account().cross_cash == venue.account().cash


def test_isolated_margin_is_all_that_is_lost() -> None:
    venue = Venue()
    isolated(venue)
    venue.buy("100", "105", Tif.IOC)
    others = resting(venue.buy("1", "2500", symbol="ETH")).order
    mine = resting(venue.buy("1", "70")).order
    free = venue.account().cross_cash
    venue.price("80")
    account = venue.account()
    assert not account.positions and account.cash == free
    assert mine.status == "liquidatedCanceled" and others.live
    delta = account.ledger[-1]["delta"]
    assert delta["leverageType"] == "Isolated"
    assert delta["liquidatedPositions"] == [{"coin": "SOL", "szi": "100.0"}]
    assert account.fills[-1]["liquidation"]["method"] == "backstop"


@pytest.mark.parametrize("side", ["buy", "sell"])
def test_an_isolated_position_is_liquidated_at_the_price_that_was_announced(side: str) -> None:
    venue = Venue()
    isolated(venue)
    if side == "buy":
        venue.buy("100", "105", Tif.IOC)
    else:
        venue.sell("100", "95", Tif.IOC)
    price = venue.core.liquidation_price(venue.account(), "SOL")
    assert price is not None
    step = Decimal("0.001") if side == "buy" else Decimal("-0.001")
    venue.price(str(round(price + step, 4)))
    assert venue.account().positions
    venue.price(str(round(price - step, 4)))
    assert not venue.account().positions
    assert venue.account().fills[-1]["liquidation"]["method"] == "market"
    assert venue.account().cash > 9_000, "what was left of the margin came back"


def test_margin_can_be_added_and_taken_away_within_bounds() -> None:
    venue = Venue(faucet=Decimal(1_000))
    market = venue.core.by_symbol["SOL"]
    shift = venue.core.collateral.shift_isolated_margin
    with pytest.raises(ActionError, match="empty position"):
        shift(venue.account(), market, Decimal(1))
    isolated(venue)
    venue.buy("10", "105", Tif.IOC)
    before = venue.core.liquidation_price(venue.account(), "SOL")
    shift(venue.account(), market, Decimal(50))
    after = venue.core.liquidation_price(venue.account(), "SOL")
    assert before is not None and after is not None and after < before
    with pytest.raises(ActionError, match="cannot be zero"):
        shift(venue.account(), market, Decimal(0))
    with pytest.raises(ActionError, match="sufficient margin available for increase"):
        shift(venue.account(), market, Decimal(1_000))
    with pytest.raises(ActionError, match="sufficient margin for reduction"):
        shift(venue.account(), market, Decimal(-60))
    shift(venue.account(), market, Decimal(-49))
    venue.sell("10", "95", Tif.IOC)
    market = venue.core.by_symbol["ETH"]
    venue.buy("0.1", "3100", Tif.IOC, symbol="ETH")
    with pytest.raises(ActionError, match="does not use isolated margin"):
        shift(venue.account(), market, Decimal(1))


def test_lowering_isolated_leverage_needs_margin_in_the_position() -> None:
    venue = Venue()
    isolated(venue)
    venue.buy("10", "105", Tif.IOC)
    market = venue.core.by_symbol["SOL"]
    with pytest.raises(ActionError, match="add margin to the position"):
        venue.core.collateral.set_leverage(venue.account(), market, 5, cross=False)
    venue.core.collateral.shift_isolated_margin(venue.account(), market, Decimal(150))
    venue.core.collateral.set_leverage(venue.account(), market, 5, cross=False)
    with pytest.raises(ActionError, match="Cannot switch leverage type"):
        venue.core.collateral.set_leverage(venue.account(), market, 5, cross=True)


def test_a_flip_of_an_isolated_position_needs_margin_from_the_first_coin() -> None:
    venue = Venue(faucet=Decimal(110))
    isolated(venue)
    venue.buy("10", "105", Tif.IOC)
    venue.price("95")
    assert "Insufficient margin" in refused(venue.sell("20", "90", Tif.IOC)).text
    venue.sell("15", "90", Tif.IOC)
    assert venue.account().size("SOL") == -5


@given(st.decimals(0, 400_000_000, places=2))
def test_maintenance_margin_grows_without_a_step(notional: Decimal) -> None:
    """Half of the initial margin at full leverage in each tier, summed over the tiers."""
    parts = Decimal(0)
    for index, tier in enumerate(BTC.tiers):
        upper = BTC.tiers[index + 1].lower if index + 1 < len(BTC.tiers) else notional
        parts += max(min(notional, upper) - tier.lower, Decimal(0)) / (2 * tier.max_leverage)
    assert abs(BTC.maintenance(notional) - parts) < Decimal("1e-9")


def test_a_large_position_may_not_have_the_highest_leverage() -> None:
    venue = Venue({"BTC": Decimal(60_000)}, faucet=Decimal(50_000_000), depth=Decimal(500_000_000))
    market = venue.core.by_symbol["BTC"]
    venue.core.collateral.set_leverage(venue.account(), market, 40, cross=True)
    text = "exceed margin tier limit at current leverage"
    assert text in refused(venue.buy("2600", "63000", Tif.IOC, symbol="BTC")).text
    venue.buy("2400", "63000", Tif.IOC, symbol="BTC")
    assert text in refused(venue.buy("200", "63000", Tif.IOC, symbol="BTC")).text
    venue.core.collateral.set_leverage(venue.account(), market, 20, cross=True)
    venue.buy("200", "63000", Tif.IOC, symbol="BTC")
    with pytest.raises(ActionError, match="Invalid leverage value"):
        venue.core.collateral.set_leverage(venue.account(), market, 40, cross=True)


def test_the_liquidation_price_of_a_position_in_the_upper_tier() -> None:
    venue = Venue({"BTC": Decimal(60_000)}, faucet=Decimal(10_000_000), depth=Decimal(500_000_000))
    venue.buy("3000", "63000", Tif.IOC, symbol="BTC")
    price = venue.core.liquidation_price(venue.account(), "BTC")
    assert price is not None
    value = venue.account().cash + 3000 * price
    assert abs(value - BTC.maintenance(3000 * price)) < Decimal("0.01")
    assert BTC.tier(3000 * price).max_leverage == 20


def test_a_large_position_is_liquidated_in_part_first_and_whole_within_the_pause() -> None:
    venue = Venue(faucet=Decimal(10_000))
    venue.buy("1500", "105", Tif.IOC)
    price = venue.core.liquidation_price(venue.account(), "SOL")
    assert price is not None
    venue.price(str(round(price - Decimal("0.01"), 3)))
    assert venue.account().size("SOL") == 1_200
    again = venue.core.liquidation_price(venue.account(), "SOL")
    assert again is not None and again < price
    venue.now += 1_000
    venue.price(str(round(again - Decimal("0.01"), 3)))
    assert not venue.account().positions
    methods = [fill["liquidation"]["method"] for fill in list(venue.account().fills)[1:]]
    assert set(methods) == {"market"}


def test_far_below_its_margin_an_account_goes_to_the_backstop() -> None:
    venue = Venue(faucet=Decimal(1_000))
    venue.buy("100", "105", Tif.IOC)
    venue.price("91")
    account = venue.account()
    assert account.fills[-1]["liquidation"]["method"] == "backstop"
    assert account.fills[-1]["fee"] == "0.0" and account.fills[-1]["px"] == "91.0"
    assert not account.positions and account.cash == 0


def test_a_capped_market_lets_no_position_grow() -> None:
    venue = Venue()
    venue.buy("5", "105", Tif.IOC)
    venue.core.books["SOL"].capped = True
    increase = refused(venue.buy("1", "105", Tif.IOC))
    assert increase.text.startswith("Order would increase open interest while open interest is capped")
    assert increase.order.status == "positionIncreaseAtOpenInterestCapRejected"
    assert refused(venue.sell("12", "95", Tif.IOC)).order.status.startswith("positionFlip")
    venue.sell("5", "95", Tif.IOC)
    info = Info(venue.core, Gateway(venue.core).asked_about)
    assert info.answer({"type": "perpsAtOpenInterestCap"}) == ["SOL"]


def test_what_is_left_of_a_large_position_has_until_the_next_event() -> None:
    venue = Venue(faucet=Decimal(10_000))
    venue.buy("1500", "105", Tif.IOC)
    price = venue.core.liquidation_price(venue.account(), "SOL")
    assert price is not None
    venue.price(str(round(price - Decimal("0.5"), 3)))
    margin = venue.core.margin(venue.account())
    assert venue.account().size("SOL") == 1_200 and margin.value < margin.maintenance
    venue.now += 250
    venue.core.tick()
    assert not venue.account().positions
    rows = [row["delta"] for row in venue.account().ledger if row["delta"]["type"] == "liquidation"]
    assert [row["liquidatedPositions"][0]["szi"] for row in rows] == ["300.0", "1200.0"]


def test_a_liquidation_names_every_order_that_it_cancels() -> None:
    venue = Venue(faucet=Decimal(1_000))
    venue.buy("190", "105", Tif.IOC)
    parent = venue.request(Side.BUY, "1", "90")
    stop = venue.request(Side.SELL, "1", "80", trigger="85", reduce_only=True)
    assert not isinstance(venue.core.place(venue.account(), [parent, stop], Grouping.NORMAL), str)
    working = list(venue.account().open_orders.values())
    price = venue.core.liquidation_price(venue.account(), "SOL")
    assert price is not None
    venue.price(str(round(price - Decimal("0.01"), 3)))
    assert [order.status for order in working] == ["liquidatedCanceled"] * 2
    named = [entry["oid"] for entry in venue.batches[-1].cancels[ALICE]]
    assert sorted(named) == [order.oid for order in working]


def test_what_was_placed_before_a_market_was_capped_lets_no_position_grow_either() -> None:
    venue = Venue()
    grows = resting(venue.buy("5", "99")).order
    stop = resting(venue.buy("5", "125", trigger="110")).order
    venue.core.books["SOL"].capped = True
    venue.price("98")
    assert grows.status == "openInterestCapCanceled"
    assert venue.batches[-1].cancels[ALICE] == [{"coin": "SOL", "oid": grows.oid}]
    venue.price("111")
    assert stop.status == "positionIncreaseAtOpenInterestCapRejected"
    assert not venue.account().positions


def test_a_capped_market_lets_resting_orders_reduce() -> None:
    venue = Venue()
    venue.buy("5", "105", Tif.IOC)
    closing = resting(venue.sell("5", "101")).order
    venue.core.books["SOL"].capped = True
    venue.price("102")
    assert closing.status == "filled" and not venue.account().positions
