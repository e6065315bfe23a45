"""What may be concluded from which answer: an order that the exchange does not know yet, fills that come
between two questions."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from decimal import Decimal
from random import Random
from typing import Any, cast

import pytest

from hypertui.core.market import Fill, Order, Side
from hypertui.exchange.protocol import Exchange, OpenOrder, OrderReport, OrderState, Quote, Unknown
from hypertui.execution.entry import Entry
from hypertui.execution.orders import ClientIds
from hypertui.execution.recovery import reconciliation
from hypertui.execution.refusal import StartRefused
from hypertui.execution.timing import Timing
from hypertui.runtime.backoff import Backoff
from hypertui.runtime.clock_sync import ClockSync
from hypertui.runtime.event_queue import EventQueue
from tests.execution.desk import PLAN

ENTRY = ClientIds(7).entry(1)
FILL = Fill("SOL", Side.BUY, Decimal(40), Decimal(100), Decimal(0), 1, 1, 1, ENTRY)


def report(client_id: str, side: Side) -> OrderReport:
    return OrderReport("SOL", 1, client_id, side, OrderState.FILLED, "filled", Decimal(40), Decimal(0), 1)


class Silent:
    """Takes an entry without a word, and knows of it from its `knows_after`th question on, if ever."""

    def __init__(self, knows_after: int | None) -> None:
        self.placed = self.questions = 0
        self._knows_after = knows_after

    async def set_leverage(self, *_: Any, **__: Any) -> None: ...

    async def place(self, orders: Sequence[Order], expires_at: int) -> None:
        self.placed += 1
        raise Unknown("the connection broke")

    async def order_report(self, client_id: str) -> OrderReport | None:
        self.questions += 1
        late = self._knows_after is None or self.questions <= self._knows_after
        return None if late else report(client_id, Side.BUY)

    async def fills_since(self, symbol: str, since: int) -> Sequence[Fill]:
        return [FILL]


async def recorded(*_: object) -> None:
    """No start comes after this one."""


async def enter(exchange: Silent) -> Sequence[Fill]:
    clock = lambda: time.monotonic_ns() // 1_000_000  # noqa: E731
    entry = Entry(
        cast(Exchange, exchange), PLAN, ClientIds(7), Timing(10, 100), clock, ClockSync(), Backoff(Random(1))
    )
    quote = Quote(Decimal(100), None, None)
    return await entry.enter(1, EventQueue[None](lambda _: None, lambda: None), lambda: quote, recorded)


@pytest.mark.parametrize("unknown", [0, 1, 3])
def test_an_entry_that_is_not_known_yet_is_asked_for_again(unknown: int) -> None:
    exchange = Silent(unknown)
    assert asyncio.run(enter(exchange)) == [FILL]
    assert (exchange.placed, exchange.questions) == (1, unknown + 1)


def test_an_entry_that_is_not_known_after_it_has_expired_never_was() -> None:
    exchange = Silent(None)
    with pytest.raises(StartRefused, match="nothing was bought"):
        asyncio.run(enter(exchange))
    assert exchange.placed == 1 and exchange.questions > 3


class Moving:
    """One stop works; it fills after so many questions have been answered."""

    def __init__(self, fills_after: int) -> None:
        self._left = fills_after

    def _filled(self) -> bool:
        self._left -= 1
        return self._left < 0

    async def open_orders(self, symbol: str) -> Sequence[OpenOrder]:
        if self._filled():
            return []
        size = Decimal(40)
        return [OpenOrder("SOL", 1, ENTRY, Side.SELL, size, Decimal(90), Decimal(99), True, 1)]

    async def order_report(self, client_id: str) -> OrderReport | None:
        assert self._filled(), "it was not listed any more"
        return report(client_id, Side.SELL)

    async def fills_since(self, symbol: str, since: int) -> Sequence[Fill]:
        return [FILL] if self._filled() else []


@pytest.mark.parametrize("fills_after", [0, 1, 2, 3])
def test_what_had_ended_by_its_question_has_its_fills_among_the_answers(fills_after: int) -> None:
    exchange = cast(Exchange, Moving(fills_after))
    found = asyncio.run(reconciliation.look(exchange, "SOL", 0, [ENTRY], lambda: 1))
    ended = [report for _, report in found.reports.values() if report is not None and report.state.ended]
    assert len(ended) == (not found.orders)
    assert not ended or found.fills == [FILL]
