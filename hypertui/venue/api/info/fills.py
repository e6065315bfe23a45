"""Fills, funding payments, and other movements of money."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from itertools import groupby
from typing import Any

from hypertui.core.market import ZERO
from hypertui.venue.accounts.transfers import NO_HASH
from hypertui.venue.api.info.people import People, rows_between
from hypertui.venue.core import Core
from hypertui.venue.model.markets import number, usd
from hypertui.venue.model.orders import Json

FILLS_PAGE = 2_000
PAGE = 500
_SUMS = ("fee", "closedPnl", "builderFee")


class FillInfo:
    """Questions about what an account traded, paid and moved."""

    def __init__(self, core: Core, people: People) -> None:
        self._core = core
        self._people = people
        self.answers: dict[str, Callable[[Json], Any]] = {
            "userFills": self._latest,
            "userFillsByTime": self._by_time,
            "userTwapSliceFills": lambda body: people.asked(body) and [],
            "userTwapSliceFillsByTime": lambda body: people.asked(body) and [],
            "userFunding": self._funding,
            "userNonFundingLedgerUpdates": self._ledger,
        }

    def latest(self, user: str) -> list[Json]:
        """The newest fills of an address, newest first."""
        return self._people.find(user).fills.latest(FILLS_PAGE)

    def _latest(self, body: Json) -> list[Json]:
        fills = self._people.asked(body).fills.latest(FILLS_PAGE)
        return aggregate(fills) if body.get("aggregateByTime") is True else fills

    def _by_time(self, body: Json) -> list[Json]:
        fills = rows_between(self._people.asked(body).fills, body, self._core.now, FILLS_PAGE)
        return aggregate(fills) if body.get("aggregateByTime") is True else fills

    def _funding(self, body: Json) -> list[Json]:
        log = self._people.asked(body).funding
        payments = rows_between(log, body, self._core.now, PAGE, start_given=False)
        return [
            {
                "time": payment["time"],
                "hash": NO_HASH,
                "delta": {"type": "funding"} | {key: payment[key] for key in payment if key != "time"},
            }
            for payment in payments
        ]

    def _ledger(self, body: Json) -> list[Json]:
        log = self._people.asked(body).ledger
        return rows_between(log, body, self._core.now, PAGE, start_given=False)


def aggregate(fills: list[Json]) -> list[Json]:
    """Partial fills that one crossing order made at one time, as one fill at their average price. Fills that
    belong together follow each other, oldest or newest first."""
    parts = groupby(fills, key=lambda fill: (fill["oid"], fill["time"]) if fill["crossed"] else fill["tid"])
    return [_merged(list(part)) for _, part in parts]


def _merged(fills: list[Json]) -> Json:
    if len(fills) == 1:
        return fills[0]
    first, second, *_ = fills
    signed = Decimal(first["sz"]) * (1 if first["side"] == "B" else -1)
    forward = Decimal(first["startPosition"]) + signed == Decimal(second["startPosition"])
    size = sum((Decimal(fill["sz"]) for fill in fills), ZERO)
    value = sum((Decimal(fill["sz"]) * Decimal(fill["px"]) for fill in fills), ZERO)
    sums = {key: usd(sum((Decimal(fill[key]) for fill in fills), ZERO)) for key in _SUMS if key in first}
    oldest = first if forward else fills[-1]
    return oldest | {"sz": number(size), "px": usd(value / size)} | sums
