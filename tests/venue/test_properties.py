"""What must hold after any sequence of events, whatever happened in it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hypertui.market import Side
from hypertui.venue.markets import MARKETS
from hypertui.venue.orders import OrderRequest, Tif, Trigger
from tests.venue.helpers import ALICE, BOB, Venue

SOL = MARKETS[2].instrument
OPTIONS = st.fixed_dictionaries(
    {
        "faucet": st.sampled_from((Decimal(1_000), Decimal(10_000), Decimal(10_000_000))),
        "depth": st.sampled_from((Decimal(20_000), Decimal(5_000_000))),
        "triggers_follow_position": st.booleans(),
        "flat_reduce_only_trigger": st.sampled_from(("reject", "keep")),
        "partial_ioc_status": st.sampled_from(("canceled", "filled")),
    }
)
SCALES = (Decimal("0.1"), Decimal("0.9"), Decimal("3"))


class Traders:
    """Two accounts that do mostly sensible things around the present price, and some that are not."""

    def __init__(self, venue: Venue, seed: int) -> None:
        self._venue = venue
        self._random = Random(seed)

    def act(self) -> None:
        venue, random = self._venue, self._random
        venue.now += 1_000
        choice = random.random()
        mark = venue.core.books["SOL"].mark
        if choice < 0.3:
            venue.core.set_price("SOL", self._near(mark, "0.02"))
        elif choice < 0.32:
            venue.core.set_price(
                "SOL", min(max(mark * random.choice((2, 1)) / 2 * 3, Decimal(20)), Decimal(500))
            )
        elif choice < 0.35:
            venue.now += 3_600_000
            venue.core.tick()
        elif choice < 0.42:
            account = venue.account(random.choice((ALICE, BOB)))
            if account.orders:
                oid = random.choice(list(account.orders))
                venue.core.cancel(account, venue.core.by_symbol["SOL"], oid)
        else:
            self._order(random.choice((ALICE, BOB)), mark)

    def _near(self, price: Decimal, range_: str) -> Decimal:
        away = Decimal(self._random.randint(-100, 100)) / 100 * Decimal(range_)
        return SOL.round_price(price * (1 + away))

    def _order(self, who: str, mark: Decimal) -> None:
        random, account = self._random, self._venue.account(who)
        position = account.size("SOL")
        value = self._venue.core.margin(account).value
        reduce_only = bool(position) and random.random() < 0.6
        side = random.choice(tuple(Side))
        size = SOL.floor_size(max(value, Decimal(1)) * random.choice(SCALES) / mark)
        if reduce_only and random.random() < 0.9:
            side = Side.SELL if position > 0 else Side.BUY
            size = SOL.floor_size(abs(position) * random.choice((*SCALES, Decimal(1))))
        tif, trigger = random.choice((Tif.GTC, Tif.GTC, Tif.IOC, Tif.ALO)), None
        limit = self._near(mark, "0.02")
        if random.random() < 0.4:
            tif, trigger = None, self._trigger(side, mark)
            if trigger.is_market:
                limit = SOL.round_price(
                    trigger.price * (1 + side.sign * Decimal(random.choice(("0.001", "0.1"))))
                )
        request = OrderRequest(
            self._venue.core.by_symbol["SOL"], side, limit, size, reduce_only, tif, trigger
        )
        self._venue.core.place(account, [request])

    def _trigger(self, side: Side, mark: Decimal) -> Trigger:
        tpsl = self._random.choice(("tp", "sl"))
        trigger = Trigger(mark, self._random.random() < 0.7, "tp" if tpsl == "tp" else "sl")
        away = Decimal(self._random.randint(1, 200)) / 10_000 * (1 if trigger.above(side) else -1)
        return replace(trigger, price=SOL.round_price(mark * (1 + away)))


@settings(deadline=None, max_examples=40)
@given(OPTIONS, st.integers(0, 1_000_000))
def test_the_books_balance(options: dict[str, Any], seed: int) -> None:
    venue = Venue(**options)
    venue.account(ALICE), venue.account(BOB)
    traders = Traders(venue, seed)
    for _ in range(60):
        traders.act()
        book = venue.core.books["SOL"]
        bid, ask = book.best(Side.BUY), book.best(Side.SELL)
        assert bid is None or ask is None or bid < ask, "the book is crossed"
        for who in (ALICE, BOB):
            check_account(venue, who)
    for who in (ALICE, BOB):
        check_replay(venue, who)


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
