"""Placing, matching and ending orders, on the core itself."""

from __future__ import annotations

from decimal import Decimal

import pytest

from hypertui.core.market import Side
from hypertui.venue.model.orders import Tif
from tests.venue.helpers import ALICE, BOB, Venue, filled, refused, resting


def test_a_market_order_of_20000_usd_fills_near_the_top() -> None:
    venue = Venue()
    outcome = filled(venue.buy("200", "105", Tif.IOC))
    assert outcome.size == 200
    assert Decimal("100") < outcome.value / outcome.size <= Decimal("100.02")


def test_a_large_order_slips_through_the_levels_and_drops_what_the_book_cannot_give() -> None:
    venue = Venue(faucet=Decimal(10_000_000))
    outcome = filled(venue.buy("60000", "105", Tif.IOC))
    assert Decimal(49_000) < outcome.size < Decimal(50_100)
    assert outcome.value / outcome.size > Decimal("100.2")
    assert outcome.order.status == "canceled"
    assert refused(venue.buy("1", "105", Tif.IOC)).text.startswith("Order could not immediately match")


def test_liquidity_is_fresh_with_the_next_price() -> None:
    venue = Venue(faucet=Decimal(10_000_000))
    venue.buy("60000", "105", Tif.IOC)
    venue.price("100")
    assert filled(venue.buy("1", "105", Tif.IOC)).value == Decimal("100.01")


def test_fees_are_taker_and_maker() -> None:
    venue = Venue()
    venue.buy("10", "105", Tif.IOC)
    resting(venue.sell("10", "101", Tif.ALO))
    venue.price("101")
    taken, made = venue.account().fills
    assert (taken["px"], taken["fee"], taken["crossed"]) == ("100.01", "0.450045", True)
    assert (made["px"], made["fee"], made["crossed"]) == ("101.0", "0.1515", False)
    assert made["closedPnl"] == "9.9"
    assert made["dir"] == "Close Long" and made["startPosition"] == "10.0"
    assert venue.account().cash == Decimal("10000") + Decimal("9.9") - Decimal("0.450045") - Decimal("0.1515")


def test_a_resting_order_fills_when_the_path_touches_its_price() -> None:
    venue = Venue()
    order = resting(venue.buy("1", "99")).order
    venue.price("99.01")
    assert order.live
    venue.price("99")
    assert order.status == "filled"
    assert venue.account().fills[-1]["px"] == "99.0"


def test_accounts_trade_with_each_other_by_price_and_time() -> None:
    venue = Venue()
    first = resting(venue.buy("1", "99.99")).order
    better = resting(venue.buy("1", "100", Tif.ALO)).order
    second = resting(venue.buy("1", "99.99")).order
    outcome = filled(venue.sell("2.5", "99", Tif.IOC, who=BOB))
    assert [order.status for order in (better, first, second)] == ["filled", "filled", "open"]
    assert second.remaining == Decimal("0.5")
    assert outcome.value == Decimal("100") + Decimal("99.99") * Decimal("1.5")
    trade = venue.core.books["SOL"].recent[-1]
    assert trade["users"] == [ALICE, BOB] and trade["side"] == "A"


def test_an_order_never_trades_with_its_own_account() -> None:
    venue = Venue()
    own = resting(venue.buy("1", "100", Tif.ALO)).order
    outcome = filled(venue.sell("1", "99", Tif.IOC))
    assert own.status == "selfTradeCanceled"
    assert outcome.value == Decimal("99.99")


def test_a_gtc_that_crosses_rests_with_what_is_left() -> None:
    venue = Venue(faucet=Decimal(10_000_000))
    outcome = filled(venue.buy("60000", "100.01"))
    assert outcome.order.live and outcome.order.remaining == 60000 - outcome.size


@pytest.mark.parametrize(
    ("size", "limit", "terms", "text"),
    [
        ("0", "100", {}, "Order has zero size."),
        ("1.001", "100", {}, "Order has invalid size."),
        ("1", "0", {}, "Order has invalid price."),
        ("1", "99.9999", {}, "Price must be divisible by tick size."),
        ("1", "99.99", {"trigger": "105.5555"}, "Price must be divisible by tick size."),
        ("0.09", "100", {}, "Order must have minimum value of $10."),
        ("1", "99", {"reduce_only": True}, "Reduce only order would increase position."),
        ("20000", "100", {}, "Insufficient margin to place order."),
        (
            "1",
            "105",
            {"tif": Tif.ALO},
            "Post only order would have immediately matched, bbo was 99.99@100.01.",
        ),
        ("1", "99", {"tif": Tif.IOC}, "Order could not immediately match against any resting orders."),
        ("1", "100.5", {"trigger": "101"}, "Invalid TP/SL price."),
    ],
)
def test_refusals(size: str, limit: str, terms: dict[str, object], text: str) -> None:
    venue = Venue()
    outcome = refused(venue.buy(size, limit, **terms))
    assert outcome.text == f"{text} asset=2"
    assert not outcome.order.live and outcome.order.oid in venue.account().orders


