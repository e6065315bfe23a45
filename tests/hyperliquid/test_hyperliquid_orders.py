"""Every kind of order that the client can place, on the local venue: how it rests, trades, fires and ends."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from hypertui.core.market import Order, OrderType, Side, TimeInForce
from hypertui.exchange.protocol import (
    CancelOutcome,
    Filled,
    OrderState,
    Placed,
    Refusal,
    Refused,
    Resting,
)
from tests.hyperliquid.test_hyperliquid_venue import Market, market_buy, new_id, stop, trade

ALO, GTC, IOC = TimeInForce.ALO, TimeInForce.GTC, TimeInForce.IOC
BUY, SELL = Side.BUY, Side.SELL


def limit(side: Side, size: str, price: str, tif: TimeInForce = GTC, *, reduce_only: bool = False) -> Order:
    return Order(
        new_id(),
        "SOL",
        side,
        Decimal(size),
        OrderType.LIMIT,
        Decimal(price),
        reduce_only=reduce_only,
        tif=tif,
    )


def trigger(type: OrderType, side: Side, trigger: str, limit: str, *, reduce_only: bool = False) -> Order:
    price = Decimal(trigger)
    return Order(new_id(), "SOL", side, Decimal(1), type, Decimal(limit), price, reduce_only)


async def answer(market: Market, order: Order) -> Placed:
    (only,) = await market.exchange.place([order], market.expires())
    return only


async def refusal(market: Market, order: Order) -> Refusal:
    only = await answer(market, order)
    assert isinstance(only, Refused), only
    report = await market.exchange.order_report(order.client_id)
    assert report is not None and report.state is OrderState.REJECTED
    return only.kind


RESTING = [
    limit(BUY, "1", "90"),
    limit(SELL, "1", "110"),
    limit(BUY, "1", "91", ALO),
    limit(SELL, "1", "111", ALO),
    trigger(OrderType.STOP_MARKET, SELL, "95", "90", reduce_only=True),
    trigger(OrderType.STOP_MARKET, BUY, "105", "110"),
    trigger(OrderType.STOP_LIMIT, SELL, "95", "96"),
    trigger(OrderType.STOP_LIMIT, BUY, "105", "104", reduce_only=True),
    trigger(OrderType.TAKE_PROFIT, SELL, "105", "100", reduce_only=True),
    trigger(OrderType.TAKE_PROFIT, BUY, "95", "100"),
    trigger(OrderType.TAKE_PROFIT_LIMIT, SELL, "105", "106"),
    trigger(OrderType.TAKE_PROFIT_LIMIT, BUY, "95", "94", reduce_only=True),
]


def test_each_kind_rests_is_listed_as_it_was_placed_and_is_cancelled() -> None:
    async def use(market: Market) -> None:
        answers = await market.place(*RESTING)
        assert [type(each) for each in answers] == [Resting] * len(RESTING)
        listed = await market.exchange.open_orders("SOL")
        assert [each.order_id for each in listed] == [
            each.order_id for each in answers if isinstance(each, Resting)
        ]
        for order, seen in zip(RESTING, listed, strict=True):
            assert (seen.client_id, seen.side, seen.type) == (order.client_id, order.side, order.type)
            assert (seen.limit, seen.trigger, seen.remaining) == (order.limit, order.trigger, order.size)
            assert seen.tif is (None if order.type.has_trigger else order.tif)
            assert seen.reduce_only == order.reduce_only
            assert (seen.position_tpsl, seen.parent) == (False, None)
        ids = [order.client_id for order in RESTING]
        outcomes = await market.exchange.cancel("SOL", ids, market.expires())
        assert set(outcomes) == {CancelOutcome.CANCELLED}
        assert await market.exchange.open_orders("SOL") == ()
        for order in RESTING:
            report = await market.exchange.order_report(order.client_id)
            assert report is not None and report.state is OrderState.CANCELLED

    trade(use)


@pytest.mark.parametrize(("side", "price"), [(BUY, "99"), (SELL, "101")])
@pytest.mark.parametrize("tif", [GTC, ALO])
def test_what_rests_is_filled_as_a_maker_when_the_price_comes(
    side: Side, price: str, tif: TimeInForce
) -> None:
    async def use(market: Market) -> None:
        order = limit(side, "2", price, tif)
        async with market.listening():
            assert isinstance(await answer(market, order), Resting)
            market.price(price)
            await market.until(lambda: OrderState.FILLED in market.states(order.client_id))
            await market.until(lambda: (order.client_id, side, Decimal(2)) in market.filled())
        assert market.states(order.client_id) == [OrderState.OPEN, OrderState.FILLED]
        (fill,) = await market.exchange.fills_since("SOL", 0)
        assert fill.price == Decimal(price)
        assert fill.fee == fill.value * Decimal("0.00015")

    trade(use)


def test_a_post_only_order_never_takes() -> None:
    async def use(market: Market) -> None:
        for order in (limit(BUY, "1", "100.01", ALO), limit(SELL, "1", "99.99", ALO)):
            said = await answer(market, order)
            text = "Post only order would have immediately matched, bbo was 99.99@100.01. asset=2"
            assert said == Refused(Refusal.WOULD_MATCH, text)
            report = await market.exchange.order_report(order.client_id)
            assert report is not None and report.status == "badAloPxRejected"
        assert isinstance(await answer(market, limit(BUY, "1", "100", ALO)), Resting)
        assert await market.exchange.fills_since("SOL", 0) == ()
        # With one's own bid in the book it is that one that would be met.
        assert await refusal(market, limit(SELL, "1", "100", ALO)) is Refusal.WOULD_MATCH

    trade(use)


def test_a_limit_order_takes_what_there_is_and_rests_with_the_remainder() -> None:
    async def use(market: Market) -> None:
        order = limit(BUY, "30", "100.5")
        said = await answer(market, order)
        assert isinstance(said, Filled) and 0 < said.size < 30
        (seen,) = await market.exchange.open_orders("SOL")
        assert (seen.order_id, seen.remaining, seen.limit) == (said.order_id, 30 - said.size, order.limit)
        report = await market.exchange.order_report(order.client_id)
        assert report is not None and report.state is OrderState.OPEN
        market.price("100.5")
        report = await market.exchange.order_report(order.client_id)
        assert report is not None and (report.state, report.remaining) == (OrderState.FILLED, 0)
        assert (await market.exchange.account_state("SOL")).position == 30

    trade(use, depth=Decimal(2_000))


def test_a_limit_order_that_is_to_fill_at_once_never_rests() -> None:
    async def use(market: Market) -> None:
        assert await refusal(market, limit(BUY, "1", "99", IOC)) is Refusal.NO_MATCH
        order = limit(BUY, "30", "100.5", IOC)
        said = await answer(market, order)
        assert isinstance(said, Filled) and 0 < said.size < 30
        assert await market.exchange.open_orders("SOL") == ()
        report = await market.exchange.order_report(order.client_id)
        assert report is not None and report.state is OrderState.CANCELLED

    trade(use, depth=Decimal(2_000))


@pytest.mark.parametrize("tif", TimeInForce)
def test_a_reduce_only_order_needs_a_position_on_the_other_side(tif: TimeInForce) -> None:
    async def use(market: Market) -> None:
        sale, more = (
            limit(SELL, "1", "110" if tif is ALO else "99", tif, reduce_only=True),
            limit(BUY, "1", "90" if tif is ALO else "101", tif, reduce_only=True),
        )
        for order in (sale, more):
            said = await answer(market, order)
            assert said == Refused(Refusal.FLAT, "Reduce only order would increase position. asset=2")
        await market.place(market_buy("4"))
        again = limit(SELL, "5", "110" if tif is ALO else "99", tif, reduce_only=True)
        said = await answer(market, again)
        if tif is ALO:
            (seen,) = await market.exchange.open_orders("SOL")
            assert isinstance(said, Resting) and seen.remaining == 4
        else:
            assert isinstance(said, Filled) and said.size == 4
        assert await refusal(market, limit(BUY, "1", "90", reduce_only=True)) is Refusal.FLAT

    trade(use)


FIRES = [
    # kind, side, trigger, limit, the mark that wakes it, and where the order ends
    (OrderType.STOP_MARKET, SELL, "95", "90", "94", OrderState.FILLED),
    (OrderType.STOP_MARKET, BUY, "105", "110", "106", OrderState.FILLED),
    (OrderType.STOP_LIMIT, SELL, "95", "94", "95", OrderState.FILLED),
    (OrderType.STOP_LIMIT, SELL, "95", "95", "94", OrderState.TRIGGERED),
    (OrderType.STOP_LIMIT, BUY, "105", "105", "106", OrderState.TRIGGERED),
    (OrderType.TAKE_PROFIT, SELL, "105", "100", "105", OrderState.FILLED),
    (OrderType.TAKE_PROFIT, BUY, "95", "100", "95", OrderState.FILLED),
    (OrderType.TAKE_PROFIT_LIMIT, SELL, "105", "104", "105", OrderState.FILLED),
    (OrderType.TAKE_PROFIT_LIMIT, SELL, "105", "106", "105", OrderState.TRIGGERED),
    (OrderType.TAKE_PROFIT_LIMIT, BUY, "95", "94", "95", OrderState.TRIGGERED),
    (OrderType.TAKE_PROFIT, SELL, "105", "106", "105", OrderState.REJECTED),
]


@pytest.mark.parametrize(("kind", "side", "price", "worst", "mark", "end"), FIRES)
def test_a_trigger_fires_and_then_trades_or_rests(
    kind: OrderType, side: Side, price: str, worst: str, mark: str, end: OrderState
) -> None:
    async def use(market: Market) -> None:
        order = trigger(kind, side, price, worst)
        async with market.listening():
            assert isinstance(await answer(market, order), Resting)
            market.price(mark)
            states = [OrderState.OPEN, OrderState.TRIGGERED]
            states += [] if end is OrderState.TRIGGERED else [end]
            await market.until(lambda: market.states(order.client_id)[: len(states)] == states)
        listed = await market.exchange.open_orders("SOL")
        if end is not OrderState.TRIGGERED:
            assert listed == ()
            return
        (seen,) = listed
        assert (seen.type, seen.limit, seen.remaining) == (kind, Decimal(worst), 1)
        market.price(worst)
        report = await market.exchange.order_report(order.client_id)
        assert report is not None and report.state is OrderState.FILLED
        (fill,) = await market.exchange.fills_since("SOL", 0)
        assert (fill.price, fill.order_id) == (Decimal(worst), seen.order_id)

    trade(use)


def test_after_a_network_upgrade_only_a_post_only_order_is_taken() -> None:
    async def use(market: Market) -> None:
        market.venue.fail("market-post-only", lasts=60.0)
        others = [
            limit(BUY, "1", "90"),
            limit(BUY, "1", "101", IOC),
            market_buy("1"),
            *(each for each in RESTING if each.type.has_trigger),
        ]
        text = "Only post-only orders allowed immediately after network upgrade asset=2"
        said = await market.place(*others)
        assert said == [Refused(Refusal.POST_ONLY, text)] * len(others)
        maker = limit(BUY, "1", "90", ALO)
        assert isinstance(await answer(market, maker), Resting)
        assert await refusal(market, limit(BUY, "1", "101", ALO)) is Refusal.WOULD_MATCH
        (outcome,) = await market.exchange.cancel("SOL", [maker.client_id], market.expires())
        assert outcome is CancelOutcome.CANCELLED
        market.venue.call(lambda: market.venue.server.faults.off("market-post-only"))
        assert isinstance(await answer(market, market_buy("1")), Filled)

    trade(use)


@pytest.mark.parametrize(
    ("order", "options", "kind"),
    [
        (stop(BUY, "1", "99", "110"), {"passed_trigger": "reject"}, Refusal.PASSED),
        (
            trigger(OrderType.TAKE_PROFIT_LIMIT, SELL, "99", "98"),
            {"passed_trigger": "reject"},
            Refusal.PASSED,
        ),
        (trigger(OrderType.TAKE_PROFIT, SELL, "105", "106"), {"tp_limit_side": "far"}, Refusal.PASSED),
        (stop(SELL, "1", "95", "90"), {"flat_reduce_only_trigger": "reject"}, Refusal.FLAT),
        (limit(BUY, "0.05", "90", ALO), {}, Refusal.MINIMUM),
        (limit(BUY, "5000", "90", ALO), {}, Refusal.MARGIN),
        (limit(BUY, "1", "90.00001", ALO), {}, Refusal.OTHER),
    ],
)
def test_each_refusal_has_its_kind(order: Order, options: dict[str, Any], kind: Refusal) -> None:
    async def use(market: Market) -> None:
        assert await refusal(market, order) is kind
        assert await market.exchange.open_orders("SOL") == ()

    trade(use, **options)
