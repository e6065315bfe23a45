"""Orders that belong together, placed by the client on the local venue: a parent with its children, and the
take-profit and stop-loss orders of a position."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest

from hypertui.core.market import Grouping, Order, OrderType, Side, TimeInForce
from hypertui.exchange.protocol import (
    CancelOutcome,
    Filled,
    OpenOrder,
    OrderState,
    Placed,
    Refusal,
    Refused,
    Rejected,
    Resting,
    Waiting,
)
from tests.hyperliquid.test_hyperliquid_orders import limit
from tests.hyperliquid.test_hyperliquid_venue import Market, market_buy, new_id, trade

BUY, SELL = Side.BUY, Side.SELL
ARMED, UNARMED = Waiting(armed=True), Waiting(armed=False)


def child(kind: OrderType, side: Side, trigger: str, limit: str, size: str = "4") -> Order:
    prices = Decimal(limit), Decimal(trigger)
    return Order(new_id(), "SOL", side, Decimal(size), kind, *prices, reduce_only=True)


def exits(side: Side = SELL, size: str = "4", *, market: bool = True) -> list[Order]:
    """A stop and a take-profit 5 USD on either side of 100."""
    below, above = ("95", "90"), ("105", "104")
    if side is BUY:
        below, above = ("105", "110"), ("95", "96")
    kinds = (OrderType.STOP_MARKET, OrderType.TAKE_PROFIT)
    if not market:
        kinds = (OrderType.STOP_LIMIT, OrderType.TAKE_PROFIT_LIMIT)
    return [child(kinds[0], side, *below, size), child(kinds[1], side, *above, size)]


async def place(market: Market, orders: Sequence[Order], grouping: Grouping) -> list[Placed]:
    return list(await market.exchange.place(orders, market.expires(), grouping))


async def listed(market: Market) -> dict[str | None, OpenOrder]:
    return {order.client_id: order for order in await market.exchange.open_orders("SOL")}


async def statuses(market: Market, orders: Sequence[Order]) -> list[str]:
    reports = [await market.exchange.order_report(order.client_id) for order in orders]
    return ["unknown" if report is None else report.status for report in reports]


async def position(market: Market) -> Decimal:
    return (await market.exchange.account_state("SOL")).position


@pytest.mark.parametrize(
    ("side", "price", "stops_at", "profits_at"), [(BUY, "98", "95", "105"), (SELL, "102", "105", "95")]
)
@pytest.mark.parametrize("stopped", [True, False])
@pytest.mark.parametrize("tif", [TimeInForce.GTC, TimeInForce.ALO])
def test_a_parent_arms_its_children_and_one_of_them_ends_the_other(
    side: Side, price: str, stops_at: str, profits_at: str, stopped: bool, tif: TimeInForce
) -> None:
    async def use(market: Market) -> None:
        parent, children = limit(side, "4", price, tif), exits(BUY if side is SELL else SELL)
        async with market.listening():
            answers = await place(market, [parent, *children], Grouping.NORMAL)
            assert isinstance(answers[0], Resting)
            assert answers[1:] == [UNARMED] * 2
            seen = await listed(market)
            assert seen[parent.client_id].parent is None
            for order in children:
                mine = seen[order.client_id]
                assert (mine.parent, mine.type) == (answers[0].order_id, order.type)
                assert mine.reduce_only and not mine.position_tpsl
            market.price(price)
            seen = await listed(market)
            assert seen.keys() == {order.client_id for order in children}
            assert {order.parent for order in seen.values()} == {None}
            market.price(stops_at if stopped else profits_at)
            hit, other = children if stopped else reversed(children)
            await market.until(lambda: OrderState.CANCELLED in market.states(other.client_id))
        ended = [OrderState.OPEN, OrderState.TRIGGERED, OrderState.FILLED]
        assert market.states(hit.client_id) == ended
        assert market.states(other.client_id) == [OrderState.OPEN, OrderState.CANCELLED]
        assert await statuses(market, [parent, hit, other]) == ["filled", "filled", "siblingFilledCanceled"]
        assert await position(market) == 0

    trade(use)


@pytest.mark.parametrize("kind", [OrderType.IOC, OrderType.LIMIT])
def test_a_parent_that_fills_at_once_arms_its_children_at_once(kind: OrderType) -> None:
    async def use(market: Market) -> None:
        parent, children = replace(market_buy("4"), type=kind), exits(market=False)
        answers = await place(market, [parent, *children], Grouping.NORMAL)
        assert isinstance(answers[0], Filled)
        assert answers[1:] == [ARMED] * 2
        assert [order.parent for order in (await listed(market)).values()] == [None, None]
        market.price("95")
        # The stop's limit lets it fill: 90 is worse than the price of the moment.
        assert await statuses(market, children) == ["filled", "siblingFilledCanceled"]

    trade(use)


def test_children_do_not_fire_before_their_parent_has_filled_completely() -> None:
    async def use(market: Market) -> None:
        parent, children = limit(BUY, "30", "100.5"), exits(size="30")
        answers = await place(market, [parent, *children], Grouping.NORMAL)
        assert isinstance(answers[0], Filled) and 0 < answers[0].size < 30
        assert answers[1:] == [UNARMED] * 2
        market.price("106")
        assert await statuses(market, children) == ["open", "open"]
        (outcome,) = await market.exchange.cancel("SOL", [parent.client_id], market.expires())
        assert outcome is CancelOutcome.CANCELLED
        assert await statuses(market, [parent, *children]) == ["canceled"] * 3
        assert await position(market) == answers[0].size, "what it had bought has no stop any more"

    trade(use, depth=Decimal(2_000))


def test_a_cancelled_parent_takes_its_children_along() -> None:
    async def use(market: Market) -> None:
        parent, children = limit(BUY, "4", "98", TimeInForce.ALO), exits()
        await place(market, [parent, *children], Grouping.NORMAL)
        ids = [parent.client_id, *(order.client_id for order in children)]
        outcomes = await market.exchange.cancel("SOL", ids, market.expires())
        assert list(outcomes) == [CancelOutcome.CANCELLED, *[CancelOutcome.NOT_WORKING] * 2]
        assert await listed(market) == {}

    trade(use)


def test_a_child_may_be_cancelled_by_itself() -> None:
    async def use(market: Market) -> None:
        parent, children = limit(BUY, "4", "98"), exits()
        await place(market, [parent, *children], Grouping.NORMAL)
        for orders in (children[:1], [], children[1:]):
            ids = [order.client_id for order in orders]
            outcomes = await market.exchange.cancel("SOL", ids, market.expires())
            assert set(outcomes) <= {CancelOutcome.CANCELLED}
            market.price("98.5")
        assert (await listed(market)).keys() == {parent.client_id}

    trade(use)


@pytest.mark.parametrize(
    ("parent", "change", "kind"),
    [
        (limit(BUY, "4", "101", TimeInForce.ALO), {}, Refusal.WOULD_MATCH),
        (limit(BUY, "4", "98", TimeInForce.IOC), {}, Refusal.NO_MATCH),
        (limit(BUY, "4000", "98"), {}, Refusal.MARGIN),
        (limit(BUY, "0.1", "98"), {}, Refusal.MINIMUM),
        (limit(BUY, "4", "98", reduce_only=True), {}, Refusal.FLAT),
        (limit(BUY, "4", "98"), {"reduce_only": False}, Refusal.OTHER),
        (limit(BUY, "4", "98"), {"side": BUY}, Refusal.OTHER),
        (limit(BUY, "4", "98"), {"type": OrderType.LIMIT, "trigger": None}, Refusal.OTHER),
        (limit(BUY, "4", "98"), {"limit": Decimal("96")}, Refusal.PASSED),
    ],
)
def test_a_parent_and_its_children_are_refused_together(
    parent: Order, change: dict[str, object], kind: Refusal
) -> None:
    async def use(market: Market) -> None:
        first, *others = exits()
        orders = [parent, replace(first, **change), *others]  # type: ignore[arg-type]
        answers = await place(market, orders, Grouping.NORMAL)
        assert {answer.kind for answer in answers if isinstance(answer, Refused)} == {kind}
        assert len(answers) == 3
        assert await listed(market) == {}
        assert await market.exchange.fills_since("SOL", 0) == ()

    trade(use)


@pytest.mark.parametrize("tif", TimeInForce)
def test_after_a_network_upgrade_no_group_is_taken(tif: TimeInForce) -> None:
    async def use(market: Market) -> None:
        market.venue.fail("market-post-only", lasts=60.0)
        answers = await place(market, [limit(BUY, "4", "98", tif), *exits()], Grouping.NORMAL)
        assert [each.kind for each in answers if isinstance(each, Refused)] == [Refusal.POST_ONLY] * 3
        answers = await place(market, exits(size="0"), Grouping.POSITION)
        assert [each.kind for each in answers if isinstance(each, Refused)] == [Refusal.POST_ONLY] * 2
        assert await listed(market) == {}

    trade(use)


@pytest.mark.parametrize("stopped", [True, False])
def test_orders_of_the_position_close_all_of_it_whatever_it_is(stopped: bool) -> None:
    async def use(market: Market) -> None:
        await market.place(market_buy("4"))
        children = exits(size="0")
        async with market.listening():
            assert await place(market, children, Grouping.POSITION) == [ARMED] * 2
            seen = await listed(market)
            for order in children:
                mine = seen[order.client_id]
                assert (mine.position_tpsl, mine.remaining, mine.parent) == (True, 0, None)
                assert (mine.type, mine.tif, mine.reduce_only) == (order.type, None, True)
                report = await market.exchange.order_report(order.client_id)
                assert report is not None
                assert (report.state, report.order_id, report.size) == (OrderState.OPEN, mine.order_id, 0)
            await market.place(market_buy("3"))
            await market.place(limit(SELL, "2", "99", reduce_only=True))
            assert (await listed(market)).keys() == {order.client_id for order in children}
            hit, other = children if stopped else reversed(children)
            market.price("95" if stopped else "105")
            await market.until(lambda: (hit.client_id, SELL, Decimal(5)) in market.filled())
            await market.until(lambda: OrderState.CANCELLED in market.states(other.client_id))
        assert await statuses(market, [hit, other]) == ["filled", "siblingFilledCanceled"]
        assert await position(market) == 0

    trade(use)


def test_orders_of_the_position_go_when_it_is_closed_or_turned() -> None:
    async def use(market: Market) -> None:
        for size in ("4", "6"):
            await market.place(market_buy("4"))
            children = exits(size="0")
            await place(market, children, Grouping.POSITION)
            await market.place(limit(SELL, size, "99", TimeInForce.IOC))
            assert await statuses(market, children) == ["reduceOnlyCanceled"] * 2
        assert await position(market) == -2
        short = exits(BUY, size="0")
        assert await place(market, short, Grouping.POSITION) == [ARMED] * 2
        market.price("105")
        assert await statuses(market, short) == ["filled", "siblingFilledCanceled"]
        assert await position(market) == 0

    trade(use)


def test_an_order_of_the_position_may_have_a_size_of_its_own() -> None:
    async def use(market: Market) -> None:
        await market.place(market_buy("4"))
        children = exits(size="3")
        assert await place(market, children[:1], Grouping.POSITION) == [ARMED]
        (seen,) = (await listed(market)).values()
        assert (seen.position_tpsl, seen.remaining) == (True, 3)
        market.price("95")
        assert await position(market) == 1

    trade(use)


def test_an_order_of_the_position_is_cancelled_by_its_client_id() -> None:
    async def use(market: Market) -> None:
        await market.place(market_buy("4"))
        children = exits(size="0")
        await place(market, children, Grouping.POSITION)
        (outcome,) = await market.exchange.cancel("SOL", [children[0].client_id], market.expires())
        assert outcome is CancelOutcome.CANCELLED
        assert (await listed(market)).keys() == {children[1].client_id}
        market.price("105")
        assert await statuses(market, children) == ["canceled", "filled"]

    trade(use)


def test_orders_of_no_position_wait_for_one_or_are_refused() -> None:
    async def waits(market: Market) -> None:
        children = exits(size="0")
        assert await place(market, children, Grouping.POSITION) == [ARMED] * 2
        await market.place(market_buy("4"))
        market.price("94")
        assert await position(market) == 0

    async def refused(market: Market) -> None:
        answers = await place(market, exits(size="0"), Grouping.POSITION)
        assert [each.kind for each in answers if isinstance(each, Refused)] == [Refusal.FLAT] * 2

    trade(waits)
    trade(refused, flat_reduce_only_trigger="reject")


def test_an_order_without_a_size_is_sent_for_a_position_alone() -> None:
    async def use(market: Market) -> None:
        for grouping in (Grouping.NONE, Grouping.NORMAL):
            with pytest.raises(Rejected, match="its size is 0"):
                await place(market, [limit(BUY, "4", "98"), *exits(size="0")], grouping)
        assert await listed(market) == {}

    trade(use)


def test_what_was_prepared_is_sent_as_the_group_that_it_was_prepared_for() -> None:
    async def use(market: Market) -> None:
        await market.exchange.open()
        orders, expires_at = [limit(BUY, "4", "98"), *exits()], market.expires()
        market.exchange.prepare(orders, expires_at, Grouping.NORMAL)
        answers = await market.exchange.place(orders, expires_at, Grouping.NORMAL)
        assert list(answers[1:]) == [UNARMED] * 2
        orders = [limit(BUY, "4", "98"), *exits()]
        market.exchange.prepare(orders, expires_at, Grouping.NORMAL)
        answers = await market.exchange.place(orders, expires_at)
        assert [type(each) for each in answers] == [Resting] * 3

    trade(use)