def test_a_price_too_far_away_refuses_the_whole_batch() -> None:
    venue = Venue()
    requests = [venue.request(Side.BUY, "1", "99"), venue.request(Side.BUY, "3", "4")]
    refusal = venue.core.place(venue.account(), requests)
    assert refusal == "Order price cannot be more than 95% away from the reference price asset=2"
    assert not venue.account().orders


def test_integer_prices_may_have_more_than_five_figures() -> None:
    venue = Venue({"BTC": Decimal(123_400)})
    assert resting(venue.buy("0.001", "123399", symbol="BTC"))
    assert "tick size" in refused(venue.buy("0.001", "123399.5", symbol="BTC")).text


def test_the_last_coins_may_be_closed_below_the_minimum() -> None:
    venue = Venue()
    venue.buy("0.15", "105", Tif.IOC)
    assert "minimum value" in refused(venue.sell("0.05", "95", Tif.IOC, reduce_only=True)).text
    assert filled(venue.sell("0.15", "60", Tif.IOC, reduce_only=True)).size == Decimal("0.15")


def test_reduce_only_is_cut_to_the_position_and_never_flips() -> None:
    venue = Venue()
    venue.buy("2", "105", Tif.IOC)
    assert filled(venue.sell("5", "95", Tif.IOC, reduce_only=True)).size == 2
    assert venue.account().size("SOL") == 0


def test_resting_reduce_only_orders_follow_the_position() -> None:
    venue = Venue()
    venue.buy("4", "105", Tif.IOC)
    older = resting(venue.sell("3", "110", reduce_only=True)).order
    newer = resting(venue.sell("2", "111", reduce_only=True)).order
    assert older.status == "reduceOnlyCanceled", "together they exceed the position: the older goes"
    venue.sell("3", "95", Tif.IOC)
    assert newer.remaining == 1 and newer.request.size == 2
    venue.sell("1", "95", Tif.IOC)
    assert newer.status == "reduceOnlyCanceled"
    assert "reduceOnlyCanceled" in [update["status"] for update in venue.batches[-1].orders[ALICE]]
    assert not venue.batches[-1].cancels


def test_a_flip_is_one_fill() -> None:
    venue = Venue()
    venue.buy("2", "105", Tif.IOC)
    venue.sell("5", "95", Tif.IOC)
    fill = venue.account().fills[-1]
    assert (fill["dir"], fill["startPosition"], fill["sz"]) == ("Long > Short", "2.0", "5.0")
    assert venue.account().positions["SOL"].entry_price == Decimal("99.99")
    assert fill["closedPnl"] == "-0.04"


def test_a_resting_order_whose_margin_is_gone_is_cancelled_when_hit() -> None:
    venue = Venue(faucet=Decimal(1_000))
    order = resting(venue.buy("150", "99")).order
    venue.buy("150", "105", Tif.IOC)
    venue.price("99")
    assert order.status == "marginCanceled"
    assert venue.batches[-1].cancels == {ALICE: [{"coin": "SOL", "oid": order.oid}]}


def test_client_order_ids_find_the_latest_order_and_may_be_made_unique() -> None:
    cloid = "0x" + "1" * 32
    venue = Venue()
    venue.buy("1", "90", cloid=cloid)
    second = resting(venue.buy("1", "91", cloid=cloid)).order
    assert venue.account().by_cloid[cloid] is second
    strict = Venue(unique_client_ids=True)
    resting(strict.buy("1", "90", cloid=cloid))
    assert "Client order id" in refused(strict.buy("1", "91", cloid=cloid)).text


def test_ended_orders_are_forgotten_after_two_thousand() -> None:
    venue = Venue()
    for _ in range(2_010):
        venue.buy("0", "100")
    assert len(venue.account().orders) == 2_000
    assert min(venue.account().orders) == 11


@pytest.mark.parametrize(
    ("tif", "status", "text"),
    [
        (Tif.MARKET, "marketOrderNoLiquidityRejected", "No liquidity available for market order. asset=2"),
        (
            Tif.IOC,
            "iocCancelRejected",
            "Order could not immediately match against any resting orders. asset=2",
        ),
    ],
)
def test_an_empty_book_is_a_market_orders_own_reason(tif: Tif, status: str, text: str) -> None:
    venue = Venue()
    venue.core.books["SOL"].offer(Decimal(0))
    outcome = refused(venue.buy("1", "105", tif))
    assert (outcome.order.status, outcome.text) == (status, text)
