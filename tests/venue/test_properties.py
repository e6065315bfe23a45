"""What must hold after any sequence of events, whatever happened in it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hypertui.core.market import Grouping, Side
from hypertui.venue.accounts.accounts import Account
from hypertui.venue.model.errors import ActionError
from hypertui.venue.model.listing import MARKETS
from hypertui.venue.model.orders import OrderTerms, Tif, TriggerTerms
from tests.venue.helpers import ALICE, BOB, Venue
from tests.venue.identities import Witness

SOL = MARKETS[2].instrument
OPTIONS = st.fixed_dictionaries(
    {
        "faucet": st.sampled_from((Decimal(1_000), Decimal(10_000), Decimal(10_000_000))),
        "depth": st.sampled_from((Decimal(20_000), Decimal(5_000_000))),
        "triggers_follow_position": st.booleans(),
        "flat_reduce_only_trigger": st.sampled_from(("reject", "keep")),
        "passed_trigger": st.sampled_from(("reject", "fire")),
        "tp_limit_side": st.sampled_from(("any", "far")),
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
        elif choice < 0.5:
            self._unusual(venue.account(random.choice((ALICE, BOB))), mark)
        else:
            self._order(random.choice((ALICE, BOB)), mark)

    def _unusual(self, account: Account, mark: Decimal) -> None:
        """A bracket, take-profit and stop-loss of the position, a modification, or another kind of margin."""
        venue, random = self._venue, self._random
        core, market = venue.core, venue.core.by_symbol["SOL"]
        choice = random.randrange(4)
        side = random.choice(tuple(Side))
        other = Side.SELL if side is Side.BUY else Side.BUY
        size = SOL.floor_size(100 / mark)
        if choice == 0:
            parent = OrderTerms(market, side, self._near(mark, "0.01"), size, False, Tif.GTC)
            core.place(account, [parent, *self._exits(other, size, mark)], Grouping.NORMAL)
        elif choice == 1:
            side = Side.SELL if account.size("SOL") > 0 else Side.BUY
            exits = [replace(each, position_tpsl=True) for each in self._exits(side, Decimal(0), mark)]
            core.place(account, exits, Grouping.POSITION)
        elif choice == 2 and account.open_orders:
            order = random.choice(list(account.open_orders.values()))
            request = OrderTerms(market, order.side, self._near(mark, "0.02"), size, False, Tif.GTC)
            core.modify(account, order.oid, request, always=random.random() < 0.5)
        else:
            with suppress(ActionError):
                core.collateral.set_leverage(
                    account, market, random.randint(5, 20), cross=random.random() < 0.5
                )

    def _exits(self, side: Side, size: Decimal, mark: Decimal) -> list[OrderTerms]:
        market = self._venue.core.by_symbol["SOL"]
        exits = []
        for tpsl in ("tp", "sl"):
            trigger = TriggerTerms(mark, True, "tp" if tpsl == "tp" else "sl")
            away = Decimal("1.015") if trigger.above(side) else Decimal("0.985")
            trigger = replace(trigger, price=SOL.round_price(mark * away))
            limit = SOL.round_price(trigger.price * (1 + side.sign * Decimal("0.1")))
            exits.append(OrderTerms(market, side, limit, size, True, None, trigger))
        return exits

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
        request = OrderTerms(self._venue.core.by_symbol["SOL"], side, limit, size, reduce_only, tif, trigger)
        self._venue.core.place(account, [request])

    def _trigger(self, side: Side, mark: Decimal) -> TriggerTerms:
        tpsl = self._random.choice(("tp", "sl"))
        trigger = TriggerTerms(mark, self._random.random() < 0.7, "tp" if tpsl == "tp" else "sl")
        away = Decimal(self._random.randint(1, 200)) / 10_000 * (1 if trigger.above(side) else -1)
        return replace(trigger, price=SOL.round_price(mark * (1 + away)))


@settings(deadline=None, max_examples=40)
@given(OPTIONS, st.integers(0, 1_000_000))
def test_the_books_balance(options: dict[str, Any], seed: int) -> None:
    venue = Venue(**options)
    witness = Witness(venue)
    venue.account(ALICE), venue.account(BOB)
    traders = Traders(venue, seed)
    for _ in range(60):
        traders.act()
        witness.check()
