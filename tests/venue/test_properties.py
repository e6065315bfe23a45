"""What must hold after any sequence of events, whatever happened in it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hypertui.market import Side
from hypertui.venue.orders import OrderRequest, Tif, Trigger
from tests.venue.helpers import ALICE, BOB, Venue

PRICES = st.integers(9_000, 11_000).map(lambda cents: Decimal(cents) / 100)
SIZES = st.integers(1, 20_000).map(lambda lots: Decimal(lots) / 100)
TRIGGERS = st.builds(Trigger, PRICES, st.booleans(), st.sampled_from(("tp", "sl")))
WHO = st.sampled_from((ALICE, BOB))
KINDS = st.one_of(
    st.tuples(st.sampled_from((Tif.GTC, Tif.IOC, Tif.ALO)), st.none()), st.tuples(st.none(), TRIGGERS)
)
ORDERS = st.tuples(st.just("order"), WHO, st.sampled_from(tuple(Side)), PRICES, SIZES, st.booleans(), KINDS)
EVENTS = st.one_of(
    ORDERS,
    ORDERS,
    st.tuples(st.just("price"), PRICES),
    st.tuples(st.just("crash"), st.sampled_from((Decimal(40), Decimal(250)))),
    st.tuples(st.just("cancel"), WHO, st.integers(0, 30)),
    st.tuples(st.just("hour")),
)
OPTIONS = st.fixed_dictionaries(
    {
        "faucet": st.sampled_from((Decimal(500), Decimal(10_000), Decimal(10_000_000))),
        "depth": st.sampled_from((Decimal(10_000), Decimal(5_000_000))),
        "triggers_follow_position": st.booleans(),
        "flat_reduce_only_trigger": st.sampled_from(("reject", "keep")),
        "partial_ioc_status": st.sampled_from(("canceled", "filled")),
    }
)


def apply(venue: Venue, event: tuple[Any, ...]) -> None:
    venue.now += 1_000
    kind, *rest = event
    if kind in ("price", "crash"):
        venue.core.set_price("SOL", rest[0])
    elif kind == "hour":
        venue.now += 3_600_000
        venue.core.tick()
    elif kind == "cancel":
        who, index = rest
        orders = list(venue.account(who).orders)
        if orders:
            venue.core.cancel(venue.account(who), venue.core.by_symbol["SOL"], orders[index % len(orders)])
    else:
        who, side, limit, size, reduce_only, (tif, trigger) = rest
        request = OrderRequest(venue.core.by_symbol["SOL"], side, limit, size, reduce_only, tif, trigger)
        venue.core.place(venue.account(who), [request])


@settings(deadline=None, max_examples=150)
@given(OPTIONS, st.lists(EVENTS, max_size=40))
def test_the_books_balance(options: dict[str, Any], events: list[tuple[Any, ...]]) -> None:
    venue = Venue(**options)
    venue.account(ALICE), venue.account(BOB)
    for event in events:
        apply(venue, event)
        book = venue.core.books["SOL"]
        bid, ask = book.best(Side.BUY), book.best(Side.SELL)
        assert bid is None or ask is None or bid < ask, "the book is crossed"
        for who in (ALICE, BOB):
            check_account(venue, who)


def check_account(venue: Venue, who: str) -> None:
    account = venue.account(who)
    fills = list(account.fills)
    margin = venue.core.margin(account)
    position = account.positions.get("SOL")
    unrealised = (
        Decimal(0) if position is None else position.size * venue.core.books["SOL"].mark - position.cost
    )
    realised = sum((Decimal(fill["closedPnl"]) - Decimal(fill["fee"]) for fill in fills), Decimal(0))
    funding = sum((Decimal(payment["usdc"]) for payment in account.funding), Decimal(0))
    assert margin.value == account.deposits + realised + funding + unrealised

    size = Decimal(0)
    reduce_only = {oid for oid, order in account.orders.items() if order.request.reduce_only}
    for fill in fills:
        assert Decimal(fill["startPosition"]) == size
        after = size + Decimal(fill["sz"]) * (1 if fill["side"] == "B" else -1)
        if fill["oid"] in reduce_only:
            assert abs(after) < abs(size) and after * size >= 0, "a reduce-only order flipped or added"
        size = after
    assert size == account.size("SOL")

    check_replay(venue, who)


def check_replay(venue: Venue, who: str) -> None:
    """The working orders are what the order updates say, and every order ended at most once."""
    account = venue.account(who)
    working: dict[int, str] = {}
    ended: dict[int, str] = {}
    for batch in venue.batches:
        for update in batch.orders.get(who, []):
            oid = update["order"]["oid"]
            assert oid not in ended, f"{oid} ended as {ended[oid]} and became {update['status']}"
            if update["status"] in ("open", "triggered"):
                working[oid] = update["order"]["sz"]
            else:
                working.pop(oid, None)
                ended[oid] = update["status"]
                filled = update["status"] == "filled" and venue.core.options.partial_ioc_status != "filled"
                assert not filled or update["order"]["sz"] == "0.0"
    assert set(working) == set(account.open_orders)
    for oid, order in account.open_orders.items():
        assert Decimal(working[oid]) == order.remaining > 0
    assert set(ended) | set(working) == set(account.orders)
