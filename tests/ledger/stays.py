"""Stays of brackets in a journal, as if they had just been traded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal as D

from hypertui.core.clock import wall_ms
from hypertui.core.market import Side
from hypertui.journal import Journal
from hypertui.journal.records import TradeRecord
from tests.ledger.facts import fill, told
from tests.ledger.helpers import TRADE


def add_stays(
    url: str, trade: TradeRecord, gains: Sequence[int | str], *, before: int, is_new: bool = True
) -> None:
    """A bracket's stays, one second each, the last of them so many ms ago; fees are 0.10 USD."""
    fills = []
    for number, gain in enumerate(reversed(gains)):
        at = wall_ms() - before - number * 60_000
        sale = fill(Side.SELL, "1", 100 + D(gain), at=at, fee="0.05")
        fills += [sale, fill(Side.BUY, "1", 100, at=at - 1_000, fee="0.05")]
    rows = [replace(each, trade_id=trade.id, symbol=trade.symbol) for each in told(fills[::-1])]
    with Journal.open(url) as journal:
        if is_new:
            journal.begin(trade)
        else:
            journal.live_trade(trade.network, trade.account, trade.symbol)
        journal.add(*(replace(row, source="webhook:tv") for row in rows))


def bracket(number: int, symbol: str, network: str = "paper") -> TradeRecord:
    settings = {"strategy": "bracket", "position_size": "100"}
    return replace(TRADE, id=f"{number:016x}", symbol=symbol, network=network, settings=settings)
