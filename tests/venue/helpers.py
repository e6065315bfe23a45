"""A core with a clock of its own, and short ways to ask it for orders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, Literal

from hypertui.core.market import Side
from hypertui.venue.accounts.accounts import Account
from hypertui.venue.core import Core
from hypertui.venue.market.prices import ManualPrices
from hypertui.venue.model.events import Batch
from hypertui.venue.model.options import VenueOptions
from hypertui.venue.model.order_results import FilledResult, Outcome, RefusedResult, RestingResult
from hypertui.venue.model.orders import OrderTerms, Tif, TriggerTerms

ALICE = "0x" + "a" * 40
BOB = "0x" + "b" * 40
START = 1_790_000_000_000


class Venue:
    """SOL at 100 unless told otherwise; every batch is kept."""

    def __init__(self, prices: Mapping[str, Decimal] | None = None, **options: Any) -> None:
        self.now = START
        settings = replace(VenueOptions(), **options)
        source = ManualPrices({"SOL": Decimal(100)} | dict(prices or {}), settings.markets)
        self.core = Core(settings, lambda: self.now, source.initial())
        self.batches: list[Batch] = []
        self.core.listeners.append(self.batches.append)

    def account(self, address: str = ALICE) -> Account:
        account = self.core.account(address)
        assert account is not None
        self.core.open_account(account)
        return account

    def request(
        self,
        side: Side,
        size: str,
        limit: str,
        tif: Tif | None = Tif.GTC,
        *,
        trigger: str | None = None,
        tpsl: Literal["tp", "sl"] = "sl",
        is_market: bool = True,
        reduce_only: bool = False,
        cloid: str | None = None,
        symbol: str = "SOL",
    ) -> OrderTerms:
        condition = None if trigger is None else TriggerTerms(Decimal(trigger), is_market, tpsl)
        market = self.core.by_symbol[symbol]
        return OrderTerms(
            market,
            side,
            Decimal(limit),
            Decimal(size),
            reduce_only,
            None if condition else tif,
            condition,
            cloid,
        )

    def place(self, side: Side, size: str, limit: str, *args: Any, who: str = ALICE, **terms: Any) -> Outcome:
        outcomes = self.core.place(self.account(who), [self.request(side, size, limit, *args, **terms)])
        assert not isinstance(outcomes, str), outcomes
        return outcomes[0]

    def buy(self, size: str, limit: str, *args: Any, **terms: Any) -> Outcome:
        return self.place(Side.BUY, size, limit, *args, **terms)

    def sell(self, size: str, limit: str, *args: Any, **terms: Any) -> Outcome:
        return self.place(Side.SELL, size, limit, *args, **terms)

    def price(self, price: str, symbol: str = "SOL") -> None:
        self.core.set_price(symbol, Decimal(price))

    def statuses(self, who: str = ALICE) -> list[tuple[int, str]]:
        """Every order update so far, as order id and status."""
        updates = [update for batch in self.batches for update in batch.orders.get(who, [])]
        return [(update["order"]["oid"], update["status"]) for update in updates]


def resting(outcome: Outcome) -> RestingResult:
    assert isinstance(outcome, RestingResult), outcome
    return outcome


def filled(outcome: Outcome) -> FilledResult:
    assert isinstance(outcome, FilledResult), outcome
    return outcome


def refused(outcome: Outcome) -> RefusedResult:
    assert isinstance(outcome, RefusedResult), outcome
    return outcome
